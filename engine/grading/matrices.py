"""Matrices and vectors."""

from __future__ import annotations

from fractions import Fraction

from .numeric import NoValue, exact
from .tree import (
    Call,
    Grid,
    Group,
    Name,
    Node,
    Number,
    leaves,
)
from .verdict import Compare, Verdict, all_equal, no

LARGEST = 2_000
"""Numbers, names and operations of the largest expression with matrices that is worked out."""

Rows = tuple[tuple[Node, ...], ...]


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


def computed(tree: Node) -> Node:
    """Sums, products, powers and transposes of matrices worked out; anything else as it is."""
    if not isinstance(tree, Call) or not any(isinstance(leaf, Grid) for leaf in leaves(tree)):
        return tree
    if _size(tree) > LARGEST:
        return tree
    args = tuple(map(computed, tree.args))
    if sum(map(_size, args)) > LARGEST:
        return Call(tree.name, args)
    match tree.name, args:
        case "+", (Grid(a), Grid(b)) if _shape(a) == _shape(b):
            return Grid(
                tuple(tuple(Call("+", pair) for pair in zip(*rows, strict=True)) for rows in zip(a, b, strict=True))
            )
        case "neg", (Grid(a),):
            return _scaled(Grid(a), Number(Fraction(-1)))
        case "*", (Grid(a), Grid(b)):
            return _times(a, b) if len(a[0]) == len(b) else tree
        case "*", (Grid(), factor):
            return _scaled(args[0], factor)
        case "*", (factor, Grid()):
            return _scaled(args[1], factor)
        case "/", (Grid(), divisor):
            return _scaled(args[0], Call("/", (Number(Fraction(1)), divisor)))
        case "^", (Grid(a), exponent):
            return _raised(a, exponent) or tree
    return Call(tree.name, args)


def _size(tree: Node) -> int:
    """How many numbers, names and operations stand in it."""
    if isinstance(tree, Grid):
        return sum(_size(cell) for row in tree.rows for cell in row)
    return 1 + sum(map(_size, tree.args)) if isinstance(tree, Call) else 1


def _shape(rows: Rows) -> tuple[int, int]:
    return len(rows), len(rows[0])


def _scaled(grid: Node, factor: Node) -> Grid:
    assert isinstance(grid, Grid)
    return Grid(tuple(tuple(Call("*", (factor, cell)) for cell in row) for row in grid.rows))


def _times(a: Rows, b: Rows) -> Grid:
    columns = list(zip(*b, strict=True))
    return Grid(tuple(tuple(_dot(row, column) for column in columns) for row in a))


def _dot(row: tuple[Node, ...], column: tuple[Node, ...]) -> Node:
    total: Node = Call("*", (row[0], column[0]))
    for pair in zip(row[1:], column[1:], strict=True):
        total = Call("+", (total, Call("*", pair)))
    try:
        return Number(exact(total))
    except NoValue:
        return total


def _raised(rows: Rows, exponent: Node) -> Node | None:
    """A transpose, a small power, or the inverse of a small matrix."""
    if exponent in (Name("T"), Name("top")):
        return Grid(tuple(zip(*rows, strict=True)))
    if not isinstance(exponent, Number) or _shape(rows) not in ((1, 1), (2, 2), (3, 3)):
        return None
    if exponent.value == -1:
        return _scaled(_adjugate(rows), Call("/", (Number(Fraction(1)), determinant(Grid(rows)))))
    found: Grid = Grid(rows)
    for _ in range(int(exponent.value) - 1 if exponent.value in (1, 2, 3, 4) else 0):
        found = _times(found.rows, rows)
    return found if exponent.value in (1, 2, 3, 4) else None


def _adjugate(rows: Rows) -> Grid:
    size = range(len(rows))
    if len(rows) == 1:
        return Grid(((Number(Fraction(1)),),))

    def cofactor(i: int, j: int) -> Node:
        minor = determinant(Grid(tuple(tuple(rows[r][c] for c in size if c != j) for r in size if r != i)))
        return Call("neg", (minor,)) if (i + j) % 2 else minor

    return Grid(tuple(tuple(cofactor(j, i) for j in size) for i in size))


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
