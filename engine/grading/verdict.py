"""A verdict, and how the rules that come to one are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from .rules import Rules
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


class Compare(Protocol):
    """The whole cascade, which rules use for the parts of an answer: the right one first, then the given one."""

    @property
    def rules(self) -> Rules:
        """What the source of the question accepts."""
        ...

    def __call__(self, gold: Node, pred: Node) -> Verdict: ...

    def leave(self, gold: Node, pred: Node, why: str) -> Verdict:
        """What becomes of two expressions about which the rules cannot tell."""
        ...


def yes(method: str, reason: str = "equal") -> Verdict:
    """Correct."""
    return Verdict("correct", reason, method)


def no(method: str, reason: str) -> Verdict:
    """Wrong."""
    return Verdict("wrong", reason, method)


def all_equal(pairs: Iterable[tuple[Node, Node]], method: str, compare: Compare) -> Verdict:
    """A pair that is wrong decides; else one that is undecided."""
    undecided: Verdict | None = None
    for number, (gold, pred) in enumerate(pairs, 1):
        found = compare(gold, pred)
        if found.verdict == "wrong":
            return Verdict("wrong", f"item {number}: {found.reason}", method)
        if found.verdict == "undecided":
            undecided = undecided or Verdict("undecided", f"item {number}: {found.reason}", method)
    return undecided or yes(method, "all items are equal")
