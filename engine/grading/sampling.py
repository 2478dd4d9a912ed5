"""Expressions compared by their values at several points.

Promises: "equal" needs agreement to 50 digits at three points at least, where real numbers have a value; "different" needs one
point at which both have a value and the values differ. What has no value at enough points is left undecided.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .numeric import NoValue, value
from .tree import Call, Name, Node, Number, canonical, is_infinite, leaves, operands, parts, renamed, variables
from .verdict import Compare, Verdict, no, yes

_POINTS = tuple(Fraction(n, 977) for n in (1312, 2741, 433, -1109, -523, 1787, 8219, 3571, -4241, 211, 12889, -97))
"""Where expressions with variables are compared."""
ENOUGH = 5
"""Points of agreement after which no more are tried."""
FEWEST = 3
"""Points of agreement that make expressions equal."""


def sampled(gold: Node, pred: Node, compare: Compare) -> Verdict:
    """Values at several points; constants of integration may have any name."""
    gold, pred = _one_constant(gold, pred)
    names = sorted(variables(gold) | variables(pred))
    if "..." in names:
        return no("form", "another form")
    if is_infinite(gold) or is_infinite(pred):
        if _is_endless(gold) or _is_endless(pred):
            return compare.leave(gold, pred, "it takes a limit")
        return no("value", "only one of them is infinite")
    points = [_point(names, k) for k in range(len(_POINTS))] if names else [{}]
    agreed = 0
    problem = "it has no value at the points that were tried"
    for point in points:
        try:
            same = _same(gold, pred, point)
        except NoValue as trouble:
            problem = str(trouble)
            continue
        if same is False and (_is_complex(gold, pred) or (_is_real(gold, point) and _is_real(pred, point))):
            return no("value", "other values" + (f" at {_show(point)}" if names else ""))
        agreed += same is True
        if agreed == ENOUGH:
            break
    if agreed >= (FEWEST if names else 1):
        return yes("value", "equal values at all points" if names else "equal values")
    return compare.leave(gold, pred, problem)


def _is_endless(tree: Node) -> bool:
    """Whether infinity stands in the range of a sum, an integral or a limit, so that there may be a value."""
    return "[" in canonical(tree)


def _one_constant(gold: Node, pred: Node) -> tuple[Node, Node]:
    """`+ C` and `+ c`: an additive constant that only this side names is called C."""
    constants = []
    for tree, other in ((gold, pred), (pred, gold)):
        parts = operands(tree, "+")
        added = [part.name for part in parts if isinstance(part, Name) and part.name in ("C", "c", "K", "k")]
        constants.append(added[0] if len(added) == 1 and added[0] not in variables(other) else "")
    if all(constants):
        return renamed(gold, constants[0], "C"), renamed(pred, constants[1], "C")
    for tree, other, constant, place in ((gold, pred, constants[0], 0), (pred, gold, constants[1], 1)):
        if constant and isinstance(other, Call) and other.name == "antiderivative":
            bare = _without(tree, constant)
            return (bare, other) if place == 0 else (other, bare)
    return gold, pred


def _without(tree: Node, constant: str) -> Node:
    """A sum without its additive constant."""
    kept = [part for part in operands(tree, "+") if part != Name(constant)]
    total: Node = kept[0]
    for part in kept[1:]:
        total = Call("+", (total, part))
    return total


def _point(names: list[str], k: int) -> dict[str, Fraction]:
    """Different numbers for the variables."""
    return {name: _POINTS[k] * Fraction(17 + 5 * n, 17) for n, name in enumerate(names)}


def _same(gold: Node, pred: Node, point: dict[str, Fraction]) -> bool | None:
    """Whether the values agree to all digits; None where they are no real numbers though nothing says imaginary.

    A difference that shrinks with more digits is a rounding error, so that values near zero need no fixed bound.
    """
    coarse = _difference(gold, pred, point, 40)[0]
    fine, size, is_real = _difference(gold, pred, point, 80)
    if not is_real and not _is_complex(gold, pred):
        return None
    if size > 1e50 and (_adds(gold) or _adds(pred)):
        raise NoValue("it is so large that what is added to it leaves no trace")
    if fine <= 1e-60 * size:
        return True
    if fine > 1e-30 * coarse:
        return False
    if fine > 1e-30:
        raise NoValue("too many digits cancel")
    return True


def _adds(tree: Node) -> bool:
    """Whether something is added anywhere in it."""
    return any(isinstance(part, Call) and part.name == "+" for part in parts(tree))


def _difference(gold: Node, pred: Node, point: dict[str, Fraction], digits: int) -> tuple[Any, Any, bool]:
    """The difference of the values, the larger of their sizes, and whether both are real."""
    a, b = value(gold, point, digits), value(pred, point, digits)
    size = max(abs(a), abs(b))
    return abs(a - b), size, max(abs(a.imag), abs(b.imag)) <= 1e-30 * size


def _is_real(tree: Node, point: dict[str, Fraction]) -> bool:
    """Whether no root or logarithm in it leaves the real numbers, where different branches could be meant."""
    for part in parts(tree):
        if not isinstance(part, Call) or part.name not in ("sqrt", "root", "log", "lg", "^"):
            continue
        if part.name == "^" and (isinstance(part.args[1], Number) and part.args[1].value.denominator == 1):
            continue
        found = value(part.args[0], point, 20)
        if found.imag or found.real < 0:
            return False
    return True


def _is_complex(gold: Node, pred: Node) -> bool:
    return not variables(gold) | variables(pred) or Name("i") in (*leaves(gold), *leaves(pred))


def _show(point: dict[str, Fraction]) -> str:
    return ", ".join(f"{name} = {float(number):.3g}" for name, number in point.items())
