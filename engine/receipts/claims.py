"""All that could be checked about one answer: question and answer are read once, and each reader says what it knows."""

from __future__ import annotations

from collections.abc import Iterator

from ..grading.parser import parse
from ..grading.tokens import Unreadable
from . import calculus, equations, matrices, values, whole
from .claim import Claim
from .formulas import read
from .source import Untranslatable

READERS = (equations.claims, calculus.claims, whole.claims, matrices.claims, values.claims)
"""In the order in which they are asked."""


def claims(question: str, answer: str) -> Iterator[Claim]:
    """What can be checked; nothing where the question or the answer is not understood."""
    reading = read(question)
    try:
        tree = parse(answer)
    except Unreadable:
        return
    for reader in READERS:
        try:
            yield from reader(reading, tree)
        except (Untranslatable, RecursionError):
            continue
