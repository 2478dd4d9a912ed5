"""Sessions that share results, on the real sandbox."""

import asyncio
from collections.abc import Awaitable, Callable

from mathsolve.sandbox import MemoSandbox, Observation, ProcessSandbox, Program, Session


class Counting:
    """Counts the sessions that a sandbox opens."""

    def __init__(self, sandbox: ProcessSandbox) -> None:
        self.sandbox = sandbox
        self.opened = 0

    async def open(self, seed: int = 0) -> Session:
        self.opened += 1
        return await self.sandbox.open(seed)

    async def close(self) -> None:
        await self.sandbox.close()


def with_memo(work: Callable[[MemoSandbox], Awaitable[None]]) -> int:
    """Runs `work` and returns how many children it took."""

    async def run() -> int:
        async with ProcessSandbox() as sandbox:
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
    code = "import time\nfor i in range(30): time.sleep(0.01)\nprint('done')"

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
