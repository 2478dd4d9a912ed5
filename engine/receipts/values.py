"""Expressions and matrices of the question, worked out again from the question alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grading.tree import Call, Grid, Group, Node, Number, Quantity, Relation, parts, variables
from .claim import Claim
from .formulas import Reading
from .source import function, named, source

_NO_VALUE = re.compile(
    r"round|decimal|nearest|digit|significan|deriv|integra|limit|sum |sequence|series|term|remain|modul|prime|factors of|divis|"
    r"probab|percent|coefficient|degree|root|zero|solve|average|mean|power|square|cube|less|more|times|plus|minus|add|subtract|"
    r"half|double|twice|compar|larger|smaller|biggest|which|inverse|reciprocal|part|quotient|evaluate at|taylor|maclaurin|"
    r"vertex|slope|tangent|area|log of|floor|ceil"
)
_SAME = re.compile(
    r"expand|factor|multipl|simplif|parenthes|bracket|combine|like terms|standard form|reverse|product|square"
)
_NO_SAME = re.compile(
    r"prime|common|greatest|least|root|zero|solve|deriv|integra|coefficient|remain|quotient|divid|degree"
)


def claims(question: Reading, answer: Node) -> Iterator[Claim]:
    """What follows from the answer being the value of the question's expression, or the same expression."""
    if question.unread:
        return
    grids = [grid for tree in question.formulas if (grid := as_grid(tree)) is not None]
    if grids:
        yield from _matrix(question, grids, answer)
    elif len(question.formulas) == 1:
        tree = _asked(question.formulas[0])
        if not isinstance(tree, Call):
            return
        numbers = sum(isinstance(part, Number) for part in parts(tree))
        if numbers > 1 and not variables(tree) and not variables(answer) and not _NO_VALUE.search(question.words):
            yield from _value(tree, answer)
        elif variables(tree) and _SAME.search(question.words) and not _NO_SAME.search(question.words):
            yield from _identity(tree, answer)


def _asked(tree: Node) -> Node:
    """What stands before an empty right side."""
    return tree.value if isinstance(tree, Quantity) else tree


def _value(tree: Node, answer: Node) -> Iterator[Claim]:
    code = f"print('yes' if near({source(tree, {})}, {source(answer, {})}, {_tolerance(answer)}) else 'no')"
    yield Claim("recomputed", code, "worked out again: equal", "worked out again: not equal")


def _tolerance(answer: Node) -> str:
    """How far a decimal may be from the value."""
    return (
        f"mpf(10)**-{answer.places + 3}" if isinstance(answer, Number) and answer.places is not None else "mpf(10)**-20"
    )


def _identity(tree: Node, answer: Node) -> Iterator[Claim]:
    names = named(tree)
    if isinstance(answer, Relation | Group) or variables(answer) != set(names):
        return
    code = f"print(agree({function(tree, names)}, {function(answer, names)}, {len(names)}))"
    yield Claim("recomputed", code, "equal to the given expression at 8 points", "not equal to the given expression")


def as_grid(tree: Node) -> Grid | None:
    """A matrix, also one that is written as a list of lists or as the right side of `A = ...`."""
    if isinstance(tree, Relation) and tree.signs == ("=",):
        return as_grid(tree.sides[1])
    if isinstance(tree, Group) and tree.brackets == "[]" and all(_is_row(item) for item in tree.items) and tree.items:
        return Grid(tuple(item.items for item in tree.items if isinstance(item, Group)))
    return tree if isinstance(tree, Grid) else None


def _is_row(tree: Node) -> bool:
    return isinstance(tree, Group) and tree.brackets == "[]" and bool(tree.items)


def _written(grid: Grid) -> str:
    return "matrix([" + ", ".join(f"[{', '.join(source(cell, {}) for cell in row)}]" for row in grid.rows) + "])"


_ONE_MATRIX = {
    r"determinant|\bdet\b": ("near(determinant(a), b)", "the determinant"),
    r"\btrace\b": ("near(sum(a[k, k] for k in range(a.rows)), b)", "the trace"),
    r"\binverse\b|inverted": ("same(a * b, eye(a.rows))", "the product with its inverse"),
    r"transpose": ("same(a.T, b)", "the transpose"),
    r"eigenvalue|spectrum": (
        "all(abs(determinant(a - v * eye(a.rows))) < mpf(10)**-15 for v in b)",
        "det(A - v) for each value",
    ),
}


def _matrix(question: Reading, grids: list[Grid], answer: Node) -> Iterator[Claim]:
    others = len(question.formulas) - len(grids)
    for pattern, (condition, what) in _ONE_MATRIX.items():
        if re.search(pattern, question.words) and len(grids) == 1 and others <= 1 and "power" not in question.words:
            given = as_grid(answer)
            right = _written(given) if given is not None else _plain(answer)
            code = f"{_SAME_MATRIX}a, b = {_written(grids[0])}, {right}\nprint('yes' if {condition} else 'no')"
            yield Claim("recomputed", code, f"{what} worked out again: equal", f"{what} worked out again: not equal")
            return


def _plain(answer: Node) -> str:
    if isinstance(answer, Group):
        return f"[{', '.join(source(item, {}) for item in answer.items)}]"
    return source(answer, {})


_SAME_MATRIX = """
def determinant(a):
    rows = [[a[i, j] for j in range(a.cols)] for i in range(a.rows)]
    return cofactors(rows)
def cofactors(rows):
    if not rows:
        return mpf(1)
    rest = [row[1:] for row in rows]
    return sum((-1)**k * rows[k][0] * cofactors(rest[:k] + rest[k + 1:]) for k in range(len(rows)))
def same(a, b):
    return a.rows == b.rows and a.cols == b.cols and all(
        near(a[i, j], b[i, j]) for i in range(a.rows) for j in range(a.cols))
"""
