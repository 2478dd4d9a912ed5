"""Whether the value of an expression may be a float, told from the source alone, so that it is printed without 0.1 + 0.2's
tail. Does not promise to be right about lists of mixed numbers: a wrong guess shows when the program is executed.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

_WHOLE = frozenset(
    [
        "int",
        "len",
        "range",
        "factorial",
        "comb",
        "perm",
        "gcd",
        "lcm",
        "floor",
        "ceil",
        "ord",
        "str",
        "format",
        "sorted",
        "list",
        "bool",
        "isqrt",
        "solve",
    ]
)
_REAL = frozenset(
    [
        "float",
        "sqrt",
        "log",
        "log10",
        "log2",
        "exp",
        "sin",
        "cos",
        "tan",
        "pow",
        "hypot",
        "radians",
        "degrees",
        "mean",
        "dist",
    ]
)


def floats(body: list[ast.stmt]) -> frozenset[str]:
    """Names that may hold a float after these statements."""
    found: frozenset[str] = frozenset()
    while True:
        more = found | {name for statement in body for name in _assigned(statement, found)}
        if more == found:
            return found
        found = more


def may_be_float(node: ast.expr, known: Collection[str]) -> bool:
    """Whether the value may be a float, where these names may hold one.

    >>> may_be_float(ast.parse("n / 2", mode="eval").body, ()), may_be_float(ast.parse("n // 2", mode="eval").body, ())
    (True, False)
    """
    match node:
        case ast.Constant(value=value):
            return isinstance(value, float)
        case ast.Name(id=name):
            return name in known
        case ast.BinOp(op=ast.Div()):
            return True
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            whole = isinstance(right, ast.Constant) and isinstance(right.value, int)
            return may_be_float(left, known) or not whole
        case ast.Compare() | ast.JoinedStr():
            return False
        case ast.Attribute(attr="pi" | "e" | "inf"):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            return (
                name not in _WHOLE
                and not (name == "round" and len(args) == 1)
                and (name in _REAL or any(may_be_float(arg, known) for arg in args))
            )
    return any(may_be_float(part, known) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)) or any(
        may_be_float(part.iter, known) for part in ast.iter_child_nodes(node) if isinstance(part, ast.comprehension)
    )


def _assigned(statement: ast.stmt, known: Collection[str]) -> set[str]:
    """Names that a statement, or one inside it, gives a float."""
    found: set[str] = set()
    for node in ast.walk(statement):
        match node:
            case ast.Assign(targets=targets, value=value) if may_be_float(value, known):
                found |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if isinstance(op, ast.Div) or may_be_float(
                value, known
            ):
                found.add(name)
            case ast.For(target=ast.Name(id=name), iter=values) if may_be_float(values, known):
                found.add(name)
    return found
