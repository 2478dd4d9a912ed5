"""Whether two answers mean the same: a cascade of rules by type, exact where it can be, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .groups import collections, ratios
from .labels import unwrapped
from .matrices import computed, matrices
from .regions import sets
from .relations import relations
from .rules import DEFAULT, Rules
from .scalars import scalars
from .tree import Node, canonical
from .verdict import Verdict, no, yes
from .wording import texts

MOST_COMPARISONS = 3_000
"""Pairs of parts that are looked at before a comparison is given up."""

Settled = Mapping[tuple[str, str], Verdict]
"""Verdicts of a computer algebra system on pairs of expressions, by their canonical forms."""


@dataclass(slots=True)
class Cascade:
    """One comparison of two answers; collects the pairs of expressions about which the rules cannot tell."""

    rules: Rules = DEFAULT
    """What the source of the question accepts."""
    settled: Settled = field(default_factory=dict)
    """What is known about such pairs from elsewhere."""
    left: dict[tuple[str, str], tuple[Node, Node, str]] = field(default_factory=dict)
    """Pairs that are left over, with the reason."""
    steps: int = 0
    """Comparisons so far."""

    def __call__(self, gold: Node, pred: Node) -> Verdict:
        self.steps += 1
        if self.steps > MOST_COMPARISONS:
            return Verdict("undecided", f"more than {MOST_COMPARISONS} comparisons", "limit")
        if canonical(gold) == canonical(pred):
            return yes("form", "the same form")
        gold, pred = computed(gold), computed(pred)
        gold, pred = unwrapped(gold, pred), unwrapped(pred, gold)
        if canonical(gold) == canonical(pred):
            return yes("form", "the same form")
        return (
            texts(gold, pred)
            or matrices(gold, pred, self)
            or relations(gold, pred, self)
            or sets(gold, pred)
            or collections(gold, pred, self)
            or ratios(gold, pred, self)
            or scalars(gold, pred, self)
            or no("type", f"a {_kind(pred)} where a {_kind(gold)} is expected")
        )

    def leave(self, gold: Node, pred: Node, why: str) -> Verdict:
        """The verdict that is known from elsewhere, or undecided."""
        pair = canonical(gold), canonical(pred)
        if pair in self.settled:
            return self.settled[pair]
        self.left[pair] = gold, pred, why
        return Verdict("undecided", why, "value")


def _kind(tree: Node) -> str:
    return type(tree).__name__.lower()
