"""Single values: numbers, percentages, quantities, digits in a base, expressions.

Whole numbers and fractions are compared exactly; a decimal of six or more places stands for what rounds to it; expressions
are compared by their values.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from .numeric import NoValue, exact, value
from .sampling import sampled
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
    Text,
    Union,
    canonical,
    variables,
)
from .units import UNITS, measure, unit
from .verdict import Compare, Verdict, no, yes

PLACES = 6
"""Decimal places from which on a decimal may stand for a number that it only rounds."""
NOISE_DIGITS = 15
"""Significant digits from which on a decimal is taken for a printed float, with its rounding errors."""


def scalars(gold: Node, pred: Node, compare: Compare) -> Verdict | None:
    several = Relation | Group | Grid | Union | Ratio
    if isinstance(gold, several) or isinstance(pred, several):
        return None
    if isinstance(gold, Percent) or isinstance(pred, Percent):
        return _percentages(gold, pred, compare)
    gold, pred = _measured(gold, pred), _measured(pred, gold)
    if isinstance(gold, BaseN) or isinstance(pred, BaseN):
        return _in_base(gold, pred)
    if isinstance(gold, Quantity) or isinstance(pred, Quantity):
        return _quantities(gold, pred, compare)
    if any(isinstance(tree, Call) and tree.name == "residue" for tree in (gold, pred)):
        return _residues(gold, pred, compare)
    if compare.rules.simplified and not _is_simplified(gold, pred):
        return no("simplified", "the number is not written out")
    return _values(gold, pred, compare)


def _percentages(gold: Node, pred: Node, compare: Compare) -> Verdict:
    """`35 %` is 35 and 0.35; but never is a bare number a hundred times another."""
    if isinstance(gold, Percent) and isinstance(pred, Percent):
        return compare(gold.value, pred.value)
    percent, other = (gold, pred) if isinstance(gold, Percent) else (pred, gold)
    assert isinstance(percent, Percent)
    if isinstance(other, Quantity | BaseN):
        return no("percent", "something else where a percentage is expected")
    as_number = compare(percent.value, other)
    if as_number.verdict == "correct":
        return yes("percent", "equal without the sign")
    hundredth = Call("/", (_exactly(percent.value), Number(Fraction(100))))
    as_share = _values(hundredth, _exactly(other), compare)
    return yes("percent", "equal as a share") if as_share.verdict == "correct" else no("percent", as_number.reason)


def _measured(tree: Node, other: Node) -> Node:
    """`5 m` beside a quantity: the letter is a unit, where else it would be a variable."""
    if isinstance(other, Quantity) and isinstance(tree, Call) and tree.name == "*":
        number, letter = tree.args
        if isinstance(number, Number) and isinstance(letter, Name) and len(letter.name) == 1 and letter.name in UNITS:
            return Quantity(number, unit(letter.name))
    return tree


def _exactly(tree: Node) -> Node:
    """A decimal taken at its word."""
    return Number(tree.value) if isinstance(tree, Number) else tree


def _quantities(gold: Node, pred: Node, compare: Compare) -> Verdict:
    """A unit that only one of them has is no mistake; degrees beside an expression in pi are turned into radians."""
    if isinstance(gold, Quantity) and isinstance(pred, Quantity):
        return _with_units(gold, pred, compare)
    if isinstance(gold, Quantity) and compare.rules.units:
        return no("unit", f"{gold.unit} is missing")
    quantity, other = (gold, pred) if isinstance(gold, Quantity) else (pred, gold)
    assert isinstance(quantity, Quantity)
    inner, bare = quantity.value, other
    if quantity.unit == "deg" and "pi" in canonical(other):
        inner = Call("*", (inner, Call("/", (Name("pi"), Number(Fraction(180))))))
    return compare(inner, bare) if quantity is gold else compare(bare, inner)


def _with_units(gold: Quantity, pred: Quantity, compare: Compare) -> Verdict:
    """The same unit, or another of the same kind: 1.5 hours are 90 minutes."""
    if gold.unit == pred.unit or {gold.unit, pred.unit} == {"gbp", "lb"}:
        return compare(gold.value, pred.value)
    left, right = measure(gold.unit), measure(pred.unit)
    if left is right is None and gold.unit.split()[-1:] == pred.unit.split()[-1:]:
        return compare(gold.value, pred.value)  # red apples are apples
    if left is None or right is None or left[1] != right[1]:
        return no("unit", f"{pred.unit} instead of {gold.unit}")
    converted = Call("*", (_exactly(pred.value), Number(right[0] / left[0])))
    return compare(_exactly(gold.value), converted)


def _in_base(gold: Node, pred: Node) -> Verdict:
    if isinstance(gold, BaseN) and isinstance(pred, BaseN):
        equal = gold.base == pred.base and gold.digits.lstrip("0") == pred.digits.lstrip("0")
        return yes("base", "the same digits") if equal else no("base", "other digits or another base")
    based, other = (gold, pred) if isinstance(gold, BaseN) else (pred, gold)
    assert isinstance(based, BaseN)
    if isinstance(other, Number) and other.value.denominator == 1 and str(other.value) == based.digits.lstrip("0"):
        return yes("base", "the same digits")
    if isinstance(other, Quantity):
        return no("base", "a quantity where digits are expected")
    same = _written(other).upper() == based.digits
    return yes("base", "the same digits") if same else no("base", "other digits")


def _written(tree: Node) -> str:
    """Digits and letters side by side, as a number in a base above ten is read at first."""
    match tree:
        case Number(value):
            return str(value)
        case Name(name) | Text(name):
            return name
        case Call("neg", (inner,)):
            return "-" + _written(inner)
        case Call("*", (left, right)):
            return _written(left) + _written(right)
    return ""


def _residues(gold: Node, pred: Node, compare: Compare) -> Verdict:
    """`3 (mod 5)` is `8 (mod 5)`, and beside a bare number only 3."""
    left, right = _residue(gold), _residue(pred)
    if left is None or right is None:
        return compare(
            *(tree.args[0] if isinstance(tree, Call) and tree.name == "residue" else tree for tree in (gold, pred))
        )
    if left[1] != right[1]:
        return no("residue", "another modulus")
    return yes("residue", "the same residue") if left == right else no("residue", "another residue")


def _residue(tree: Node) -> tuple[Fraction, Fraction] | None:
    """The smallest number of the class, and the modulus."""
    try:
        if isinstance(tree, Call) and tree.name == "residue" and (modulus := exact(tree.args[1])) > 0:
            return exact(tree.args[0]) % modulus, modulus
    except NoValue:
        pass
    return None


def _is_simplified(gold: Node, pred: Node) -> bool:
    """Whether a number is written as one: a decimal, a whole number or a fraction in lowest terms."""
    if not isinstance(gold, Number) and canonical(gold)[:1] != "/":
        return True
    if isinstance(pred, Call) and pred.name == "neg":
        return _is_simplified(gold, pred.args[0])
    if isinstance(pred, Call) and pred.name == "/" and all(isinstance(part, Number) for part in pred.args):
        top, bottom = (part.value for part in pred.args if isinstance(part, Number))
        return top.denominator == bottom.denominator == 1 and gcd(int(top), int(bottom)) == 1 and abs(bottom) != 1
    return isinstance(pred, Number)


def _values(gold: Node, pred: Node, compare: Compare) -> Verdict:
    try:
        return _rationals(gold, pred, exact(gold), exact(pred), compare)
    except NoValue:
        pass
    if isinstance(gold, Number) or isinstance(pred, Number):
        decimal, other = (gold, pred) if isinstance(gold, Number) else (pred, gold)
        assert isinstance(decimal, Number)
        if (decimal.places is not None or compare.rules.tolerance) and not variables(other):
            return _decimal_beside(decimal, other, compare)
    return sampled(gold, pred, compare)


def _rationals(gold: Node, pred: Node, a: Fraction, b: Fraction, compare: Compare) -> Verdict:
    if a == b:
        return yes("exact", "equal numbers")
    if compare.rules.percent and (a == 100 * b if abs(a) >= 1 else b == 100 * a):
        return yes("percent", "equal as a percentage")
    decimals = [tree for tree in (gold, pred) if isinstance(tree, Number) and tree.places is not None]
    if len(decimals) == 1 or any(tree.digits >= NOISE_DIGITS for tree in decimals):
        decimal = max(decimals, key=lambda tree: tree.digits)
        if _stands_for(decimal, b if decimal is gold else a):
            return yes("rounded", "equal to the digits written")
    if a.denominator > 1 and abs(a - b) <= Fraction(compare.rules.tolerance) * abs(a):
        return yes("tolerance", f"within {compare.rules.tolerance:g} of it")
    return no("exact", f"{_short(b)} instead of {_short(a)}")


def _stands_for(decimal: Number, other: Fraction) -> bool:
    """Whether a decimal is what the other number looks like to so many places, or like a float with its noise."""
    difference = abs(decimal.value - other)
    if decimal.digits >= NOISE_DIGITS:
        return difference <= Fraction(1, 10**12) * max(Fraction(1), abs(other))
    places = decimal.places or 0
    return places >= PLACES and _is_endless(other) and difference <= Fraction(1, 10**places)


def _is_endless(number: Fraction) -> bool:
    """Whether its decimal expansion never ends."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest != 1


def _decimal_beside(decimal: Number, other: Node, compare: Compare) -> Verdict:
    """A decimal beside an irrational number."""
    try:
        found = value(other, {}, 40)
    except NoValue as problem:
        return compare.leave(decimal, other, str(problem))
    if abs(found.imag) > 1e-30:
        return no("value", "a complex number")
    difference = abs(Fraction(str(found.real)) - decimal.value)
    if difference < Fraction(1, 10**35):
        return yes("value", "equal values")
    places = decimal.places or 0
    rounded = places >= PLACES and difference <= Fraction(1, 10**places)
    noise = decimal.digits >= NOISE_DIGITS and difference <= Fraction(1, 10**12) * max(Fraction(1), abs(decimal.value))
    if rounded or noise:
        return yes("rounded", "equal to the digits written")
    if difference <= Fraction(compare.rules.tolerance) * abs(decimal.value):
        return yes("tolerance", f"within {compare.rules.tolerance:g} of it")
    return no("value", "another number")


def _short(number: Fraction) -> str:
    return str(number) if max(number.numerator.bit_length(), number.denominator.bit_length()) < 200 else "a long number"
