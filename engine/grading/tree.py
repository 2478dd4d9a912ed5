"""What an answer means, as a small tree: numbers, expressions, and the collections and relations around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST_BITS = 2_000
"""Length of the longest whole number that is written in decimal digits; Python refuses to from some length on."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    value: Fraction
    """Its exact value."""
    places: int | None = None
    """Digits after the decimal point; None for a number that was not written as a decimal."""
    digits: int = 0
    """Significant digits of a decimal."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a named constant, with its subscript if it has one: `x`, `pi`, `a_n`."""

    name: str
    """The name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with its arguments: `+ * / ^ neg sqrt sin log ...`; `log` may have a base as second."""

    name: str
    """Which one."""
    args: tuple[Node, ...]
    """The operands in order."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A sum, product, integral or limit over a variable that means nothing outside: `sum product integral limit`."""

    name: str
    """Which one."""
    body: Node
    """What is summed, multiplied, integrated, or goes to its limit."""
    variable: str
    """The variable that is bound."""
    ends: tuple[Node, ...]
    """From and to; of a limit the point and the side, as the name `+`, `-` or `+-`."""


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """`left ± right`, two values at once."""

    left: Node
    """Before the sign."""
    right: Node
    """After it."""


@dataclass(frozen=True, slots=True)
class Percent:
    """`value %`."""

    value: Node
    """The number before the sign."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit, a currency, or degrees."""

    value: Node
    """How much."""
    unit: str
    """The unit in one spelling; `deg` for degrees."""


@dataclass(frozen=True, slots=True)
class BaseN:
    """Digits with the base as a subscript: `1101_2`."""

    digits: str
    """The digits in capitals."""
    base: int
    """The base."""


@dataclass(frozen=True, slots=True)
class Group:
    """Items between brackets, or without any."""

    items: tuple[Node, ...]
    """In order."""
    brackets: str
    """The two brackets, e.g. `()`, `[)`, `{}`, `<>` for a vector, or empty for a bare list."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix."""

    rows: tuple[tuple[Node, ...], ...]
    """Row by row."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain such as `0 < x <= 1`; also `=`, `!=`, `in`."""

    sides: tuple[Node, ...]
    """What stands between the signs, one more than signs."""
    signs: tuple[str, ...]
    """The signs in order: `= != < <= > >= in ~`."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`a : b : c`."""

    parts: tuple[Node, ...]
    """In order."""


@dataclass(frozen=True, slots=True)
class Union:
    """Sets joined with a cup."""

    parts: tuple[Node, ...]
    """In order."""


@dataclass(frozen=True, slots=True)
class Text:
    """An answer in words."""

    words: str
    """Small letters, single spaces, no punctuation at the ends."""


Node = (
    Number
    | Name
    | Call
    | Bound
    | PlusMinus
    | Percent
    | Quantity
    | BaseN
    | Group
    | Grid
    | Relation
    | Ratio
    | Union
    | Text
)


def canonical(tree: Node) -> str:
    """One string for trees that differ only in the order of sums and products."""
    match tree:
        case Number(value):
            return _digits(value.numerator) + ("" if value.denominator == 1 else f"/{_digits(value.denominator)}")
        case Name(name):
            return name
        case Call(name, args):
            parts = [canonical(part) for part in (operands(tree, name) if name in "+*" else args)]
            return f"{name}({','.join(sorted(parts) if name in '+*' else parts)})"
        case Bound(name, body, variable, ends):
            inner = renamed(body, variable, f"@{_bindings(body)}")
            return f"{name}[{canonical(inner)};{','.join(map(canonical, ends))}]"
        case Group(items, brackets):
            return brackets[:1] + ",".join(map(canonical, items)) + brackets[1:]
        case Grid(rows):
            return "[" + ";".join(",".join(map(canonical, row)) for row in rows) + "]"
        case Relation(sides, signs):
            signs = (*signs, "")
            return "".join(canonical(side) + sign for side, sign in zip(sides, signs, strict=True))
        case Text(words):
            return words
        case PlusMinus(left, right):
            return f"{canonical(left)}+-{canonical(right)}"
        case Percent(value):
            return canonical(value) + "%"
        case Quantity(value, name):
            return f"{canonical(value)} {name}"
        case BaseN(digits, base):
            return f"{digits}_{base}"
        case Ratio(parts):
            return ":".join(map(canonical, parts))
        case Union(parts):
            return " u ".join(map(canonical, parts))


def _digits(number: int) -> str:
    """A whole number; one with more digits than Python likes to write comes with a prefix that no name has."""
    return str(number) if number.bit_length() <= LONGEST_BITS else f"{number:#x}"


def operands(tree: Node, name: str) -> list[Node]:
    """The operands of nested sums or products of one kind."""
    if isinstance(tree, Call) and tree.name == name:
        return [leaf for part in tree.args for leaf in operands(part, name)]
    return [tree]


def leaves(tree: Node) -> list[Node]:
    """The operands of an expression that are no operations themselves."""
    if isinstance(tree, Bound):
        return [leaf for part in (tree.body, *tree.ends) for leaf in leaves(part)]
    return [leaf for arg in tree.args for leaf in leaves(arg)] if isinstance(tree, Call) else [tree]


def parts(tree: Node) -> list[Node]:
    """An expression and all that it is made of."""
    if isinstance(tree, Call):
        return [tree, *(part for arg in tree.args for part in parts(arg))]
    if isinstance(tree, Bound):
        return [tree, *(part for inner in (tree.body, *tree.ends) for part in parts(inner))]
    return [tree]


def is_infinite(tree: Node) -> bool:
    """Whether infinity stands in it."""
    return any(leaf == Name("oo") for leaf in leaves(tree))


def variables(tree: Node) -> set[str]:
    """The names in an expression that are no constants."""
    match tree:
        case Name(name):
            return {name} - {"pi", "e", "i", "oo"}
        case Call(_, args):
            return set().union(*map(variables, args)) if args else set()
        case Bound(_, body, variable, ends):
            return (variables(body) - {variable}).union(*map(variables, ends)) - {"+", "-", "+-"}
        case Percent(inner) | Quantity(inner, _):
            return variables(inner)
    return set()


def renamed(tree: Node, old: str, new: str) -> Node:
    """The expression with another name for a variable."""
    return substituted(tree, old, Name(new))


def substituted(tree: Node, name: str, by: Node) -> Node:
    """The expression with something else in the place of a variable."""
    match tree:
        case Name(found) if found == name:
            return by
        case Name(found) if "(" in found and isinstance(by, Name):
            return Name(re.sub(rf"(?<=[(,]){re.escape(name)}(?=[),])", by.name, found))
        case Call(operation, args):
            return Call(operation, tuple(substituted(arg, name, by) for arg in args))
        case Bound(operation, body, variable, ends):
            inside = body if variable == name else substituted(body, name, by)
            return Bound(operation, inside, variable, tuple(substituted(end, name, by) for end in ends))
    return tree


def _bindings(tree: Node) -> int:
    """How many operations that bind a variable are nested in each other."""
    if isinstance(tree, Bound):
        return 1 + max(map(_bindings, (tree.body, *tree.ends)))
    return max(map(_bindings, tree.args), default=0) if isinstance(tree, Call) else 0
