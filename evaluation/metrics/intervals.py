"""Error bars: standard errors over problems, intervals, and the bootstrap.

The unit is the problem, never the sample: samples of one problem are alike, and counting them as independent makes the
error too small (by 2.5 times on a recorded run of 100 problems with 8 samples). Problems of one cluster are alike too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .student import quantile

Floats = NDArray[np.float64]
Clusters = NDArray[np.int64]
"""The number of each problem's cluster."""

REPLICATES = 10_000
SEED = 20_240_917
FEW = 100
"""Below so many clusters the t interval is replaced by Wilson's."""
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its errors, a share from 0 to 1."""

    value: float
    """The mean over problems."""
    low: float
    """Lower end of the 95% interval."""
    high: float
    """Upper end."""
    method: str
    """How the interval was worked out: wilson, t or normal."""
    se: float | None
    """Standard error over problems, clustered where problems have clusters; None for fewer than two clusters."""
    resampled: tuple[float, float] | None = None
    """95% interval by the bootstrap over problems or clusters."""
    n: int = 0
    """Problems."""
    sampling_se: float | None = None
    """Standard error that is due to the drawing of samples alone; None where a problem has one sample."""


def standard_error(values: Floats, clusters: Clusters | None = None) -> float | None:
    """Standard error of the mean over problems; None where there are fewer than two clusters.

    sqrt( C/(C-1) sum_c ( sum_(i in c) (s_i - mean) )^2 ) / N over C clusters (Miller 2024, arXiv 2411.00640, appendix A,
    with the factor for few clusters); when each problem is its own cluster: sqrt( sum (s_i - mean)^2 / (N (N-1)) ).

    >>> standard_error(np.array([1.0, 0.0, 1.0, 0.0]))
    0.28867513459481287
    """
    sums = cluster_sums(values - values.mean(), clusters) if len(values) else values
    count = len(sums)
    if count < 2:
        return None
    se = sqrt(count / (count - 1) * float(sums @ sums)) / len(values)
    return se if se > 1e-12 else 0.0  # what is left of equal values is rounding


def cluster_sums(values: Floats, clusters: Clusters | None = None) -> Floats:
    """The sum over each cluster; without clusters the values themselves."""
    if clusters is None:
        return values
    return np.bincount(np.unique(clusters, return_inverse=True)[1], weights=values).astype(float)


def sampling_error(right: Floats, samples: Floats) -> float | None:
    """Standard error that is due to the drawing of samples alone, the problems being fixed.

    sqrt( sum_i var_i / n_i ) / N with the unbiased var_i = c_i (n_i - c_i) / (n_i (n_i - 1)); None where a problem has
    only one sample, which says nothing about its spread.

    >>> sampling_error(np.array([1.0, 2.0]), np.array([2.0, 2.0]))
    0.25
    """
    if not len(samples) or samples.min() < 2:
        return None
    variances = right * (samples - right) / (samples * (samples - 1))
    return sqrt(float((variances / samples).sum())) / len(samples)


def wilson(share: float, n: float, z: float = _Z) -> tuple[float, float]:
    """Wilson's score interval of a share of n (Wilson 1927); n may be an effective number.

    >>> [round(100 * x, 1) for x in wilson(25 / 30, 30)]
    [66.4, 92.7]
    """
    if n == 0:
        return 0.0, 1.0
    z2 = z * z / n
    centre = (share + z2 / 2) / (1 + z2)
    half = z * sqrt(share * (1 - share) / n + z2 / (4 * n)) / (1 + z2)
    return max(0.0, centre - half), min(1.0, centre + half)


def share_interval(values: Floats, clusters: Clusters | None = None) -> tuple[float, float, str]:
    """95% interval of a mean of values from 0 to 1, and how it was worked out.

    `t`: mean +- t(C-1) SE, for 100 clusters and more. `wilson`: Wilson's interval, which does not claim certainty when all
    or none are right. Where values are not just 0 and 1, or stand in clusters, it takes the number of problems that would be
    as informative, p (1-p) / (SE^2 (C-1)/C), and t(C-1) in place of z, since the spread is estimated.
    """
    count = len(values) if clusters is None else len(np.unique(clusters))
    if not count:
        return 0.0, 1.0, "wilson"
    mean, se = min(1.0, max(0.0, float(values.mean()))), standard_error(values, clusters)
    if se and count >= FEW:
        half = quantile(count - 1) * se
        return max(0.0, mean - half), min(1.0, mean + half), "t"
    if not se or (clusters is None and np.isin(values, (0.0, 1.0)).all()):
        return *wilson(mean, count), "wilson"
    effective = mean * (1 - mean) / (se * se * (count - 1) / count)
    return *wilson(mean, effective, quantile(count - 1)), "wilson"


def bootstrap_means(rows: Floats, clusters: Clusters | None = None, replicates: int = REPLICATES) -> Floats:
    """Means of the columns when problems (or whole clusters) are drawn anew with replacement: replicates x columns.

    The seed is fixed. Columns of one call are drawn together, so differences of them are paired. How often each cluster is
    drawn is counted, and the sums are one product of matrices: about a second for 12,500 problems.
    """
    sums = np.column_stack([np.ones(len(rows)), rows])
    if clusters is not None:
        sums = np.column_stack([cluster_sums(column, clusters) for column in sums.T])
    count = len(sums)
    generator = np.random.default_rng(SEED)
    step = max(1, 2_000_000 // count)
    totals = []
    for start in range(0, replicates, step):
        size = min(step, replicates - start)
        drawn = generator.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
        totals.append(np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count) @ sums)
    found = np.concatenate(totals)
    means: Floats = found[:, 1:] / found[:, :1]
    return means


def percentiles(replicates: Floats) -> tuple[float, float]:
    """The middle 95% of the replicates of one figure."""
    low, high = np.percentile(replicates, [2.5, 97.5])
    return float(low), float(high)


def estimate(values: Floats, clusters: Clusters | None = None, replicates: Floats | None = None) -> Estimate:
    """The mean of a figure that has a value from 0 to 1 on every problem, with its errors."""
    low, high, method = share_interval(values, clusters)
    value = float(values.mean()) if len(values) else 0.0
    resampled = None if replicates is None else percentiles(replicates)
    return Estimate(value, low, high, method, standard_error(values, clusters), resampled, len(values))


def estimates(columns: Sequence[Floats], clusters: Clusters | None = None) -> list[Estimate]:
    """Several figures of the same problems, with bootstrap intervals from the same draws."""
    if not columns or not len(columns[0]):
        return [estimate(column) for column in columns]
    replicates = bootstrap_means(np.column_stack(columns), clusters)
    return [estimate(column, clusters, drawn) for column, drawn in zip(columns, replicates.T, strict=True)]


def micro_average(parts: Sequence[Estimate]) -> Estimate:
    """The mean over all problems of all benchmarks: each weighs by its problems."""
    total = sum(part.n for part in parts)
    return _average(parts, [part.n / total for part in parts])


def macro_average(parts: Sequence[Estimate]) -> Estimate:
    """The mean over benchmarks: each weighs the same."""
    return _average(parts, [1 / len(parts)] * len(parts))


def _average(parts: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """A weighted mean of independent figures; normal interval."""
    value = sum(part.value * weight for part, weight in zip(parts, weights, strict=True))
    errors = [part.se for part in parts]
    n = sum(part.n for part in parts)
    known = [error for error in errors if error is not None]
    if len(known) < len(parts) or not any(known):
        low, high = wilson(value, n)
        return Estimate(value, low, high, "wilson", None if len(known) < len(parts) else 0.0, None, n)
    se = sqrt(sum((error * weight) ** 2 for error, weight in zip(known, weights, strict=True)))
    return Estimate(value, max(0.0, value - _Z * se), min(1.0, value + _Z * se), "normal", se, None, n)
