"""Tuples, lists, finite sets, ratios."""

from __future__ import annotations

from itertools import product

from .intervals import end_point, size_of
from .tree import (
    Call,
    Grid,
    Group,
    Node,
    PlusMinus,
    Ratio,
    Relation,
    Text,
    Union,
    canonical,
)
from .verdict import Compare, Verdict, all_equal, no, yes

LONG_LIST = 6
"""Items of a list in order from which on the order is taken to be part of the answer."""
MOST_ITEMS = 300
"""Items of the largest collections that are matched with each other."""


def collections(gold: Node, pred: Node, compare: Compare) -> Verdict | None:
    if not any(isinstance(tree, Group | PlusMinus) for tree in (gold, pred)):
        return None
    left, right = _items(gold), _items(pred)
    if left is None or right is None:
        return None
    (many, brackets), (others, other_brackets) = left, right
    ordered, other_ordered = brackets in ("()", "<>"), other_brackets in ("()", "<>")
    if (ordered and other_ordered) or brackets == other_brackets == "[]":
        return _side_by_side(many, others, compare)
    if ordered != other_ordered and "{}" in (brackets, other_brackets):
        return no("set", "a tuple is no set")
    if ordered != other_ordered and "[]" in (brackets, other_brackets):
        if len(many) == 2 and size_of(end_point(many[0])) < size_of(end_point(many[1])):
            return no("set", "an open interval is not a closed one")
        return _side_by_side(many, others, compare)
    if ordered != other_ordered:
        return _side_by_side(many, others, compare)
    return _matched(many, others, compare)


def _items(tree: Node) -> tuple[list[Node], str] | None:
    """Items and brackets; plus-minus counts as its two values; a lone value is a list of one."""
    if isinstance(tree, Group):
        return [value for item in tree.items for value in _both(item)], tree.brackets
    if isinstance(tree, PlusMinus):
        return _both(tree), ""
    return ([tree], "") if not isinstance(tree, Grid | Text | Union) else None


def _both(tree: Node) -> list[Node]:
    """The two values of an expression with plus-minus, wherever in it the sign stands."""
    if isinstance(tree, PlusMinus):
        minus = Call("neg", (tree.right,))
        return [Call("+", (side, end)) for side in _both(tree.left) for end in (tree.right, minus)]
    if isinstance(tree, Call):
        choices = [_both(arg) for arg in tree.args]
        return (
            [Call(tree.name, args) for args in product(*choices)] if sum(map(len, choices)) > len(choices) else [tree]
        )
    if isinstance(tree, Relation) and tree.signs == ("=",):
        return [Relation((tree.sides[0], end), ("=",)) for end in _both(tree.sides[1])]
    return [tree]


def _side_by_side(many: list[Node], others: list[Node], compare: Compare) -> Verdict:
    """In order; so too `(1, 2)` beside `1, 2`, because people leave the brackets out."""
    if len(many) != len(others):
        return no("tuple", f"{len(others)} items instead of {len(many)}")
    return all_equal(zip(many, others, strict=True), "tuple", compare)


def _matched(many: list[Node], others: list[Node], compare: Compare) -> Verdict:
    """Every item has its equal on the other side, in any order; repetitions do not count."""
    if max(len(many), len(others)) > MOST_ITEMS:
        return Verdict("undecided", f"more than {MOST_ITEMS} items", "set")
    if len(many) >= LONG_LIST and [*map(canonical, many)] == [*map(canonical, reversed(others))] and _is_sorted(many):
        return no("list", "the reverse order")
    many, others = _distinct(many), _distinct(others)
    if len(many) != len(others):
        return no("set", f"{len(others)} different items instead of {len(many)}")
    left = list(others)
    for item in many:
        partner = next((other for other in left if compare(item, other).verdict == "correct"), None)
        if partner is None:
            return no("set", f"nothing equals {canonical(item)[:60]}")
        left.remove(partner)
    return yes("set", "the same items")


def _is_sorted(items: list[Node]) -> bool:
    """Whether these are numbers in order: a list so long and sorted is the answer to a question about the order."""
    numbers = [size_of(end_point(item)) for item in items]
    return numbers in (sorted(numbers), sorted(numbers, reverse=True))


def _distinct(items: list[Node]) -> list[Node]:
    return list({canonical(item): item for item in items}.values())


def ratios(gold: Node, pred: Node, compare: Compare) -> Verdict | None:
    if isinstance(gold, Ratio) and isinstance(pred, Ratio):
        if len(gold.parts) != len(pred.parts):
            return no("ratio", "another number of parts")
        pairs = list(zip(gold.parts, pred.parts, strict=True))
        first, second = pairs[0]
        crossed = [(Call("*", (a, second)), Call("*", (b, first))) for a, b in pairs[1:]]
        return all_equal(crossed, "ratio", compare)
    if isinstance(gold, Ratio) and len(gold.parts) == 2:
        return compare(Call("/", gold.parts), pred)
    if isinstance(pred, Ratio) and len(pred.parts) == 2:
        return compare(gold, Call("/", pred.parts))
    return None
