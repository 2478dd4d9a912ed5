"""Many sessions at once: turns, back-pressure, spares, idle sessions, metrics; and processes that are killed meanwhile."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from mathsolve.sandbox import Limits, Metrics, Observation, ProcessSandbox, Program, SandboxError
from mathsolve.sandbox.turns import Turns

from .conftest import opened
from .test_supervision import descendants

LETHAL = "import signal\nsignal.raise_signal(signal.SIGSEGV)"


def within(work: Callable[[ProcessSandbox], Awaitable[None]], sandbox: ProcessSandbox) -> Metrics:
    """Do the work and close the sandbox; what it counted."""

    async def scenario() -> Metrics:
        async with sandbox:
            await work(sandbox)
            return sandbox.metrics()

    asyncio.run(opened(sandbox).close())
    return asyncio.run(scenario())


async def once(sandbox: ProcessSandbox, code: str, caller: str = "", limits: Limits | None = None) -> Observation:
    """One program in a session of its own."""
    async with await sandbox.open(caller=caller) as session:
        return await session.run(Program(code), limits)


def test_turns_go_round_the_callers_and_none_is_lost() -> None:
    async def scenario() -> list[str]:
        turns, served = Turns(1, 100), list[str]()

        async def one(caller: str) -> None:
            await turns.take(caller)
            served.append(caller)
            await asyncio.sleep(0)
            turns.give()

        async with asyncio.TaskGroup() as group:
            for caller in "aaaaaabbc":
                group.create_task(one(caller))
        await asyncio.wait_for(turns.take("d"), 1)
        return served

    assert "".join(asyncio.run(scenario())) == "aabcabaaa"


def test_a_turn_that_comes_to_whoever_gave_up_is_passed_on() -> None:
    async def scenario(ticks: int) -> None:
        turns = Turns(1, 100)
        await turns.take("a")
        waiting = [asyncio.create_task(turns.take("a")) for _ in range(3)]
        await asyncio.sleep(0)
        if ticks:
            turns.give()
        waiting[0].cancel()
        if not ticks:
            turns.give()
        await asyncio.wait_for(waiting[1], 1)
        turns.give()
        await asyncio.wait_for(waiting[2], 1)
        assert turns.waiting == 0 and waiting[0].cancelled()

    for ticks in range(2):
        asyncio.run(scenario(ticks))


def test_a_caller_with_one_program_does_not_wait_for_one_with_many() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        done: list[str] = []

        async def one(caller: str) -> None:
            await once(sandbox, "1", caller)
            done.append(caller)

        await asyncio.gather(*(one("many") for _ in range(20)), one("few"))
        assert done.index("few") < 10

    assert within(work, ProcessSandbox(concurrency=1)).waited >= 19


def test_a_full_queue_says_so() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        sessions = [await sandbox.open() for _ in range(6)]
        results = await asyncio.gather(*(one.run(Program("1")) for one in sessions), return_exceptions=True)
        refused = [one for one in results if isinstance(one, SandboxError)]
        assert len(refused) == 1 and "3 programs wait for their turn; raise `waiting`" in str(refused[0])

    within(work, ProcessSandbox(concurrency=2, waiting=3))


def test_programs_of_one_session_run_one_after_the_other() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        async with await sandbox.open() as session:
            await session.run(Program("x = 0"))
            seen = await asyncio.gather(*(session.run(Program("x += 1\nx")) for _ in range(5)))
            assert [one.text for one in seen] == ["1", "2", "3", "4", "5"]

    within(work, ProcessSandbox(concurrency=4))


def test_more_sessions_than_may_keep_a_child_keep_their_variables() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        sessions = [await sandbox.open() for _ in range(6)]
        for number, session in enumerate(sessions):
            await session.run(Program(f"x = {number}"))
        assert sandbox.metrics().sessions == 2
        assert [(await session.run(Program("x"))).text for session in sessions] == ["0", "1", "2", "3", "4", "5"]
        for session in sessions:
            await session.close()
        assert sandbox.metrics().sessions == 0

    metrics = within(work, ProcessSandbox(sessions=2))
    assert metrics.parked >= 4 and metrics.restored >= 4 and metrics.lost == 0


@pytest.mark.parametrize("first", ["import sympy\nx = ", "x = "], ids=["sympy from the start", "sympy later"])
def test_sessions_that_use_sympy_keep_fewer_children(first: str) -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        sessions = [await sandbox.open() for _ in range(4)]
        for number, session in enumerate(sessions):
            await session.run(Program(f"{first}{number}"))
            await session.run(Program("import sympy\ny = sympy.Integer(x) + 10"))
        assert sandbox.metrics().sessions == 1
        assert [(await session.run(Program("y"))).text for session in sessions] == ["10", "11", "12", "13"]

    metrics = within(work, ProcessSandbox(children_mb=20))
    assert metrics.restored >= 3 and metrics.lost == 0


def test_an_idle_session_gives_up_its_child_and_gets_another() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        async with await sandbox.open() as session:
            await session.run(Program("x = 1"))
            running = asyncio.create_task(once(sandbox, "import time\ntime.sleep(0.5)\n2"))
            for _ in range(1000):
                await asyncio.sleep(0.01)
                if sandbox.metrics().parked:
                    break
            assert (await running).text == "2"
            assert (await session.run(Program("x"))).text == "1"

    metrics = within(work, ProcessSandbox(policy="off", idle_s=0.1))
    assert metrics.parked and metrics.restored


def test_what_unfinished_programs_left_is_missed_aloud() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        async with await sandbox.open() as session:
            await session.run(Program("x = 1\nwhile True: pass"), Limits(cpu_s=0.1))
            await session.run(Program("y = 2"))
            await once(sandbox, "1")
            seen = await session.run(Program("x"))
            assert seen.session == "restored" and "its variables were restored" in seen.text

    within(work, ProcessSandbox(sessions=1))


def test_metrics_count_what_happened() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        for code in ("1", "1 / 0", LETHAL, "while True: pass", "sum(range(10**12))"):
            await once(sandbox, code)

    metrics = within(work, ProcessSandbox(Limits(cpu_s=0.1), policy="off"))
    assert metrics.programs == 5
    assert metrics.by_status == {"ok": 1, "error": 1, "crashed": 1, "timeout": 2}
    assert metrics.kills == {"crash": 1, "processor time": 1}
    assert 0 < metrics.p50_ms <= metrics.p99_ms and metrics.waiting == metrics.restarts == 0


def test_the_conditions_of_a_run_can_be_recorded() -> None:
    async def work(sandbox: ProcessSandbox) -> None:
        conditions = await sandbox.conditions()
        seen = await once(
            sandbox, "import sys, sympy, numpy\nprint(sys.version.split()[0], sympy.__version__, numpy.__version__)"
        )
        libraries = conditions.libraries
        assert seen.stdout.split() == [conditions.python, libraries["sympy"], libraries["numpy"]]
        assert conditions.environment["PYTHONHASHSEED"] == "0" and conditions.tier == seen.tier
        assert conditions.limits == Limits(cpu_s=7)

    within(work, ProcessSandbox(Limits(cpu_s=7), policy="off"))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_a_child_that_somebody_kills_is_replaced_and_the_program_runs_again() -> None:
    before = set(descendants(os.getpid()))

    async def work(sandbox: ProcessSandbox) -> None:
        async with await sandbox.open() as session:
            await session.run(Program("x = 1"))
            running = asyncio.create_task(session.run(Program("import time\ntime.sleep(1.5)\nx += 1\nx")))
            await asyncio.sleep(0.2)
            for pid in sorted(set(descendants(os.getpid())) - before)[4:]:  # all but the four that are the server
                os.kill(pid, signal.SIGKILL)
            assert (await running).text == "2"

    metrics = within(work, ProcessSandbox(policy="off"))
    assert metrics.retried == 1 and metrics.restored == 1 and metrics.restarts == 0


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")
def test_random_kills_lose_nothing_and_nothing_is_answered_twice() -> None:
    """Sixteen sessions count, while any process of the sandbox may be killed at any moment."""
    before = set(descendants(os.getpid()))
    chance = random.Random(7)

    async def count(sandbox: ProcessSandbox, number: int) -> list[str]:
        async with await sandbox.open() as session:
            codes = [f"x = {100 * number}", *["import time\ntime.sleep(0.02)\nx += 1\nx"] * 5]
            return [(await session.run(Program(code))).text for code in codes]

    async def kill(sandbox: ProcessSandbox, running: asyncio.Future[list[list[str]]]) -> None:
        for _ in range(6):
            due = sandbox.metrics().programs + chance.randrange(12)
            while sandbox.metrics().programs < due and not running.done():
                await asyncio.sleep(chance.uniform(0.001, 0.02))
            below = sorted(set(descendants(os.getpid())) - before)
            if below:
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(below), signal.SIGKILL)

    async def work(sandbox: ProcessSandbox) -> None:
        running = asyncio.gather(*(count(sandbox, number) for number in range(16)))
        await kill(sandbox, running)
        wanted = [["", *(str(100 * number + step) for step in range(1, 6))] for number in range(16)]
        assert await running == wanted

    metrics = within(work, ProcessSandbox(policy="off", concurrency=4))
    assert metrics.programs == 16 * 6 and metrics.by_status == {"ok": 16 * 6} and metrics.lost == 0
