"""Matrices of the question, worked out again: products, sums, inverses, determinants, and the values that make one singular."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grading.tree import Call, Grid, Group, Name, Node, Relation
from .claim import Claim
from .formulas import Reading
from .source import Untranslatable, source
from .vocabulary import knows

LARGEST = 7
"""Rows of a matrix from which on nothing is worked out."""
_KNOWN = """
matrix matrices determinant det trace inverse inverted undoes multiplication gives identity transpose exchanging rows
columns eigenvalue eigenvalues spectrum characteristic polynomial vanish vanishes product sum power square belonging
invertible multiply multiplied list expand along row roots arithmetic
"""
_WHAT = {
    r"determinant|\bdet\b": ("near(determinant(a), b)", "determinant"),
    r"\btrace\b": ("near(sum(a[k, k] for k in range(a.rows)), b)", "trace"),
    r"\binverse\b|inverted|undoes|gives the identity": ("same(a * b, eye(a.rows))", "product with its inverse"),
    r"transpose|exchanging rows": ("same(a.T, b)", "transpose"),
    r"eigenvalue|spectrum|characteristic polynomial": (
        "len(b) <= a.rows and all(abs(determinant(a - v * eye(a.rows))) < mpf(10)**-15 for v in b)",
        "determinant of A - v for each value",
    ),
}


def claims(question: Reading, answer: Node) -> Iterator[Claim]:
    """What follows from the answer being what was asked of the question's matrices."""
    grids = [grid for tree in question.formulas if (grid := as_grid(tree)) is not None]
    if (
        question.unread
        or not grids
        or not knows(question.words, _KNOWN)
        or max(len(grid.rows) for grid in grids) > LARGEST
    ):
        return
    if len(question.formulas) == len(grids) + 1 > 1 and (asked := _combination(question)) is not None:
        yield _claim(f"a, b = {asked}, {_right(answer)}", "same(a, b)", "matrix expression")
        return
    for pattern, (condition, what) in _WHAT.items():
        if len(question.formulas) == 1 and re.search(pattern, question.words):
            yield _claim(f"a, b = {_written(grids[0])}, {_right(answer)}", condition, what)
            return


def _claim(given: str, condition: str, what: str) -> Claim:
    code = f"{_TOOLS}{given}\nprint('yes' if {condition} else 'no')"
    return Claim("recomputed", code, f"{what} worked out again: equal", f"{what} worked out again: not equal")


def as_grid(tree: Node) -> Grid | None:
    """A matrix, also one that is written as a list of lists or as the right side of `A = ...`."""
    if isinstance(tree, Relation) and tree.signs == ("=",):
        return as_grid(tree.sides[1])
    if isinstance(tree, Group) and tree.brackets == "[]" and tree.items and all(map(_is_row, tree.items)):
        return Grid(tuple(item.items for item in tree.items if isinstance(item, Group)))
    return tree if isinstance(tree, Grid) else None


def _is_row(tree: Node) -> bool:
    return isinstance(tree, Group) and tree.brackets == "[]" and bool(tree.items)


def _combination(question: Reading) -> str | None:
    """The one formula that combines matrices which have names: `2A + 3B`, `AB`, `A^2`."""
    known = {
        tree.sides[0].name: _written(grid)
        for tree in question.formulas
        if isinstance(tree, Relation) and isinstance(tree.sides[0], Name) and (grid := as_grid(tree)) is not None
    }
    rest = [tree for tree in question.formulas if as_grid(tree) is None]
    if len(known) != len(question.formulas) - 1 or len(rest) != 1 or not isinstance(rest[0], Call):
        return None
    return _combined(rest[0], known)


def _combined(tree: Node, known: dict[str, str]) -> str:
    match tree:
        case Name(name) if name in known:
            return known[name]
        case Call("+" | "*" as sign, (left, right)):
            return f"({_combined(left, known)} {sign} {_combined(right, known)})"
        case Call("neg", (inner,)):
            return f"(-{_combined(inner, known)})"
        case Call("^", (base, power)):
            return f"({_combined(base, known)} ** int({source(power, {})}))"
        case Name():
            raise Untranslatable("a matrix that is not given")
    return source(tree, {})


def _written(grid: Grid) -> str:
    return "matrix([" + ", ".join(f"[{', '.join(source(cell, {}) for cell in row)}]" for row in grid.rows) + "])"


def _right(answer: Node) -> str:
    if (grid := as_grid(answer)) is not None:
        return _written(grid)
    if isinstance(answer, Group):
        return f"[{', '.join(source(item, {}) for item in answer.items)}]"
    return source(answer, {})


_TOOLS = """
def determinant(a):
    return cofactors([[a[i, j] for j in range(a.cols)] for i in range(a.rows)])
def cofactors(rows):
    if not rows:
        return mpf(1)
    rest = [row[1:] for row in rows]
    return sum((-1)**k * rows[k][0] * cofactors(rest[:k] + rest[k + 1:]) for k in range(len(rows)))
def same(a, b):
    return a.rows == b.rows and a.cols == b.cols and all(
        near(a[i, j], b[i, j]) for i in range(a.rows) for j in range(a.cols))
"""
