"""Whether probabilities of being right are to be believed: calibration error, Brier score, AUROC, and drift.

Promises nothing about error bars: samples of one problem are alike, and these figures are of samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRIFT = 0.05
"""Difference of the mean probability and the accuracy from which on a calibration no longer fits what it is used on."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Samples of like probability."""

    said: float
    """Mean probability."""
    right: float
    """Share that is right."""
    n: int
    """Samples."""


def reliability(probabilities: Sequence[float] | Floats, right: Sequence[bool] | Flags, count: int = 10) -> list[Bin]:
    """Samples by rising probability in bins of equal size; those of equal probability stay together.

    >>> reliability([0.1, 0.3, 0.7, 0.9], [False, False, True, True], count=2)
    [Bin(said=0.2, right=0.0, n=2), Bin(said=0.8, right=1.0, n=2)]
    """
    said, true = np.asarray(probabilities, dtype=float), np.asarray(right, dtype=float)
    order = np.argsort(said, kind="stable")
    _, firsts = np.unique(said[order], return_index=True)
    wanted = np.arange(1, count) * len(said) / count
    cuts = sorted({int(firsts[np.abs(firsts - cut).argmin()]) for cut in wanted} - {0}) if len(said) else []
    parts = np.split(order, cuts)
    return [Bin(float(said[part].mean()), float(true[part].mean()), len(part)) for part in parts if len(part)]


def calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: the mean distance of what is said from what is true, over bins by their size (Naeini et al. 2015, AAAI).

    >>> round(calibration_error([Bin(0.2, 0.0, 2), Bin(0.8, 1.0, 2)]), 3)
    0.2
    """
    whole = sum(one.n for one in bins)
    return sum(one.n * abs(one.said - one.right) for one in bins) / whole if whole else 0.0


def brier(probabilities: Sequence[float] | Floats, right: Sequence[bool] | Flags) -> float:
    """Mean squared distance of the probabilities from what happened (Brier 1950); lower is better.

    >>> brier([0.5, 1.0], [True, True])
    0.125
    """
    return float(((np.asarray(probabilities, dtype=float) - np.asarray(right, dtype=float)) ** 2).mean())


def auroc(scores: Sequence[float] | Floats, right: Sequence[bool] | Flags) -> float | None:
    """P(a right sample has a higher score than a wrong one), ties by half; None where one of the kinds is missing.

    >>> auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    0.875
    """
    true = np.asarray(right, dtype=bool)
    good, bad = int(true.sum()), int((~true).sum())
    if not good or not bad:
        return None
    return float((ranks(scores)[true].sum() - good * (good + 1) / 2) / (good * bad))


def ranks(values: Sequence[float] | Floats) -> Floats:
    """Ranks from 1; equal values get the mean of theirs.

    >>> ranks([3.0, 1.0, 3.0]).tolist()
    [2.5, 1.0, 2.5]
    """
    _, places, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    found: Floats = (ends - (counts - 1) / 2)[places]
    return found


@dataclass(frozen=True, slots=True)
class Drift:
    """A critic's opinion of samples beside what is true of them."""

    said: float
    """Mean probability of being right."""
    right: float
    """Share that is right."""
    n: int
    """Samples."""

    @property
    def alarming(self) -> bool:
        """Whether the difference is above `DRIFT`, and not by the chance of drawing so few samples (two standard errors)."""
        error = (self.right * (1 - self.right) / self.n) ** 0.5 if self.n else 1.0
        return abs(self.said - self.right) > max(DRIFT, 2 * error)


def drift(probabilities: Sequence[float], right: Sequence[bool]) -> Drift:
    """The means of what is said and of what is true.

    >>> drift([0.9, 0.9], [True, True]).alarming
    True
    """
    return Drift(float(np.mean(probabilities)), float(np.mean(right)), len(right))
