"""Attempts that came to the same answer in really different ways: in words and by a program, or by two programs.

Programs are compared by their syntax trees, never run here. Two are the same when they differ only in names, in what they print
around the value, in intermediate names, or in the order of sums and products. Does not promise that different programs are
independent: both may rest on one misreading of the question.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ...sandbox.program import Observation, Program
from ..trajectory import Check, Trajectory

LONGEST = 10_000
"""Characters from which on a program is not compared."""


def agreements(agreeing: Sequence[Trajectory]) -> list[Check]:
    """What attempts with equal answers show about them.

    Args:
        agreeing: the attempts whose answer is the one that counts.
    """
    different = forms(agreeing)
    reasoned = [attempt for attempt in agreeing if not any(isinstance(step, Program) for step in attempt.steps)]
    found = []
    if different and reasoned:
        found.append(Check("agreement", True, "reasoning in words and a program agree"))
    if len(different) > 1:
        found.append(Check("programs", True, f"{_count(len(different))} different programs agree"))
    return found


def forms(attempts: Sequence[Trajectory]) -> set[str]:
    """The really different programs among those of attempts that ran to their ends and worked something out."""
    return {form for one in attempts if _ran(one) and (form := normal_form(_code(one))) is not None}


def _count(number: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(number, str(number))


def _ran(attempt: Trajectory) -> bool:
    """Whether its last program ran to its end and showed something."""
    seen = [step for step in attempt.steps if isinstance(step, Observation)]
    return bool(seen) and seen[-1].ok and bool(seen[-1].text.strip())


def _code(attempt: Trajectory) -> str:
    return "\n".join(step.code for step in attempt.steps if isinstance(step, Program))


def normal_form(code: str) -> str | None:
    """A text that is the same for programs that do the same in the same way; None for one that works nothing out.

    >>> normal_form("a = 3\\nprint(a + 4)") == normal_form("total = 4 + 3\\ntotal")
    True
    >>> normal_form("print(7)") is None
    True
    """
    try:
        tree = ast.parse(code) if len(code) <= LONGEST else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if tree is None:
        return None
    try:
        body = _inlined([part for statement in tree.body if (part := _bare(statement)) is not None])
        tidy = [_Tidy().visit(statement) for statement in body]
        works = any(
            isinstance(node, ast.BinOp | ast.Call | ast.For | ast.While) for part in tidy for node in ast.walk(part)
        )
        return "\n".join(map(ast.dump, tidy)) if works else None
    except RecursionError:
        return None


def _bare(statement: ast.stmt) -> ast.stmt | None:
    """The statement without what does not matter: imports, printing, bare texts."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return None
    if isinstance(statement, ast.Expr):
        value = statement.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return None
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
            shown = [arg for arg in value.args if not (isinstance(arg, ast.Constant) and isinstance(arg.value, str))]
            return ast.Expr(shown[0] if len(shown) == 1 else ast.Tuple(shown, ast.Load()))
    return statement


def _inlined(body: list[ast.stmt]) -> list[ast.stmt]:
    """Names that stand for an expression are replaced by it, where the program has no loops and no functions."""
    plain = all(isinstance(one, ast.Expr) or _is_assignment(one) for one in body)
    if not plain or sum(1 for part in body for _ in ast.walk(part)) > 400:
        return body
    known: dict[str, ast.expr] = {}
    kept: list[ast.stmt] = []
    last: ast.expr | None = None
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            last = _Inline(known).visit(statement.value)
            known[statement.targets[0].id] = last
        elif isinstance(statement, ast.Expr):
            kept.append(ast.Expr(_Inline(known).visit(statement.value)))
    return kept or ([ast.Expr(last)] if last is not None else [])


def _is_assignment(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    )


class _Inline(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._known.get(node.id, node)


class _Tidy(ast.NodeTransformer):
    """Names by the order in which they come; operands of sums and products in one order; modules left out."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = node.func.attr if isinstance(node.func, ast.Attribute) else None
        if isinstance(node.func, ast.Name):
            function = node.func.id
        args = [self.visit(arg) for arg in node.args]
        keywords = [self.visit(keyword) for keyword in node.keywords]
        owner = [self.visit(node.func.value)] if isinstance(node.func, ast.Attribute) and _is_method(node.func) else []
        if function in ("symbols", "Symbol"):
            return ast.Name("symbol", ast.Load())
        return ast.Call(ast.Name(function or "", ast.Load()), [*owner, *args], keywords)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._names.setdefault(node.id, f"v{len(self._names)}"), ast.Load())

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Add | ast.Mult) and ast.dump(left) > ast.dump(right):
            left, right = right, left
        return ast.BinOp(left, node.op, right)


def _is_method(function: ast.Attribute) -> bool:
    """Whether this is called on a value, and not on a module."""
    modules = ("sympy", "sp", "math", "np", "numpy", "mpmath")
    return not (isinstance(function.value, ast.Name) and function.value.id in modules)
