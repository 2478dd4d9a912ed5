"""What a session finds of its earlier programs, after a kill and in each mode, and how observations are put into words."""

from __future__ import annotations

import asyncio

import pytest

from mathsolve.sandbox import Limits, Mode, Observation, ProcessSandbox, Program
from mathsolve.sandbox.past import REPLAY_S, SLACK_S, Past, budget_s

from .conftest import Run

LETHAL = "import signal\nsignal.raise_signal(signal.SIGSEGV)"
"""Ends the process of whoever runs it, at once."""


def shown(sandbox: ProcessSandbox, *codes: str, mode: Mode = "stateful", preset: str = "plain") -> list[Observation]:
    """Run blocks in one session that was opened like this."""

    async def session() -> list[Observation]:
        async with await sandbox.open(mode=mode, preset=preset) as live:
            return [await live.run(Program(code)) for code in codes]

    return asyncio.run(session())


def test_a_killed_session_gets_its_variables_back(attack: Run) -> None:
    seen = attack("x = [1]", "x.append(2)\ny = 5\n1 / 0", "x = 0\n" + LETHAL, "x, y")
    assert (seen[2].status, seen[2].session) == ("crashed", "restored")
    assert (seen[2].error or "").endswith("; the session was restarted and its variables were restored")
    assert seen[3].text == "([1, 2], 5)"


def test_bringing_back_shows_nothing(attack: Run) -> None:
    seen = attack("print('first')\nx = 1", "print('second')\n" + LETHAL, "x")
    assert [one.stdout for one in seen] == ["first\n", "second\n", ""]


def test_imports_and_the_last_value_come_back(attack: Run) -> None:
    assert attack("from sympy import *\nx = symbols('x')\nx - 2", LETHAL, "solve(_)")[2].text == "[2]"


def test_chance_goes_on_where_it_was(attack: Run) -> None:
    killed = attack("import random\na = random.random()", LETHAL, "a, random.random()", seed=5)
    whole = attack("import random\na = random.random()", "a, random.random()", seed=5)
    assert killed[2].value == whole[1].value


def test_what_a_limit_ended_is_not_run_again(attack: Run) -> None:
    seen = attack("x = 1", "y = 2\nwhile True: pass", LETHAL, "x", "y")
    assert [one.status for one in seen] == ["ok", "timeout", "crashed", "ok", "error"]


def test_a_past_that_goes_another_way_is_gone(unruled: ProcessSandbox) -> None:
    async def scenario() -> list[Observation]:
        async with await unruled.open() as session:
            number = (await session.run(Program("import os\nos.getpid()"))).value
            codes = (f"assert os.getpid() == {number}\nx = 1", LETHAL, "x", "y = 2", LETHAL, "y")
            return [await session.run(Program(code)) for code in codes]

    seen = asyncio.run(scenario())
    assert seen[1].session == "lost" and (seen[1].error or "").endswith("its variables are gone")
    assert seen[2].error == "NameError: name 'x' is not defined"
    assert seen[4].session == "restored" and seen[5].text == "2"


def test_variables_that_only_a_limit_left_are_gone_with_the_child(unruled: ProcessSandbox) -> None:
    async def scenario() -> list[Observation]:
        async with await unruled.open() as session:
            slow = await session.run(Program("x = 2\nwhile True: pass"), Limits(cpu_s=0.1))
            session.park()
            return [slow, await session.run(Program("x")), await session.run(Program("y"))]

    assert [one.session for one in asyncio.run(scenario())] == ["kept", "lost", "kept"]


def test_bringing_back_has_a_budget() -> None:
    def past(*seconds: float) -> list[Past]:
        return [Past(1, Program(""), Limits(), "ok", cpu_s) for cpu_s in seconds]

    assert budget_s([]) == SLACK_S
    assert budget_s(past(0.25, 1.0)) == pytest.approx(SLACK_S + 2.5)
    assert budget_s(past(*[3.0] * 9)) == REPLAY_S


def test_a_stateless_session_forgets(sandbox: ProcessSandbox) -> None:
    seen = shown(sandbox, "x = 1\nx", "x", mode="stateless")
    assert [one.status for one in seen] == ["ok", "error"]


def test_a_kill_costs_a_stateless_session_nothing(unruled: ProcessSandbox) -> None:
    seen = shown(unruled, LETHAL, "2", mode="stateless")
    assert seen[0].error == "SystemError: the program crashed with SIGSEGV" and seen[1].text == "2"


def test_in_replay_failed_programs_leave_no_trace(unruled: ProcessSandbox) -> None:
    codes = ("x = [1]", "x.append(2)\n1 / 0", "x.append(3)", "y = 1\n" + LETHAL, "x", "y")
    seen = shown(unruled, *codes, mode="replay")
    assert [one.status for one in seen] == ["ok", "error", "ok", "crashed", "ok", "error"]
    assert seen[4].text == "[1, 3]"


def test_the_plain_preset_shows_output_value_and_error(sandbox: ProcessSandbox) -> None:
    seen = shown(sandbox, "print('a')\n2", "print('b')\n1 / 0")
    assert [one.text for one in seen] == ["a\n2", "b\nZeroDivisionError: division by zero"]


def test_the_tora_preset_has_no_echo_and_reports_done(sandbox: ProcessSandbox) -> None:
    seen = shown(sandbox, "x = 2\nx", "print(x)", "print('b')\n1 / 0", "print('a' * 300 + 'b' * 300)", preset="tora")
    assert [one.text for one in seen[:3]] == ["Done", "2", "ZeroDivisionError: division by zero"]
    assert seen[2].stdout == "b\n" and seen[0].value is None
    assert seen[3].text == "a" * 200 + "..." + "b" * 200


def test_the_notebook_preset_shows_the_blocks_that_led_to_an_error(unruled: ProcessSandbox) -> None:
    codes = ("def f(n):\n    return 1 / n", LETHAL, "import fractions\nf(0)", "fractions.Fraction('a')", "x = (")
    seen = shown(unruled, *codes, preset="notebook")
    blocks = "  <block 3>, line 2\n    f(0)\n  <block 1>, line 2, in f\n    return 1 / n"
    assert seen[2].text == f"{blocks}\nZeroDivisionError: division by zero"
    assert seen[3].trace == "  <block 4>, line 1\n    fractions.Fraction('a')"
    assert seen[4].text == "SyntaxError: '(' was never closed (line 1)"


def test_a_deep_traceback_is_cut(sandbox: ProcessSandbox) -> None:
    (seen,) = shown(sandbox, "def f(n): return f(n + 1)\nf(0)", preset="notebook")
    assert "more ..." in seen.text and seen.text.count("\n") < 20
    assert seen.text.endswith("RecursionError: maximum recursion depth exceeded")


def test_unknown_modes_and_presets_are_the_callers_mistake(sandbox: ProcessSandbox) -> None:
    with pytest.raises(ValueError, match=r"preset 'jupyter' is unknown; use one of plain, tora, notebook"):
        shown(sandbox, preset="jupyter")
    with pytest.raises(ValueError, match=r"mode 'fresh' is unknown; use one of stateful, stateless, replay"):
        shown(sandbox, mode="fresh")  # type: ignore[arg-type]


def test_errors_that_nobody_can_catch_show_no_folder_of_this_machine() -> None:
    code = "def late():\n try:\n  yield\n finally:\n  1 / 0\nx = late()\nnext(x)\ndel x\nprint('end')"

    async def work() -> str:
        async with ProcessSandbox() as sandbox, await sandbox.open() as session:
            return (await session.run(Program(code))).stdout

    assert asyncio.run(work()) == "ZeroDivisionError: division by zero\nend\n"
