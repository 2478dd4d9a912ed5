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
MOST_SIGNS = 6
"""Plus-minus signs of one expression that are followed."""
MOST_ITEMS = 300
"""Items of the largest collections that are matched with each other."""


def collections(gold: Node, pred: Node, compare: Compare) -> Verdict | None:
    if not any(isinstance(tree, Group) or len(_both(tree)) > 1 for tree in (gold, pred)):
        return None
    left, right = _items(gold), _items(pred)
    if left is None or right is None:
        return None
    (many, brackets), (others, other_brackets) = left, right
    if brackets != other_brackets and {brackets, other_brackets} & {"(]", "[)"}:
        return no("set", "an interval with one of its ends is nothing else")
    if compare.rules.ordered and brackets != "{}" and other_brackets != "{}":
        return _side_by_side(many, others, compare)
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
    return (_both(tree), "") if not isinstance(tree, Grid | Text | Union) else None


def _both(tree: Node) -> list[Node]:
    """The two values of an expression with plus-minus, wherever in it the sign stands; itself where there are too many."""
    return _signed(tree) if 0 < _signs(tree) <= MOST_SIGNS else [tree]


def _signs(tree: Node) -> int:
    if isinstance(tree, PlusMinus):
        return 1 + _signs(tree.left) + _signs(tree.right)
    if isinstance(tree, Call):
        return sum(map(_signs, tree.args))
    return sum(map(_signs, tree.sides)) if isinstance(tree, Relation) else 0


def _signed(tree: Node) -> list[Node]:
    if isinstance(tree, PlusMinus):
        minus = Call("neg", (tree.right,))
        return [Call("+", (side, end)) for side in _signed(tree.left) for end in (tree.right, minus)]
    if isinstance(tree, Call):
        return [Call(tree.name, args) for args in product(*map(_signed, tree.args))]
    if isinstance(tree, Relation) and tree.signs == ("=",):
        return [Relation((tree.sides[0], end), ("=",)) for end in _signed(tree.sides[1])]
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
    distinct, others_distinct = _distinct(many), _distinct(others)
    if len(distinct) < len(many) and len(others_distinct) < len(others):
        distinct, others_distinct = many, others  # both repeat something: the same as often
    if len(distinct) != len(others_distinct):
        return no("set", f"{len(others_distinct)} different items instead of {len(distinct)}")
    return _partners(distinct, others_distinct, compare)


def _partners(many: list[Node], others: list[Node], compare: Compare) -> Verdict:
    undecided: Verdict | None = None
    left = list(others)
    for item in many:
        form = canonical(item)
        for other in sorted(left, key=lambda other: canonical(other) != form):
            found = compare(item, other)
            undecided = found if found.verdict == "undecided" else undecided
            if found.verdict == "correct":
                left.remove(other)
                break
        else:
            if undecided is None:
                return no("set", f"nothing equals {canonical(item)[:60]}")
    return undecided if undecided is not None and left else yes("set", "the same items")


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
