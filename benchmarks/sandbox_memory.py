"""What live sessions cost in memory: many are opened, each runs one small program, and stays.

    python benchmarks/sandbox_memory.py [--small 1000] [--sympy 200] [--json]

Two measures: what the kernel says is less available than before (all of it: page tables, sockets and the application's
share too, and whatever others do meanwhile), and the private memory of the server's processes, where the account of each
is readable. What the idle server takes is a line of its own and part of neither.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from processes import below, wait_until_idle
from rich.console import Console
from rich.table import Table

from mathsolve.sandbox import ProcessSandbox, Program

SMALL = "def double(x):\n    return 2 * x\nanswer = double({})\nprint(answer)"
SYMPY = "from sympy import symbols, solve\nx = symbols('x')\nprint(solve(x**2 - 5*x + {}, x))"
OPEN_AT_ONCE = 8
ALLOWED_GB = 8.0
"""What they may take together."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory at one moment, in MB."""

    taken: float
    """Of the machine, by everybody."""
    private: float
    """By processes below this one, not shared with any other process."""
    proportional: float
    """The same with each shared page divided among those that share it."""
    processes: int
    """How many were below this one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a number of live sessions added."""

    what: str
    """The program that each has run."""
    sessions: int
    """How many."""
    added: Memory
    """How much more there was than before."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Memory of live sessions.")
    parser.add_argument("--small", type=int, default=1_000, help="sessions after a small program")
    parser.add_argument("--sympy", type=int, default=200, help="sessions after a sympy program")
    parser.add_argument("--json", action="store_true", help="numbers as JSON instead of a table")
    asked = parser.parse_args()
    allow_descriptors(2 * max(asked.small, asked.sympy) + 256)
    costs = asyncio.run(measure(asked.small, asked.sympy))
    if asked.json:
        print(json.dumps([*map(asdict, costs)], indent=1))
    else:
        Console(width=max(110, Console().width)).print(table(costs))


def allow_descriptors(wanted: int) -> None:
    """A session takes two file descriptors of the application; ends the script when the system does not allow enough."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < wanted:
        sys.exit(
            f"{wanted} open files are needed and the system allows {most}; remedy: ulimit -H -n, or fewer sessions"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def measure(small: int, sympy: int) -> list[Cost]:
    """The idle server, then sessions of either kind."""
    before = memory()
    async with ProcessSandbox() as sandbox:
        async with await sandbox.open() as session:
            await session.run(Program(SYMPY.format(6)))
        await asyncio.to_thread(wait_until_idle, os.getpid())  # the server fills sympy's caches
        costs = [Cost("(the idle server)", 0, difference(memory(), before))]
        for what, program, count in (("small", SMALL, small), ("sympy", SYMPY, sympy)):
            costs.append(await live(sandbox, what, program, count))
        return costs


async def live(sandbox: ProcessSandbox, what: str, program: str, count: int) -> Cost:
    """Sessions that have all run a program and are all still there."""
    await asyncio.to_thread(wait_until_idle, os.getpid())  # until the sessions before are gone
    before, turn = memory(), asyncio.Semaphore(OPEN_AT_ONCE)
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(await sandbox.open()) for _ in range(count)]

        async def first(number: int) -> None:
            async with turn:
                seen = await sessions[number].run(Program(program.format(number + 1)))
            if not seen.ok:
                sys.exit(f"session {number + 1} of {count} failed: {seen.status}: {seen.error}")

        await asyncio.gather(*map(first, range(count)))
        again = await asyncio.gather(*(session.run(Program("1 + 1")) for session in sessions))
        if any(seen.value != "2" for seen in again):
            sys.exit("a session did not live on")
        return Cost(what, count, difference(memory(), before))


def memory() -> Memory:
    """Now."""
    family = list(below(os.getpid()))[1:]
    rollups = [rollup(pid) for pid in family]
    private = sum(found.get("Private_Clean", 0) + found.get("Private_Dirty", 0) for found in rollups)
    machine = kilobytes(Path("/proc/meminfo"))
    return Memory(
        (machine["MemTotal"] - machine["MemAvailable"]) / 1024,
        private / 1024,
        sum(found.get("Pss", 0) for found in rollups) / 1024,
        len(family),
    )


def difference(now: Memory, before: Memory) -> Memory:
    """What came in between."""
    return Memory(
        now.taken - before.taken,
        now.private - before.private,
        now.proportional - before.proportional,
        now.processes - before.processes,
    )


def rollup(pid: int) -> dict[str, int]:
    """The account of one process; empty when it may not be read."""
    try:
        return kilobytes(Path(f"/proc/{pid}/smaps_rollup"))
    except OSError:
        return {}


def kilobytes(file: Path) -> dict[str, int]:
    """The lines of the kernel's `Name: 123 kB` files."""
    words = (line.split() for line in file.read_text().splitlines())
    return {word[0].rstrip(":"): int(word[1]) for word in words if len(word) == 3 and word[2] == "kB"}


def table(costs: list[Cost]) -> Table:
    """Numbers of all sessions, and of one."""
    table = Table("sessions after", title=f"Live sessions (1,000 may take {ALLOWED_GB:g} GB)", title_justify="left")
    for column in (
        "number",
        "taken MB",
        "private MB",
        "PSS MB",
        "processes",
        "taken MB each",
        "1,000 would take GB",
        "met",
    ):
        table.add_column(column, justify="right")
    for cost in costs:
        added = cost.added
        numbers = (f"{added.taken:.0f}", f"{added.private:.0f}", f"{added.proportional:.0f}", str(added.processes))
        met = "yes" if added.taken <= 1024 * ALLOWED_GB else "no"
        verdict = (f"{added.private / cost.sessions:.2f}", met) if cost.sessions else ("", "")
        table.add_row(cost.what, str(cost.sessions), *numbers, *verdict)
    return table


if __name__ == "__main__":
    main()
