"""From marks to probabilities: isotonic regression, which supposes only that a higher mark is never a worse sign.

    min sum_i (g(c_i) - v_i)^2   over all g that never fall

solved by pooling adjacent violators (Ayer et al. 1955; Barlow et al. 1972). Between the centres of the pools the curve is a
straight line (centred isotonic regression, Oron and Flournoy 2017, arXiv 1701.05964), so marks keep their order where the
steps of plain isotonic regression would make them equal. Few samples would let it follow chance; there it is a logistic
curve (see `platt`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...engine.judge import Curve
from .platt import platt

ENOUGH = 500
"""Samples from which on a curve is isotonic, and a sub-domain has one of its own."""
FOLDS = 5
"""Parts of the problems that take turns in being measured by curves that have not seen them."""


def curves(
    marks: Sequence[float],
    right: Sequence[bool],
    domains: Sequence[str | None],
    among: Sequence[str | None] | None = None,
) -> dict[str, Curve]:
    """The curve of each sub-domain with enough samples; under the empty name that of all samples, for the others.

    Args:
        marks: of the samples.
        right: whether each is right.
        domains: their sub-domains.
        among: where these samples are a part, the sub-domains of all. The part gets curves of the kinds that all would get.
    """
    counted = domains if among is None else among
    found = {"": (isotonic if len(counted) >= ENOUGH else platt)(marks, right)}
    for domain, count in sorted(Counter(name for name in counted if name).items()):
        mine = [place for place, name in enumerate(domains) if name == domain]
        if count >= ENOUGH and mine:
            found[domain] = isotonic([marks[place] for place in mine], [right[place] for place in mine])
    return found


def isotonic(marks: Sequence[float], right: Sequence[bool]) -> Curve:
    """The knots of centred isotonic regression: the mean mark and the share of right ones of each pool.

    The pools at the ends are never quite certain: they count half a right and half a wrong sample more, but do not pass the
    share of their neighbour by it, and no other pool moves.

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
    shares = [good / n for _, good, n in pools]
    first, last = _less_certain(*pools[0][1:]), _less_certain(*pools[-1][1:])
    ends = [first] if len(pools) == 1 else [min(first, shares[1]), *shares[1:-1], max(last, shares[-2])]
    return tuple((total / n, chance) for (total, _, n), chance in zip(pools, ends, strict=True))


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


def _less_certain(good: float, n: int) -> float:
    return (good + 0.5) / (n + 1)
