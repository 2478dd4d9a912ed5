"""A few containers, so that one is always ready: started ahead, given out, looked after, recycled.

Promises: a container that died, does not answer, or has served long enough is replaced; one that is to go takes no new
sessions and is removed when its last one has left; `close` leaves none behind, and those of applications that died
without closing are removed before the first one is started. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..metrics import Meter
from ..session import SandboxError
from .container import Container
from .daemon import Recipe, sweep

CROWD = 256
"""Sessions in one container; when there are more, there are more containers."""
CHECK_S = 10.0
"""Seconds between two looks at every container."""
ANSWER_S = 120.0
"""How long a container may take to say that it lives; a busy machine makes it wait."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How containers are kept."""

    containers: int = 2
    """How many are kept ready."""
    runs: int = 5_000
    """Programs after which one is replaced."""
    age_s: float = 3_600.0
    """Seconds after which one is replaced."""


class Fleet:
    """The containers of one sandbox."""

    def __init__(self, recipe: Callable[[], Recipe], terms: Terms, meter: Meter) -> None:
        self.closed = False
        """Whether everything ends or has ended."""
        self._make_recipe = recipe
        self._terms = terms
        self._meter = meter
        self._containers: list[Container] = []
        self._starts: set[asyncio.Task[None]] = set()
        self._removals: set[asyncio.Task[None]] = set()
        self._recipe = asyncio.create_task(self._prepare())
        self._watch = asyncio.create_task(self._look_after())
        self._fill()

    @property
    def sessions(self) -> int:
        """How many live in the containers."""
        return sum(len(one.sessions) for one in self._containers)

    async def container(self) -> Container:
        """The least crowded one. Raises `SandboxError` when none can be started."""
        while not self.closed:
            self.tidy()
            self._fill()
            if ready := self._ready():
                return min(ready, key=lambda one: len(one.sessions))
            done, _ = await asyncio.wait(self._starts, return_when=asyncio.FIRST_COMPLETED)
            for start in done:
                if not start.cancelled():
                    start.result()
        raise SandboxError("the sandbox is closed; open a new session")

    def tidy(self) -> None:
        """Let go of what has ended, and of what has served long enough and is empty."""
        for one in list(self._containers):
            one.retired |= one.runs >= self._terms.runs or time.monotonic() - one.born_s >= self._terms.age_s
            if not one.alive or (one.retired and not one.sessions):
                self._meter.restarts += not one.alive
                self._containers.remove(one)
                _keep(self._removals, asyncio.create_task(one.remove()))

    async def close(self) -> None:
        """Remove all containers; returns when they are gone. Whoever waits for one gets no answer."""
        self.closed = True
        self._watch.cancel()
        for start in self._starts:
            start.cancel()
        for one in self._containers:
            _keep(self._removals, asyncio.create_task(one.remove()))
        self._containers.clear()
        await asyncio.gather(self._watch, self._recipe, *self._starts, *self._removals, return_exceptions=True)

    def _ready(self) -> list[Container]:
        return [one for one in self._containers if one.alive and not one.retired]

    def _fill(self) -> None:
        """Start what is missing."""
        wanted = max(self._terms.containers, self.sessions // CROWD + 1)
        for _ in range(len(self._ready()) + len(self._starts), wanted):
            _keep(self._starts, asyncio.create_task(self._start()))

    async def _start(self) -> None:
        if self._recipe.done() and self._recipe.exception():  # perhaps there is a daemon now
            self._recipe = asyncio.create_task(self._prepare())
        self._containers.append(await Container.start(await asyncio.shield(self._recipe)))

    async def _prepare(self) -> Recipe:
        await asyncio.to_thread(sweep)
        return await asyncio.to_thread(self._make_recipe)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            await asyncio.gather(*(one.answers(ANSWER_S) for one in self._containers))
            self.tidy()
            if self._containers:  # where none could be started, the next session tries again and hears why
                self._fill()


def _keep(tasks: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
    """Hold on to a task until it ends; an error is for those who wait for it, and for nobody when nobody does."""
    tasks.add(task)

    def forget(ended: asyncio.Task[None]) -> None:
        tasks.discard(ended)
        if not ended.cancelled():
            ended.exception()

    task.add_done_callback(forget)
