"""The sessions that have a child: a bounded number, in bounded memory, and none that has been idle for long.

A session that loses its child here keeps its past, and brings its variables back when it is used again. What a child takes
is not measured, because nobody outside may look at it; it is known from the kind of child, and what a program keeps in its
variables comes on top (see `Limits`).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from .channel import Kind

CHILD_MB: dict[Kind, int] = {"lite": 3, "symbolic": 12}
"""Memory of a child after a small program: what it does not share with the server (benchmarks/sandbox_memory.py)."""
LATE_MB = 36
"""Memory of a lite child that had to import sympy itself."""


class Resident(Protocol):
    """A session, as far as it matters here."""

    busy: bool
    """Whether a program runs in it now."""

    def park(self) -> None:
        """Give up the child, and tell `Residents.drop`."""
        ...


@dataclass(frozen=True, slots=True)
class _Stay:
    """A session's child."""

    since_s: float
    """When it was used last, on the monotonic clock."""
    child_mb: int
    """What it takes."""


class Residents:
    """Sessions with a child, the least recently used first."""

    def __init__(self, most: int, most_mb: int, idle_s: float) -> None:
        self._most = most
        self._most_mb = most_mb
        self._idle_s = idle_s
        self._taken_mb = 0
        self._stays: dict[Resident, _Stay] = {}
        self._timer: tuple[asyncio.AbstractEventLoop, asyncio.TimerHandle] | None = None

    def __len__(self) -> int:
        return len(self._stays)

    def use(self, session: Resident, child_mb: int) -> None:
        """The session runs a program now, in a child that takes this much; where it is too much, others lose theirs."""
        self.drop(session)
        self._stays[session] = _Stay(time.monotonic(), child_mb)
        self._taken_mb += child_mb
        while len(self._stays) > self._most or self._taken_mb > self._most_mb:
            idle = next((one for one in self._stays if not one.busy), None)
            if idle is None:
                break
            idle.park()
        loop = asyncio.get_running_loop()
        if self._timer is None or self._timer[0] is not loop:
            self._timer = loop, loop.call_later(self._idle_s, self._sweep)

    def drop(self, session: Resident) -> None:
        """The session has no child any more."""
        stay = self._stays.pop(session, None)
        if stay is not None:
            self._taken_mb -= stay.child_mb

    def _sweep(self) -> None:
        """Take the child of every session that was idle for too long, and look again when the next one may be."""
        self._timer = None
        latest = time.monotonic() - self._idle_s
        for session in [one for one, stay in self._stays.items() if stay.since_s <= latest and not one.busy]:
            session.park()
        if self._stays:
            loop = asyncio.get_running_loop()
            wait_s = max(0.05, min(stay.since_s for stay in self._stays.values()) - latest)
            self._timer = loop, loop.call_later(wait_s, self._sweep)
