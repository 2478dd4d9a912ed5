"""Two systems on the same problems: the difference, whether it is real, and how small a one could have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist
from typing import Literal

import numpy as np

from .intervals import Clusters, Floats, bootstrap_means, cluster_sums, percentiles, standard_error, wilson
from .student import quantile, two_sided_p

ALPHA = 0.05
"""Chance of seeing a difference where there is none that is put up with."""
POWER = 0.8
"""Chance of seeing a difference as large as the smallest detectable one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """B less A on the same problems."""

    n: int
    """Problems."""
    a: float
    """Mean of A."""
    b: float
    """Mean of B."""
    value: float
    """b - a."""
    low: float
    """Lower end of the 95% interval of the difference: t, over clusters of problems."""
    high: float
    """Upper end."""
    resampled: tuple[float, float]
    """95% interval by the bootstrap over clusters of problems."""
    se: float | None
    """Standard error of the difference; None where there are fewer than two clusters."""
    wins: int
    """Problems on which B is better."""
    losses: int
    """Problems on which A is better."""
    ties: int
    """Problems on which both are equal."""
    test: Literal["mcnemar", "t"]
    """How `p` was worked out: McNemar's exact test on wins and losses where every problem is right or wrong and stands alone
    (and on those of clusters where all differences are equal, so that there is no spread), else the paired t test."""
    p: float
    """P(a difference at least this large | no difference), two-sided."""
    detectable: float
    """The smallest true difference that so many problems show in 80% of cases at the 5% level."""
    adjusted: float | None = None
    """`p` after Holm's correction for the number of benchmarks."""

    @property
    def significant(self) -> bool:
        """Whether the corrected p is below 5%."""
        return (self.p if self.adjusted is None else self.adjusted) < ALPHA


def difference(a: Floats, b: Floats, clusters: Clusters | None = None) -> Difference:
    """B less A, whose values on the same problems stand in the same order.

    Where all values are equal the spread is unknown, not zero: the interval then is the Wilson bound on the share of problems
    that could differ.

    Raises:
        ValueError: there is no problem, or the lengths differ.
    """
    if len(a) != len(b) or not len(a):
        raise ValueError(f"{len(a)} and {len(b)} problems cannot be paired")
    change = b - a
    wins, losses = _signs(change)
    sums = cluster_sums(change, clusters)
    se, units = standard_error(change, clusters), len(sums)
    value = float(change.mean())
    half = quantile(units - 1) * se if se else wilson(0.0, units)[1]
    binary = bool(np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all()) and units == len(a)
    return Difference(
        n=len(a),
        a=float(a.mean()),
        b=float(b.mean()),
        value=value,
        low=max(-1.0, value - half),
        high=min(1.0, value + half),
        resampled=percentiles(bootstrap_means(change[:, None], clusters)[:, 0]),
        se=se,
        wins=wins,
        losses=losses,
        ties=len(a) - wins - losses,
        test="t" if se and not binary else "mcnemar",
        p=two_sided_p(value / se, units - 1) if se and not binary else mcnemar(*_signs(sums)),
        detectable=min(1.0, minimum_detectable(se) if se else half),
    )


def _signs(change: Floats) -> tuple[int, int]:
    """How many are above and below zero."""
    return int((change > 1e-12).sum()), int((change < -1e-12).sum())


def mcnemar(wins: int, losses: int) -> float:
    """McNemar's exact test: two-sided binomial P that `wins` of wins + losses is due to chance (McNemar 1947).

    >>> mcnemar(8, 2)
    0.109375
    """
    n, fewer = wins + losses, min(wins, losses)
    ways, total = 1, 0
    for i in range(fewer + 1):
        total += ways
        ways = ways * (n - i) // (i + 1)
    return min(1.0, 2 * total / (1 << n))


def holm(ps: Sequence[float]) -> list[float]:
    """Holm's correction for several tests (Holm 1979): the i-th smallest p times those from it on, never falling.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, highest = [0.0] * len(ps), 0.0
    for place, i in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, ps[i] * (len(ps) - place)))
        adjusted[i] = highest
    return adjusted


def minimum_detectable(se: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest true difference seen with probability `power`: (z_(alpha/2) + z_power) SE.

    >>> round(minimum_detectable(0.01), 4)
    0.028
    """
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) * se


def problems_needed(wins: float, losses: float, alpha: float = ALPHA) -> int:
    """Problems from which on such shares of wins and losses are significant: z^2 (w + l) / (w - l)^2, McNemar's z.

    A win rate of 17% against 10% needs more than 200:

    >>> problems_needed(0.17, 0.10)
    212
    """
    if wins == losses:
        raise ValueError("equal shares of wins and losses are significant for no number of problems")
    z = NormalDist().inv_cdf(1 - alpha / 2)
    return ceil(z * z * (wins + losses) / (wins - losses) ** 2)
