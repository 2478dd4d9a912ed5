"""What an answer means, as a small tree: numbers, expressions, and the collections and relations around them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


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


Node = Number | Name | Call | PlusMinus | Percent | Quantity | BaseN | Group | Grid | Relation | Ratio | Union | Text


def canonical(tree: Node) -> str:
    """One string for trees that differ only in the order of sums and products."""
    match tree:
        case Number(value):
            return f"{value.numerator:x}" + ("" if value.denominator == 1 else f"/{value.denominator:x}")
        case Name(name):
            return name
        case Call(name, args):
            parts = [canonical(part) for part in (operands(tree, name) if name in "+*" else args)]
            return f"{name}({','.join(sorted(parts) if name in '+*' else parts)})"
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


def operands(tree: Node, name: str) -> list[Node]:
    """The operands of nested sums or products of one kind."""
    if isinstance(tree, Call) and tree.name == name:
        return [leaf for part in tree.args for leaf in operands(part, name)]
    return [tree]


def leaves(tree: Node) -> list[Node]:
    """The operands of an expression that are no operations themselves."""
    return [leaf for arg in tree.args for leaf in leaves(arg)] if isinstance(tree, Call) else [tree]


def variables(tree: Node) -> set[str]:
    """The names in an expression that are no constants."""
    match tree:
        case Name(name):
            return {name} - {"pi", "e", "i", "oo"}
        case Call(_, args):
            return set().union(*map(variables, args)) if args else set()
        case Percent(inner) | Quantity(inner, _):
            return variables(inner)
    return set()
