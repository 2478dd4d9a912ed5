"""Running a draft's program and its check in the sandbox: what is trained on was executed and verified.

Promises: a verdict for every draft, with the reason when it is rejected. A session is used again, because importing
sympy into a fresh one costs fifteen times what a typical program does; but the names that a draft has bound are
deleted, and programs without sympy never meet one that had it, so nothing of another example can help or hurt. Does not
promise that a check is a good one: that is the bank's.
"""

from __future__ import annotations

import ast
import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from ...sandbox import Observation, Program, Sandbox, SandboxError, Session
from ..seeds.drafts import ANSWER, Draft

MAX_QUESTION = 400
"""Characters of a question."""
MAX_SOLUTION = 420
"""Characters of thought, program and output together."""
MAX_COT = 500
"""Characters of a solution in words."""
REUSES = 500
"""Drafts after which a session is replaced, because sympy's caches grow."""

_STAR = "from sympy import *"
"""Brings names that cannot be told from the source."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out of running a draft."""

    stdout: str
    """What the program printed; empty when there is no program."""
    rejected: str | None
    """Why the draft is not used, beginning with a fixed phrase up to a colon; None when it is."""

    @property
    def answer(self) -> str:
        """The printed answer."""
        return self.stdout.strip()

    @property
    def reason(self) -> str:
        """The fixed phrase, for counting."""
        return (self.rejected or "").partition(":")[0]


class Workbench:
    """One place where drafts are verified, one after the other."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._sessions: dict[bool, Session] = {}
        self._used: Counter[bool] = Counter()

    async def verify(self, draft: Draft) -> Verdict:
        """Run the program, then the check. Raises `SandboxError`, never anything of the program's."""
        if reason := _unfit(draft):
            return Verdict("", reason)
        if not draft.program:
            return Verdict("", None)
        symbolic = _STAR in draft.program
        shown = await self._run(draft.program, symbolic)
        if reason := _failed(draft, shown):
            await self._end(symbolic)
            return Verdict(shown.stdout, reason)
        answer = shown.stdout.strip()
        check = f"answer = {answer!r}\n{draft.check}"
        try:
            checked = await self._run(f"{check}\n{_forgetting(draft.program, check)}", symbolic)
        except SyntaxError as error:
            await self._end(symbolic)
            return Verdict(shown.stdout, f"check failed: SyntaxError: {error}")
        self._used[symbolic] += 1
        if not checked.ok or self._used[symbolic] >= REUSES or (_STAR in check and not symbolic):
            await self._end(symbolic)
        rejected = None if checked.ok else f"check failed: {checked.error} (answer {answer!r})"
        return Verdict(shown.stdout, rejected or _false_claims(draft, answer))

    async def close(self) -> None:
        """End the sessions; the next draft gets a new one."""
        for symbolic in tuple(self._sessions):
            await self._end(symbolic)

    async def _run(self, code: str, symbolic: bool) -> Observation:
        if symbolic not in self._sessions:
            self._sessions[symbolic] = await self._sandbox.open(seed=0)
        shown = await self._sessions[symbolic].run(Program(code))
        if shown.status == "infra_error":
            raise SandboxError(f"the sandbox failed: {shown.error}; see `mathsolve doctor`")
        return shown

    async def _end(self, symbolic: bool) -> None:
        self._used[symbolic] = 0
        session = self._sessions.pop(symbolic, None)
        if session is not None:
            await session.close()


def _forgetting(*sources: str) -> str:
    """Code that deletes every name these programs may have bound; a star import binds only what the next one brings."""
    names: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases} - {"*"}
    bound = sorted(names)
    return f"{' = '.join(bound)} = 0\ndel {', '.join(bound)}"  # bound first: not every branch has bound its names


class Workshop:
    """Several workbenches, each verifying one draft at a time."""

    def __init__(self, sandbox: Sandbox, benches: int) -> None:
        self._benches = [Workbench(sandbox) for _ in range(benches)]
        self._free: asyncio.LifoQueue[Workbench] = asyncio.LifoQueue()
        for bench in self._benches:
            self._free.put_nowait(bench)

    async def verify(self, draft: Draft) -> Verdict:
        """The draft's verdict, as soon as a bench is free. Raises `SandboxError`."""
        bench = await self._free.get()
        try:
            return await bench.verify(draft)
        finally:
            self._free.put_nowait(bench)

    async def close(self) -> None:
        """End all sessions."""
        for bench in self._benches:
            await bench.close()


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\ue000-\uf8ff]")


def _unfit(draft: Draft) -> str | None:
    if not draft.question:
        return "empty question:"
    if lost := _CONTROL.search(draft.question):
        return f"control character {lost[0]!r} in the question: a backslash was lost, double it once more"
    if len(draft.question) > MAX_QUESTION:
        return f"question too long: {len(draft.question)} characters (at most {MAX_QUESTION})"
    if len(draft.cot) > MAX_COT:
        return f"cot too long: {len(draft.cot)} characters (at most {MAX_COT})"
    return None


def _failed(draft: Draft, shown: Observation) -> str | None:
    """Why a program's observation cannot be the answer."""
    if not shown.ok:
        return f"program error: {shown.error}"
    lines = shown.stdout.strip().splitlines()
    if len(lines) != 1:
        return f"program printed {'several lines' if lines else 'nothing'}: it must print the answer on one line"
    size = len(draft.thought) + len(draft.program) + len(shown.stdout)
    if size > MAX_SOLUTION:
        return f"solution too long: {size} characters of thought, program and output (at most {MAX_SOLUTION})"
    return None


_CLAIM = re.compile(
    r"(?<![\w.^)/*+\-=])((?:\(?-?\d[\d./*+\-() ]*?))(?: = )(-?\d+(?:\.\d+)?(?:/\d+)?)(?![\w(]|\.\d| ?[*/+\-^=])"
)
_NUMERIC = re.compile(r"[\d.()+\-*/ ]+")


def _false_claims(draft: Draft, answer: str) -> str | None:
    """The first arithmetic claim `a op b = c` of the solution in words that is not true."""
    words = draft.cot.replace(ANSWER, answer)
    for left, right in _CLAIM.findall(words):
        if "**" in left or not _NUMERIC.fullmatch(left):
            continue
        try:
            if _value(left) != _value(right):
                return f"cot is wrong: {left} = {right}"
        except (SyntaxError, ZeroDivisionError, TypeError):
            continue  # prose that only looks like arithmetic, e.g. a date
    return None


def _value(arithmetic: str) -> Fraction:
    """The exact value of digits and the four operators (the caller has made sure that it is nothing else)."""
    exact = re.sub(r"\d+(?:\.\d+)?", lambda number: f"F('{number[0]}')", arithmetic)
    return Fraction(eval(exact, {"F": Fraction, "__builtins__": {}}))
