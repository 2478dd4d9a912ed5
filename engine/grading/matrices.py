"""Matrices and vectors."""

from __future__ import annotations

from fractions import Fraction

from .tree import (
    Call,
    Grid,
    Group,
    Node,
    Number,
)
from .verdict import Compare, Verdict, all_equal, no


def matrices(gold: Node, pred: Node, compare: Compare) -> Verdict | None:
    left, right = _as_grid(gold, pred), _as_grid(pred, gold)
    if left is None or right is None:
        return None
    if (len(left.rows), len(left.rows[0])) != (len(right.rows), len(right.rows[0])):
        return no("matrix", "another shape")
    return all_equal(zip(sum(left.rows, ()), sum(right.rows, ()), strict=True), "matrix", compare)


def _as_grid(tree: Node, other: Node) -> Grid | None:
    """A matrix; beside a matrix also a vector, and a list of lists."""
    if isinstance(tree, Grid):
        return tree
    if isinstance(other, Grid) and isinstance(tree, Group) and tree.brackets in ("()", "<>", "[]") and tree.items:
        if all(isinstance(item, Group) and item.brackets in ("[]", "()") for item in tree.items):
            rows = tuple(item.items for item in tree.items if isinstance(item, Group))
            return Grid(rows) if len({len(row) for row in rows}) == 1 else None
        if len(other.rows[0]) == 1 or (tree.brackets == "[]" and len(other.rows) == 1):
            return Grid(tuple((item,) for item in tree.items)) if len(other.rows[0]) == 1 else Grid((tree.items,))
    return None


def determinant(grid: Node) -> Node:
    assert isinstance(grid, Grid)
    rows = grid.rows
    if len(rows) == 1:
        return rows[0][0]
    if len(rows) > 4 or len(rows) != len(rows[0]):
        return Call("det", (grid,))
    total: Node = Number(Fraction(0))
    for column, entry in enumerate(rows[0]):
        minor = Grid(tuple(row[:column] + row[column + 1 :] for row in rows[1:]))
        term: Node = Call("*", (entry, determinant(minor)))
        total = Call("+", (total, Call("neg", (term,)) if column % 2 else term))
    return total
