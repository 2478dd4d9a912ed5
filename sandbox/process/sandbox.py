"""The default sandbox: no daemon, no root; a warm server that is walled in once, and one forked child per session.

`start` only executes the server, so its import of sympy overlaps with whatever the application loads meanwhile.
Sessions run in parallel, a bounded number of blocks at a time. The same object may be used by several event loops one
after another.
"""

from __future__ import annotations

import asyncio
import os
import resource
from typing import Literal

from ..conditions import Conditions, conditions
from ..metrics import Meter, Metrics
from ..program import Limits
from ..session import Mode, Sandbox, SandboxError, Setting
from ..system import HERE, NOWHERE, System
from ..turns import Turns
from .channel import Channel, Kind
from .residents import Residents
from .session import ProcessSession
from .spares import Spares
from .supervisor import ServerDied, Supervisor

SPARES_PER_CORE = 2
"""Most children of one kind that wait for their first block."""
STARTS = 6
"""Servers that are tried one after the other before the sandbox gives up."""
MOST_SESSIONS = 1_000
"""Sessions that keep a child, where there are open files enough."""
CHILDREN_MB = 8_000
"""Memory that their children may take together, without what programs keep in their variables."""

Policy = Literal["check", "restricted", "off"]
"""Python-level rules: refuse early and say why, rewrite with guards as well, or none."""

Tier = Literal["A", "B", "C", "D"]
"""Strength of the isolation, `A` strongest."""


class ProcessSandbox(Sandbox):
    """Sessions in forked children of one isolated server.

    Without `min_tier`, tier B or better may serve, and on macOS, which has no better, tier C. `system` says what the walls
    are built from; naming another than this machine's own gives up most of them and is for tests.

    `concurrency` blocks run at once, as many as there are cores unless said otherwise; `waiting` more may wait for their
    turn, and beyond that `run` raises `SandboxError`. At most `sessions` keep a child, as many as this process may have
    open files for unless said otherwise, only as many as fit in `children_mb` of memory, and none that was idle for
    `idle_s`; the others are rebuilt when they are used.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        policy: Policy = "check",
        min_tier: Tier | None = None,
        concurrency: int | None = None,
        system: System | None = HERE,
        *,
        waiting: int = 100_000,
        sessions: int | None = None,
        children_mb: int = CHILDREN_MB,
        idle_s: float = 600.0,
    ) -> None:
        self.limits = limits or Limits()
        """What a program may use unless its call says otherwise."""
        self.waiting = waiting
        """Programs that may wait for their turn."""
        self.meter = Meter()
        """Counts what happens."""
        self.closed = False
        """Whether `close` was the last word; `start` and `open` take it back."""
        self.residents = Residents(sessions or _room(), children_mb, idle_s)
        """Sessions that have a child."""
        self._policy: Policy = policy
        self._system: System | None = system
        self._min_tier: Tier = min_tier or ("C" if system == "darwin" else "B")
        self._concurrency = concurrency or _cores()
        self._spares: Spares | None = None
        self._turns: tuple[asyncio.AbstractEventLoop, Turns] | None = None

    def start(self) -> None:
        """Start the server and return at once; `open` does it too, but later."""
        self.closed = False
        if self._spares is None and self._system is not None:
            server = Supervisor(self._policy, self._min_tier, self._system)
            self._spares = Spares(server, SPARES_PER_CORE * _cores())

    async def open(
        self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = ""
    ) -> ProcessSession:
        """A new session; see `Sandbox.open`. Raises `SandboxError` when the isolation asked for is not to be had."""
        setting = Setting(seed, mode, preset)
        self.start()
        await self._serving()
        return ProcessSession(self, setting, caller)

    async def close(self) -> None:
        """End every session and the server; returns when no process is left."""
        self.closed = True
        await self._stop()

    def metrics(self) -> Metrics:
        """What happened so far, and how things stand."""
        return self.meter.metrics(self._turns[1].waiting if self._turns else 0, len(self.residents))

    async def conditions(self) -> Conditions:
        """Everything that results depend on, for whoever has to explain a run; starts the server if there is none."""
        self.start()
        server = (await self._serving()).server
        return conditions(server.tier, self._policy if server.tier in ("A", "B") else "restricted", self.limits)

    async def child(self, kind: Kind) -> tuple[Supervisor, Channel]:
        """A child that waits for its first block, and its server. Raises `SandboxError` without one."""
        words = ""
        for _ in range(STARTS):
            spares = await self._serving()
            channel = await spares.take(kind)
            if channel is not None:
                return spares.server, channel
            words = spares.server.last_words()
        raise SandboxError(f"the sandbox server starts no programs: {words}")

    async def _serving(self) -> Spares:
        """The spares of a server that has said hello; a dead one is replaced."""
        trouble = SandboxError("the sandbox server was replaced again and again")
        for _ in range(STARTS):
            spares = await self._living()
            try:
                await spares.server.hello()
            except ServerDied as error:
                trouble = error
            else:
                if spares is self._spares:  # nobody has closed or replaced it meanwhile
                    return spares
        raise trouble

    async def _living(self) -> Spares:
        """The spares of a running server."""
        if self._spares is not None and not self._spares.server.alive:
            self.meter.restarts += 1
            await self._stop()
        if self.closed:
            raise SandboxError("the sandbox is closed; open a new session")
        self.start()
        if self._spares is None:
            raise SandboxError(NOWHERE)
        return self._spares

    async def _stop(self) -> None:
        spares, self._spares = self._spares, None
        if spares is not None:
            spares.close()
            await spares.server.close()

    def turns(self) -> Turns:
        """Bounds the number of blocks that run at once, in the running event loop."""
        loop = asyncio.get_running_loop()
        if self._turns is None or self._turns[0] is not loop:
            self._turns = loop, Turns(self._concurrency, self.waiting)
        return self._turns[1]


def _cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _room() -> int:
    """Sessions that this process has open files for: two each, and some are left for everything else."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_SESSIONS if files == resource.RLIM_INFINITY else min(MOST_SESSIONS, max(8, (files - 256) // 2))
