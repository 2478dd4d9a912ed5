"""Advantages of the tokens that a model wrote.

Tokens of the sandbox are no actions. They are skipped: the estimate passes from the last token before them to the first after
them, as if they were not there. (Setting their values to 0, as some trainers do, is another estimate, and wrong for
gamma < 1 or lambda < 1.)
"""

from __future__ import annotations

import torch
from torch import Tensor


def gae(rewards_BT: Tensor, values_BT: Tensor, written_BT: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation over the tokens that the model wrote (Schulman et al. 2015, arXiv 1506.02438).

    `delta_t = r_t + gamma V_next - V_t`, `A_t = delta_t + gamma lam A_next`, with *next* the next written token; after the
    last one both are 0.

    Args:
        rewards_BT: reward of each token; those of tokens that were not written are ignored.
        values_BT: value of the state in which each token was chosen.
        written_BT: 1 where the model wrote the token.
        gamma: discount for each written token, 0 to 1.
        lam: 0 (one step ahead) to 1 (to the end).

    Returns:
        Advantages and returns (advantage + value), both `[B, T]`, 0 where nothing was written.
    """
    written = written_BT.bool()
    advantages = torch.zeros_like(values_BT)
    following = torch.zeros_like(values_BT[:, 0])
    value = torch.zeros_like(values_BT[:, 0])
    for t in reversed(range(values_BT.shape[1])):
        here = written[:, t]
        advantage = rewards_BT[:, t] + gamma * value - values_BT[:, t] + gamma * lam * following
        advantages[:, t] = torch.where(here, advantage, advantages[:, t])
        following = torch.where(here, advantage, following)
        value = torch.where(here, values_BT[:, t], value)
    return advantages, torch.where(written, advantages + values_BT, torch.zeros_like(values_BT))


def whitened(advantages_BT: Tensor, written_BT: Tensor) -> Tensor:
    """Advantages with mean 0 and variance 1 over the written tokens, 0 elsewhere."""
    written = written_BT.float()
    count = written.sum().clamp(min=1)
    mean = (advantages_BT * written).sum() / count
    variance = ((advantages_BT - mean) ** 2 * written).sum() / count
    return (advantages_BT - mean) * written / (variance + 1e-8).sqrt()


def group_relative(
    rewards_GN: Tensor, *, by_deviation: bool = True, least_deviation: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Advantages of the N solutions of each of G problems against each other (GRPO, Shao et al. 2024, arXiv 2402.03300).

    Args:
        rewards_GN: reward of each solution.
        by_deviation: divide by the standard deviation; without it problems that are nearly always or hardly ever solved are not
            favoured. That is one half of Dr. GRPO (Liu et al. 2025, arXiv 2503.20783); the other, a constant in place of
            lengths, is not here: `policy_loss` divides by the tokens of the batch (DAPO, Yu et al. 2025, arXiv 2503.14476).
        least_deviation: what is divided by at least, so that differences that are small on purpose stay small.

    Returns:
        Advantages `[G, N]`, and which groups are of use, `[G]`: where all rewards are equal nothing is to be learnt.
    """
    centred = rewards_GN - rewards_GN.mean(-1, keepdim=True)
    deviation = rewards_GN.std(-1, unbiased=False, keepdim=True)
    useful = deviation.squeeze(-1) > 1e-6
    scaled = centred / (deviation + 1e-6).clamp(min=least_deviation) if by_deviation else centred
    return scaled * useful.unsqueeze(-1), useful
