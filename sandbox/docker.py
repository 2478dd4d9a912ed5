"""The docker sandbox: sessions in containers instead of on the machine itself, for those who want one more wall.

A container holds a relay that runs the process sandbox inside (see `relay`), so a session costs what it costs there plus
the way to the container; it is not a container per session. The containers live in an event loop in a thread of its own,
so the same object may be used by several event loops, and the SDK, which blocks, holds up none of them.

Covered: what the process sandbox covers, and besides: the machine's files, even their names, are not there; there is no
network to reach; all programs together cannot use more memory, processors or processes than the container has.
Not covered: a fault of the kernel, which the container shares with the machine unless the daemon has gVisor (`runsc`);
what a program that broke out of its own walls does to other sessions in the same container.

`Observation.tier` is what holds inside the container, without counting the container: B under Docker's own rules, because
they forbid new namespaces, and C under gVisor, which has no Landlock; there the policy is `restricted`.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self, TypeVar, get_args

from .daemon import Recipe
from .docked import DockerSession
from .fleet import Fleet, Terms
from .image import image_name
from .metrics import Meter, Metrics
from .preset import PRESETS
from .process import Policy, Tier
from .program import Limits
from .relay import Settings
from .session import Mode, SandboxError
from .turns import Turns

SERVER_MB = 1024
"""Memory of a container beyond what its running programs may use: the servers, and the sessions that wait."""

T = TypeVar("T")


class DockerSandbox:
    """Sessions in a few hardened containers.

    `image` names another image than that of this installation, such as one that was loaded from elsewhere.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        policy: Policy = "check",
        min_tier: Tier = "C",
        concurrency: int | None = None,
        terms: Terms | None = None,
        image: str | None = None,
        *,
        waiting: int = 100_000,
    ) -> None:
        self.limits = limits or Limits()
        """What a program may use unless its call says otherwise."""
        self.waiting = waiting
        """Programs that may wait for their turn."""
        self.meter = Meter()
        """Counts what happens."""
        self._concurrency = concurrency or os.cpu_count() or 1
        self._settings = Settings(policy, min_tier, self._concurrency)
        self._terms = terms or Terms()
        self._image = image
        self._lock = threading.Lock()
        self._stage: Backstage | None = None

    def start(self) -> None:
        """Start the first containers and return at once; `open` does it too, but later."""
        with self._lock:
            if self._stage is None:
                turns = Turns(self._concurrency, self.waiting)
                self._stage = Backstage(turns, lambda: Fleet(self._recipe, self._terms, self.meter))

    async def open(
        self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = ""
    ) -> DockerSession:
        """A new session; see `Sandbox.open`. Raises `SandboxError` when there is no container to be had."""
        if preset not in PRESETS:
            raise ValueError(f"preset {preset!r} is unknown; use one of {', '.join(PRESETS)}")
        if mode not in get_args(Mode):
            raise ValueError(f"mode {mode!r} is unknown; use one of {', '.join(get_args(Mode))}")
        self.start()
        await self.call(lambda stage: stage.fleet.container())
        return DockerSession(self, seed, mode, preset, caller)

    async def close(self) -> None:
        """End every session; returns when no container is left. Closing twice is fine."""
        with self._lock:
            stage, self._stage = self._stage, None
        if stage is not None:
            await asyncio.to_thread(stage.end)

    def metrics(self) -> Metrics:
        """What happened so far, and how things stand; `restarts` counts containers that failed."""
        with self._lock:
            stage = self._stage
        return self.meter.metrics(stage.turns.waiting, stage.fleet.sessions) if stage else self.meter.metrics(0, 0)

    async def call(self, work: Callable[[Backstage], Coroutine[Any, Any, T]]) -> T:
        """Do something where the containers are. Raises `SandboxError` when the sandbox is closed."""
        with self._lock:
            if self._stage is None:
                raise SandboxError("the sandbox is closed; open a new session")
            doing = self._stage.begin(work)
        return await asyncio.wrap_future(doing)

    def _recipe(self) -> Recipe:
        memory_mb = SERVER_MB + self._concurrency * self.limits.memory_mb
        image = self._image or image_name()
        return Recipe(image, json.dumps(asdict(self._settings)), memory_mb, self._concurrency + 1)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Backstage:
    """The event loop in which the containers live, and its thread."""

    def __init__(self, turns: Turns, fleet: Callable[[], Fleet]) -> None:
        self.turns = turns
        """Bounds the number of programs that run at once."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="docker sandbox", daemon=True)
        self._thread.start()
        self.fleet = asyncio.run_coroutine_threadsafe(_inside(fleet), self._loop).result()
        """The containers."""

    def begin(self, work: Callable[[Backstage], Coroutine[Any, Any, T]]) -> Future[T]:
        """Start doing something here."""
        return asyncio.run_coroutine_threadsafe(work(self), self._loop)

    def end(self) -> None:
        """Remove the containers, let everything that was begun come to its end, and end the thread. Blocks."""
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
