"""Code that a generator wrote, folded into what a person would write: lists built by `append`, numbers in variables.

Promises: the folded program computes the same, where the original ran without an error.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TypeGuard

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def folded(body: list[ast.stmt]) -> list[ast.stmt]:
    """The same statements with lists written out, sorted copies as `sorted(...)`, and no guards around fractions.

    >>> print(ast.unparse(ast.Module(folded(ast.parse("a = []\\na.append(2)\\na.append(1)\\na.reverse()").body), [])))
    a = [1, 2]
    """
    kept: list[ast.stmt] = []
    for statement in body:
        if _is_guard(statement):
            continue
        last = _assigned_before(statement, kept)
        match statement, last:
            case ast.Expr(ast.Call(ast.Attribute(attr="append"), [value])), ast.Assign(value=ast.List() as made):
                last.value = ast.List([*made.elts, value], ast.Load())
            case ast.Expr(ast.Call(ast.Attribute(attr="reverse"), [])), ast.Assign(value=ast.List() as made):
                last.value = ast.List(made.elts[::-1], ast.Load())
            case (
                ast.Expr(ast.Call(func=ast.Attribute(attr="sort"), args=[], keywords=[])),
                ast.Assign(value=ast.Call(func=ast.Attribute(value=copied, attr="copy"))),
            ):
                last.value = ast.Call(ast.Name("sorted", ast.Load()), [copied], [])
            case _:
                kept.append(statement)
    return kept


def inlined(body: list[ast.stmt], shown: ast.expr) -> tuple[list[ast.stmt], ast.expr]:
    """The same with numbers in the places of the names that hold them, and the other names a, b, c ...

    >>> rest, shown = inlined(ast.parse("n0 = 3.0\\nt0 = n0 * 2").body, ast.Name("t0"))
    >>> ast.unparse(ast.Module(rest, [])), ast.unparse(shown)
    ('a = 3 * 2', 'a')
    """
    stores = Counter(node.id for statement in body for node in ast.walk(statement) if _is_stored(node))
    places = _Places()
    rest: list[ast.stmt] = []
    for statement in body:
        match places.visit(statement):
            case ast.Assign(targets=[ast.Name(name)], value=ast.Constant() as value) if stores[name] == 1:
                places.values[name] = value
            case changed:
                rest.append(changed)
    shown = places.visit(shown)
    names = dict.fromkeys(node.id for statement in rest for node in ast.walk(statement) if _is_stored(node))
    letters = dict(zip(names, _LETTERS, strict=False))
    for node in (node for part in [*rest, ast.Expr(shown)] for node in ast.walk(part)):
        if isinstance(node, ast.Name):
            node.id = letters.get(node.id, node.id)
    return rest, shown


class _Places(ast.NodeTransformer):
    """Puts values in the places where their names are read; whole numbers lose their point."""

    def __init__(self) -> None:
        self.values: dict[str, ast.Constant] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.values.get(node.id)
        return node if value is None or _is_stored(node) else ast.Constant(value.value)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, float) and node.value.is_integer():
            return ast.Constant(int(node.value))
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("min" | "max" as name), [ast.Constant(int() as a), ast.Constant(int() as b)]):
                return ast.Constant(min(a, b) if name == "min" else max(a, b))
        return node


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _is_guard(statement: ast.stmt) -> bool:
    """Whether this only makes a number of a text like `1/2`, which no list holds after it was written out."""
    return (
        isinstance(statement, ast.If)
        and re.fullmatch(r"if '/' in str\((\w+)\):\s+\1 = eval\(str\(\1\)\)", ast.unparse(statement)) is not None
    )


def _assigned_before(statement: ast.stmt, kept: list[ast.stmt]) -> ast.Assign | None:
    """The assignment right before a statement that calls a method of its target."""
    match statement, kept[-1:]:
        case ast.Expr(ast.Call(func=ast.Attribute(value=ast.Name(called)))), [
            ast.Assign(targets=[ast.Name(name)]) as last
        ]:
            return last if name == called else None
    return None
