"""The preference loss, on sums of log-probabilities over what the model wrote (never over what the sandbox wrote).

    delta(y) = log p(y) - log p_ref(y)
    L = - w log sigmoid(beta (delta(chosen) - delta(rejected)) - margin)
        + nll (- log p(chosen) by the token)
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


FIGURES = ("preference", "likelihood", "preference_accuracy", "margin", "chosen_moved", "rejected_moved", "fell")
"""What is told of a pair: the first two terms, whether the chosen side gained more than the rejected one and by how much, how
far the log-probabilities of both moved from the reference, and whether that of the chosen one fell."""


def dpo_loss(
    policy: Sums,
    reference: Sums,
    likelihood: Tensor,
    terms: Terms,
    weights: Tensor | None = None,
    margins: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The loss of each pair, shape `[B]`, and its `FIGURES`, shape `[7, B]`, without gradients.

    Args:
        policy: under the model that is trained.
        reference: under the model that it started from.
        likelihood: negative log-likelihood of each chosen solution, by the token, `[B]`.
        terms: sizes of the terms.
        weights: weight of each pair, `[B]`; hard problems weigh more. None: 1.
        margins: how much better the chosen one has to be, `[B]`. None: 0.

    With the model equal to the reference the first term is log 2.
    """
    chosen, rejected = policy.chosen - reference.chosen, policy.rejected - reference.rejected
    gap = terms.beta * (chosen - rejected)
    preference = -logsigmoid(gap - (margins if margins is not None else 0.0))
    weighted = preference * (weights if weights is not None else 1.0)
    loss = weighted + terms.nll * likelihood + terms.guard * (-chosen).clamp(min=0)
    figures = (preference, likelihood, (gap > 0).float(), gap, chosen, rejected, (chosen < 0).float())
    return loss, torch.stack(figures).detach()
