"""How many run at once, of attempts at one problem and of problems: no rounds, no barrier, nothing that is not needed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar

from .loop import Attempt

AHEAD = 2_000
"""Most solutions that wait for a slower one that was asked for before them."""
P = TypeVar("P")
S = TypeVar("S")
_END: Final = object()


async def as_they_end(
    planned: Sequence[Attempt], width: int, lead: int = 0
) -> AsyncGenerator[tuple[int, Attempt], None]:
    """Runs attempts, `width` at a time, and yields each with its number when it has ended.

    The first `lead` of them run alone, for whoever may be content with those. Closing the generator calls off what still
    runs, and waits until it has ended.
    """
    running: dict[asyncio.Task[None], int] = {}
    waiting = deque(range(len(planned)))
    try:
        while running or waiting:
            leading = waiting[0] < lead if waiting else False
            while waiting and len(running) < width and (waiting[0] < lead) == leading:
                number = waiting.popleft()
                running[asyncio.create_task(planned[number].run())] = number
            done, _ = await asyncio.wait(
                running, return_when=asyncio.ALL_COMPLETED if leading else asyncio.FIRST_COMPLETED
            )
            for number, task in sorted(((running[task], task) for task in done), key=itemgetter(0)):
                del running[task]
                task.result()
                yield number, planned[number]
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def in_order(
    problems: Iterable[P], answer: Callable[[P], Coroutine[Any, Any, S]], width: int, ahead: int = AHEAD
) -> AsyncGenerator[S, None]:
    """Answers problems, `width` at a time, and yields what comes of each in the order of the problems.

    A slow one keeps the others' results waiting, as many as `ahead`, and not their beginning. The next problem is read when
    there is room for it, in a thread, because it may be slow to come. What reading raises is raised after what came before.
    Closing the generator calls off what still runs, and waits until it has ended.
    """
    begun: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    room, held = asyncio.Semaphore(width), asyncio.Semaphore(max(width, ahead))
    running: set[asyncio.Task[S]] = set()

    def ended(task: asyncio.Task[S]) -> None:
        running.discard(task)
        room.release()

    async def begin() -> None:
        source = iter(problems)
        while True:
            await held.acquire()
            await room.acquire()
            problem: Any = await asyncio.to_thread(next, source, _END)
            if problem is _END:
                return
            task = asyncio.create_task(answer(problem))
            running.add(task)
            task.add_done_callback(ended)
            begun.put_nowait(task)

    beginning = asyncio.create_task(begin())
    beginning.add_done_callback(begun.put_nowait)
    try:
        while (task := await begun.get()) is not beginning:
            yield await task
            held.release()
        await beginning
    finally:
        calling_off = (beginning, *running)
        for task in calling_off:
            task.cancel()
        await asyncio.gather(*calling_off, return_exceptions=True)
