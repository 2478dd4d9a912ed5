"""A block of source text: parsed, split from its last expression, compiled or refused, and quoted in tracebacks."""

from __future__ import annotations

import ast
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass

SOURCE = "<program>"
"""File name of a block in tracebacks and syntax errors."""


FRAMES = 8
"""Frames of a traceback that are shown; of a longer one the middle is left out."""
LINE_CHARS = 200
"""Characters of a source line in a traceback."""


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


def named(code: types.CodeType, name: str) -> types.CodeType:
    """The same code, and all functions in it, under another file name."""
    inner = (named(part, name) if isinstance(part, types.CodeType) else part for part in code.co_consts)
    return code.replace(co_filename=name, co_consts=tuple(inner))


def traced(error: BaseException, sources: dict[str, list[str]]) -> str:
    """The lines that led to an error, of those files only whose lines are known."""
    frames = [
        (frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename in sources
    ]
    shown = [_frame(*frame, sources) for frame in frames]
    if len(shown) > FRAMES:
        half = FRAMES // 2
        shown[half:-half] = [f"  ... {len(shown) - 2 * half} more ..."]
    return "\n".join(shown)


def _frame(file: str, line: int, function: str, sources: dict[str, list[str]]) -> str:
    where = f"  {file}, line {line}" + ("" if function == "<module>" else f", in {function}")
    lines = sources[file]
    return f"{where}\n    {lines[line - 1].strip()[:LINE_CHARS]}" if line <= len(lines) else where
