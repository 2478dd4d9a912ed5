"""The preference loss, on sums of log-probabilities over what the model wrote (never over what the sandbox wrote).

    delta(y) = log p(y) - log p_ref(y)
    L = - w log sigmoid(beta (delta(chosen) - delta(rejected)) - margin)
        - nll log p(chosen) / |chosen|
        + guard max(0, -delta(chosen))

The first term is DPO (Rafailov et al. 2023, arXiv 2305.18290) with a weight for hard problems and a margin between scores; the
second keeps the chosen solution likely (Iterative RPO, Pang et al. 2024, arXiv 2404.19733); the third holds against its
falling below the reference, which happens where both solutions are nearly the same (DPOP, Pal et al. 2024, arXiv 2402.13228).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


@dataclass(frozen=True, slots=True)
class Terms:
    """Sizes of the terms of the loss."""

    beta: float = 0.1
    """How far the model may go from the reference; larger holds it nearer."""
    nll: float = 1.0
    """Weight of the likelihood of the chosen solution, per token."""
    guard: float = 0.0
    """Weight of the guard against a falling likelihood of the chosen solution."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Log-probabilities of solutions, summed over the tokens that the model wrote. All of shape `[B]`."""

    chosen: Tensor
    """Of the better solutions."""
    rejected: Tensor
    """Of the worse ones."""


def solution_logprobs(logits_BTV: Tensor, ids_BT: Tensor, weights_BT: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of weighted log-probabilities of the tokens, and the sums of the weights; both of shape `[B]`.

    Args:
        logits_BTV: the model's logits, position t predicting token t + 1.
        ids_BT: tokens.
        weights_BT: weight of each token; 0 for prompts, observations and padding.
    """
    targets = ids_BT[:, 1:].unsqueeze(-1)
    logits = logits_BTV[:, :-1].float()
    logprobs = logits.gather(-1, targets).squeeze(-1) - logits.logsumexp(-1)
    weights = weights_BT[:, 1:].float()
    return (logprobs * weights).sum(-1), weights.sum(-1)


def dpo_loss(
    policy: Sums,
    reference: Sums,
    chosen_tokens: Tensor,
    terms: Terms,
    weights: Tensor | None = None,
    margins: Tensor | None = None,
) -> tuple[Tensor, dict[str, float]]:
    """The loss as a scalar, and what to log.

    Args:
        policy: under the model that is trained.
        reference: under the model that it started from.
        chosen_tokens: number of tokens of each chosen solution, `[B]`.
        terms: sizes of the terms.
        weights: weight of each pair, `[B]`; hard problems weigh more. None: 1.
        margins: how much better the chosen one has to be, `[B]`. None: 0.

    With the model equal to the reference the first term is log 2.
    """
    chosen, rejected = policy.chosen - reference.chosen, policy.rejected - reference.rejected
    gap = terms.beta * (chosen - rejected)
    preference = -logsigmoid(gap - (margins if margins is not None else 0.0))
    likelihood = -policy.chosen / chosen_tokens.clamp(min=1)
    fall = (-chosen).clamp(min=0)
    weighted = preference * (weights if weights is not None else 1.0)
    loss = (weighted + terms.nll * likelihood + terms.guard * fall).mean()
    return loss, {
        "preference": preference.mean().item(),
        "likelihood": likelihood.mean().item(),
        "accuracy": (gap > 0).float().mean().item(),
        "margin": gap.mean().item(),
        "chosen_moved": chosen.mean().item(),
        "rejected_moved": rejected.mean().item(),
        "fell": (chosen < 0).float().mean().item(),
    }


def hard_weight(pass_rate: Tensor, gamma: float = 1.0, least: float = 0.25, most: float = 4.0) -> Tensor:
    """Weights of problems, larger for those that are failed more often; their mean is 1 before they are clipped.

    `(1 - p) ** gamma / mean`, with p the smoothed pass rate `(right + 1) / (n + 2)`.
    """
    raw = (1 - pass_rate) ** gamma
    return (raw / raw.mean().clamp(min=torch.finfo(raw.dtype).tiny)).clamp(least, most)
