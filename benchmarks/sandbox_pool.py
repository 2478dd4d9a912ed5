"""How long one waits for the sandbox: a first result, a block of a live session, a burst, a session that is brought back.

The burst is measured with different numbers of parked children, one after the other in the same run; ratios to the first
are what to compare between machines. The processor time of the application is nearly free of what else runs.

    python benchmarks/sandbox_pool.py [rounds]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

from mathsolve.sandbox import ProcessSandbox, Program, process

CODE = "print(1 + 1)"
LETHAL = "import signal\nsignal.raise_signal(signal.SIGSEGV)"
BURST = 8
PARKED = (1, 2, 4)
"""Parked children per core that are compared."""


def main() -> None:
    """Measure everything and print one table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    print(f"{'case':44} {'min ms':>9} {'p50 ms':>9} {'p99 ms':>9} {'own CPU ms':>11}")
    for name, case in (
        ("first result of a session", first),
        ("block of a live session", live),
        ("kill and restore", again),
    ):
        begun = time.process_time()
        seconds = asyncio.run(case(rounds))
        show(name, seconds, (time.process_time() - begun) / rounds)
    for parked in PARKED:
        process.SPARES_PER_CORE = parked
        show(f"each of a burst of {BURST}, {parked} parked per core", asyncio.run(burst(rounds)))


def show(name: str, seconds: list[float], cpu_s: float | None = None) -> None:
    """One line of the table."""
    ordered = sorted(seconds)
    shown = (ordered[0], statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))])
    own = "" if cpu_s is None else f"{cpu_s * 1e3:11.2f}"
    print(f"{name:44} " + " ".join(f"{value * 1e3:9.2f}" for value in shown) + own, flush=True)


async def first(rounds: int) -> list[float]:
    """From opening a session, for which a child is parked, to its first observation."""
    async with ProcessSandbox() as sandbox:
        await once(sandbox)
        seconds = []
        for _ in range(rounds):
            await asyncio.sleep(0.05)
            seconds.append(await once(sandbox))
        return seconds


async def live(rounds: int) -> list[float]:
    """Blocks of one session."""
    async with ProcessSandbox() as sandbox, await sandbox.open() as session:
        await session.run(Program(CODE))
        return [(await session.run(Program(CODE))).wall_s for _ in range(rounds)]


async def again(rounds: int) -> list[float]:
    """A program that kills its process, and ten short ones that are run again for their variables."""
    async with ProcessSandbox(policy="off") as sandbox, await sandbox.open() as session:
        for number in range(10):
            await session.run(Program(f"x{number} = {number}"))
        seen = [await session.run(Program(LETHAL)) for _ in range(rounds)]
        assert all(one.session == "restored" for one in seen)
        return [one.wall_s for one in seen]


async def burst(rounds: int) -> list[float]:
    """Sessions that are opened at the same moment."""
    async with ProcessSandbox() as sandbox:
        await once(sandbox)
        seconds: list[float] = []
        for _ in range(rounds):
            await asyncio.sleep(0.2)
            seconds += await asyncio.gather(*(once(sandbox) for _ in range(BURST)))
        return seconds


async def once(sandbox: ProcessSandbox) -> float:
    """Seconds from opening a session to its first observation."""
    start = time.perf_counter()
    async with await sandbox.open() as session:
        seen = await session.run(Program(CODE))
    assert seen.ok, seen
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
