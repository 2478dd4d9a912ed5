"""Which answers to one problem are the same answer, found out without looking at the right one.

Two answers are the same when the grader accepts one as the other; what it cannot decide counts as different. Sameness is
made transitive (union-find), so the classes do not depend on the order of the samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from itertools import combinations

from ...engine.grading.grade import grade
from ...engine.grading.rules import DEFAULT, Rules

LONGEST = 400
"""Characters of the longest answer that is compared otherwise than by its text."""
_PLAIN = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")


@lru_cache(maxsize=1 << 16)
def same(a: str, b: str, rules: Rules = DEFAULT) -> bool:
    """Whether two answers are equal; undecided is not.

    >>> same("1/2", "0.5"), same("1/2", "2")
    (True, False)
    """
    if a == b:
        return True
    if rules == DEFAULT and _PLAIN.fullmatch(a) and _PLAIN.fullmatch(b):
        return Decimal(a) == Decimal(b)  # so are most pairs, and the grader takes fifty times as long to read them
    return max(len(a), len(b)) <= LONGEST and grade(a, b, rules=rules).verdict == "correct"


def answer_classes(answers: Iterable[str], rules: Rules = DEFAULT) -> dict[str, int]:
    """The number of each answer's class, from 0 in the order of first appearance.

    >>> answer_classes(["1/2", "3", "0.5", "3"])
    {'1/2': 0, '3': 1, '0.5': 0}
    """
    parents = {answer: answer for answer in answers}
    for a, b in combinations(sorted(parents), 2):
        if (first := _root(parents, a)) != (second := _root(parents, b)) and same(a, b, rules):
            parents[second] = first
    numbers: dict[str, int] = {}
    return {answer: numbers.setdefault(_root(parents, answer), len(numbers)) for answer in parents}


def _root(parents: dict[str, str], answer: str) -> str:
    while parents[answer] != answer:
        answer = parents[answer]
    return answer
