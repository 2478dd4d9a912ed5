"""Choosing the solutions that differ most: greedy max-min distance, with a share for quality."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

QUALITY = 0.3
"""Share of the quality in what is maximised."""
NEAR = 0.08
"""A candidate nearer than this to a chosen one is a repetition."""


def most_different(
    candidates: Sequence[T],
    quality: Sequence[float],
    similarity: Callable[[T, T], float],
    count: int,
    *,
    share: float = QUALITY,
    near: float = NEAR,
) -> list[int]:
    """Places of at most `count` candidates that are far from each other.

    The first is the one of the best quality; each next one maximises
    `(1 - share) * min(distance to the chosen ones) + share * quality`, with distance = 1 - similarity. It stops when every
    candidate is nearer than `near` to a chosen one. Ties go to the earlier candidate, so the outcome is repeatable.
    (Farthest-point selection, a 2-approximation of max-min dispersion: Gonzalez 1985; Ravi et al. 1994.)

    Args:
        candidates: what to choose from.
        quality: of each candidate, 0 to 1.
        similarity: of two candidates, 0 to 1, symmetric.
        count: how many at most.
        share: weight of the quality, 0 (distance alone) to 1.
        near: least distance between two chosen ones.

    >>> most_different([0.0, 0.1, 1.0], [1, 1, 1], lambda a, b: 1 - abs(a - b), 2)
    [0, 2]
    """
    if not candidates or count < 1:
        return []
    chosen = [max(range(len(candidates)), key=lambda place: quality[place])]
    distance = [1 - similarity(one, candidates[chosen[0]]) for one in candidates]
    while len(chosen) < count:
        open_ = [place for place in range(len(candidates)) if place not in chosen and distance[place] >= near]
        if not open_:
            break
        best = max(open_, key=lambda place: (1 - share) * distance[place] + share * quality[place])
        chosen.append(best)
        distance = [
            min(old, 1 - similarity(one, candidates[best])) for old, one in zip(distance, candidates, strict=True)
        ]
    return chosen
