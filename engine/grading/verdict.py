"""A verdict, and how the rules that come to one are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from .tree import Node

Outcome = Literal["correct", "wrong", "undecided"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right."""

    verdict: Outcome
    """Undecided when it could not be found out within the limits."""
    reason: str
    """Why, in a few words."""
    method: str
    """The rule that decided."""


Compare = Callable[[Node, Node], Verdict]
"""The whole cascade, which rules use for the parts of an answer: the right one first, then the given one."""


def yes(method: str, reason: str = "equal") -> Verdict:
    """Correct."""
    return Verdict("correct", reason, method)


def no(method: str, reason: str) -> Verdict:
    """Wrong."""
    return Verdict("wrong", reason, method)


def all_equal(pairs: Iterable[tuple[Node, Node]], method: str, compare: Compare) -> Verdict:
    """The first pair that is not equal decides."""
    for number, (gold, pred) in enumerate(pairs, 1):
        found = compare(gold, pred)
        if found.verdict != "correct":
            return Verdict(found.verdict, f"item {number}: {found.reason}", method)
    return yes(method, "all items are equal")
