"""From marks to probabilities: isotonic regression, which supposes only that a higher mark is never a worse sign.

    min sum_i (g(c_i) - v_i)^2   over all g that never fall

solved by pooling adjacent violators (Ayer et al. 1955; Barlow et al. 1972). Between the centres of the pools the curve is a
straight line (centred isotonic regression, Oron and Flournoy 2017, arXiv 1701.05964), so marks keep their order where the
steps of plain isotonic regression would make them equal. Few samples would let it follow chance; there it is a logistic
curve (Platt 1999).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...engine.judge import Curve
from ..calibration import fit_logistic

ENOUGH = 500
"""Samples from which on a curve is isotonic, and a sub-domain has one of its own."""
GRID = 41
"""Knots of a logistic curve, from mark 0 to mark 10."""


def curves(marks: Sequence[float], right: Sequence[bool], domains: Sequence[str | None]) -> dict[str, Curve]:
    """The curve of each sub-domain with enough samples; under the empty name that of all samples, for the others."""
    found = {"": curve(marks, right)}
    for domain in sorted({name for name in domains if name}):
        mine = [place for place, name in enumerate(domains) if name == domain]
        if len(mine) >= ENOUGH:
            found[domain] = curve([marks[place] for place in mine], [right[place] for place in mine])
    return found


def curve(marks: Sequence[float], right: Sequence[bool]) -> Curve:
    """The probability of being right by mark, isotonic where there are enough samples, else logistic."""
    if len(marks) >= ENOUGH:
        return isotonic(marks, right)
    if all(right) or not any(right) or max(marks) - min(marks) < 1e-9:
        return ((5.0, (sum(right) + 0.5) / (len(right) + 1)),)
    fitted = fit_logistic([{"mark": mark} for mark in marks], right, keep_right=1.0)
    grid = np.linspace(0, 10, GRID)
    chances = 1 / (1 + np.exp(-(fitted["bias"] + fitted["weights"]["mark"] * grid)))
    level = np.maximum.accumulate(chances) if fitted["weights"]["mark"] > 0 else np.full(GRID, np.mean(right))
    return tuple((float(mark), float(chance)) for mark, chance in zip(grid, level, strict=True))


def isotonic(marks: Sequence[float], right: Sequence[bool]) -> Curve:
    """The knots of centred isotonic regression: the mean mark and the share of right ones of each pool.

    The pools at the ends are never quite certain: they count half a right and half a wrong sample more.

    >>> isotonic([1, 2, 3, 4, 5, 6], [False, True, False, True, True, True])
    ((1.0, 0.25), (2.5, 0.5), (5.0, 0.875))
    """
    values, places, counts = np.unique(np.asarray(marks, dtype=float), return_inverse=True, return_counts=True)
    good_ones = np.bincount(places, weights=np.asarray(right, dtype=float))
    pools: list[tuple[float, float, int]] = []  # sum of marks, right ones, samples
    for value, good, n in zip(values.tolist(), good_ones.tolist(), counts.tolist(), strict=True):
        pools.append((value * n, good, n))
        while len(pools) > 1 and _falls(*pools[-2:]):
            (m1, r1, n1), (m2, r2, n2) = pools.pop(-2), pools.pop()
            pools.append((m1 + m2, r1 + r2, n1 + n2))
    pools = _with_equal_shares_together(pools)
    knots = [
        (total / n, _share(good, n, end=place in (0, len(pools) - 1))) for place, (total, good, n) in enumerate(pools)
    ]
    level = np.maximum.accumulate([chance for _, chance in knots])
    return tuple((mark, float(chance)) for (mark, _), chance in zip(knots, level, strict=True))


def _falls(before: tuple[float, float, int], after: tuple[float, float, int]) -> bool:
    """Whether a later pool has a smaller share of right ones."""
    return before[1] / before[2] > after[1] / after[2]


def _with_equal_shares_together(pools: Sequence[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Neighbouring pools of equal share as one: single samples would be certain of themselves."""
    found: list[tuple[float, float, int]] = []
    for total, good, n in pools:
        if found and abs(found[-1][1] / found[-1][2] - good / n) < 1e-12:
            before = found.pop()
            total, good, n = before[0] + total, before[1] + good, before[2] + n
        found.append((total, good, n))
    return found


def _share(good: float, n: int, *, end: bool) -> float:
    return (good + 0.5) / (n + 1) if end else good / n
