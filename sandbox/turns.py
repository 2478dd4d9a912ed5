"""Whose block runs next: a bounded number at once, and those who wait are served in turn, caller by caller.

Promises: no caller waits longer because another one has put ten thousand blocks before it; a turn is never lost to a
caller that gave up waiting. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque

from .session import SandboxError


class Turns:
    """Hands out turns. Each `take` that returns has to be followed by one `give`."""

    def __init__(self, width: int, longest: int) -> None:
        self._free = width
        self._longest = longest
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        self.waiting = 0
        """How many wait for their turn."""

    async def take(self, caller: str) -> bool:
        """Wait for a turn; whether there was any wait. Raises `SandboxError` when too many wait already."""
        if self._free:
            self._free -= 1
            return False
        if self.waiting >= self._longest:
            raise SandboxError(
                f"{self.waiting} programs wait for their turn; raise `waiting`, or ask for fewer at once"
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn came in the same moment
                self.give()
            raise
        return True

    def give(self) -> None:
        """Pass the turn on: to the first block of the caller that was served least recently."""
        while self._queues:
            caller = next(iter(self._queues))
            queue = self._queues.pop(caller)
            turn = queue.popleft()
            self.waiting -= 1
            if queue:
                self._queues[caller] = queue
            if not turn.done():  # otherwise its caller has given up
                turn.set_result(None)
                return
        self._free += 1
