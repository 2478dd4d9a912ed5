"""Children that wait for a session, and prepare meanwhile: a program must not be able to tell one from another."""

from __future__ import annotations

import asyncio

import pytest

from mathsolve.sandbox import ProcessSandbox, Program
from mathsolve.sandbox.inside.warmup import LITE, SYMBOLIC

from .conftest import Run, blocks

SEEN = """
import sys, threading, signal, random
print(sorted(globals()), sys.stdout.seekable(), sys.stdout.isatty(), threading.active_count(), random.random())
print(signal.getsignal(signal.SIGCHLD), callable(signal.getsignal(signal.SIGPROF)), "sympy" in sys.modules)
print(sys.argv, sys.orig_argv[1:])
"""


def rested(sandbox: ProcessSandbox, code: str, rest_s: float) -> str:
    """What a program shows in a child that has waited for this long."""

    async def scenario() -> str:
        async with sandbox:
            async with await sandbox.open() as session:
                await session.run(Program("import sympy" if "sympy" in code else "1"))
            await asyncio.sleep(rest_s)
            async with await sandbox.open() as session:
                return (await session.run(Program(code))).text

    return asyncio.run(scenario())


def test_a_rehearsed_child_looks_like_a_fresh_one(attack: Run) -> None:
    fresh = attack(SEEN)[0].text
    assert "'__builtins__'" in fresh and "False False 1" in fresh
    assert rested(ProcessSandbox(policy="off", min_tier="B"), SEEN, LITE.after_s + 0.3) == fresh


@pytest.mark.parametrize("rehearsal", [LITE, SYMBOLIC], ids=["lite", "symbolic"])
def test_a_rehearsal_shows_nothing_and_is_allowed(run: Run, guarded: Run, rehearsal: object) -> None:
    assert isinstance(rehearsal, type(LITE))
    for (seen,) in (run(rehearsal.code), guarded(rehearsal.code)):
        assert seen.ok and seen.text == ""


def test_a_session_that_comes_late_gets_the_same_answer(sandbox: ProcessSandbox) -> None:
    code = "from sympy import *\nx = symbols('x')\nprint(solve(x**3 - 2*x + 1, x), Dummy('t'), factor(x**4 - 1))"
    assert rested(ProcessSandbox(min_tier="B"), code, SYMBOLIC.after_s + 0.3) == blocks(sandbox, code)[0].text
