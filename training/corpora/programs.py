"""Ready programs, made uniform: no function around them, one print at the end, snake_case, nothing that is not used.

Promises: what is printed is the value that the program returned or printed, in the bank's format (`{x:.10g}` where it may
be a float); comments, docstrings, annotations of types and unused lines are gone. Nothing is executed here.
Does not promise to unwrap a function that returns from several places: that is rejected.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections import Counter
from typing import TypeGuard

from .arithmetic import NUMBER
from .folding import folded, inlined
from .givens import refuse_invented, refuse_left_out
from .naming import free, snake
from .reals import floats, may_be_float
from .solution import Row, Solution, Unusable, bare_number
from .wording import asked

MAX_STATEMENTS = 16
"""Statements of a program; longer ones are not for a small model."""

_FENCED = re.compile(r"```(?:python|py)?\s*\n(.*?)(?:```|\Z)", re.DOTALL)
_GRANTED = ("itertools", "math")
"""Modules that some corpora use without importing them."""
_COMPUTING = (ast.BinOp, ast.Call, ast.AugAssign, ast.Subscript, ast.Compare)
_NUMBER = re.compile(rf"(?:(?<!\w)-)?(?:{NUMBER})")
_LISTED = re.compile(r"^\s*\d+\.", re.MULTILINE)
_GENERIC = frozenset(["result", "answer", "ans", "res", "final_result", "final_answer", "output", "ret"])
_MEANINGLESS = re.compile(r"(?:var|list)_[a-z]{1,2}|[nt]\d+|answer")
_ROUNDED = re.compile(r"'\{:\.2f\}'\.format\(round\((\w+) \+ 1e-10, 2\)\)")


def program(row: Row) -> Solution:
    """A uniform program from one in any of the ways in which corpora wrap them. Raises `Unusable`."""
    question = asked(row.question)
    answer = bare_number(row.gold) if row.gold else None
    body, shown = unwrapped(parsed(row.program))
    shown = _shown(shown, known=answer is not None)
    body = folded(body)
    _refuse_complex([*body, ast.Expr(shown)])
    if _is_meaningless(body):
        body, shown = inlined(body, shown)
    body, shown = _without_alias(*_renamed(body, shown))
    source = printed(_used([*_missing_imports(body), *body], shown), shown)
    if source.count("\n") > MAX_STATEMENTS:
        raise Unusable(f"program too long: {source.count(chr(10)) + 1} lines (at most {MAX_STATEMENTS})")
    if not any(isinstance(node, _COMPUTING) for part in [*body, ast.Expr(shown)] for node in ast.walk(part)):
        raise Unusable("computes nothing: the program only prints what stands in it")
    if not row.vouched:
        refuse_invented(source, question)
        refuse_left_out(source, question)
    answer = answer or _conclusion(row.words)
    return Solution(question, answer, source, steps=_calculations(source))


def parsed(text: str) -> list[ast.stmt]:
    """The statements of a program, out of a text with a fence, or with the indentation of its function lost."""
    fenced = _FENCED.search(text)
    source = textwrap.dedent(fenced[1] if fenced else text).strip()
    for attempt in (source, re.sub(r"\n(?=.)", "\n    ", source)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                return ast.parse(attempt).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    raise Unusable("program torn: it is no Python")


def unwrapped(body: list[ast.stmt]) -> tuple[list[ast.stmt], ast.expr]:
    """What a function's body does, and the value that it returns; of a plain program, what it prints at its end."""
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if len(functions) > 1:
        raise Unusable("several functions: only one can be unwrapped")
    inner = functions[0].body if functions else [node for node in body if node not in imports]
    inner = [node for node in inner if not _says_nothing(node)]
    if functions and (functions[0].args.args or functions[0].args.kwonlyargs):
        raise Unusable("function with arguments: its values are not in it")
    match inner:
        case [*rest, ast.Return(value=ast.expr() as value)] if functions:
            pass
        case [*rest, ast.Expr(ast.Call(func=ast.Name("print"), args=[value], keywords=[]))] if not functions:
            pass
        case _:
            raise Unusable("program without an end: it neither returns nor prints one value at its end")
    return [*imports, *map(_plain_assignment, rest)], value


def _refuse_complex(body: list[ast.stmt]) -> None:
    for node in (node for statement in body for node in ast.walk(statement)):
        match node:
            case ast.Return():
                raise Unusable("returns early: the function has several ends")
            case ast.Name("print" | "input" | "eval" | "exec" | "open") | ast.Lambda() | ast.FunctionDef():
                raise Unusable("program not simple: it prints, reads, evaluates or defines a function")


def printed(body: list[ast.stmt], shown: ast.expr) -> str:
    """The source of statements and one print of the value, formatted where it may be a float."""
    if may_be_float(shown, floats(body)):
        format_spec = ast.JoinedStr([ast.Constant(".10g")])
        shown = ast.JoinedStr([ast.FormattedValue(shown, -1, format_spec)])
    call = ast.Expr(ast.Call(ast.Name("print", ast.Load()), [shown], []))
    return ast.unparse(ast.fix_missing_locations(ast.Module([*body, call], [])))


def _conclusion(words: str) -> str | None:
    """The last number of the reasoning that stands before a program; None where there is no reasoning."""
    reasoning = words.partition("```")[0]
    if "```" not in words or "reasoning" not in reasoning[:20].lower():
        return None
    numbers = _NUMBER.findall(_LISTED.sub("", reasoning))
    return bare_number(numbers[-1]) if numbers else None


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assert | ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _plain_assignment(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.Assign([node.target], node.value, lineno=0)
    return node


def _shown(shown: ast.expr, *, known: bool) -> ast.expr:
    """The value without conversions that only change how it looks; `int` only goes where a known answer tells."""
    if rounded := _ROUNDED.search(ast.unparse(shown)):
        return ast.Name(rounded[1], ast.Load())
    match shown:
        case ast.Call(func=ast.Name("float" | "str"), args=[inner]):
            return _shown(inner, known=known)
        case ast.Call(func=ast.Name("int"), args=[inner]) if known:
            return _shown(inner, known=known)
    return shown


def _is_meaningless(body: list[ast.stmt]) -> bool:
    """Whether the names say nothing, so that numbers had better stand where they are used."""
    stored = [node.id for statement in body for node in ast.walk(statement) if _is_stored(node)]
    return sum(_MEANINGLESS.fullmatch(name) is not None for name in stored) > len(stored) / 2


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _renamed(body: list[ast.stmt], shown: ast.expr) -> tuple[list[ast.stmt], ast.expr]:
    """The same with names in snake_case; `result` and the like become `answer`."""
    module = ast.Module([*body, ast.Expr(shown)], [])
    stored = dict.fromkeys(node.id for node in ast.walk(module) if _is_stored(node))
    names: dict[str, str] = {}
    for old in stored:
        new = "answer" if old in _GENERIC else snake(old)
        names[old] = free(new, names.values())
    for node in ast.walk(module):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return body, shown


def _without_alias(body: list[ast.stmt], shown: ast.expr) -> tuple[list[ast.stmt], ast.expr]:
    """The same without a last line that only gives a value another name."""
    match body, shown:
        case [*rest, ast.Assign(targets=[ast.Name(name)], value=value)], ast.Name(printed_name) if name == printed_name:
            value = _shown(value, known=False)
            if isinstance(value, ast.Name):
                return _without_alias(rest, value)
    return body, shown


def _used(body: list[ast.stmt], shown: ast.expr) -> list[ast.stmt]:
    """The statements without imports and assignments that nothing needs."""
    while True:
        needed = Counter(
            node.id
            for statement in [*body, ast.Expr(shown)]
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and not _is_stored(node)
        )
        kept = [node for statement in body if (node := _needed(statement, needed)) is not None]
        if len(kept) == len(body):
            return kept
        body = kept


def _missing_imports(body: list[ast.stmt]) -> list[ast.stmt]:
    """Imports that the corpus took for granted."""
    names = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    there = {each.name for node in body if isinstance(node, ast.Import) for each in node.names}
    return [ast.Import([ast.alias(name)]) for name in _GRANTED if name in names - there]


def _needed(statement: ast.stmt, needed: Counter[str]) -> ast.stmt | None:
    match statement:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            statement.names = [each for each in names if each.name == "*" or (each.asname or each.name) in needed]
            return statement if statement.names else None
        case ast.Assign(targets=[ast.Name(name)]):
            return statement if name in needed else None
    return statement


def _calculations(source: str) -> int:
    """Operations of a program, at least one."""
    return max(1, sum(isinstance(node, ast.BinOp | ast.For | ast.While) for node in ast.walk(ast.parse(source))))
