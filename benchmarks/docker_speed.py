"""What a container costs: the docker sandbox beside the process sandbox, round by round in one run.

    python benchmarks/docker_speed.py [--rounds 200]

Needs a Docker daemon and `mathsolve sandbox image`. Prints medians in milliseconds, the 99th of 100, and the ratio of the
medians. Times depend on the machine and on what else it does; the ratios are what to compare.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from rich.console import Console
from rich.table import Table

from mathsolve.sandbox import ProcessSandbox, Program, Sandbox, Session
from mathsolve.sandbox.docker import DockerSandbox, Terms

SYMPY = "from sympy import symbols, solve\nx = symbols('x')\nprint(solve(x**2 - 5*x + 6, x))"
Case = Callable[[Sandbox, Session], Awaitable[None]]


async def main(rounds: int) -> None:
    """Measure and print."""
    boxes: tuple[Sandbox, Sandbox] = ProcessSandbox(), DockerSandbox(terms=Terms(containers=1))
    starts = [await timed(started(box)) for box in boxes]
    lives = [await box.open() for box in boxes]
    table = Table("milliseconds", "process p50", "p99", "docker p50", "p99", "ratio")
    table.add_row(
        "first program of all", *(f"{1000 * s:.0f}" for s in (starts[0], starts[0], starts[1], starts[1])), ""
    )
    for name, case in CASES.items():
        walls: tuple[list[float], list[float]] = [], []
        for _ in range(rounds):
            for box, live, seconds in zip(boxes, lives, walls, strict=True):
                seconds.append(await timed(case(box, live)))
        p50 = [1000 * statistics.median(seconds) for seconds in walls]
        p99 = [1000 * sorted(seconds)[int(0.99 * (len(seconds) - 1))] for seconds in walls]
        cells = (f"{p50[0]:.2f}", f"{p99[0]:.2f}", f"{p50[1]:.2f}", f"{p99[1]:.2f}")
        table.add_row(name, *cells, f"{p50[1] / p50[0]:.1f}")
    for box in boxes:
        await box.close()
    Console(width=100).print(table)


async def timed(work: Awaitable[None]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def started(box: Sandbox) -> None:
    """From nothing to the first result."""
    async with await box.open() as session:
        await session.run(Program(SYMPY))


async def block(box: Sandbox, live: Session) -> None:
    """A block in a live session."""
    await live.run(Program("print(1 + 1)"))


async def session(box: Sandbox, live: Session) -> None:
    """A new session with one small program."""
    async with await box.open() as own:
        await own.run(Program("print(1 + 1)"))


async def symbolic(box: Sandbox, live: Session) -> None:
    """A new session with one sympy program."""
    async with await box.open() as own:
        await own.run(Program(SYMPY))


async def crowd(box: Sandbox, live: Session) -> None:
    """Sixteen new sessions at once."""
    await asyncio.gather(*(session(box, live) for _ in range(16)))


CASES: dict[str, Case] = {
    "block in a live session": block,
    "new session, print(1 + 1)": session,
    "new session, sympy": symbolic,
    "16 new sessions at once": crowd,
}
"""What is timed."""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    asyncio.run(main(parser.parse_args().rounds))
