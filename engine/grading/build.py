"""Building trees: what the grammar does with the pieces it has recognised."""

from __future__ import annotations

import re
from fractions import Fraction

from .names import CONSTANTS
from .tokens import Unreadable
from .tree import Call, Grid, Group, Name, Node, Number, Percent, Quantity, Ratio, Relation, Text, canonical


def call(name: str, *args: Node) -> Node:
    return Call(name, args)


def scaled(name: str, left: Node, right: Node) -> Node:
    """A product or quotient; the unit of its last factor is the unit of all: `1.5 * 10^3 kg`."""
    if isinstance(right, Quantity) and right.unit != "deg" and not isinstance(left, Quantity):
        return Quantity(Call(name, (left, right.value)), right.unit)
    if isinstance(right, Percent) and not isinstance(left, Percent):
        return Percent(Call(name, (left, right.value)))
    return Call(name, (left, right))


def summed(left: Node, right: Node) -> Node:
    """A sum; the unit of its last term is the unit of all: `12 + 3 cm`."""
    if isinstance(right, Quantity) and right.unit != "deg" and isinstance(left, Number | Call):
        return Quantity(Call("+", (left, right.value)), right.unit)
    return Call("+", (left, right))


def negated(tree: Node) -> Node:
    if isinstance(tree, Number):
        return Number(-tree.value, tree.places, tree.digits)
    if isinstance(tree, Percent | Quantity) and isinstance(tree.value, Number):
        inner = negated(tree.value)
        return Percent(inner) if isinstance(tree, Percent) else Quantity(inner, tree.unit)
    return Call("neg", (tree,))


def read_number(text: str) -> Node:
    places = None
    if "." in text or "e" in text.lower():
        mantissa, _, exponent = text.lower().partition("e")
        if len(exponent) > 6:
            raise Unreadable(f"the exponent of {text!r} is too large")
        places = max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))
        digits = len(mantissa.replace(".", "").lstrip("0"))
        if abs(int(exponent or 0)) > 5000:
            raise Unreadable(f"the exponent of {text!r} is too large")
        whole = mantissa.rstrip(".")
        if "." in text and text.endswith("."):
            places = None
        return Number(decimal(whole) * Fraction(10) ** int(exponent or 0), places, digits)
    return Number(Fraction(integer(text)))


def integer(text: str) -> int:
    """An integer of any length; in pieces, because Python refuses more than 4300 digits at once."""
    value = 0
    for start in range(0, len(text), 4000):
        piece = text[start : start + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return value


def decimal(text: str) -> Fraction:
    whole, _, part = text.partition(".")
    return Fraction(integer(whole or "0")) + (Fraction(integer(part), 10 ** len(part)) if part else 0)


def repeating(text: str, period: str) -> Number:
    """`0.36` with the period `36` is 36/99."""
    whole, _, part = text.partition(".")
    fixed = part[: len(part) - len(period)]
    scale = 10 ** len(fixed)
    value = Fraction(int(whole or "0")) + Fraction(int(fixed or "0"), scale)
    return Number(value + Fraction(int(period), scale * (10 ** len(period) - 1)))


def based_digits(tree: Node) -> str:
    """The digits of a number with a base below it."""
    if isinstance(tree, Number) and tree.value.denominator == 1 and tree.places is None:
        return str(tree.value)
    if isinstance(tree, Call) and tree.name == "*":
        parts = [based_digits(part) or (part.name.upper() if isinstance(part, Name) else "") for part in tree.args]
        return "".join(parts) if all(parts) else ""
    return ""


def number_of(tree: Node) -> Fraction:
    assert isinstance(tree, Number)
    return tree.value


def label(tree: Node) -> str:
    return tree.name if isinstance(tree, Name) else canonical(tree)


def product_of(word: str) -> Node:
    names = [Name(CONSTANTS.get(letter, letter)) for letter in word]
    tree: Node = names[0]
    for name in names[1:]:
        tree = Call("*", (tree, name))
    return tree


_INVERSES = {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}


def function(name: str, arguments: tuple[Node, ...]) -> Node:
    spelled = {**_INVERSES, "ln": "log", "Abs": "abs", "ceiling": "ceil"}
    return Call(spelled.get(name, name), arguments)


def root(radicand: Node, degree: Node) -> Node:
    return Call("root", (radicand, degree))


def grouped(opening: str, inside: Node, closing: str) -> Node:
    """Brackets round one thing only group it; round several they make a tuple, an interval, a list or a set."""
    several = isinstance(inside, Group) and not inside.brackets
    if opening in ("{", "lbrace"):
        if several and all(isinstance(item, Ratio) and len(item.parts) == 2 for item in inside.items):  # type: ignore[union-attr]
            return Group(tuple(Relation(item.parts, ("=",)) for item in inside.items), "")  # type: ignore[union-attr]
        return Group(inside.items if several else (inside,), "{}")  # type: ignore[union-attr]
    if opening == "langle":
        return Group(inside.items if several else (inside,), "<>")  # type: ignore[union-attr]
    if not several:
        return Group((inside,), "[]") if (opening, closing) == ("[", "]") and not isinstance(inside, Grid) else inside
    assert isinstance(inside, Group)
    if opening == "]" or closing == "[":  # the French way to write an interval that leaves out its end
        return Group(inside.items, ("(" if opening == "]" else opening) + (")" if closing == "[" else closing))
    return Group(inside.items, opening + closing)


def is_inequality(tree: Node) -> bool:
    """Whether this is a relation that a range of numbers fulfils."""
    return isinstance(tree, Relation) and bool({"<", "<=", ">", ">="} & set(tree.signs))


def tupled(items: list[Node], between: list[str]) -> list[Node]:
    """`p=5, q=2; p=7, q=2` are two pairs: what commas join between semicolons, without the names."""
    found: list[list[Node]] = [[items[0]]]
    for item, sign in zip(items[1:], between, strict=True):
        if sign == ";":
            found.append([])
        found[-1].append(item)
    bare = [[_value_of(item) for item in one] for one in found]
    return [Group(tuple(one), "()") if len(one) > 1 else one[0] for one in bare]


def _value_of(item: Node) -> Node:
    named = isinstance(item, Relation) and item.signs == ("=",) and isinstance(item.sides[0], Name)
    return item.sides[1] if named and isinstance(item, Relation) else item


def interval(left: str, right: str) -> Node:
    ends = tuple(Call("neg", (Name("oo"),)) if end == "-oo" else Name("oo") for end in (left, right))
    return Group(ends, "()")


def grid_of(rows: Group) -> Node:
    cells = [row.items if isinstance(row, Group) else (row,) for row in rows.items]
    if not cells or len({len(row) for row in cells}) != 1:
        raise Unreadable("a matrix with rows of different lengths")
    return Grid(tuple(cells))


def text_of(words: str) -> Node:
    plain = re.sub(r"[\s.,;!\"'`()]+", " ", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", words.lower())).strip()
    return Text(re.sub(r"^(?:the|a|an) ", "", plain))
