"""Soak of the sandbox: thousands of programs, a fifth of them hostile, many sessions at once, every answer checked.

The hostile programs (see `soak_programs`) run without a Python policy beside the good ones, in the same server. At 10 %,
50 % and 100 % all sessions are closed, and what is left is measured: processes, zombies, descriptors, memory.

    python benchmarks/sandbox_soak.py [programs] [--sessions N] [--seed N]
    python benchmarks/sandbox_soak.py [programs] --load      # the same list again beside four spinning processes per core
    python benchmarks/sandbox_soak.py [programs] --kill 0.5  # kill -9 of a random process every 0.5 s or so

With `--kill` a program may end as `memory` when its process was killed, as `infra_error` when the server was killed time
and again, and may miss its variables when it is told so; nothing else may change, and every program is answered once.
Exit code 1 when anything is wrong. Needs root, or the right to read what the server's processes hold.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from soak_programs import Block, plans

from mathsolve.sandbox import Observation, ProcessSandbox, Program

SHARES = (0.1, 0.5, 1.0)
"""Where everything is measured."""
SPARES = 4 * len(os.sched_getaffinity(0))
"""Most children that may wait for work."""
GROWTH_MB = 8.0
"""Memory that the application or the server may gain between the first and the last measurement."""


@dataclass(frozen=True, slots=True)
class Process:
    """A living process below this one."""

    pid: int
    """Its number."""
    role: str
    """`server`, `owner`, `lite`, `symbolic` or `child`."""
    state: str
    """As in /proc: `Z` is a zombie."""
    ticks: int
    """Processor time that it has used."""


def processes(others: set[int]) -> list[Process]:
    """Everything below this process but `others`; the first child of the lite zygote is the sympy zygote."""
    below: dict[int, list[list[str]]] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, IndexError):  # no process, or gone meanwhile
            words = (entry / "stat").read_text().rpartition(")")[2].split()
            below.setdefault(int(words[1]), []).append([words[19], entry.name, *words])
    found, level = list[Process](), {os.getpid()}
    for role in ("server", "owner", "lite", "symbolic", "child"):
        here = [row for pid in level for row in below.get(pid, []) if int(row[1]) not in others]
        here.sort(key=lambda row: (int(row[0]), int(row[1])))
        level = {int(row[1]) for row in here}
        for place, row in enumerate(here):
            own = "child" if role == "symbolic" and place else role
            found.append(Process(int(row[1]), own, row[2], int(row[13]) + int(row[14])))
    return found


@dataclass(frozen=True, slots=True)
class Usage:
    """What the application and its server hold while no session is open."""

    names = ("fds app", "fds server", "RSS app", "RSS server", "PSS app", "PSS server", "processes", "zombies")
    values: tuple[float, ...]
    """In that order; memory in MiB."""


def usage(living: list[Process]) -> Usage:
    """Measured now; only its proportional memory counts the children that wait for work to the server."""
    whole = [process for process in living if process.state != "Z"]
    here, server = [os.getpid()], [process.pid for process in whole if process.role != "child"]
    every = [process.pid for process in whole]
    files = [sum(1 for pid in pids for _ in Path(f"/proc/{pid}/fd").iterdir()) for pids in (here, server)]
    held = [memory(here, "Rss"), memory(server, "Rss"), memory(here, "Pss"), memory(every, "Pss")]
    return Usage((*files, *held, len(living), len(living) - len(whole)))


def memory(pids: list[int], kind: str) -> float:
    """MiB of these processes."""
    texts = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return (
        sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith(kind + ":")) / 1024
    )


@dataclass(slots=True)
class Soak:
    """One run over a list of sessions."""

    sandbox: ProcessSandbox
    """Without a Python policy."""
    others: set[int]
    """Processes that are not the sandbox's."""
    answers: list[list[str]]
    """Statuses of every session, in order."""
    kills: list[tuple[float, str]] = field(default_factory=list)
    """When what was killed."""
    excused: Counter[str] = field(default_factory=Counter)
    """Answers that only a kill explains."""
    wrong: list[str] = field(default_factory=list)
    """All that should not have happened."""
    waits: list[float] = field(default_factory=list)
    """Wall seconds of the good programs."""

    async def sessions(self, todo: Iterator[tuple[int, list[Block]]]) -> None:
        """Run sessions until there are none left."""
        for number, blocks in todo:
            try:
                async with await self.sandbox.open(number) as session:
                    told, since = "", time.monotonic()
                    for block in blocks:
                        seen = await session.run(Program(block.code), block.limits)
                        self.answers[number].append(seen.status)
                        told += seen.error or ""
                        excuse = self.excuse(block, seen, told, since)
                        self.excused[excuse] += bool(excuse)
                        since = time.monotonic()
                        if seen.status == "ok":
                            self.waits.append(seen.wall_s)
            except Exception as error:  # whatever `run` raises is what this looks for
                self.wrong.append(
                    f"session {number} raised {error!r}: {blocks[len(self.answers[number])].code[:200]!r}"
                )
                self.answers[number].append("raised")

    def excuse(self, block: Block, seen: Observation, told: str, since: float) -> str:
        """Empty when the answer is right; otherwise the kill that explains it, and without one it is wrong."""
        if seen.status in block.ends and block.text in (None, seen.text):
            return ""
        struck = Counter("child" if role == "child" else "server" for when, role in self.kills if when > since - 1)
        if seen.status == "memory" and "the system killed" in (seen.error or "") and struck["child"]:
            return "child"
        if seen.status == "infra_error" and struck["server"] > 2:
            return "server"
        if self.kills and seen.status == "error" and "NameError" in told and "variables are gone" in told:
            return "variables"
        self.wrong.append(f"{seen.status} instead of {block.ends} for {block.code[:200]!r}: {seen.text[:200]!r}")
        return ""

    def check(self, sessions: list[list[Block]]) -> None:
        """Every program answered once, and no more excuses than kills."""
        for number, (blocks, statuses) in enumerate(zip(sessions, self.answers, strict=True)):
            if len(statuses) != len(blocks):
                self.wrong.append(f"session {number}: {len(statuses)} answers to {len(blocks)} programs")
        if self.excused["child"] > sum(role == "child" for _, role in self.kills):
            self.wrong.append("more programs ended as `memory` than processes were killed")

    def compare(self, first: Usage, last: Usage) -> None:
        """What must not have grown between the first and the last measurement. Children that wait hold files, too."""
        idle = [held.values[-2] - 4 for held in (first, last)]
        for name, before, after in zip(Usage.names[:6], first.values, last.values, strict=False):
            files = (
                idle[1] - idle[0] if not self.kills else SPARES
            )  # those that were killed while waiting have theirs open
            allowed = {"fds app": 2, "fds server": 1}.get(name, 0) * files + GROWTH_MB * ("SS" in name)
            if after > before + allowed and not (self.kills and "server" in name):
                self.wrong.append(f"{name} grew from {before:g} to {after:g}")
        if idle[1] > SPARES or last.values[-1]:
            self.wrong.append(f"{idle[1]:g} children and {last.values[-1]:g} zombies are left of closed sessions")


async def settled(run: Soak) -> Usage:
    """What is held once the processes of closed sessions are gone and the server has filled its caches, or after a minute."""
    for code in ("1", "import sympy"):  # a server that was killed last is replaced
        async with await run.sandbox.open() as session:
            await session.run(Program(code))
    before = list[Process]()
    for _ in range(60):
        living = processes(run.others)
        if living == before:
            break
        before = living
        await asyncio.sleep(1)
    return usage(living)


async def soak(sessions: list[list[Block]], width: int, others: set[int], kill_s: float) -> Soak:
    """Run all sessions, `width` at a time, and measure."""
    async with ProcessSandbox(policy="off", concurrency=max(8, width // 4)) as sandbox:
        run = Soak(sandbox, others, [[] for _ in sessions])
        show("start", 0, run, await settled(run))
        start = time.monotonic()
        done, seen = 0, list[Usage]()
        for share in SHARES:
            upto = round(len(sessions) * share)
            todo = iter(list(enumerate(sessions))[done:upto])
            with striking(run, kill_s):
                await asyncio.gather(*(run.sessions(todo) for _ in range(width)))
            done = upto
            seen.append(await settled(run))
            show(f"{share:.0%}", time.monotonic() - start, run, seen[-1])
        run.check(sessions)
        run.compare(seen[0], seen[-1])
    if left := processes(others):
        run.wrong.append(f"left behind: {left}")
    return run


@contextmanager
def striking(run: Soak, mean_s: float) -> Iterator[None]:
    """Kill random processes of the sandbox meanwhile, on average one every `mean_s` seconds; none when that is 0."""
    stop = threading.Event()

    def strike() -> None:
        while mean_s and not stop.wait(random.expovariate(1 / mean_s)):
            (role,) = random.choices(("child", "lite", "symbolic", "owner", "server"), (36, 1, 1, 1, 1))
            victims = [process.pid for process in processes(run.others) if process.role == role]
            if victims:
                run.kills.append((time.monotonic(), role))
                with suppress(ProcessLookupError):  # it was quicker
                    os.kill(random.choice(victims), signal.SIGKILL)

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def spinning(number: int) -> Iterator[set[int]]:
    """That many processes that do nothing but take processor time."""
    spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield {spinner.pid for spinner in spinners}
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def show(name: str, seconds: float, run: Soak, held: Usage) -> None:
    """One line of the table."""
    done = sum(map(len, run.answers))
    rate = done / seconds if seconds else 0.0
    cells = " ".join(f"{value:>10.0f}" for value in held.values)
    print(f"{name:>6} {done:>7} {seconds:>7.0f} {rate:>7.1f} {len(run.wrong):>5} {cells}", flush=True)


def report(run: Soak) -> None:
    """Statuses, waiting times and all that went wrong."""
    counts = Counter(status for statuses in run.answers for status in statuses)
    print("statuses:", ", ".join(f"{status} {count}" for status, count in counts.most_common()))
    if len(run.waits) > 1:
        cuts = statistics.quantiles(run.waits, n=100)
        print(f"programs that ended well: p50 {cuts[49] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms")
    if run.kills:
        print("killed:", dict(Counter(role for _, role in run.kills)), "explains:", dict(+run.excused))
    for line in run.wrong[:50]:
        print("WRONG", line)
    print(f"{len(run.wrong)} wrong")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=int, nargs="?", default=20_000)
    parser.add_argument("--sessions", type=int, default=32, help="open at the same time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--load", action="store_true", help="run the list twice, the second time on a busy machine")
    parser.add_argument("--kill", type=float, default=0.0, metavar="SECONDS", help="mean time between kills")
    asked = parser.parse_args()
    sessions = plans(asked.programs, asked.seed)
    print(f"{'':>6} {'done':>7} {'s':>7} {'per s':>7} {'wrong':>5}", *(f"{name:>10}" for name in Usage.names))
    runs = [asyncio.run(soak(sessions, asked.sessions, set(), asked.kill))]
    if asked.load:
        with spinning(4 * len(os.sched_getaffinity(0))) as others:
            runs.append(asyncio.run(soak(sessions, asked.sessions, others, asked.kill)))
        for blocks, before, after in zip(sessions, runs[0].answers, runs[1].answers, strict=True):
            if before != after:
                runs[1].wrong.append(f"{before} became {after}: {blocks[0].code[:200]!r}")
    for run in runs:
        report(run)
    sys.exit(any(run.wrong for run in runs))


if __name__ == "__main__":
    main()
