"""How many run at once, of attempts at one problem and of problems: no rounds, no barrier, nothing that is not needed."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from .loop import Attempt

AHEAD = 2_000
"""Most solutions that wait for a slower one that was asked for before them."""
P = TypeVar("P")
S = TypeVar("S")
_END: Final[Any] = object()


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
) -> AsyncGenerator[list[S], None]:
    """Answers problems, `width` at a time, and yields what comes of them in the order of the problems, all that is there.

    A slow one keeps the others' results waiting, as many as `ahead`, and not their beginning. What reading the problems
    raises is raised after what came before. Closing the generator calls off what still runs, and waits until it has ended.
    """
    begun: deque[asyncio.Task[S]] = deque()
    running: set[asyncio.Task[S]] = set()
    news = asyncio.Event()

    def begin(problem: P) -> None:
        task = asyncio.create_task(answer(problem))
        begun.append(task)
        running.add(task)
        task.add_done_callback(ended)
        news.set()

    def ended(task: asyncio.Task[S]) -> None:
        running.discard(task)
        source.room.release()

    source = _Source(problems, width, max(width, ahead), begin, news.set)
    try:
        while begun or not source.over:
            if not begun:
                news.clear()
                await news.wait()
                continue
            await asyncio.wait([begun[0]])
            there: list[S] = []
            while begun and begun[0].done():
                there.append(begun.popleft().result())
            yield there
            source.held.release(len(there))
        if source.failure is not None:
            raise source.failure
    finally:
        source.close()
        called_off = list(running)
        for task in called_off:
            task.cancel()
        await asyncio.gather(*called_off, return_exceptions=True)


class _Source(Generic[P]):
    """Reads problems in a thread of its own, because the next one may be slow to come, and hands each to the loop at once.

    Nothing waits for anything but the next problem: a thread that had to be asked for each would be late for most of them.
    """

    def __init__(
        self, problems: Iterable[P], width: int, ahead: int, begin: Callable[[P], None], finish: Callable[[], None]
    ) -> None:
        self.room = threading.Semaphore(width)
        """Problems that may be begun now."""
        self.held = threading.Semaphore(ahead)
        """Problems that may be read before results are taken."""
        self.over = False
        """Whether all have been begun."""
        self.failure: Exception | None = None
        """What reading raised."""
        self._problems = problems
        self._begin = begin
        self._finish = finish
        self._closed = False
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="problems", daemon=True).start()

    def close(self) -> None:
        """Reads and begins no more."""
        self._closed = True
        self.room.release()
        self.held.release()

    def _read(self) -> None:
        failure = None
        try:
            source = iter(self._problems)
            while self._may_go_on() and (problem := next(source, _END)) is not _END:
                self._tell(self._hand_over, problem)
        except Exception as error:  # the caller's own, told where the caller hears it
            failure = error
        self._tell(self._end, failure)

    def _may_go_on(self) -> bool:
        self.held.acquire()
        self.room.acquire()
        return not self._closed

    def _tell(self, hear: Callable[[Any], None], what: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody hears it any more
            self._loop.call_soon_threadsafe(hear, what)

    def _hand_over(self, problem: P) -> None:
        if not self._closed:
            self._begin(problem)

    def _end(self, failure: Exception | None) -> None:
        self.failure, self.over = failure, True
        self._finish()
