"""Where programs of solutions run: a few benches, each with sandbox sessions that are used again.

Importing sympy into a fresh session costs fifty times what a typical program does, so a session serves many solutions.
Promises: a solution never finds what another one has bound. Names are deleted after it; programs with `from sympy import *`
have sessions of their own; and a session ends after a program that failed, or that might have changed more than its own
names (see `leaves_traces`).
"""

from __future__ import annotations

import ast
import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ...engine.answers import decide, settle
from ...sandbox import Observation, Program, Sandbox, SandboxError, Session

REUSES = 500
"""Solutions after which a session is replaced, because sympy's caches grow."""
_STATELESS = re.compile(
    r"bisect|cmath|collections|datetime|decimal|fractions|functools|heapq|itertools|math|mpmath|numpy|operator|re|scipy|statistics"
    r"|string|sympy|typing"
)
"""Modules that behave the same whoever has used them before."""
_FAR_REACHING = re.compile(
    r"__.*|delattr|eval|exec|getcontext|globals|init_printing|init_session|locals|random|set_printoptions|setattr|setcontext"
    r"|seterr|vars",
    re.DOTALL,
)
"""Names with which more can be changed than variables of one's own, or that give something else each time."""


class Bench:
    """One place where solutions are tried, one after the other."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._sessions: dict[bool, Session] = {}
        self._used: Counter[bool] = Counter()

    async def run(self, programs: Sequence[str], check: str = "") -> tuple[Observation, ...]:
        """What programs showed that ran one after the other among their own names, up to the first that failed.

        check: code that is run last, where all went well, with the last output as the string `answer`.
        Raises `SandboxError`, never anything of the programs'.
        """
        symbolic = any(map(brings_everything, programs))
        shown: list[Observation] = []
        for program in programs:
            shown.append(await self._run(program, symbolic))
            if not shown[-1].ok:
                await self._end(symbolic)
                return tuple(shown)
        return await self._tidied(programs, check, shown, symbolic)

    async def equal(self, a: str, b: str) -> bool:
        """Whether two answers are mathematically equal; what cannot be decided counts as different."""
        quick = decide(a, b)
        if quick is not None:
            return quick
        async with await self._sandbox.open(seed=0) as session:
            return (await settle(a, b, session)).verdict == "correct"

    async def close(self) -> None:
        """End the sessions; the next solution gets a new one."""
        for symbolic in tuple(self._sessions):
            await self._end(symbolic)

    async def _tidied(
        self, programs: Sequence[str], check: str, shown: list[Observation], symbolic: bool
    ) -> tuple[Observation, ...]:
        """Run the check, and leave the session as it was found."""
        if check:
            check = f"answer = {shown[-1].text.strip() if shown else ''!r}\n{check}"
        sources = [*programs, check]
        tidying = "" if any(map(leaves_traces, sources)) else forgetting(sources)
        last = await self._run(f"{check}\n{tidying}", symbolic)
        self._used[symbolic] += 1
        worn = self._used[symbolic] >= REUSES or (brings_everything(check) and not symbolic)
        if not last.ok or not tidying or worn:
            await self._end(symbolic)
        return (*shown, last) if check else tuple(shown)

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


class Workshop:
    """Several benches, each for one solution at a time."""

    def __init__(self, sandbox: Sandbox, benches: int) -> None:
        self._benches = [Bench(sandbox) for _ in range(benches)]
        self._free: asyncio.LifoQueue[Bench] = asyncio.LifoQueue()
        for bench in self._benches:
            self._free.put_nowait(bench)

    @asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        """A bench, as soon as one is free."""
        bench = await self._free.get()
        try:
            yield bench
        finally:
            self._free.put_nowait(bench)

    async def close(self) -> None:
        """End all sessions."""
        for bench in self._benches:
            await bench.close()


def brings_everything(source: str) -> bool:
    """Whether a program has `from sympy import *`, whose names cannot be told from the source.

    >>> brings_everything("from sympy  import*"), brings_everything("print('from sympy import *')")
    (True, False)
    """
    tree = _parsed(source)
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)) if tree else ()
    return any(alias.name == "*" for node in imports for alias in node.names)


def leaves_traces(source: str) -> bool:
    """Whether a program might change more of its session than its own names.

    >>> leaves_traces("x = 3\\nprint(x)"), leaves_traces("import math\\nmath.pi = 3"), leaves_traces("import random")
    (False, True, True)
    """
    tree = _parsed(source)
    return tree is None or any(_reaches_far(node) for node in ast.walk(tree))


def _reaches_far(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Global() | ast.Nonlocal():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _FAR_REACHING.fullmatch(name) is not None
        case ast.Import(names=aliases):
            return not all(_STATELESS.fullmatch(alias.name.partition(".")[0]) for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases):
            star = any(alias.name == "*" for alias in aliases) and module != "sympy"
            return star or not _STATELESS.fullmatch((module or "").partition(".")[0])
    return False


def forgetting(sources: Sequence[str]) -> str:
    """Code that deletes every name that these programs may have bound; a star import binds only what the next one brings.

    >>> forgetting(["x = 3", "import math as m"])
    'm = x = 0\\ndel m, x'
    """
    names: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases} - {"*"}
    bound = sorted(names)
    # bound first: not every branch has bound its names
    return f"{' = '.join(bound)} = 0\ndel {', '.join(bound)}" if bound else "0"


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # whatever it is, it is not tidied up after
