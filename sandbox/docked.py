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
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .container import Container
from .live import CODE_CHARS, LOST, RESTORED
from .past import Past, budget_s
from .program import Kept, Limits, Observation, Program
from .session import Mode, SandboxError
from .supervisor import START_S
from .text import visible
from .turns import Turns
from .verdict import wall_limit_s
from .wire import Setting

if TYPE_CHECKING:
    from .docker import Backstage, DockerSandbox

ATTEMPTS = 2
"""Times that a program is tried when its container fails it."""
OUTPUT_CHARS = 2**20
"""Most characters of output that cross the wall, whatever the limits say."""

_DIED = "SandboxError: the container of this session died"
_KEPT: dict[str, Kept] = {RESTORED: "restored", LOST: "lost"}


class DockerSession:
    """A session in one container at a time."""

    def __init__(self, sandbox: DockerSandbox, seed: int, mode: Mode, preset: str, caller: str) -> None:
        self._sandbox = sandbox
        self._seed = seed
        self._mode: Mode = mode
        self._preset = preset
        self._caller = caller
        self._order = Turns(1, sandbox.waiting)
        self._container: Container | None = None
        self._number = 0
        self._past: list[Past] = []
        self._exact = True

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program; see `Session.run`."""
        if len(program.code) > CODE_CHARS:
            error = f"SyntaxError: the program has {len(program.code)} characters; at most {CODE_CHARS} are allowed"
            return Observation("error", error=error, preset=self._preset)
        wanted = limits or self._sandbox.limits
        granted = replace(wanted, output_chars=min(wanted.output_chars, OUTPUT_CHARS))
        return await self._sandbox.call(lambda stage: self._in_turn(stage, program, granted))

    async def close(self) -> None:
        """End the session."""
        with suppress(SandboxError):  # the sandbox was closed first, and the session with it
            await self._sandbox.call(self._leave)

    async def _in_turn(self, stage: Backstage, program: Program, limits: Limits) -> Observation:
        await self._order.take("")
        try:
            self._sandbox.meter.waited += await stage.turns.take(self._caller)
            try:
                start = time.perf_counter()
                observation = await self._observe(stage, program, limits)
                wall_s = time.perf_counter() - start
            finally:
                stage.turns.give()
        finally:
            self._order.give()
        self._sandbox.meter.observed(observation.status, wall_s)
        return replace(observation, wall_s=wall_s, preset=self._preset)

    async def _observe(self, stage: Backstage, program: Program, limits: Limits) -> Observation:
        error, note = _DIED, ""
        for attempt in range(ATTEMPTS):
            self._sandbox.meter.retried += attempt
            moved = await self._board(stage)
            note = moved or note
            seen = await self._execute(program, limits)
            if seen is not None and seen.status != "infra_error":
                self._remember(program, limits, seen)
                return self._told(seen, note)
            error = (seen and seen.error) or error
            await self._leave(stage, trust=False)
            if stage.fleet.closed:
                break
        return Observation("infra_error", error=visible(error))

    async def _board(self, stage: Backstage) -> str:
        """See to a container with the session's variables; what the author of a failing program has to know otherwise."""
        if self._container is not None and self._container.alive:
            return ""
        await self._enter(stage)
        if not self._past:
            return ""
        try:
            restored = await self._replay()
        except asyncio.CancelledError:  # with some of its variables the session is not to go on
            await self._leave(stage)
            raise
        if restored:
            self._sandbox.meter.restored += 1
            return "" if self._exact else RESTORED
        self._sandbox.meter.lost += 1
        self._past.clear()
        self._exact = True
        await self._enter(stage)
        return LOST

    async def _enter(self, stage: Backstage) -> None:
        """Begin anew, with no variables."""
        await self._leave(stage)
        self._container = await stage.fleet.container()
        self._number = self._container.admit()

    async def _replay(self) -> bool:
        """Whether the programs before went as they had gone before, in time."""
        left_s = budget_s(self._past)
        for past in self._past:
            seen = await self._execute(past.program, replace(past.limits, cpu_s=left_s))
            if seen is None or seen.status != past.status or seen.session != "kept":
                return False
            left_s -= seen.cpu_s
            if left_s <= 0:
                return False
        return True

    async def _execute(self, program: Program, limits: Limits) -> Observation | None:
        assert self._container is not None
        patience_s = wall_limit_s(limits) + 2 * START_S  # the relay keeps the limits; this is for a relay that is stuck
        setting = Setting(self._seed, self._mode, self._preset)
        return await self._container.execute(self._number, setting, program, limits, patience_s)

    def _remember(self, program: Program, limits: Limits, seen: Observation) -> None:
        """What another container would have to run to have the same variables."""
        if seen.session == "lost":
            self._past.clear()
        if self._mode == "stateless":
            return
        if seen.status == "ok" or (seen.status == "error" and self._mode == "stateful"):
            self._past.append(Past(len(self._past) + 1, program, limits, seen.status, seen.cpu_s))
        elif self._mode == "stateful" and seen.status in ("timeout", "memory"):
            self._exact = False

    def _told(self, seen: Observation, note: str) -> Observation:
        """What the container said, as far as its word counts."""
        assert self._container is not None
        value, error, trace = (None if t is None else visible(t) for t in (seen.value, seen.error, seen.trace))
        kept = seen.session if seen.session == "lost" else _KEPT.get(note, seen.session)
        return replace(
            seen,
            stdout=visible(seen.stdout),
            value=value,
            error=error and error + note,
            trace=trace,
            session=kept,
            tier=self._container.tier,
        )

    async def _leave(self, stage: Backstage, trust: bool = True) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.retired |= not trust
            container.leave(self._number)
            stage.fleet.tidy()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
