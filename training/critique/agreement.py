"""How well marks agree with those of the rubric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...evaluation.metrics.calibrated import ranks


def mean_error(marks: Sequence[float], true: Sequence[float]) -> float:
    """Mean absolute error, in marks.

    >>> mean_error([1.0, 4.0], [2, 4])
    0.5
    """
    return float(np.abs(np.asarray(marks, dtype=float) - np.asarray(true, dtype=float)).mean())


def quadratic_kappa(marks: Sequence[float], true: Sequence[float], classes: int = 11) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen 1968) of rounded marks; 1 is agreement, 0 is chance.

    1 - sum (i - j)^2 O_ij / sum (i - j)^2 E_ij, with E from the products of the margins. None where all are the same mark.

    >>> quadratic_kappa([0, 10, 10, 0], [0, 10, 0, 10])
    0.0
    """
    said = np.clip(np.rint(marks), 0, classes - 1).astype(int)
    gold = np.asarray(true).astype(int)
    observed = np.zeros((classes, classes))
    np.add.at(observed, (said, gold), 1.0)
    expected = np.outer(observed.sum(1), observed.sum(0)) / len(said)
    weights = (np.arange(classes)[:, None] - np.arange(classes)[None, :]) ** 2
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance else None


def spearman(marks: Sequence[float], true: Sequence[float]) -> float | None:
    """Spearman's correlation of ranks, equal marks sharing theirs; None where one side does not vary.

    >>> spearman([1, 2, 3], [10, 20, 30])
    1.0
    """
    a, b = ranks(marks), ranks(true)
    if min(a.std(), b.std()) < 1e-12:
        return None
    return round(float(np.corrcoef(a, b)[0, 1]), 12)
