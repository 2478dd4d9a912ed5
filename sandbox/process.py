"""The default sandbox: no daemon, no root; a warm server that is walled in once, and one forked child per session.

`start` only executes the server, so its import of sympy overlaps with whatever the application loads meanwhile.
Sessions run in parallel, a bounded number of blocks at a time. The same object may be used by several event loops one
after another.
"""

from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import Literal, Self

from .channel import Channel, Kind
from .live import ProcessSession
from .program import Limits
from .session import SandboxError
from .supervisor import START_S, Supervisor
from .system import HERE, NOWHERE, System

Policy = Literal["check", "restricted", "off"]
"""Python-level rules: refuse early and say why, rewrite with guards as well, or none."""

Tier = Literal["A", "B", "C", "D"]
"""Strength of the isolation, `A` strongest."""


class ProcessSandbox:
    """Sessions in forked children of one isolated server.

    Without `min_tier`, tier B or better may serve, and on macOS, which has no better, tier C. `system` says what the walls
    are built from; naming another than this machine's own gives up most of them and is for tests.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        policy: Policy = "check",
        min_tier: Tier | None = None,
        concurrency: int | None = None,
        system: System | None = HERE,
    ) -> None:
        self.limits = limits or Limits()
        """What a program may use unless its call says otherwise."""
        self._policy: Policy = policy
        self._system: System | None = system
        self._min_tier: Tier = min_tier or ("C" if system == "darwin" else "B")
        self._concurrency = concurrency or _cores()
        self.closed = False
        """Whether `close` was the last word; `start` and `open` take it back."""
        self._server: Supervisor | None = None
        self._spares: dict[Kind, Channel] = {}
        self._slots: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    def start(self) -> None:
        """Start the server and return at once; `open` does it too, but later."""
        self.closed = False
        if self._server is None and self._system is not None:
            self._server = Supervisor(self._policy, self._min_tier, self._system)
            self._spares = {"lite": self._server.spawn("lite"), "symbolic": self._server.spawn("symbolic")}

    async def open(self, seed: int = 0) -> ProcessSession:
        """A new session. Raises `SandboxError` when the isolation that was asked for is not to be had."""
        self.start()
        await (await self._living()).hello()
        return ProcessSession(self, seed)

    async def close(self) -> None:
        """End every session and the server; returns when no process is left."""
        self.closed = True
        await self._stop()

    async def _living(self) -> Supervisor:
        """The running server; a dead one is replaced."""
        if self._server is not None and not self._server.alive:
            await self._stop()
        self.start()
        if self._server is None:
            raise SandboxError(NOWHERE)
        return self._server

    async def _stop(self) -> None:
        server, self._server = self._server, None
        for spare in self._spares.values():
            spare.close()
        self._spares = {}
        if server is not None:
            await server.close()

    async def child(self, kind: Kind) -> tuple[Supervisor, Channel]:
        """A child that waits for its first block, and its server. Raises `SandboxError` without one."""
        if self.closed:
            raise SandboxError("the sandbox is closed; open a new session")
        words = ""
        for _ in range(2):
            server = await self._living()
            await server.hello()
            channel = self._spares.pop(kind)
            self._spares[kind] = server.spawn(kind)
            if await channel.ready(START_S):
                return server, channel
            channel.close()
            words = server.last_words()
        raise SandboxError(f"the sandbox server starts no programs: {words}")

    def slot(self) -> asyncio.Semaphore:
        """Bounds the number of blocks that run at once, in the running event loop."""
        loop = asyncio.get_running_loop()
        if self._slots is None or self._slots[0] is not loop:
            self._slots = loop, asyncio.Semaphore(self._concurrency)
        return self._slots[1]

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
