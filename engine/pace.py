"""How many attempts run at once: no rounds, and no attempt that is not needed any more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from operator import itemgetter

from .loop import Attempt


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
