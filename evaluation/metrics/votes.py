"""Majority vote among k of n samples, exactly and with ties shared.

A vote is for a class of equal answers (see `classes`); who states no answer does not vote. Of several classes with the most
votes each gets an equal share, so the figure does not hang on the order of the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

Classes = tuple[tuple[int, float], ...]
"""Size and worth of every class; the worth is the share of its samples that are right, as a rule 0 or 1."""


def plurality(classes: Sequence[tuple[int, float]], declined: float = 0.0) -> float:
    """Worth of the largest class, the mean where several are largest; `declined` where nobody votes.

    >>> plurality([(3, 1.0), (3, 0.0), (1, 0.0)])
    0.5
    """
    most = max((size for size, _ in classes), default=0)
    if most == 0:
        return declined
    winners = [worth for size, worth in classes if size == most]
    return sum(winners) / len(winners)


def majority_at_k(classes: Sequence[tuple[int, float]], unanswered: int, k: int, declined: float = 0.0) -> float:
    """maj@k: expected worth of the winner of a vote among k samples drawn from all n.

    With class sizes n_u, worths v_u and n_0 samples without an answer it is

        1/C(n,k) sum_w v_w sum_j C(n_w,j) sum_t 1/(t+1)
            [x^(k-j) z^t] (1+x)^(n_0) prod_(u != w) ( sum_(i<j) C(n_u,i) x^i + z C(n_u,j) x^j )

    where class w gets j votes and t others as many. All terms are positive, so floats lose nothing; and each C(m,i) is taken
    times p^i (1-p)^(m-i) with p = k/n, which cancels in the end, so nothing overflows. maj@1 is pass@1.

    Args:
        classes: size and worth of every class.
        unanswered: samples without an answer.
        k: samples that vote.
        declined: worth of no vote at all: 1 where the problem should be declined.

    Raises:
        ValueError: there are fewer than k samples.

    >>> round(majority_at_k([(2, 1.0), (1, 0.0)], 0, 2), 9)
    0.666666667
    """
    n = unanswered + sum(size for size, _ in classes)
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}; it is at least 1 and at most the number of samples, {n}")
    return _majority(tuple(sorted(classes, reverse=True)), unanswered, k, declined)


@lru_cache(maxsize=1 << 17)
def _majority(classes: Classes, unanswered: int, k: int, declined: float) -> float:
    n = unanswered + sum(size for size, _ in classes)
    if k == n:
        return plurality(classes, declined)
    p = k / n
    total = declined * _chance(unanswered, k, p) * (1 - p) ** (n - unanswered)
    for w, (size, worth) in enumerate(classes):
        if worth:
            others = [other for u, (other, _) in enumerate(classes) if u != w]
            total += worth * sum(
                _chance(size, votes, p) * _unbeaten(others, unanswered, votes, k - votes, p)
                for votes in range(1, min(size, k) + 1)
            )
    return total / _chance(n, k, p)


def _unbeaten(others: Sequence[int], unanswered: int, votes: int, left: int, p: float) -> float:
    """Chance to draw `left` other samples with at most `votes` of each class, divided by the number of classes in the tie."""
    rivals = [size for size in others if size >= votes]
    harmless = unanswered + sum(size for size in others if size < votes)  # too small to reach as many votes
    ties = min(len(rivals), left // votes)
    chances = np.zeros((ties + 1, left + 1))  # by classes in the tie and samples drawn
    chances[0] = [_chance(harmless, drawn, p) for drawn in range(left + 1)]
    for size in rivals:
        chances = _with_rival(chances, size, votes, p)
    return float((chances[:, left] / np.arange(1, ties + 2)).sum())


def _with_rival(chances: NDArray[np.float64], size: int, votes: int, p: float) -> NDArray[np.float64]:
    """The chances when one more class may get up to `votes` votes."""
    length = chances.shape[1]
    found = np.zeros_like(chances)
    for drawn in range(min(votes, length)):
        found[:, drawn:] += _chance(size, drawn, p) * chances[:, : length - drawn]
    if votes < length:
        found[1:, votes:] += _chance(size, votes, p) * chances[:-1, : length - votes]
    return found


@lru_cache(maxsize=1 << 16)
def _chance(m: int, i: int, p: float) -> float:
    """Chance that i of m samples are drawn when each is with probability p."""
    if i > m:
        return 0.0
    return exp(lgamma(m + 1) - lgamma(i + 1) - lgamma(m - i + 1) + i * log(p) + (m - i) * log1p(-p))
