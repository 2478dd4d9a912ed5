"""What an expression of `notation` is worth once its variables are numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from .notation import Func, Math, Num, Power, Product, Quotient, Sum, Var

Value = Fraction | float
"""What an expression evaluates to: exact as long as it stays rational."""


def _absolute(value: Value) -> Value:
    return value if value >= 0 else -value


FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": _absolute,
}
"""The functions that can be written, by their Python name."""

CONSTANTS = {"pi": math.pi, "E": math.e}
"""Names that are numbers."""


def evaluate(expression: Math, values: Mapping[str, Value | int]) -> Value:
    """The value of an expression.

    Raises:
        KeyError: for a variable without a value.
        TypeError: for something that has no single value (an equation, a matrix, a list).
    """
    match expression:
        case Num(number):
            return Fraction(number)
        case Var(name):
            value = CONSTANTS[name] if name in CONSTANTS else values[name]
            return value if isinstance(value, float) else Fraction(value)
        case Sum(terms):
            return sum((evaluate(term, values) for term in terms), Fraction(0))
        case Product(factors):
            return math.prod((evaluate(factor, values) for factor in factors), start=Fraction(1))
        case Quotient(top, bottom):
            return evaluate(top, values) / evaluate(bottom, values)
        case Power(base, exponent):
            return evaluate(base, values) ** evaluate(exponent, values)
        case Func(name, argument):
            return FUNCTIONS[name](evaluate(argument, values))
    raise TypeError(f"{expression} has no single value")
