"""Whether a program computes its answer, or only says it.

A program that prints a constant is right for one question and teaches nothing. What the last program prints is traced
back through plain assignments; where that ends in literals alone, none of which the question names, the answer was
known before the program was written.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ....evaluation.contamination.words import numbers, words
from ..case import Attempt, Case
from ..workshop import Bench


class Constant:
    """Refuses solutions whose program prints a bare literal that the question does not name."""

    name = "constant"

    async def judge(self, case: Case, bench: Bench) -> Case:
        """Read the programs; nothing is run."""
        asked = words(case.candidate.question)
        given = frozenset(numbers(asked))
        return case.sifted(self.name, [_fault(attempt, given, frozenset(asked)) for attempt in case.attempts])


def _fault(attempt: Attempt, given: frozenset[str], asked: frozenset[str]) -> str | None:
    if not attempt.programs:
        return None
    said = printed_literal("\n".join(attempt.programs))
    if said is None or any(word in given or word in asked for word in words(said)):
        return None
    return f"constant: the program only prints {said!r}"


def printed_literal(program: str) -> str | None:
    """What a program prints, where all of that stands in it as literals; None where anything is computed.

    >>> printed_literal("x = 42\\nprint('x =', x)"), printed_literal("print(6 * 7)")
    ('x = 42', None)
    """
    try:
        body = ast.parse(program).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    known: dict[str, str] = {}
    said: str | None = None
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                literal = _literal(value, known)
                if literal is None:
                    known.pop(name, None)
                else:
                    known[name] = literal
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=args)):
                parts = [_literal(arg, known) for arg in args]
                if None in parts:
                    return None
                said = " ".join(part for part in parts if part is not None)
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case _:
                known.clear()  # a loop, a branch or a function may bind anything
                if any(isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(statement)):
                    return None
    return said


def _literal(value: ast.expr, known: Mapping[str, str]) -> str | None:
    match value:
        case ast.Constant(value=str() | int() | float() as constant):
            return str(constant)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as constant)):
            return f"-{constant}"
        case ast.Name(id=name):
            return known.get(name)
    return None
