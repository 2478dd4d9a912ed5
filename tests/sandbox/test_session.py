# ruff: noqa: E501  (programs are kept on one line)
"""What a program's author sees: statuses, state, output, last values, one-line errors, limits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import pytest

from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program

Run = Callable[..., list[Observation]]
QUICK = Limits(cpu_s=0.3)


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("print(1 + 1)", "ok", "2"),
        ("x = 3\nx + 4", "ok", "7"),
        ("'a'", "ok", "'a'"),
        ("None", "ok", ""),
        ("print('a')\n2", "ok", "a\n2"),
        ("import sys_", "policy", "PolicyError: line 1: import of sys_ is not allowed here"),
        ("1 / 0", "error", "ZeroDivisionError: division by zero"),
        ("print('before')\n1 / 0", "error", "before\nZeroDivisionError: division by zero"),
        ("x = (", "error", "SyntaxError: '(' was never closed (line 1)"),
        ("undefined", "error", "NameError: name 'undefined' is not defined"),
        ("assert False", "error", "AssertionError"),
        ("raise ValueError('two\\nlines')", "error", "ValueError: two lines"),
        ("from math import nothing", "error", "ImportError: cannot import name 'nothing' from 'math'"),
        ("print('x')\nexit()", "ok", "x"),
        ("raise SystemExit(3)", "ok", ""),
        ("a\0b", "error", ""),
        ("def f(n): return f(n + 1)\nf(0)", "error", "RecursionError: maximum recursion depth exceeded"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "error", "ValueError"),
        ("len(str(10**5000))", "ok", "5001"),
        ("_ = 5\n_", "ok", "5"),
        ("", "ok", ""),
        ("# nothing", "ok", ""),
        ("from sympy import *\nx = symbols('x')\nfactor(x**2 - 1)", "ok", "(x - 1)*(x + 1)"),
        ("import numpy as np\nprint(int(np.linalg.det(np.eye(3))))", "ok", "1"),
    ],
)
def test_a_program_is_observed(run: Run, code: str, status: str, text: str) -> None:
    (seen,) = run(code)
    assert seen.status == status
    assert seen.text.startswith(text) and (text or not seen.stdout)


def test_variables_stay_within_a_session_and_go_with_it(run: Run) -> None:
    assert [seen.text for seen in run("x = 5", "x += 1\nx", "_ * 2")] == ["", "6", "12"]
    assert run("x")[0].status == "error"


def test_an_error_keeps_the_variables(run: Run) -> None:
    assert run("x = 1\n1 / 0", "x")[1].text == "1"


def test_a_patched_library_ends_with_the_session(run: Run) -> None:
    run("import sympy\nsympy.solve = None")
    assert run("import sympy\nsympy.solve(sympy.Symbol('x') - 1)")[0].text == "[1]"


def test_a_lite_session_may_come_to_sympy_later(run: Run) -> None:
    assert run("n = 2", "import sympy\nsympy.sqrt(n)")[1].text == "sqrt(2)"


def test_what_a_block_did_to_the_interpreter_ends_with_it(attack: Run) -> None:
    code = "import io, signal, sys\nsys.stdout = io.StringIO()\nsys.setrecursionlimit(50)\nsignal.setitimer(signal.ITIMER_PROF, 0)"
    assert attack(code, "print('back')")[1].text == "back"
    assert attack("import os\nos.close(1)\nprint('lost')", "2")[1].value == "2"


def test_the_soft_limit_keeps_output_and_variables(run: Run) -> None:
    slow, after = run("x = 7\nprint('partial')\nwhile True: pass", "x", limits=QUICK)
    assert (slow.status, slow.text) == ("timeout", "partial\nTimeoutError: execution exceeded 0.3 s of CPU time")
    assert slow.cpu_s > 0.2
    assert after.text == "7"


def test_a_program_that_cannot_be_interrupted_is_killed(run: Run) -> None:
    slow, after = run("x = 7\nprint('partial')\nsum(range(10**12))", "x", limits=QUICK)
    assert slow.status == "timeout" and slow.stdout == "partial\n"
    assert "its variables are gone" in (slow.error or "")
    assert after.error == "NameError: name 'x' is not defined"


def test_swallowing_the_alarm_does_not_help(run: Run) -> None:
    code = "while True:\n    try:\n        while True: pass\n    except: pass"
    assert run(code, limits=QUICK)[0].status == "timeout"


def test_sleeping_is_ended_by_the_wall_clock(run: Run) -> None:
    (seen,) = run("import time\ntime.sleep(100)", limits=Limits(cpu_s=0.1))
    assert seen.status == "timeout" and "wall" in (seen.error or "")


@pytest.mark.parametrize("code", ["[0] * 10**11", "x = []\nwhile True: x.append('a' * 10**7)", "'a' * 10**11"])
def test_memory_is_limited_and_the_session_lives(run: Run, code: str) -> None:
    seen, after = run(code, "1", limits=Limits(cpu_s=5, memory_mb=128))
    assert (seen.status, seen.error) == ("memory", "MemoryError: the program needed more than 128 MB")
    assert after.text == "1"


def test_the_memory_limit_of_a_call_counts(run: Run) -> None:
    assert run("x = bytearray(100 * 2**20)", limits=Limits(memory_mb=96))[0].status == "memory"
    assert run("x = bytearray(100 * 2**20)", limits=Limits(memory_mb=256))[0].status == "ok"


def test_long_output_is_cut_in_the_middle_and_counted(run: Run) -> None:
    (seen,) = run("print('a' * 10**7 + 'z')", limits=Limits(output_chars=100))
    assert seen.status == "ok"
    assert seen.stdout.startswith("a" * 50 + "\n... ") and seen.stdout.endswith("z\n")
    assert seen.truncated == 10**7 + 2 - 100


def test_a_long_value_is_cut(run: Run) -> None:
    (seen,) = run("'a' * 10**6", limits=Limits(output_chars=100))
    assert seen.value is not None and len(seen.value) < 200 and "characters cut" in seen.value


def test_a_flood_is_ended(run: Run) -> None:
    assert run("while True: print('a' * 10**6)", limits=Limits(cpu_s=20))[0].status == "output_limit"


def test_control_characters_become_visible(run: Run) -> None:
    (seen,) = run("print('\\x1b[31m', '\\0', '\\ud800', 'ü', '\\t|')")
    assert seen.stdout == "\\x1b[31m \\x00 \\ud800 ü \t|\n"


def test_a_program_that_is_too_long_is_not_run(run: Run) -> None:
    assert "at most" in (run("#" * 300_000)[0].error or "")


def test_chance_starts_from_the_seed(run: Run) -> None:
    code = "import random, numpy as np\nrandom.random(), np.random.rand()"
    first, again, other = (run(code, seed=seed)[0].value for seed in (1, 1, 2))
    assert first == again != other


def test_numpy_in_a_later_block_starts_from_the_seed_too(run: Run) -> None:
    later = [run("1", "import numpy as np\nnp.random.rand()", seed=3)[1].value for _ in range(2)]
    assert later[0] == later[1]


def test_every_observation_names_the_tier_and_the_time(run: Run) -> None:
    (seen,) = run("sum(range(10**6))")
    assert seen.tier in ("A", "B", "C") and seen.wall_s > 0 and seen.cpu_s >= 0


def test_sessions_run_in_parallel_and_apart(sandbox: ProcessSandbox) -> None:
    async def one(number: int) -> str:
        async with await sandbox.open() as session:
            await session.run(Program(f"x = {number}"))
            return (await session.run(Program("x"))).text

    async def many() -> list[str]:
        return await asyncio.gather(*(one(number) for number in range(40)))

    assert asyncio.run(many()) == [str(number) for number in range(40)]


def test_a_cancelled_block_is_killed_and_the_session_starts_afresh(sandbox: ProcessSandbox) -> None:
    async def scenario() -> tuple[str, str]:
        async with await sandbox.open() as session:
            running = asyncio.create_task(session.run(Program("x = 1\nwhile True: pass")))
            await asyncio.sleep(0.2)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return (await session.run(Program("2"))).text, (await session.run(Program("x"))).status

    assert asyncio.run(scenario()) == ("2", "error")


def test_importing_the_package_loads_no_library() -> None:
    import subprocess

    code = (
        "import sys, mathsolve.sandbox; print([m for m in ('sympy', 'numpy', 'RestrictedPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
