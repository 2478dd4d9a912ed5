"""Values of expressions: exact fractions where that is possible, else as many digits as are asked for.

Promises: bounded work. What would need too large numbers, or an operation that has no value here (a limit, an integral),
raises `NoValue` instead. Numbers come from mpmath, in a context of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from .tree import BaseN, Bound, Call, Name, Node, Number, Percent, Quantity, canonical, parts

LARGEST_BITS = 40_000
"""Size of the largest whole number that is computed exactly."""
LONGEST_RANGE = 300
"""Terms of the longest sum that is added up one by one."""


class NoValue(ValueError):
    """The expression has no value that can be computed here; the message says why."""


def exact(tree: Node) -> Fraction:
    """The exact value of an expression made of rational numbers.

    Raises:
        NoValue: it holds something else, or the value is too large.
    """
    match tree:
        case Number(value):
            return value
        case BaseN(digits, base):
            return Fraction(int(digits, base)) if _are_digits(digits, base) else _no(f"{digits} in base {base}")
        case Call("+", args):
            return _bounded(exact(args[0]) + exact(args[1]))
        case Call("*", args):
            return _bounded(exact(args[0]) * exact(args[1]))
        case Call("neg", (inner,)):
            return -exact(inner)
        case Call("/", (top, bottom)):
            if not (divisor := exact(bottom)):
                return _no("a division by zero")
            return _bounded(exact(top) / divisor)
        case Call("^", (base_tree, exponent)):
            return _exact_power(exact(base_tree), exact(exponent))
        case Call("sqrt", (inner,)):
            return _exact_root(exact(inner), 2)
        case Call("root", (inner, degree)):
            n = exact(degree)
            return _exact_root(exact(inner), int(n)) if n.denominator == 1 and 1 < n < 100 else _no("a strange root")
        case Call("abs", (inner,)):
            return abs(exact(inner))
        case Call("factorial", (inner,)):
            n = exact(inner)
            return Fraction(math.factorial(int(n))) if n.denominator == 1 and 0 <= n <= 3000 else _no("a factorial")
        case Call("binomial", (top, bottom)):
            n, k = exact(top), exact(bottom)
            if n.denominator == k.denominator == 1 and 0 <= k <= n <= 5000:
                return Fraction(math.comb(int(n), int(k)))
        case Call("mod", (left, right)) if modulus := exact(right):
            return exact(left) % modulus
        case Call(("gcd" | "lcm" | "max" | "min") as name, args) if args:
            values = [exact(arg) for arg in args]
            if name in ("max", "min"):
                return (max if name == "max" else min)(values)
            if all(value.denominator == 1 for value in values):
                return Fraction((math.gcd if name == "gcd" else math.lcm)(*(int(value) for value in values)))
        case Call(("floor" | "ceil") as name, (inner,)):
            return Fraction((math.floor if name == "floor" else math.ceil)(exact(inner)))
    return _no("no rational number")


def _no(why: str) -> Fraction:
    raise NoValue(why)


def _bounded(number: Fraction) -> Fraction:
    if number.numerator.bit_length() + number.denominator.bit_length() > 4 * LARGEST_BITS:
        raise NoValue("a number that is too large")
    return number


def _are_digits(digits: str, base: int) -> bool:
    return all(int(digit, 36) < base for digit in digits.lstrip("-"))


def _exact_power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        root = _exact_root(base, exponent.denominator) if exponent.denominator < 100 and base >= 0 else None
        return _exact_power(root, Fraction(exponent.numerator)) if root is not None else _no("an irrational power")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > LARGEST_BITS:
        raise NoValue("a power that is too large")
    if not base and exponent < 0:
        raise NoValue("a division by zero")
    return base ** int(exponent)


def _exact_root(value: Fraction, degree: int) -> Fraction:
    if value < 0:
        if degree % 2:
            return -_exact_root(-value, degree)
        raise NoValue("the root of a negative number")
    top, bottom = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
    if top is None or bottom is None:
        raise NoValue("an irrational root")
    return Fraction(top, bottom)


def _whole_root(value: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(value)
        return root if root * root == value else None
    if value.bit_length() > 900:
        return None
    guess = round(value ** (1 / degree))
    return next((n for n in (guess - 1, guess, guess + 1) if n >= 0 and n**degree == value), None)


@cache
def _context(digits: int) -> Any:
    import mpmath

    context = mpmath.MPContext()
    context.dps = digits
    return context


def value(tree: Node, values: Mapping[str, Fraction], digits: int) -> Any:
    """The value of an expression with so many digits, a real or complex number of mpmath.

    Raises:
        NoValue: see the module.
    """
    context = _context(digits)
    try:
        found = _value(tree, values, context)
    except (ValueError, ZeroDivisionError, OverflowError, ArithmeticError) as error:
        raise NoValue(str(error) or type(error).__name__) from None
    if not context.isfinite(found):
        raise NoValue("it is not finite")
    return found


def _value(tree: Node, values: Mapping[str, Fraction], mp: Any) -> Any:
    match tree:
        case Number(number):
            return mp.mpf(number.numerator) / number.denominator
        case BaseN(digits, base) if _are_digits(digits, base):
            return mp.mpf(int(digits, base))
        case Name("pi"):
            return +mp.pi
        case Name("e"):
            return +mp.e
        case Name("i"):
            return mp.mpc(0, 1)
        case Name(name):
            if name not in values:
                raise NoValue(f"{name} has no value")
            number = values[name]
            return mp.mpf(number.numerator) / number.denominator
        case Percent(inner):
            return _value(inner, values, mp) / 100
        case Quantity(inner, "deg"):
            return _value(inner, values, mp) * mp.pi / 180
        case Bound("sum" | "product", body, variable, (low, high)):
            return _repeated(tree.name, body, variable, range(*_range(low, high)), values, mp)
        case Call(name, args):
            return _operation(name, [_value(arg, values, mp) for arg in args], mp)
    raise NoValue(f"{type(tree).__name__} has no single value")


def _range(low: Node, high: Node) -> tuple[int, int]:
    """From the first to after the last value of a range of whole numbers, few enough to go through."""
    if "oo" in (canonical(low), canonical(high)):
        raise NoValue("a range without end")
    first, last = exact(low), exact(high)
    if first.denominator != 1 or last.denominator != 1 or last - first > LONGEST_RANGE:
        raise NoValue("a range that is too long")
    return int(first), int(last) + 1


def _repeated(name: str, body: Node, variable: str, over: range, values: Mapping[str, Fraction], mp: Any) -> Any:
    if any(isinstance(leaf, Bound) for leaf in parts(body)):
        raise NoValue("a range within a range")
    total = mp.mpf(name == "product")
    for k in over:
        one = _value(body, {**values, variable: Fraction(k)}, mp)
        total = total * one if name == "product" else total + one
    return total


def _operation(name: str, args: list[Any], mp: Any) -> Any:
    match name, args:
        case "+", [a, b]:
            return a + b
        case "*", [a, b]:
            return a * b
        case "neg", [a]:
            return -a
        case "/", [a, b]:
            return a / b
        case "^", [a, b]:
            return _power(a, b, mp)
        case "sqrt", [a]:
            return mp.sqrt(a)
        case "root", [a, n]:
            if mp.im(n) == 0 and n == int(n) and int(n) % 2 and mp.im(a) == 0 and a < 0:
                return -mp.power(-a, 1 / n)
            return mp.power(a, 1 / n)
        case "cbrt", [a]:
            return -mp.cbrt(-a) if mp.im(a) == 0 and a < 0 else mp.cbrt(a)
        case "abs", [a]:
            return mp.fabs(a)
        case "log", [a, base]:
            return mp.log(a) / mp.log(base)
        case "log", [a]:
            return mp.log(a)
        case "lg", [a]:
            return mp.log10(a)
        case "mod", [a, b] if mp.im(a) == mp.im(b) == 0:
            return a - b * mp.floor(a / b)
        case (("gamma" | "zeta" | "erf" | "erfc"), [a]) if mp.im(a) == 0 and abs(a) < 1000:
            return getattr(mp, name)(a)
        case "factorial", [a]:
            return mp.factorial(a) if abs(a) < 1e9 else _too_large()
        case "binomial", [a, b]:
            return mp.binomial(a, b) if abs(a) < 1e12 else _too_large()
        case (("floor" | "ceil"), [a]):
            return getattr(mp, name)(a)
        case (("max" | "min"), [*several]) if several and all(mp.im(a) == 0 for a in several):
            return (max if name == "max" else min)(several)
        case _, [a] if name in _ELEMENTARY:
            if abs(a) > 1e30:
                _too_large()
            return getattr(mp, _ELEMENTARY[name])(a)
    raise NoValue(f"{name} has no value here")


_ELEMENTARY = {
    name: name
    for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "exp")
}
_ELEMENTARY |= {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")}


def _power(base: Any, exponent: Any, mp: Any) -> Any:
    if abs(exponent) > 1e15 or (abs(exponent) * abs(mp.log(base) if base else 0)) > 1e15:
        _too_large()
    return mp.power(base, exponent)


def _too_large() -> None:
    raise NoValue("a number that is too large")
