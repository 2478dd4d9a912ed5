"""What two lists of words have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def lcs_length(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence, by one addition of whole numbers for each word of `a`.

    Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): bit j of `row` is 0 where the length grows at b[j].

    >>> lcs_length("abcbdab", "bdcaba")
    4
    """
    positions: dict[Hashable, int] = {}
    for place, word in enumerate(b):
        positions[word] = positions.get(word, 0) | 1 << place
    full = row = (1 << len(b)) - 1
    for word in a:
        matched = row & positions.get(word, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(b) - row.bit_count()


def lcs_ratio(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Longest common subsequence as a share of the longer list; 1 for two empty ones.

    >>> lcs_ratio("how many red apples".split(), "how many apples".split())
    0.75
    """
    return lcs_length(a, b) / max(len(a), len(b)) if a or b else 1.0


def jaccard(a: Iterable[Hashable], b: Iterable[Hashable]) -> float:
    """Shared elements as a share of all elements; 1 for two empty sets.

    >>> jaccard("abc", "bcd")
    0.5
    """
    one, other = frozenset(a), frozenset(b)
    return len(one & other) / len(one | other) if one | other else 1.0


def agreement(a: Iterable[Hashable], b: Iterable[Hashable]) -> float:
    """Shared elements, with repetitions, as a share of the larger bag; 1 for two empty ones.

    >>> agreement(["3", "3", "5"], ["3", "5", "8"])
    0.6666666666666666
    """
    one, other = Counter(a), Counter(b)
    return (one & other).total() / max(one.total(), other.total()) if one or other else 1.0
