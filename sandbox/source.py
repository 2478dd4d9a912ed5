"""A block of source text on its way to being run: parsed, split from its last expression, compiled, or refused."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable
from dataclasses import dataclass

SOURCE = "<program>"
"""File name of a block in tracebacks and syntax errors."""


class Refused(Exception):
    """The policy does not allow the program; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Block:
    """A compiled block."""

    body: types.CodeType
    """Everything but the last expression, to be executed."""
    last: types.CodeType | None
    """The last expression, to be evaluated and echoed, when the block ends in one."""


Prepare = Callable[[str, types.ModuleType], Block]
"""A policy: source text and the module it will run in, to what may run. Raises `Refused` or `SyntaxError`."""


def split(tree: ast.Module) -> Block:
    """Compile a tree in two parts."""
    *before, end = tree.body or [ast.Pass()]
    if not isinstance(end, ast.Expr):
        return Block(compile(tree, SOURCE, "exec"), None)
    last = compile(ast.Expression(end.value), SOURCE, "eval")
    return Block(compile(ast.Module(before, []), SOURCE, "exec"), last)
