"""The sessions that have a child: a bounded number, and none that has been idle for long.

A session that loses its child here keeps its past, and brings its variables back when it is used again.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import ProcessSession


class Residents:
    """Sessions with a child, the least recently used first."""

    def __init__(self, most: int, idle_s: float) -> None:
        self._most = most
        self._idle_s = idle_s
        self._since: dict[ProcessSession, float] = {}
        self._timer: tuple[asyncio.AbstractEventLoop, asyncio.TimerHandle] | None = None

    def __len__(self) -> int:
        return len(self._since)

    def use(self, session: ProcessSession) -> None:
        """The session runs a program now; when there are too many, another one loses its child."""
        self._since.pop(session, None)
        self._since[session] = time.monotonic()
        if len(self._since) > self._most:
            idle = next((one for one in self._since if not one.busy), None)
            if idle is not None:
                idle.park()
        loop = asyncio.get_running_loop()
        if self._timer is None or self._timer[0] is not loop:
            self._timer = loop, loop.call_later(self._idle_s, self._sweep)

    def drop(self, session: ProcessSession) -> None:
        """The session has no child any more."""
        self._since.pop(session, None)

    def _sweep(self) -> None:
        """Take the child of every session that was idle for too long, and look again when the next one may be."""
        self._timer = None
        latest = time.monotonic() - self._idle_s
        for session in [one for one, since in self._since.items() if since <= latest and not one.busy]:
            session.park()
        if self._since:
            loop = asyncio.get_running_loop()
            wait_s = max(0.05, min(self._since.values()) - latest)
            self._timer = loop, loop.call_later(wait_s, self._sweep)
