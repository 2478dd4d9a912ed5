"""Choosing among samples by a score: best-of-k, weighted votes, and votes among those that a critic lets through.

A score that is missing or not a number trusts nothing: such a sample is chosen last and its vote weighs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, inf, isnan, nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .votes import plurality

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Weight = Literal["sigmoid", "softmax", "rank", "probability"]
"""How a score becomes the weight of a vote: positive, whatever its sign; where scores are probabilities, the score itself."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An expectation that may have been estimated by drawing."""

    value: float
    """The figure."""
    se: float
    """Standard error of the drawing; 0 when every subset was looked at."""


def best_of_k(scores: Sequence[float], right: Sequence[float], k: int) -> float:
    """Expected worth of the sample with the highest score among k of n, exactly.

    With samples sorted by falling score, sum_i right_(i) C(n-i, k-1) / C(n, k), i from 1; ties go to the earlier sample.

    >>> best_of_k([0.9, 0.1, 0.5], [1, 0, 0], 2)
    0.6666666666666666
    """
    n = len(scores)
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}; it is at least 1 and at most the number of samples, {n}")
    order = sorted(range(n), key=lambda i: inf if isnan(scores[i]) else -scores[i])
    ways = comb(n, k)
    return sum(right[i] * (comb(n - place, k - 1) / ways) for place, i in enumerate(order, 1))


def weighted_majority_at_k(
    classes: Sequence[int],
    right: Sequence[float],
    scores: Sequence[float],
    k: int,
    weight: Weight = "sigmoid",
    *,
    subsets: int = 20_000,
    seed: int = 0,
) -> Drawn:
    """maj@k where a vote weighs by its score; a tie goes to the class with the highest score, then to the earlier one.

    There is no closed form: all C(n, k) subsets are looked at where they are at most `subsets`, else that many are drawn.

    Args:
        classes: number of each sample's answer class; -1 for no answer, which never votes.
        right: worth of each sample, 0 or 1.
        scores: score of each sample.
        k: samples that vote.
        weight: sigmoid (1 / (1 + e^-r)), softmax (e^r), rank (1 for the lowest of the k scores, k for the highest), or
            probability (the score itself, which is one).
        subsets: most subsets that are looked at.
        seed: seed of the drawing.

    >>> weighted_majority_at_k([0, 0, 1], [0, 0, 1], [-2.0, -2.0, 3.0], 3)
    Drawn(value=1.0, se=0.0)
    """
    n = len(classes)
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}; it is at least 1 and at most the number of samples, {n}")
    if complete := comb(n, k) <= subsets:
        chosen = np.array(list(combinations(range(n), k)))
    else:
        chosen = np.argpartition(np.random.default_rng(seed).random((subsets, n)), k - 1, axis=1)[:, :k]
        chosen.sort(axis=1)
    worths = weighted_votes(
        np.asarray(classes)[chosen],
        class_worths(classes, right)[chosen],
        np.asarray(scores, dtype=float)[chosen],
        weight,
    )
    return Drawn(float(worths.mean()), 0.0 if complete else float(worths.std(ddof=1) / np.sqrt(len(worths))))


def weighted_votes(classes: Ints, worths: Floats, scores: Floats, weight: Weight) -> Floats:
    """Worth of the winner of each vote; a row of each array is a vote, a column a sample of it.

    A tie goes to the class with the highest score, then to the class with the earliest sample. Where no sample answers it is
    the worth of that, 1 where the problem should be declined, as in a vote without weights; where no answer is heard, 0.
    """
    size = max(1, 4_000_000 // classes.shape[1] ** 2)
    parts = [slice(start, start + size) for start in range(0, len(classes), size)]
    return np.concatenate([_winners(classes[part], worths[part], scores[part], weight) for part in parts])


def heard(scores: Sequence[float], classes: Sequence[int]) -> list[float]:
    """The scores of the samples that answer; who states no answer is never chosen before one that does, as in use.

    >>> heard([0.9, 0.5], [-1, 0])
    [nan, 0.5]
    """
    return [score if number >= 0 else nan for score, number in zip(scores, classes, strict=True)]


def class_worths(classes: Sequence[int], right: Sequence[float]) -> Floats:
    """For each sample the share of right ones among all samples of its class."""
    _, places = np.unique(np.asarray(classes), return_inverse=True)
    shares: Floats = np.bincount(places, weights=np.asarray(right, dtype=float)) / np.bincount(places)
    return shares[places]


def filtered_vote(
    classes: Sequence[int], right: Sequence[float], scores: Sequence[float], threshold: float
) -> tuple[float, bool]:
    """Majority vote, ties shared, among the samples that score at least `threshold`; and whether anyone voted. Where no sample
    answers it is the worth of that.

    >>> filtered_vote([0, 0, 1], [0, 0, 1], [2, 3, 9], threshold=5)
    (1.0, True)
    """
    members: dict[int, list[float]] = {}
    for number, worth, score in zip(classes, right, scores, strict=True):
        if number >= 0 and score >= threshold:
            members.setdefault(number, []).append(float(worth))
    declined = 0.0 if any(number >= 0 for number in classes) else sum(right) / len(right)
    votes = [(len(worths), sum(worths) / len(worths)) for worths in members.values()]
    return plurality(votes, declined), bool(members)


def _winners(classes: Ints, worths: Floats, scores: Floats, weight: Weight) -> Floats:
    votes = np.isfinite(scores) & (classes >= 0)
    known = np.where(votes, scores, -np.inf)
    weights = np.where(votes, WEIGHTS[weight](known), 0.0)
    alike = classes[:, :, None] == classes[:, None, :]
    totals = np.where(votes, (alike * weights[:, None, :]).sum(axis=2), 0.0)
    highest = np.where(alike, known[:, None, :], -np.inf).max(axis=2)
    tied = votes & (totals >= totals.max(axis=1, keepdims=True) * (1 - 1e-12))
    best = np.where(tied, highest, -np.inf)
    winner = np.argmax(tied & (best == best.max(axis=1, keepdims=True)), axis=1)
    unheard = np.where((classes < 0).all(axis=1), worths[:, 0], 0.0)
    return np.where(votes.any(axis=1), worths[np.arange(len(worths)), winner], unheard)


def _sigmoid(scores: Floats) -> Floats:
    return np.exp(-np.logaddexp(0.0, -scores))


def _softmax(scores: Floats) -> Floats:
    highest = scores.max(axis=1, keepdims=True)
    return np.exp(scores - np.where(np.isfinite(highest), highest, 0.0))


def _rank(scores: Floats) -> Floats:
    """Equal scores get equal ranks, the mean of theirs."""
    below = (scores[:, None, :] < scores[:, :, None]).sum(axis=2)
    equal = (scores[:, None, :] == scores[:, :, None]).sum(axis=2)
    ranks: Floats = below + (equal + 1) / 2
    return ranks


def _probability(scores: Floats) -> Floats:
    return np.maximum(scores, 0.0)


WEIGHTS: dict[Weight, Callable[[Floats], Floats]] = {
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "rank": _rank,
    "probability": _probability,
}
"""Weights of the votes in each row of scores; minus infinity stands for no score."""
