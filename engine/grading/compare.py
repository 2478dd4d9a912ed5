"""Whether two answers mean the same: a cascade of rules by type, exact where it can be, with the reason."""

from __future__ import annotations

from .groups import collections, ratios
from .intervals import sets
from .labels import unwrapped
from .matrices import matrices
from .relations import relations
from .scalars import scalars
from .tree import Node, canonical
from .verdict import Verdict, no, yes
from .wording import texts


def compare(gold: Node, pred: Node) -> Verdict:
    """Whether `pred` is the answer `gold`."""
    if canonical(gold) == canonical(pred):
        return yes("form", "the same form")
    gold, pred = unwrapped(gold, pred), unwrapped(pred, gold)
    if canonical(gold) == canonical(pred):
        return yes("form", "the same form")
    return (
        texts(gold, pred)
        or matrices(gold, pred, compare)
        or relations(gold, pred, compare)
        or sets(gold, pred)
        or collections(gold, pred, compare)
        or ratios(gold, pred, compare)
        or scalars(gold, pred)
        or no("type", f"a {_kind(pred)} where a {_kind(gold)} is expected")
    )


def _kind(tree: Node) -> str:
    return type(tree).__name__.lower()
