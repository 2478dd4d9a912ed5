"""Single values: numbers, percentages, quantities, digits in a base, expressions.

Whole numbers and fractions are compared exactly; a decimal of six or more places stands for what rounds to it; expressions
are compared by their values at several points, with 60 digits before they are called equal.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .numeric import NoValue, exact, value
from .tree import (
    BaseN,
    Call,
    Grid,
    Group,
    Name,
    Node,
    Number,
    Percent,
    Quantity,
    Ratio,
    Relation,
    Union,
    canonical,
    leaves,
    variables,
)
from .verdict import Verdict, no, yes

PLACES = 6
"""Decimal places from which on a decimal may stand for a number that it only rounds."""
NOISE_DIGITS = 15
"""Significant digits from which on a decimal is taken for a printed float, with its rounding errors."""
_POINTS = tuple(Fraction(n, 977) for n in (1312, 2741, 433, 1787, -1109, -523))
"""Where expressions with variables are compared; four of them positive."""


def is_infinite(tree: Node) -> bool:
    """Whether infinity stands in it."""
    return any(leaf == Name("oo") for leaf in leaves(tree))


def scalars(gold: Node, pred: Node) -> Verdict | None:
    if isinstance(gold, Relation | Group | Grid | Union | Ratio) or isinstance(
        pred, Relation | Group | Grid | Union | Ratio
    ):
        return None
    if isinstance(gold, Percent) or isinstance(pred, Percent):
        return _percentages(gold, pred)
    if isinstance(gold, Quantity) or isinstance(pred, Quantity):
        return _quantities(gold, pred)
    if isinstance(gold, BaseN) or isinstance(pred, BaseN):
        return _in_base(gold, pred)
    return _values(gold, pred)


def compare_values(gold: Node, pred: Node) -> Verdict:
    """Two values, whatever they carry."""
    if canonical(gold) == canonical(pred):
        return yes("form", "the same form")
    return scalars(gold, pred) or no("type", "not both are values")


def _percentages(gold: Node, pred: Node) -> Verdict:
    """`35 %` is 35 and 0.35; but never is a bare number a hundred times another."""
    if isinstance(gold, Percent) and isinstance(pred, Percent):
        return compare_values(gold.value, pred.value)
    percent, other = (gold, pred) if isinstance(gold, Percent) else (pred, gold)
    assert isinstance(percent, Percent)
    if isinstance(other, Quantity):
        return no("percent", "a unit where a percentage is expected")
    as_number = compare_values(percent.value, other)
    if as_number.verdict == "correct":
        return yes("percent", "equal without the sign")
    hundredth = Call("/", (_exactly(percent.value), Number(Fraction(100))))
    return (
        yes("percent", "equal as a share")
        if _values(hundredth, _exactly(other)).verdict == "correct"
        else no("percent", as_number.reason)
    )


def _exactly(tree: Node) -> Node:
    """A decimal taken at its word."""
    return Number(tree.value) if isinstance(tree, Number) else tree


def _quantities(gold: Node, pred: Node) -> Verdict:
    """A unit that only one of them has is no mistake; degrees beside an expression in pi are turned into radians."""
    if isinstance(gold, Quantity) and isinstance(pred, Quantity):
        if gold.unit != pred.unit:
            return no("unit", f"{pred.unit} instead of {gold.unit}")
        return compare_values(gold.value, pred.value)
    quantity, other = (gold, pred) if isinstance(gold, Quantity) else (pred, gold)
    assert isinstance(quantity, Quantity)
    if quantity.unit == "deg" and "pi" in canonical(other):
        return _values(Call("*", (quantity.value, Call("/", (Name("pi"), Number(Fraction(180)))))), other)
    return compare_values(quantity.value, other)


def _in_base(gold: Node, pred: Node) -> Verdict:
    if isinstance(gold, BaseN) and isinstance(pred, BaseN):
        equal = gold.base == pred.base and gold.digits.lstrip("0") == pred.digits.lstrip("0")
        return yes("base", "the same digits") if equal else no("base", "other digits or another base")
    based, other = (gold, pred) if isinstance(gold, BaseN) else (pred, gold)
    assert isinstance(based, BaseN)
    if isinstance(other, Number) and other.value.denominator == 1 and str(other.value) == based.digits:
        return yes("base", "the same digits")
    return no("base", "other digits")


def _values(gold: Node, pred: Node) -> Verdict:
    try:
        return _rationals(gold, pred, exact(gold), exact(pred))
    except NoValue:
        pass
    if isinstance(gold, Number) or isinstance(pred, Number):
        decimal, other = (gold, pred) if isinstance(gold, Number) else (pred, gold)
        assert isinstance(decimal, Number)
        if decimal.places is not None and not variables(other) - {"pi", "e", "i"}:
            return _decimal_beside(decimal, other)
    return _sampled(gold, pred)


def _rationals(gold: Node, pred: Node, a: Fraction, b: Fraction) -> Verdict:
    if a == b:
        return yes("exact", "equal numbers")
    decimals = [tree for tree in (gold, pred) if isinstance(tree, Number) and tree.places is not None]
    if len(decimals) == 1 or any(tree.digits >= NOISE_DIGITS for tree in decimals):
        decimal = max(decimals, key=lambda tree: tree.digits)
        other = b if decimal is gold else a
        if _stands_for(decimal, other):
            return yes("rounded", "equal to the digits written")
    return no("exact", f"{_short(b)} instead of {_short(a)}")


def _stands_for(decimal: Number, other: Fraction) -> bool:
    """Whether a decimal is what the other number looks like to so many places, or like a float with its noise."""
    difference = abs(decimal.value - other)
    if decimal.digits >= NOISE_DIGITS:
        return difference <= Fraction(1, 10**12) * max(Fraction(1), abs(other))
    places = decimal.places or 0
    terminates = not _is_endless(other)
    return places >= PLACES and not terminates and difference <= Fraction(1, 10**places)


def _is_endless(number: Fraction) -> bool:
    """Whether its decimal expansion never ends."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest != 1


def _decimal_beside(decimal: Number, other: Node) -> Verdict:
    """A decimal beside an irrational number."""
    try:
        found = value(other, {}, 40)
    except NoValue as problem:
        return Verdict("undecided", str(problem), "value")
    if abs(found.imag) > 1e-30:
        return no("value", "a complex number")
    difference = abs(Fraction(str(found.real)) - decimal.value)
    if difference < Fraction(1, 10**35):
        return yes("value", "equal values")
    rounded = (decimal.places or 0) >= PLACES and difference <= Fraction(1, 10 ** (decimal.places or 0))
    noise = decimal.digits >= NOISE_DIGITS and difference <= Fraction(1, 10**12) * max(Fraction(1), abs(decimal.value))
    return yes("rounded", "equal to the digits written") if rounded or noise else no("value", "another number")


def _short(number: Fraction) -> str:
    return str(number) if max(number.numerator.bit_length(), number.denominator.bit_length()) < 200 else "a long number"


def _sampled(gold: Node, pred: Node) -> Verdict:
    """Values at several points; constants of integration may have any name."""
    gold, pred = _one_constant(gold, pred)
    names = sorted(variables(gold) | variables(pred))
    if any(name == "..." or "(" in name for name in names):
        return no("form", "another form")
    if is_infinite(gold) or is_infinite(pred):
        return no("value", "only one of them is infinite")
    points = [dict.fromkeys(names, Fraction(0))] if not names else [_point(names, k) for k in range(len(_POINTS))]
    compared = 0
    problem = "it has no value at any point that was tried"
    for point in points:
        try:
            a, b = value(gold, point, 30), value(pred, point, 30)
            if _differ(a, b, 1e-22):
                if names and any(x < 0 for x in point.values()) and (a.imag or b.imag):
                    continue  # a branch of a root or a logarithm that real numbers do not have
                return no("value", "other values" + (f" at {_show(point)}" if names else ""))
            if _differ(value(gold, point, 60), value(pred, point, 60), 1e-50):
                return no("value", "other values in the last digits")
            compared += 1
        except NoValue as trouble:
            problem = str(trouble)
    if compared >= (3 if names else 1):
        return yes("value", "equal values at all points" if names else "equal values")
    return Verdict("undecided", problem, "value")


def _one_constant(gold: Node, pred: Node) -> tuple[Node, Node]:
    """`+ C` and `+ c`: an additive constant that only this side names is called C."""
    constants = []
    for tree, other in ((gold, pred), (pred, gold)):
        added = [part.name for part in _added(tree) if isinstance(part, Name) and part.name in ("C", "c", "K", "k")]
        constants.append(added[0] if len(added) == 1 and added[0] not in variables(other) else "")
    if all(constants):
        return _renamed(gold, constants[0]), _renamed(pred, constants[1])
    return gold, pred


def _added(tree: Node) -> list[Node]:
    return (
        [leaf for arg in tree.args for leaf in _added(arg)] if isinstance(tree, Call) and tree.name == "+" else [tree]
    )


def _renamed(tree: Node, name: str) -> Node:
    if isinstance(tree, Call):
        return Call(tree.name, tuple(_renamed(arg, name) for arg in tree.args))
    return Name("C") if tree == Name(name) else tree


def _point(names: list[str], k: int) -> dict[str, Fraction]:
    """Different numbers for the variables; the last two points are negative."""
    return {name: _POINTS[k] * Fraction(17 + 5 * n, 17) for n, name in enumerate(names)}


def _differ(a: Any, b: Any, tolerance: float) -> bool:
    scale = max(abs(a), abs(b))
    return bool(abs(a - b) > tolerance * scale) if scale > 1e-20 else False


def _show(point: dict[str, Fraction]) -> str:
    return ", ".join(f"{name} = {float(number):.3g}" for name, number in point.items())
