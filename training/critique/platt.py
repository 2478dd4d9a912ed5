"""The logistic curve of Platt (1999), "Probabilistic outputs for support vector machines", for samples that are few.

    p(c) = 1 / (1 + exp(-(a c + b))),  which minimises  -sum_i t_i log p(c_i) + (1 - t_i) log(1 - p(c_i))

with the target t = (N+ + 1) / (N+ + 2) for the N+ right samples and 1 / (N- + 2) for the N- wrong ones: what is believed of
each kind after having seen so many. They keep the curve from certainty where marks part right from wrong, and no penalty pulls
it towards the level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...engine.judge import Curve

GRID = 41
"""Knots from mark 0 to mark 10, and again where the curve is steep."""
STEEP = 6.0
"""Log odds up to which it is."""
STEPS = 100
"""Steps of Newton's method at most; a handful are enough."""
Floats = NDArray[np.float64]


def platt(marks: Sequence[float], right: Sequence[bool]) -> Curve:
    """The curve as knots; level where all samples are alike or higher marks are the worse sign.

    >>> platt([3.0, 4.0, 5.0], [True, True, True])
    ((5.0, 0.875),)
    """
    if all(right) or not any(right) or max(marks) - min(marks) < 1e-9:
        return ((5.0, (sum(right) + 0.5) / (len(right) + 1)),)
    x, happened = np.asarray(marks, dtype=float), np.asarray(right, dtype=np.bool_)
    good, bad = int(happened.sum()), int((~happened).sum())
    a, b = _fitted((x - x.mean()) / x.std(), np.where(happened, (good + 1) / (good + 2), 1 / (bad + 2)))
    if a <= 0:
        return ((5.0, float(happened.mean())),)
    steep = x.mean() + x.std() * (np.linspace(-STEEP, STEEP, GRID) - b) / a
    knots = np.unique(np.clip([*np.linspace(0, 10, GRID), *steep], 0, 10))
    chances = _logistic(a * (knots - x.mean()) / x.std() + b)
    return tuple(zip(knots.tolist(), chances.tolist(), strict=True))


def _fitted(z: Floats, targets: Floats) -> tuple[float, float]:
    """Slope and height, by Newton's method with steps that are halved until they help (Lin, Lin and Weng 2007)."""
    rows = np.column_stack([z, np.ones_like(z)])
    found = np.zeros(2)
    for _ in range(STEPS):
        chances = _logistic(rows @ found)
        slope = rows.T @ (chances - targets)
        if np.abs(slope).max() < 1e-9 * len(z):
            break
        curvature = rows.T @ (rows * (chances * (1 - chances))[:, None]) + 1e-12 * np.eye(2)
        step = np.linalg.solve(curvature, slope)
        sizes = (0.5**halved for halved in range(40))
        now = _loss(rows @ found, targets)
        found = found - step * next((size for size in sizes if _loss(rows @ (found - size * step), targets) < now), 0.0)
    return float(found[0]), float(found[1])


def _loss(logits: Floats, targets: Floats) -> float:
    return float((np.logaddexp(0, logits) - targets * logits).sum())


def _logistic(logits: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -logits))
