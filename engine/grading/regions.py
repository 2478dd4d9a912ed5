"""Which answers are sets of numbers: intervals and unions, inequalities about one variable, finite sets."""

from __future__ import annotations

from fractions import Fraction

from .intervals import REALS, Interval, Numbers, end_point, intersected, united, without
from .labels import is_label
from .tree import Call, Group, Name, Node, Number, Relation, Union, is_infinite, variables
from .verdict import Verdict, no, yes

TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!=", "~": "~", "in": "in"}
"""The sign when the two sides change places."""


def sets(gold: Node, pred: Node) -> Verdict | None:
    """Intervals and unions; `(1, 2)` beside `(1, 2)` is left to the collections, which come to the same."""
    if not any(_is_surely_set(tree) for tree in (gold, pred)):
        return None
    left, right = as_set(gold), as_set(pred)
    if left is None or right is None:
        return None
    return yes("set", "the same set") if left == right else no("set", "another set")


def _is_surely_set(tree: Node) -> bool:
    if isinstance(tree, Union) or (isinstance(tree, Call) and tree.name in ("setminus", "cap")):
        return True
    if isinstance(tree, Group) and not tree.brackets and tree.items:
        return all(isinstance(item, Relation) and item.signs != ("=",) for item in tree.items)
    return (
        isinstance(tree, Group)
        and len(tree.items) == 2
        and (tree.brackets in ("[)", "(]") or any(map(is_infinite, tree.items)))
    )


def as_set(tree: Node) -> Numbers | None:
    """Sorted disjoint intervals; None for what is none."""
    match tree:
        case Union(parts):
            return _united(parts)
        case Call("setminus", (whole, left_out)):
            one, other = as_set(whole), as_set(left_out)
            return None if one is None or other is None else intersected(one, without(other))
        case Call("cap", (left, right)):
            one, other = as_set(left), as_set(right)
            return None if one is None or other is None else intersected(one, other)
        case Group(items, "{}"):
            return united([Interval(k := end_point(item), True, k, True) for item in items])
        case Group((low_end, high_end), "()" | "[]" | "[)" | "(]" as brackets):
            low, high = end_point(low_end), end_point(high_end)
            return (Interval(low, brackets[0] == "[", high, brackets[1] == "]"),)
        case Group(items, "") if all(isinstance(item, Relation) for item in items):
            return _conditions(items)
        case Relation():
            return _of_relation(tree)
    return None


def _united(parts: tuple[Node, ...]) -> Numbers | None:
    several = [as_set(part) for part in parts]
    return None if None in several else united([one for part in several if part for one in part])


def _conditions(items: tuple[Node, ...]) -> Numbers | None:
    """`x > 0, x != 1` are to hold together; where that is impossible, as in `x < 0, x > 1`, one of them is."""
    if len({variable(item) for item in items if isinstance(item, Relation)}) != 1:
        return None
    together: Numbers = REALS
    for item in items:
        if (one := as_set(item)) is None:
            return None
        together = intersected(together, one)
    return together or _united(items)


def variable(relation: Relation) -> str:
    """The names in a relation, in alphabetical order."""
    return ",".join(sorted(set().union(*map(variables, relation.sides))))


def _of_relation(relation: Relation) -> Numbers | None:
    """The values of the one variable, where it stands alone on its side."""
    sides, signs = relation.sides, relation.signs
    if signs == ("in",):
        return as_set(sides[1])
    if len(sides) == 2:
        return _of_two(sides[0], signs[0], sides[1])
    if len(sides) == 3 and isinstance(sides[1], Call) and sides[1].name == "abs":
        both = as_set(Relation(sides[:2], signs[:1])), as_set(Relation(sides[1:], signs[1:]))
        return None if both[0] is None or both[1] is None else intersected(both[0], both[1])
    if len(sides) == 3 and (is_label(sides[1]) or isinstance(sides[1], Name)):
        if set(signs) <= {"<", "<="}:
            return (Interval(end_point(sides[0]), signs[0] == "<=", end_point(sides[2]), signs[1] == "<="),)
        if set(signs) <= {">", ">="}:
            return (Interval(end_point(sides[2]), signs[1] == ">=", end_point(sides[0]), signs[0] == ">="),)
    return None


def _of_two(left: Node, sign: str, right: Node) -> Numbers | None:
    if _holds_variable(right) and not _holds_variable(left):
        left, sign, right = right, TURNED.get(sign, sign), left
    if isinstance(left, Call) and left.name == "neg" and is_label(left.args[0]):
        left, sign, right = left.args[0], TURNED[sign], Call("neg", (right,))
    if isinstance(left, Call) and left.name == "abs" and sign in ("<", "<=", ">", ">="):
        return _of_distance(left.args[0], sign, right)
    if not is_label(left):
        return None
    end = end_point(right)
    if sign == "!=":
        return united([Interval("-oo", False, end, False), Interval(end, False, "oo", False)])
    if sign in ("<", "<="):
        return (Interval("-oo", False, end, sign == "<="),)
    return (Interval(end, sign == ">=", "oo", False),) if sign in (">", ">=") else None


def _holds_variable(tree: Node) -> bool:
    return is_label(tree) or (isinstance(tree, Call) and tree.name in ("neg", "abs") and _holds_variable(tree.args[0]))


def _of_distance(inner: Node, sign: str, radius: Node) -> Numbers | None:
    """`|x| < r` and `|x - a| < r`."""
    match inner:
        case Name():
            centre: Node = Number(Fraction(0))
        case Call("+", (Name(), Call("neg", (centre,)))):
            pass
        case Call("+", (Name(), offset)):
            centre = Call("neg", (offset,))
        case _:
            return None
    if variables(centre) or variables(radius):
        return None
    ends = [end_point(Call("+", (centre, side))) for side in (Call("neg", (radius,)), radius)]
    near = (Interval(ends[0], sign in ("<=", ">"), ends[1], sign in ("<=", ">")),)
    return near if sign in ("<", "<=") else without(near)
