"""What the rules leave open, as a program for a computer algebra system: trees are written out as sympy source by our code.

Promises: the program holds numbers, operators, names of sympy and variables called `v0`, `v1` ...; never a piece of the
answer's text. What is certain to be too large is refused before it is written. Does not promise an answer: the program may need
more time than it is given, and says `unknown` where sympy cannot tell.
"""

from __future__ import annotations

import math

from .numeric import NoValue, exact
from .scalars import PLACES
from .tree import BaseN, Bound, Call, Name, Node, Number, Percent, Quantity, parts, variables
from .verdict import Verdict, no, yes

LARGEST_BITS = 200_000
"""Size of numbers from which on an expression is refused."""
LONGEST_SUM = 100_000
"""Terms from which on a sum without a formula is refused."""

_CONSTANTS = {"pi": "pi", "e": "E", "i": "I", "oo": "oo"}
_NAMES = {
    "abs": "Abs", "ceil": "ceiling", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot",
    "arcsec": "asec", "arccsc": "acsc", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "max": "Max",
    "min": "Min", "mod": "Mod", "antiderivative": "Integral",
}  # fmt: skip
_SAME = frozenset(
    ["sqrt", "cbrt", "root", "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth",
     "sech", "csch", "floor", "factorial", "binomial", "gamma", "zeta", "erf", "erfc", "gcd", "lcm"]
)  # fmt: skip
_BOUND = {"sum": "Sum", "product": "Product", "integral": "Integral", "limit": "Limit"}


class Untranslatable(ValueError):
    """An expression that cannot be written as a program; the message says why."""


def program(gold: Node, pred: Node) -> str:
    """A program that prints `equal`, `different` or `unknown`.

    Raises:
        Untranslatable: it would be too large, or sympy has no word for it.
    """
    for tree in (gold, pred):
        if _bits(tree) > LARGEST_BITS:
            raise Untranslatable("a number that is too large")
        if any(isinstance(part, Bound) and _is_long(part) for part in parts(tree)):
            raise Untranslatable("a sum of too many terms")
    bound = {part.variable for tree in (gold, pred) for part in parts(tree) if isinstance(part, Bound)}
    names = {name: f"v{k}" for k, name in enumerate(sorted(variables(gold) | variables(pred) | bound))}
    over = {
        _text(part.args[1], names)
        for tree in (gold, pred)
        for part in parts(tree)
        if isinstance(part, Call) and part.name == "antiderivative"
    }
    tolerance = max(_tolerance(gold), _tolerance(pred))
    whole = any(_is_discrete(part) for tree in (gold, pred) for part in parts(tree))
    symbols = "\n".join(f"{short} = Symbol({short!r}, real=True)" for short in names.values())
    derived = "".join(f"\na, b = diff(a, {variable}), diff(b, {variable})" for variable in sorted(over))
    return _PROGRAM.format(
        symbols=symbols,
        gold=_text(gold, names),
        pred=_text(pred, names),
        derived=derived,
        tolerance=repr(tolerance),
        points=repr(_WHOLE_POINTS if whole else _POINTS),
    )


def outcome(printed: str) -> Verdict:
    """The verdict for what the program printed."""
    word = printed.strip().rpartition("\n")[2]
    if word == "equal":
        return yes("algebra", "equal to a computer algebra system")
    if word == "different":
        return no("algebra", "different to a computer algebra system")
    return Verdict("undecided", "a computer algebra system cannot tell", "algebra")


def _text(tree: Node, names: dict[str, str]) -> str:
    match tree:
        case Number(value):
            return f"Rational({value.numerator}, {value.denominator})"
        case Name(name):
            return names[name] if name in names else _CONSTANTS[name]
        case BaseN(digits, base):
            return f"Integer({int(digits, base)})"
        case Percent(inner):
            return f"({_text(inner, names)}/100)"
        case Quantity(inner, "deg"):
            return f"({_text(inner, names)}*pi/180)"
        case Bound("limit", body, variable, (point, Name(side))):
            return f"Limit({_text(body, names)}, {names[variable]}, {_text(point, names)}, {side!r})"
        case Bound(name, body, variable, (low, high)):
            over = f"({names[variable]}, {_text(low, names)}, {_text(high, names)})"
            return f"{_BOUND[name]}({_text(body, names)}, {over})"
        case Call(name, args):
            return _call(name, [_text(arg, names) for arg in args])
    raise Untranslatable(f"a {type(tree).__name__.lower()} in an expression")


def _call(name: str, args: list[str]) -> str:
    if name in ("+", "*", "/") and len(args) == 2:
        return f"({args[0]} {name} {args[1]})"
    if name == "^":
        return f"({args[0]})**({args[1]})"
    if name == "neg":
        return f"(-{args[0]})"
    if name == "lg":
        return f"log({args[0]}, 10)"
    if name == "derivative":
        return f"Derivative({', '.join(args)})"
    if name in _SAME or name in _NAMES:
        return f"{_NAMES.get(name, name)}({', '.join(args)})"
    raise Untranslatable(f"{name} is not known to it")


def _tolerance(tree: Node) -> float:
    """How far a decimal of many places may be from what it rounds."""
    places = tree.places if isinstance(tree, Number) else None
    return 10.0**-places if places is not None and PLACES <= places < 25 else 0.0


def _is_discrete(tree: Node) -> bool:
    """Whether this only makes sense where variables are whole numbers."""
    return (isinstance(tree, Bound) and tree.name in ("sum", "product")) or (
        isinstance(tree, Call) and tree.name in ("factorial", "binomial", "mod", "gcd", "lcm")
    )


def _is_long(bound: Bound) -> bool:
    """Whether so many terms would have to be added one by one, because there is no formula for such a sum."""
    if bound.name not in ("sum", "product"):
        return False
    count = _size(bound.ends[1]) if not variables(bound.ends[1]) and Name("oo") not in parts(bound.ends[1]) else 0.0
    polynomial = all(
        not isinstance(part, Call)
        or part.name in ("+", "*", "neg")
        or (part.name == "^" and bound.variable not in variables(part.args[1]))
        for part in parts(bound.body)
    )
    return count > LONGEST_SUM and (bound.name == "product" or not polynomial)


def _bits(tree: Node) -> float:
    """At most so many binary digits has the value, a variable counted as one digit."""
    match tree:
        case Number(value):
            return float(max(value.numerator.bit_length(), value.denominator.bit_length()))
        case Call("^", (base, exponent)):
            return max(1.0, _bits(base)) * _size(exponent)
        case Call("factorial" | "gamma", (inner,)):
            n = _size(inner)
            return n * math.log2(n + 2) if n < 1e300 else math.inf
        case Call("binomial", (top, _)):
            return _size(top)
        case Call("*" | "/" | "+", (left, right)):
            return _bits(left) + _bits(right)
        case Call("exp", (inner,)):
            return _bits(inner)
        case Call(_, args):
            return max(map(_bits, args), default=1.0)
        case Bound(_, body, _, ends):
            return max(map(_bits, (body, *ends)))
        case Percent(inner) | Quantity(inner, _):
            return _bits(inner)
    return 1.0


def _size(tree: Node) -> float:
    """The absolute value of a number, or an estimate of it from above."""
    try:
        return abs(float(exact(tree)))
    except (NoValue, OverflowError):
        bits = _bits(tree)
    return 2.0**bits if variables(tree) == set() and bits < 1000 else (8.0 if variables(tree) else math.inf)


_POINTS = [[(131 + 57 * k + 29 * n, 97) for n in range(8)] for k in range(5)]
_WHOLE_POINTS = [[(9 + k - 2 * n if n < 4 else 2 + n + k, 1) for n in range(8)] for k in range(5)]
"""Values for the variables, as numerators and denominators; whole ones for sums, first ones larger than later ones."""

_PROGRAM = """
from sympy import *
{symbols}
a, b = {gold}, {pred}{derived}

def decide(a, b):
    if a == b:
        return "equal"
    a, b = a.doit(), b.doit()
    d = a - b
    if d == 0:
        return "equal"
    free = sorted(a.free_symbols | b.free_symbols, key=str)
    points = [dict(zip(free, [Rational(*p) for p in point])) for point in {points}] if free else [dict()]
    agreed = 0
    for point in points:
        value = N(d.subs(point).doit(), 30)
        if not value.is_number or not value.is_finite or value.has(Integral, Sum, Product, Limit):
            continue
        size = max(abs(N(a.subs(point).doit(), 15)), abs(N(b.subs(point).doit(), 15)))
        if abs(value) > max({tolerance}, 1e-20 * size):
            return "different"
        agreed += 1
    if agreed == len(points) or simplify(d) == 0:
        return "equal"
    return "unknown"

print(decide(sympify(a), sympify(b)))
"""
