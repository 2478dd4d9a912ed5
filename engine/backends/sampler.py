"""The next token of many sequences at once, on the device where the logits are."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..backend import Sampling


def choose(logits_BV: torch.Tensor, samplings: Sequence[Sampling], draws: Sequence[float]) -> torch.Tensor:
    """A token for each row: the most probable one at temperature 0, else one from the nucleus of probability `top_p`.

    Args:
        logits_BV: float32.
        samplings: of the rows.
        draws: for each row a number from 0 (included) to 1 (not included), which alone decides its token.

    Returns:
        Ids of shape (rows,).
    """
    tokens_B = logits_BV.argmax(-1)
    for nucleus in (False, True):
        rows = [n for n, one in enumerate(samplings) if one.temperature > 0 and (one.top_p < 1) == nucleus]
        if rows:
            picked = _draw(logits_BV[rows], [samplings[n] for n in rows], [draws[n] for n in rows], nucleus=nucleus)
            tokens_B[rows] = picked
    return tokens_B


def _draw(
    logits_BV: torch.Tensor, samplings: Sequence[Sampling], draws: Sequence[float], *, nucleus: bool
) -> torch.Tensor:
    """The token at which the sum of the probabilities passes the number that was drawn."""
    device = logits_BV.device
    probabilities_BV = (logits_BV / torch.tensor([[one.temperature] for one in samplings], device=device)).softmax(-1)
    order_BV = None
    if nucleus:
        probabilities_BV, order_BV = probabilities_BV.sort(descending=True)
        before_BV = probabilities_BV.cumsum(-1) - probabilities_BV
        probabilities_BV = probabilities_BV * (
            before_BV < torch.tensor([[one.top_p] for one in samplings], device=device)
        )
    sums_BV = probabilities_BV.cumsum(-1)
    whole_B1 = sums_BV[:, -1:]
    marks_B1 = torch.tensor([[draw] for draw in draws], device=device) * whole_B1
    marks_B1 = torch.minimum(marks_B1, torch.nextafter(whole_B1, torch.zeros_like(whole_B1)))
    places_B1 = torch.searchsorted(sums_BV, marks_B1, right=True)
    return (places_B1 if order_BV is None else order_BV.gather(-1, places_B1))[:, 0]
