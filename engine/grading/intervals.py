"""Sets of numbers: intervals, unions, inequalities about one variable, finite sets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .labels import is_label
from .numeric import NoValue, exact, value
from .scalars import is_infinite
from .tree import (
    Call,
    Group,
    Name,
    Node,
    Relation,
    Union,
    canonical,
    variables,
)
from .verdict import Verdict, no, yes

TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!=", "~": "~", "in": "in"}
"""The sign when the two sides change places."""


@dataclass(frozen=True, slots=True)
class _Interval:
    """From `low` to `high`, with or without its ends; sorts by its left end."""

    low: str
    low_in: bool
    high: str
    high_in: bool


def sets(gold: Node, pred: Node) -> Verdict | None:
    """Intervals and unions; `(1, 2)` beside `(1, 2)` is left to the collections, which come to the same."""
    if not any(_is_surely_set(tree) for tree in (gold, pred)):
        return None
    left, right = as_set(gold), as_set(pred)
    if left is None or right is None:
        return None
    return yes("set", "the same set") if left == right else no("set", "another set")


def _is_surely_set(tree: Node) -> bool:
    if isinstance(tree, Union):
        return True
    return (
        isinstance(tree, Group)
        and len(tree.items) == 2
        and (tree.brackets in ("[)", "(]") or any(map(is_infinite, tree.items)))
    )


def as_set(tree: Node) -> tuple[_Interval, ...] | None:
    """Sorted disjoint intervals; None for what is none."""
    if isinstance(tree, Union):
        parts = [as_set(part) for part in tree.parts]
        return None if None in parts else _merged([one for part in parts if part for one in part])
    if isinstance(tree, Group) and tree.brackets == "{}":
        return _merged([_Interval(k := end_point(item), True, k, True) for item in tree.items])
    if isinstance(tree, Group) and len(tree.items) == 2 and tree.brackets in ("()", "[]", "[)", "(]"):
        low, high = map(end_point, tree.items)
        return (_Interval(low, tree.brackets[0] == "[", high, tree.brackets[1] == "]"),)
    if isinstance(tree, Group) and not tree.brackets and all(isinstance(item, Relation) for item in tree.items):
        parts = [as_set(item) for item in tree.items]
        return None if None in parts else _merged([one for part in parts if part for one in part])
    return _of_relation(tree) if isinstance(tree, Relation) else None


def variable(relation: Relation) -> str:
    return ",".join(sorted(set().union(*map(variables, relation.sides))))


def _of_relation(relation: Relation) -> tuple[_Interval, ...] | None:
    """The values of the one variable, where it stands alone on its side."""
    sides, signs = relation.sides, relation.signs
    if signs == ("in",):
        return as_set(sides[1])
    if len(sides) == 2 and is_label(sides[1]) and not is_label(sides[0]):
        sides, signs = sides[::-1], (TURNED.get(signs[0], signs[0]),)
    if len(sides) == 2 and isinstance(sides[0], Call) and sides[0].name == "neg" and is_label(sides[0].args[0]):
        sides, signs = (sides[0].args[0], Call("neg", (sides[1],))), (TURNED[signs[0]],)
    if len(sides) == 2 and is_label(sides[0]):
        end, sign = end_point(sides[1]), signs[0]
        if sign == "!=":
            return _merged([_Interval("-oo", False, end, False), _Interval(end, False, "oo", False)])
        if sign in ("<", "<="):
            return (_Interval("-oo", False, end, sign == "<="),)
        if sign in (">", ">="):
            return (_Interval(end, sign == ">=", "oo", False),)
    if len(sides) == 3 and (is_label(sides[1]) or isinstance(sides[1], Name)):
        if set(signs) <= {"<", "<="}:
            return (_Interval(end_point(sides[0]), signs[0] == "<=", end_point(sides[2]), signs[1] == "<="),)
        if set(signs) <= {">", ">="}:
            return (_Interval(end_point(sides[2]), signs[1] == ">=", end_point(sides[0]), signs[0] == ">="),)
    return None


def end_point(tree: Node) -> str:
    """A string that is equal for equal end points."""
    text = canonical(tree)
    if text in ("oo", "neg(oo)"):
        return "oo" if text == "oo" else "-oo"
    try:
        return str(exact(tree))
    except NoValue:
        pass
    try:
        return str(value(tree, {}, 30))[:24]
    except NoValue:
        return text


def _merged(parts: list[_Interval]) -> tuple[_Interval, ...]:
    """Joined where one ends as the next begins and one of them holds the point; in order."""
    parts = sorted(dict.fromkeys(parts), key=lambda part: (size_of(part.low), not part.low_in))
    merged: list[_Interval] = []
    for part in parts:
        last = merged[-1] if merged else None
        if last is not None and last.high == part.low and (last.high_in or part.low_in):
            merged[-1] = _Interval(last.low, last.low_in, part.high, part.high_in)
        else:
            merged.append(part)
    return tuple(merged)


def size_of(key: str) -> float:
    try:
        return float(Fraction(key)) if "oo" not in key else float(key.replace("oo", "inf"))
    except (ValueError, OverflowError):
        return 0.0
