"""Trees as Python source for mpmath: numbers, operators, functions that are known here, and variables called `v0`, `v1` ...

Promises: never a piece of text from the question or the answer; what has no word here raises `Untranslatable`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..grading.tree import BaseN, Bound, Call, Group, Name, Node, Number, Percent, Quantity, variables

LARGEST = 10**200
"""Numbers from which on an expression is refused."""
_CONSTANTS = {"pi": "pi", "e": "e", "i": "mpc(0, 1)", "oo": "inf"}
_SAME = frozenset(
    ["sqrt", "cbrt", "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "factorial", "binomial",
     "floor", "gamma", "erf", "root"]
)  # fmt: skip
_NAMES = {"abs": "fabs", "ceil": "ceil", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}


class Untranslatable(ValueError):
    """An expression that cannot be written as a program."""


def named(*trees: Node) -> dict[str, str]:
    """A short name for each variable of the trees, in alphabetical order."""
    return {name: f"v{k}" for k, name in enumerate(sorted(set().union(*map(variables, trees))))}


def function(tree: Node, names: Mapping[str, str]) -> str:
    """The tree as a function of all names, in their order."""
    return f"(lambda {', '.join(names.values())}: {source(tree, names)})"


def source(tree: Node, names: Mapping[str, str]) -> str:
    """The tree as an expression.

    >>> from ..grading.parser import parse
    >>> source(parse("2x + 1/3"), {"x": "v0"})
    '((mpf(2) * v0) + (mpf(1) / mpf(3)))'
    """
    match tree:
        case Number(value):
            if max(abs(value.numerator), value.denominator) > LARGEST:
                raise Untranslatable("a number that is too large")
            whole = f"mpf({value.numerator})"
            return f"({whole} / {value.denominator})" if value.denominator > 1 else whole
        case Name(name):
            if name not in names and name not in _CONSTANTS:
                raise Untranslatable(f"the name {name}")
            return names.get(name) or _CONSTANTS[name]
        case BaseN(digits, base):
            return f"mpf({int(digits, base)})"
        case Percent(inner):
            return f"({source(inner, names)} / 100)"
        case Quantity(inner, "deg"):
            return f"({source(inner, names)} * pi / 180)"
        case Group((inner,), "[]" | "()"):
            return source(inner, names)
        case Bound("integral" | "sum" as kind, body, variable, (low, high)):
            inside = {**names, variable: f"b{len(names)}"}
            ends = f"[{source(low, names)}, {source(high, names)}]"
            over = "quad" if kind == "integral" else "nsum"
            return f"{over}(lambda {inside[variable]}: {source(body, inside)}, {ends})"
        case Call("derivative", (body, Name(variable), Number(order))) if variable in names:
            return f"diff(lambda {names[variable]}: {source(body, names)}, {names[variable]}, {order.numerator})"
        case Call(name, args):
            return _call(name, [source(arg, names) for arg in args])
    raise Untranslatable(f"a {type(tree).__name__.lower()} in an expression")


def _call(name: str, args: list[str]) -> str:
    if name in ("+", "*", "/") and len(args) == 2:
        return f"({args[0]} {name} {args[1]})"
    if name == "^":
        return f"power({args[0]}, {args[1]})"
    if name == "log" and len(args) > 1:
        raise Untranslatable("a logarithm with a base, of which it is not certain where its argument ends")
    if name == "neg":
        return f"(-{args[0]})"
    if name in _SAME or name in _NAMES:
        return f"{_NAMES.get(name, name)}({', '.join(args)})"
    raise Untranslatable(f"the function {name}")
