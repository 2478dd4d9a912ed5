"""The loss of the reward model, on all pairs of a right and a wrong attempt at one problem.

    L = 1 / (k (n - k)) sum_(w right, l wrong) [ -log sigmoid(r_w - r_l - m (s_w - s_l) / 10) + c (r_w + r_l)^2 ]

The first term is that of Bradley and Terry (1952) as in InstructGPT (Ouyang et al. 2022, arXiv 2203.02155, section 3.5: all
pairs of one prompt, averaged); the margin is that of Llama 2 (Touvron et al. 2023, arXiv 2307.09288, section 3.2.2); the last
keeps rewards about zero (Eisenstein et al. 2023, arXiv 2312.09244), which differences alone leave open.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def pair_loss(
    rewards_N: Tensor, right_N: Tensor, marks_N: Tensor | None = None, *, margin: float = 0.0, centring: float = 0.01
) -> tuple[Tensor, dict[str, float]]:
    """The loss of one problem as a scalar, and what to log.

    Args:
        rewards_N: of the attempts.
        right_N: whether each is right; there is one of each kind at least.
        marks_N: by the rubric, 0 to 10; needed for a margin.
        margin: how far apart the rewards of attempts are to be that are ten marks apart.
        centring: weight of the squared sums.

    With equal rewards of zero it is log 2:

    >>> loss, _ = pair_loss(torch.zeros(3), torch.tensor([True, False, False]))
    >>> round(loss.item(), 4)
    0.6931
    """
    right, wrong = rewards_N[right_N], rewards_N[~right_N]
    gaps = right[:, None] - wrong[None, :]
    wanted = torch.zeros_like(gaps)
    if margin and marks_N is not None:
        wanted = margin * (marks_N[right_N][:, None] - marks_N[~right_N][None, :]) / 10
    centre = (right[:, None] + wrong[None, :]).square()
    loss = (-logsigmoid(gaps - wanted) + centring * centre).mean()
    return loss, {"pairs": pair_accuracy(gaps.detach()), "gap": gaps.detach().mean().item()}


def pair_accuracy(gaps: Tensor) -> float:
    """The share of pairs whose right attempt has the higher reward; equal ones count for half.

    >>> pair_accuracy(torch.tensor([1.0, -1.0, 0.0]))
    0.5
    """
    return ((gaps > 0).double().mean() + 0.5 * (gaps == 0).double().mean()).item()
