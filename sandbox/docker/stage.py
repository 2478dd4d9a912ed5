"""Where the containers of a docker sandbox live: an event loop in a thread of its own.

So the same sandbox may be used by several event loops, and the SDK, which blocks, holds up none of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..metrics import Meter
from ..session import SandboxError
from ..turns import Turns
from .fleet import Fleet

T = TypeVar("T")


class Stage:
    """The containers, the turns of the programs, and the thread; from the start of a sandbox to its end."""

    def __init__(self, turns: Turns, meter: Meter, fleet: Callable[[], Fleet]) -> None:
        self.turns = turns
        """Bounds the number of programs that run at once."""
        self.meter = meter
        """Counts what happens."""
        self._lock = threading.Lock()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="docker sandbox", daemon=True)
        self._thread.start()
        self.fleet = asyncio.run_coroutine_threadsafe(_inside(fleet), self._loop).result()
        """The containers."""

    async def call(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something where the containers are. Raises `SandboxError` when the sandbox is closed."""
        with self._lock:
            if self._closed:
                raise SandboxError("the sandbox is closed; open a new session")
            doing = asyncio.run_coroutine_threadsafe(work(), self._loop)
        return await asyncio.wrap_future(doing)

    def end(self) -> None:
        """Remove the containers, let everything that was begun come to its end, and end the thread. Blocks."""
        with self._lock:
            self._closed = True
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        await self.fleet.close()
        begun = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*begun, return_exceptions=True)
        await self._loop.shutdown_default_executor()


async def _inside(fleet: Callable[[], Fleet]) -> Fleet:
    """Made where it belongs."""
    return fleet()
