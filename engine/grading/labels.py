"""What stands round an answer: `x = 3`, `f(x) = 2x`, `a = b = 3`, `x in`, and names of points."""

from __future__ import annotations

from .matrices import determinant
from .spoken import NO_SOLUTION
from .tree import (
    Call,
    Group,
    Name,
    Node,
    Ratio,
    Relation,
    Text,
    Union,
    canonical,
)


def unwrapped(tree: Node, other: Node) -> Node:
    """`x = 3` as 3, and `f(x) = 2x` as `2x`, where the other side has no sign of equality; `a = b = 3` as 3 always."""
    if isinstance(tree, Relation) and all(sign in "=~" for sign in tree.signs):
        sides = tree.sides[: tree.signs.index("~") + 1] if "~" in tree.signs and len(tree.sides) > 2 else tree.sides
        if not (isinstance(other, Relation) and set(other.signs) <= {"=", "~"}):
            if len(sides) > 2 or is_label(sides[0]):
                return sides[-1]
            if is_label(sides[-1]) or tree.signs == ("~",):
                return sides[0]
        elif len(sides) > 2:
            return Relation((sides[0], sides[-1]), ("=",))
    if isinstance(tree, Relation) and tree.signs == ("in",):
        within = tree.sides[1]
        return Union((within,)) if isinstance(within, Group) and within.brackets == "[]" else within
    if (
        isinstance(tree, Group)
        and not tree.brackets
        and not (isinstance(other, Group) and _labels(other) != [""] * len(other.items))
    ):
        values = tuple(unwrapped(item, Text("")) for item in tree.items)
        return Group(values, "()" if _are_coordinates(_labels(tree)) else "")
    if isinstance(tree, Text) and tree.words in NO_SOLUTION and isinstance(other, Group):
        return Group((), "{}")
    if isinstance(tree, Text) and tree.words in _ALL_REAL:
        return Group((Call("neg", (Name("oo"),)), Name("oo")), "()")
    if isinstance(tree, Call) and tree.name == "det":
        return determinant(tree.args[0])
    return tree


def _are_coordinates(labels: list[str]) -> bool:
    """Whether each item has a name of its own, as in `x=1, y=2`, unlike `x=1, x=2` and `x_1=1, x_2=2`."""
    bases = [label.partition("_")[0] for label in labels]
    return all(bases) and len(set(bases)) == len(bases) > 1


def _labels(group: Group) -> list[str]:
    """The names on the left of each item, empty where there is none."""
    return [
        canonical(item.sides[0]) if isinstance(item, Relation) and item.signs == ("=",) else "" for item in group.items
    ]


def is_label(tree: Node) -> bool:
    """Whether this only names what follows the sign of equality."""
    if isinstance(tree, Name):
        return tree.name not in ("pi", "e", "i", "oo")
    if isinstance(tree, Group):
        return all(is_label(item) for item in tree.items)
    if isinstance(tree, Ratio):
        return all(map(_is_letters, tree.parts))
    return _is_letters(tree)


def _is_letters(tree: Node) -> bool:
    """`AB`, `|AB|` and `NO/BO`: capitals that name points."""
    if isinstance(tree, Name):
        return tree.name[:1].isupper()
    return isinstance(tree, Call) and tree.name in "*/abs" and all(map(_is_letters, tree.args))


_ALL_REAL = {"all real numbers", "all reals", "reals", "real numbers", "any real number", "all real x"}
