"""Sessions that share results, on the real sandbox."""

import asyncio
from collections.abc import Awaitable, Callable

from mathsolve.sandbox import Limits, MemoSandbox, Mode, Observation, ProcessSandbox, Program, Sandbox, Session


class Counting(Sandbox):
    """Counts the sessions that a sandbox opens."""

    def __init__(self, sandbox: ProcessSandbox) -> None:
        self.sandbox = sandbox
        self.opened = 0

    async def open(self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = "") -> Session:
        self.opened += 1
        return await self.sandbox.open(seed, mode=mode, preset=preset, caller=caller)

    async def close(self) -> None:
        await self.sandbox.close()


def with_memo(work: Callable[[MemoSandbox], Awaitable[None]]) -> int:
    """Runs `work` and returns how many children it took."""

    async def run() -> int:
        async with ProcessSandbox(policy="off") as sandbox:
            counting = Counting(sandbox)
            async with MemoSandbox(counting) as memo:
                await work(memo)
            return counting.opened

    return asyncio.run(run())


async def outputs(memo: MemoSandbox, *codes: str, seed: int = 0) -> list[str]:
    """What one session prints for these blocks."""
    async with await memo.open(seed) as session:
        return [(await session.run(Program(code))).text for code in codes]


def test_equal_programs_run_once() -> None:
    async def work(memo: MemoSandbox) -> None:
        results = await asyncio.gather(*(outputs(memo, "x = 41", "print(x + 1)", seed=n) for n in range(5)))
        assert results == [["", "42"]] * 5

    assert with_memo(work) == 1


def test_a_session_whose_ways_part_has_its_variables() -> None:
    async def work(memo: MemoSandbox) -> None:
        assert await outputs(memo, "x = [1]", "x.append(2)", "print(x)") == ["", "", "[1, 2]"]
        assert await outputs(memo, "x = [1]", "x.append(2)", "x.append(3)\nprint(x)") == ["", "", "[1, 2, 3]"]
        assert await outputs(memo, "x = [1]", "print(x)") == ["", "[1]"]

    assert with_memo(work) == 3


def test_random_programs_are_shared_by_equal_seeds_only() -> None:
    code = "import random\nprint(random.random())"

    async def work(memo: MemoSandbox) -> None:
        (first,), (second,), (again,) = [await outputs(memo, code, seed=seed) for seed in (1, 2, 1)]
        assert first != second
        assert first == again

    assert with_memo(work) == 2


def test_an_error_is_a_result_like_any_other() -> None:
    async def work(memo: MemoSandbox) -> None:
        results = await asyncio.gather(*(outputs(memo, "y = 1", "1 / 0", "print(y)") for _ in range(3)))
        assert results == [["", "ZeroDivisionError: division by zero", "1"]] * 3

    assert with_memo(work) == 1


def test_a_session_that_is_given_up_does_not_spoil_what_others_wait_for() -> None:
    code = "import time\nfor i in range(100): time.sleep(0.01)\nprint('done')"

    async def work(memo: MemoSandbox) -> None:
        async def impatient() -> Observation:
            async with await memo.open() as session:
                return await session.run(Program(code))

        first = asyncio.create_task(impatient())
        await asyncio.sleep(0.05)
        second = asyncio.create_task(outputs(memo, code))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == ["done"]

    assert with_memo(work) == 1


LETHAL = "import signal\nsignal.raise_signal(signal.SIGSEGV)"


def test_what_a_limit_ended_is_told_to_those_who_wait_and_not_kept() -> None:
    slow = Limits(cpu_s=0.2)

    async def ended(memo: MemoSandbox) -> Observation:
        async with await memo.open() as session:
            return await session.run(Program("while True: pass"), slow)

    async def work(memo: MemoSandbox) -> None:
        first, second = await asyncio.gather(ended(memo), ended(memo))
        assert first.status == "timeout" and first is second
        assert (await ended(memo)) is not first

    assert with_memo(work) == 2


def test_a_killed_program_is_not_run_again_for_the_variables_of_others() -> None:
    async def work(memo: MemoSandbox) -> None:
        async with await memo.open() as first, await memo.open() as second:
            for session in (first, second):
                await session.run(Program("x = 1"))
            both = await asyncio.gather(*(session.run(Program(LETHAL)) for session in (first, second)))
            assert both[0] is both[1] and both[0].session == "restored"
            assert (await first.run(Program("x + 1"))).text == "2"
            assert (await second.run(Program("x + 2"))).text == "3"

    assert with_memo(work) == 2


def test_the_last_one_who_gives_up_ends_the_program_and_nothing_of_it_is_kept() -> None:
    async def work(memo: MemoSandbox) -> None:
        async with await memo.open() as session:
            await session.run(Program("x = 1"))
            running = asyncio.create_task(session.run(Program("x = 2\nwhile True: pass"), Limits(cpu_s=600)))
            await asyncio.sleep(0.2)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert (await session.run(Program("x"))).text == "1"

    assert with_memo(work) == 2


def test_whoever_gives_up_keeps_what_it_had_while_others_get_the_result() -> None:
    code = "import time\nx += 1\nfor i in range(100): time.sleep(0.01)\nx"

    async def work(memo: MemoSandbox) -> None:
        async with await memo.open() as first, await memo.open() as second:
            for session in (first, second):
                await session.run(Program("x = 1"))
            given_up = asyncio.create_task(first.run(Program(code)))
            await asyncio.sleep(0.05)
            waiting = asyncio.create_task(second.run(Program(code)))
            await asyncio.sleep(0.05)
            given_up.cancel()
            await asyncio.gather(given_up, return_exceptions=True)
            assert (await first.run(Program("x + 10"))).text == "11"
            assert (await waiting).text == "2"

    assert with_memo(work) == 2


def test_modes_and_presets_are_kept_apart() -> None:
    async def work(memo: MemoSandbox) -> None:
        async with await memo.open() as plain, await memo.open(preset="tora", mode="stateless") as tora:
            assert [(await session.run(Program("x = 1\nx"))).text for session in (plain, tora)] == ["1", "Done"]
            assert (await plain.run(Program("x"))).status == "ok"
            assert (await tora.run(Program("print(x)"))).status == "error"

    assert with_memo(work) == 2
