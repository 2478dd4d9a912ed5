"""How fast the sandbox answers, beside two yardsticks measured in the same run: `python -c` and a bare fork of a warm process.

The bare fork is a process that has imported sympy and forks a child per program without any isolation, limit or capture:
the least that a fresh interpreter state can cost. Ratios are what to compare between machines.

    python benchmarks/sandbox_speed.py [rounds]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from mathsolve.sandbox import ProcessSandbox, Program

PLAIN = "print(sum(n * n for n in range(100)))"
SYMBOLIC = "from sympy import symbols, solve\nx = symbols('x')\nprint(solve(x**2 - 5*x + 6, x))"
BARE_FORK = """
import json, os, sys, sympy
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        exec(json.loads(line), {})
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)
"""


def main() -> None:
    """Measure everything and print one table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    times: dict[str, list[float]] = {}
    for name, code in (("plain", PLAIN), ("sympy", SYMBOLIC)):
        times[f"{name}: python -c"] = timed(lambda code=code: python_c(code), max(5, rounds // 10))
        times[f"{name}: bare fork"] = bare_fork(code, rounds)
    times |= asyncio.run(sandboxed(rounds))
    show(times)


def timed(action: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return seconds


def python_c(code: str) -> None:
    """A fresh interpreter."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def bare_fork(code: str, rounds: int) -> list[float]:
    """A child of a warm process, without isolation."""
    command = [sys.executable, "-u", "-c", BARE_FORK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as server:
        assert server.stdin is not None and server.stdout is not None

        def once() -> None:
            print(json.dumps(code), file=server.stdin, flush=True)
            server.stdout.readline()

        once()
        return timed(once, rounds)


async def sandboxed(rounds: int) -> dict[str, list[float]]:
    """Ours: cold start, first result of a new session, a block of a live session, many sessions at once."""
    times: dict[str, list[float]] = {}
    start = time.perf_counter()
    async with ProcessSandbox() as sandbox:
        for name, code in (("plain", PLAIN), ("sympy", SYMBOLIC)):
            await first_result(sandbox, code)
            times[f"{name}: sandbox, cold start"] = [time.perf_counter() - start]
        await asyncio.sleep(4)  # the idle server fills sympy's caches
        for name, code in (("plain", PLAIN), ("sympy", SYMBOLIC)):
            await first_result(sandbox, code)
            times[f"{name}: sandbox, new session"] = [await first_result(sandbox, code) for _ in range(rounds)]
            times[f"{name}: sandbox, live session"] = await live_session(sandbox, code, rounds)
            start = time.perf_counter()
            await asyncio.gather(*(first_result(sandbox, code) for _ in range(rounds)))
            times[f"{name}: sandbox, {rounds} at once, each"] = [(time.perf_counter() - start) / rounds]
    return times


async def first_result(sandbox: ProcessSandbox, code: str) -> float:
    """Seconds from opening a session to the first observation."""
    start = time.perf_counter()
    async with await sandbox.open() as session:
        seen = await session.run(Program(code))
    assert seen.ok, seen
    return time.perf_counter() - start


async def live_session(sandbox: ProcessSandbox, code: str, rounds: int) -> list[float]:
    """Seconds of each block in one session."""
    async with await sandbox.open() as session:
        return [(await session.run(Program(code))).wall_s for _ in range(rounds)]


def show(times: dict[str, list[float]]) -> None:
    """One line per case, with how many times longer the yardsticks take."""
    print(f"{'case':38} {'p50 ms':>9} {'p99 ms':>9}   python -c / it   it / bare fork")
    for case, seconds in times.items():
        name = case.split(":")[0]
        middle, slow = statistics.median(seconds), sorted(seconds)[int(0.99 * (len(seconds) - 1))]
        python, fork = (statistics.median(times[f"{name}: {other}"]) for other in ("python -c", "bare fork"))
        print(f"{case:38} {middle * 1e3:9.2f} {slow * 1e3:9.2f} {python / middle:14.1f} x {middle / fork:12.2f} x")


if __name__ == "__main__":
    main()
