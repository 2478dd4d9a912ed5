"""A session of the docker sandbox: one session of the process sandbox in some container, and in another one when that dies.

Promises: a program that its container failed runs once more in another one, after those before it were run again there,
so that their variables are back; where that does not work, the observation says that they are gone. `infra_error` is left
for a sandbox that was closed or fails again. Every text from a container is made safe to show once more on this side.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace

from ..past import KEPT, LOST, History, Past, budget_s
from ..process.supervisor import START_S
from ..process.text import visible
from ..process.verdict import wall_limit_s
from ..program import Limits, Observation, Program
from ..session import SandboxError, Session, Setting
from ..turns import Turns
from .container import Container
from .stage import Stage

ATTEMPTS = 2
"""Times that a program is tried when its container fails it."""
OUTPUT_CHARS = 2**20
"""Most characters of output that cross the wall, whatever the limits say."""

_DIED = "SandboxError: the container of this session died"


class DockerSession(Session):
    """A session in one container at a time. All but `run` and `close` happens on the stage."""

    def __init__(self, stage: Stage, setting: Setting, limits: Limits, order: Turns, caller: str) -> None:
        self._stage = stage
        self._setting = setting
        self._limits = limits
        self._order = order
        self._caller = caller
        self._container: Container | None = None
        self._number = 0
        self._history = History(setting.mode)

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program; see `Session.run`."""
        if (objection := self._setting.objection(program)) is not None:
            return objection
        wanted = limits or self._limits
        granted = replace(wanted, output_chars=min(wanted.output_chars, OUTPUT_CHARS))
        return await self._stage.call(lambda: self._in_turn(program, granted))

    async def close(self) -> None:
        """End the session."""
        with suppress(SandboxError):  # the sandbox was closed first, and the session with it
            await self._stage.call(self._leave)

    async def _in_turn(self, program: Program, limits: Limits) -> Observation:
        meter, turns = self._stage.meter, self._stage.turns
        await self._order.take("")
        try:
            meter.waited += await turns.take(self._caller)
            try:
                start = time.perf_counter()
                observation = await self._observe(program, limits)
                wall_s = time.perf_counter() - start
            finally:
                turns.give()
        finally:
            self._order.give()
        meter.observed(observation.status, wall_s)
        return replace(observation, wall_s=wall_s, preset=self._setting.preset)

    async def _observe(self, program: Program, limits: Limits) -> Observation:
        error, note = _DIED, ""
        for attempt in range(ATTEMPTS):
            self._stage.meter.retried += attempt
            container, moved = await self._board()
            note = moved or note
            seen = await self._execute(container, program, limits)
            if seen is not None and seen.status != "infra_error":
                self._remember(program, limits, seen)
                return _told(seen, note, container.conditions.tier)
            error = (seen and seen.error) or error
            await self._leave(trust=False)
            if self._stage.fleet.closed:
                break
        return Observation("infra_error", error=visible(error))

    async def _board(self) -> tuple[Container, str]:
        """A container with the session's variables, and what the author of a failing program has to know otherwise."""
        if self._container is not None and self._container.alive:
            return self._container, ""
        container = await self._enter()
        if not self._history.left:
            return container, ""
        try:
            restored = bool(self._history.past) and await self._replay(container)
        except asyncio.CancelledError:  # with some of its variables the session is not to go on
            await self._leave()
            raise
        if restored:
            self._stage.meter.restored += 1
            return container, self._history.note
        self._stage.meter.lost += 1
        self._history.clear()
        return await self._enter(), LOST

    async def _enter(self) -> Container:
        """Begin anew, with no variables."""
        await self._leave()
        container = self._container = await self._stage.fleet.container()
        self._number = container.admit()
        return container

    async def _replay(self, container: Container) -> bool:
        """Whether the programs before went as they had gone before, in time."""
        left_s = budget_s(self._history.past)
        for past in self._history.past:
            seen = await self._execute(container, past.program, replace(past.limits, cpu_s=left_s))
            if seen is None or seen.status != past.status or seen.session != "kept":
                return False
            left_s -= seen.cpu_s
            if left_s <= 0:
                return False
        return True

    async def _execute(self, container: Container, program: Program, limits: Limits) -> Observation | None:
        patience_s = wall_limit_s(limits) + 2 * START_S  # the relay keeps the limits; this is for a relay that is stuck
        return await container.execute(self._number, self._setting, program, limits, patience_s)

    def _remember(self, program: Program, limits: Limits, seen: Observation) -> None:
        """What another container would have to run to have the same variables."""
        if seen.session == "lost":
            self._history.clear()
        self._history.add(Past(len(self._history.past) + 1, program, limits, seen.status, seen.cpu_s))

    async def _leave(self, trust: bool = True) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.retired |= not trust
            container.leave(self._number)
            self._stage.fleet.tidy()


def _told(seen: Observation, note: str, tier: str) -> Observation:
    """What the container said, as far as its word counts."""
    value, error, trace = (None if text is None else visible(text) for text in (seen.value, seen.error, seen.trace))
    kept = KEPT[note] if note and seen.session != "lost" else seen.session
    error = error and error + note
    return replace(seen, stdout=visible(seen.stdout), value=value, error=error, trace=trace, session=kept, tier=tier)
