"""Takes the samples of a run: many at a time, each recorded as soon as it is there.

Promises: a slow sample holds up no other; what is recorded is what would have been without an interruption; a halt lets
what is nearly done end, for at most `GRACE_S`, and drops the rest, which the next call takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from ...engine.solver import Solver
from .draw import Draw
from .journal import SYNC_S, Journal
from .take import take
from .tally import Tally
from .verdicts import Verdicts

GRACE_S = 3.0
"""How long samples in progress may go on after a halt."""


class Halt:
    """A request to end early, which may come from a signal handler or another thread."""

    def __init__(self) -> None:
        self.reason = ""
        """Why, once it was requested."""
        self.calls = 0
        """How often it was requested."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = asyncio.Event()

    def call(self, reason: str) -> None:
        """Requests the end. The first reason stands; a second call gives no grace."""
        self.reason = self.reason or reason
        self.calls += 1
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._called.set)

    async def called(self, times: int = 1) -> None:
        """Returns when the end was requested so often."""
        self._loop = asyncio.get_running_loop()
        while self.calls < times:
            self._called.clear()
            await self._called.wait()


async def evaluate(
    solver: Solver,
    draws: Iterable[Draw],
    journal: Journal,
    tally: Tally,
    *,
    concurrency: int,
    most_failures: float,
    keep_tokens: bool = False,
    halt: Halt | None = None,
    seen: Callable[[], None] | None = None,
) -> None:
    """Takes and records all samples, on the solver's own loop.

    Args:
        draws: what to take; read as far as there is room.
        most_failures: failed samples after which the rest is not tried.
        halt: ends the run early; it tells the reason afterwards.
        seen: called a few times a second, to show the tally.

    Raises:
        MathsolveError: records cannot be written.
    """
    halt, verdicts, pending = halt or Halt(), Verdicts(solver.sandbox), iter(draws)

    async def work() -> None:
        for draw in pending:  # all workers draw from one source
            if halt.reason:
                return
            record = await take(solver, draw, verdicts, keep_tokens=keep_tokens)
            journal.add(record)
            tally.add(record)
            if tally.failed.total() > most_failures:
                halt.call("too many samples failed")

    try:
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(work()) for _ in range(min(concurrency, tally.planned))]
            beside = [group.create_task(each) for each in (_syncing(journal), _showing(seen), _ending(halt, workers))]
            await asyncio.wait(workers)
            for task in beside:
                task.cancel()
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _syncing(journal: Journal) -> None:
    """Has the disk keep the records, beside the loop, which must not wait for a disk."""
    while True:
        await asyncio.sleep(SYNC_S)
        await asyncio.to_thread(journal.sync)


async def _showing(seen: Callable[[], None] | None) -> None:
    while seen is not None:
        seen()
        await asyncio.sleep(0.25)


async def _ending(halt: Halt, workers: list[asyncio.Task[None]]) -> None:
    await halt.called()
    with suppress(TimeoutError):
        await asyncio.wait_for(halt.called(times=2), GRACE_S)
    for worker in workers:
        worker.cancel()
