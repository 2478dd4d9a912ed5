"""The clipped policy loss, the clipped value loss, and a penalty on the distance from a reference."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

MOST_LOG_RATIO = 20.0
"""The log-ratio of a token counts up to here, where its ratio is far beyond every bound of `Clip`, so that neither loss nor
gradient hang on it; in float32 a ratio is no number from 89 on, and its gradient none even where the advantage is 0."""


@dataclass(frozen=True, slots=True)
class Clip:
    """How far one update may go."""

    low: float = 0.2
    """The ratio of probabilities counts down to 1 - low."""
    high: float = 0.28
    """And up to 1 + high; above `low`, unlikely tokens can still grow (clip-higher, DAPO, Yu et al. 2025, arXiv 2503.14476)."""
    dual: float = 3.0
    """Bound on the loss of a token of negative advantage, in units of it (Ye et al. 2020, arXiv 1912.09729)."""
    value: float = 0.2
    """How far a value may move from the old one."""


def policy_loss(
    logprobs_BT: Tensor, old_BT: Tensor, advantages_BT: Tensor, written_BT: Tensor, clip: Clip
) -> tuple[Tensor, dict[str, float]]:
    """Mean over all written tokens of the batch of `max(-A r, -A clip(r))`, r the ratio of probabilities.

    Args:
        logprobs_BT: of the tokens, under the model that is trained.
        old_BT: as sampled.
        advantages_BT: of the tokens.
        written_BT: 1 where the model wrote the token; others give no gradient.
        clip: bounds.

    Source: Schulman et al. 2017 (arXiv 1707.06347), with the bounds of `Clip`.
    """
    written = written_BT.float()
    count = written.sum().clamp(min=1)
    difference = torch.where(written_BT.bool(), logprobs_BT - old_BT, torch.zeros_like(old_BT))
    difference = difference.clamp(max=MOST_LOG_RATIO)
    ratio = difference.exp()
    plain = -advantages_BT * ratio
    clipped = -advantages_BT * ratio.clamp(1 - clip.low, 1 + clip.high)
    worst = torch.maximum(plain, clipped)
    bounded = torch.where(advantages_BT < 0, torch.minimum(worst, -advantages_BT * clip.dual), worst)
    cut = ((clipped > plain).float() * written).sum() / count
    moved = ((ratio - 1 - difference) * written).sum() / count
    return (bounded * written).sum() / count, {"clipped": cut.item(), "kl_old": moved.item()}


def value_loss(values_BT: Tensor, old_BT: Tensor, returns_BT: Tensor, written_BT: Tensor, clip: Clip) -> Tensor:
    """Half the mean squared error of the values, each held near the old one."""
    written = written_BT.float()
    near = old_BT + (values_BT - old_BT).clamp(-clip.value, clip.value)
    error = torch.maximum((values_BT - returns_BT) ** 2, (near - returns_BT) ** 2)
    return 0.5 * (error * written).sum() / written.sum().clamp(min=1)


def kl_penalty(logprobs_BT: Tensor, reference_BT: Tensor, written_BT: Tensor) -> Tensor:
    """How far each written token is from the reference, never negative: `exp(d) - d - 1`, d the log-probability under the
    reference minus that under the model.

    The mean over tokens that the model samples is KL(model || reference) (the k3 of Schulman 2020, "Approximating KL
    divergence"). Its gradient, where it is a term of the loss as in GRPO (DeepSeekMath, Shao et al. 2024, arXiv 2402.03300,
    eq. 4), is not that of this divergence, for it leaves out that another model samples other tokens: on average it is that of
    KL(reference || model). Both are least, 0, at the reference.
    """
    difference = torch.where(written_BT.bool(), reference_BT - logprobs_BT, torch.zeros_like(logprobs_BT))
    return difference.exp() - difference - 1
