"""Mathematical expressions as people wrote them: a small tree that keeps the order of its parts.

A computer algebra system would reorder `x - 3 + 2*x`; a question must not. The bank's authors build these trees with
the ordinary operators (`a*x**2 + b*x + c`), and `rendering.py` writes them as Python, as `x^2 - 5x + 6`, or as LaTeX.

Promises: coefficients 0, 1 and -1 vanish as they do on paper, signs are kept in front of their term, nothing else is
simplified or reordered. Does not promise algebra: it never expands, collects or cancels.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .value import Value


class Math:
    """Anything that is written as mathematics. The operators build larger expressions."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Math:
        return _add(self, as_math(other))

    def __radd__(self, other: Operand) -> Math:
        return _add(as_math(other), self)

    def __sub__(self, other: Operand) -> Math:
        return _add(self, -as_math(other))

    def __rsub__(self, other: Operand) -> Math:
        return _add(as_math(other), -self)

    def __mul__(self, other: Operand) -> Math:
        return _multiply(self, as_math(other))

    def __rmul__(self, other: Operand) -> Math:
        return _multiply(as_math(other), self)

    def __truediv__(self, other: Operand) -> Math:
        return _divide(self, as_math(other))

    def __rtruediv__(self, other: Operand) -> Math:
        return _divide(as_math(other), self)

    def __pow__(self, other: Operand) -> Math:
        return _power(self, as_math(other))

    def __rpow__(self, other: Operand) -> Math:
        return _power(as_math(other), self)

    def __neg__(self) -> Math:
        return _negate(self)

    def __abs__(self) -> Math:
        return Func("abs", self)

    def at(self, *point: Value | int, **values: Value | int) -> Value:
        """The value with numbers put in for the variables: `(x**2 + 1).at(x=3)` is 10, and so is `.at(3)`."""
        from .value import evaluate

        return evaluate(self, defaultdict(lambda: point[0]) if point else values)

    @property
    def value(self) -> Value:
        """The value of an expression without variables."""
        return self.at()

    @property
    def latex(self) -> str:
        """LaTeX without delimiters, for frames that bring their own."""
        from .rendering import render
        from .style import LATEX

        return render(self, LATEX)

    def __str__(self) -> str:
        from .rendering import render
        from .style import PLAIN

        return render(self, PLAIN)


Operand = Math | int | Fraction | Decimal
"""What may stand beside an expression."""


@dataclass(frozen=True, slots=True)
class Num(Math):
    """A whole or decimal number."""

    number: int | Decimal
    """Its value; fractions are a `Quotient` of two numbers."""


@dataclass(frozen=True, slots=True)
class Var(Math):
    """A variable or a named constant."""

    name: str
    """The name, as Python writes it."""


@dataclass(frozen=True, slots=True)
class Sum(Math):
    """Terms in the order written; a term that `is_negative` is written with a minus sign."""

    terms: tuple[Math, ...]
    """Two or more, none of them a sum."""


@dataclass(frozen=True, slots=True)
class Product(Math):
    """Factors in the order written."""

    factors: tuple[Math, ...]
    """Two or more, none of them a product; a first factor of -1 is written as a mere sign."""


@dataclass(frozen=True, slots=True)
class Quotient(Math):
    """A fraction."""

    top: Math
    """The numerator."""
    bottom: Math
    """The denominator."""

    @property
    def p(self) -> int:
        """The numerator of a fraction of two whole numbers."""
        return int(self.top.value)

    @property
    def q(self) -> int:
        """The denominator of a fraction of two whole numbers."""
        return int(self.bottom.value)


@dataclass(frozen=True, slots=True)
class Power(Math):
    """A base raised to an exponent."""

    base: Math
    """What is raised."""
    exponent: Math
    """To which power."""


@dataclass(frozen=True, slots=True)
class Func(Math):
    """A function of one argument."""

    name: str
    """One of `value.FUNCTIONS`."""
    argument: Math
    """What it is applied to."""


@dataclass(frozen=True, slots=True)
class Equation(Math):
    """Two sides with an equals sign between."""

    left: Math
    """Left side."""
    right: Math
    """Right side."""


@dataclass(frozen=True, slots=True)
class Matrix(Math):
    """A rectangle of entries."""

    rows: tuple[tuple[Math, ...], ...]
    """Row by row, all of one length."""


@dataclass(frozen=True, slots=True)
class Numbers(Math):
    """A list of numbers, as in "the mean of 3, 5 and 8"."""

    items: tuple[Math, ...]
    """In the order written."""


class Big(int):
    """A whole number that a question may show with thousands separators; arithmetic on it gives plain ints."""


ZERO, ONE, MINUS_ONE = Num(0), Num(1), Num(-1)


def as_math(operand: Operand) -> Math:
    """An expression for a Python number.

    Raises:
        TypeError: for anything else, e.g. a float, whose exact decimal digits nobody wrote.
    """
    match operand:
        case Math():
            return operand
        case int():
            return Num(int(operand))
        case Decimal():
            return Num(operand)
        case Fraction():
            return (
                Num(operand.numerator) if operand.denominator == 1 else rational(operand.numerator, operand.denominator)
            )
    raise TypeError(
        f"{operand!r} cannot stand in an expression: use an int, a Fraction, a Decimal or another expression"
    )


def rational(top: int, bottom: int) -> Quotient:
    """The fraction `top/bottom` as it stands, not reduced."""
    return Quotient(Num(top), Num(bottom))


def is_integer_fraction(expression: Math) -> bool:
    """Whether this is a fraction of two whole numbers."""
    return (
        isinstance(expression, Quotient)
        and isinstance(expression.top, Num)
        and isinstance(expression.bottom, Num)
        and isinstance(expression.top.number, int)
        and isinstance(expression.bottom.number, int)
    )


def is_negative(expression: Math) -> bool:
    """Whether it is written with a minus sign in front."""
    match expression:
        case Num(number):
            return number < 0
        case Product(factors):
            return is_negative(factors[0])
        case Quotient(top, _):
            return is_negative(top)
    return False


def _negate(expression: Math) -> Math:
    match expression:
        case Num(number):
            return Num(-number)
        case Product((Num() as first, *rest)):
            return _product((Num(-first.number), *rest))
        case Quotient(top, bottom):
            return Quotient(-top, bottom)
    return _product((MINUS_ONE, *_factors(expression)))


def _add(left: Math, right: Math) -> Math:
    if right == ZERO:
        return left
    if left == ZERO:
        return right
    return Sum((*_terms(left), *_terms(right)))


def _multiply(left: Math, right: Math) -> Math:
    """`left * right`; a fraction in front of an unknown is written over one line: 3/4 times x is `3*x/4`."""
    if isinstance(left, Num) and isinstance(right, Num):
        return Product((left, right))
    if ZERO in (left, right):
        return ZERO
    if left == ONE:
        return right
    if right == ONE:
        return left
    if left == MINUS_ONE:
        return -right
    if is_integer_fraction(left) and not isinstance(right, Num | Quotient):
        assert isinstance(left, Quotient)
        return Quotient(_multiply(left.top, right), left.bottom)
    return _product((*_factors(left), *_factors(right)))


def _divide(left: Math, right: Math) -> Math:
    return left if right == ONE and not isinstance(left, Num) else Quotient(left, right)


def _power(base: Math, exponent: Math) -> Math:
    if isinstance(base, Num):
        return Power(base, exponent)
    if exponent == ONE:
        return base
    return ONE if exponent == ZERO else Power(base, exponent)


def _product(factors: tuple[Math, ...]) -> Math:
    """A product; a leading 1 that a change of sign left over is dropped."""
    kept = factors[1:] if factors[0] == ONE and len(factors) > 1 else factors
    return kept[0] if len(kept) == 1 else Product(kept)


def _terms(expression: Math) -> tuple[Math, ...]:
    return expression.terms if isinstance(expression, Sum) else (expression,)


def _factors(expression: Math) -> tuple[Math, ...]:
    return expression.factors if isinstance(expression, Product) else (expression,)
