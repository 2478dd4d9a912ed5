"""`DockerSandbox`: opens sessions in a few hardened containers, and starts and ends what they need."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import asdict, replace

from ..conditions import Conditions
from ..metrics import Meter, Metrics
from ..process import Policy, Tier
from ..program import Limits
from ..session import Mode, Sandbox, Setting
from ..turns import Turns
from .daemon import Recipe
from .fleet import Fleet, Terms
from .image import image_name
from .relay import Settings
from .session import DockerSession
from .stage import Stage

SERVER_MB = 1024
"""Memory of a container beyond what its running programs may use: the servers, and the sessions that wait."""


class DockerSandbox(Sandbox):
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
        self.meter = Meter()
        """Counts what happens."""
        self._waiting = waiting
        self._concurrency = concurrency or os.cpu_count() or 1
        self._settings = Settings(policy, min_tier, self._concurrency)
        self._terms = terms or Terms()
        self._image = image
        self._lock = threading.Lock()
        self._stage: Stage | None = None

    def start(self) -> None:
        """Start the first containers and return at once; `open` does it too, but later."""
        self._started()

    async def open(
        self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = ""
    ) -> DockerSession:
        """A new session; see `Sandbox.open`. Raises `SandboxError` when there is no container to be had."""
        setting = Setting(seed, mode, preset)
        stage = self._started()
        await stage.call(stage.fleet.container)
        return DockerSession(stage, setting, self.limits, Turns(1, self._waiting), caller)

    async def conditions(self) -> Conditions:
        """As the container tells them; see `Sandbox.conditions`."""
        stage = self._started()
        container = await stage.call(stage.fleet.container)
        return replace(container.conditions, limits=self.limits)

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

    def _started(self) -> Stage:
        with self._lock:
            if self._stage is None:
                turns = Turns(self._concurrency, self._waiting)
                self._stage = Stage(turns, self.meter, lambda: Fleet(self._recipe, self._terms, self.meter))
            return self._stage

    def _recipe(self) -> Recipe:
        memory_mb = SERVER_MB + self._concurrency * self.limits.memory_mb
        image = self._image or image_name()
        return Recipe(image, json.dumps(asdict(self._settings)), memory_mb, self._concurrency + 1)
