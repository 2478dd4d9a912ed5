"""A session of the process sandbox: sends blocks to its child and turns whatever happens into observations.

Promises: `run` returns within the wall limit plus the time that the program waits for its turn, and after a kill the
time that bringing back the variables may take. What was run before is run again in a fresh child when a program had to
be killed, and the observation says whether the session has its variables; a failure of the sandbox itself is not seen
at all: the program runs again. `infra_error` is left for a sandbox that was closed or dies every time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ..messages import Done, Exited, Run
from ..metrics import Reason
from ..past import KEPT, LOST, REPLAY_S, RESTORED, History, Past, budget_s
from ..preset import PRESETS
from ..program import Limits, Observation, Program, Status
from ..session import SandboxError, Session, Setting
from ..turns import Turns
from .channel import Capture, Channel, Ending, Kind, new_ticket
from .residents import CHILD_MB, LATE_MB
from .text import output_text, visible
from .verdict import TRIES, Verdict, verdict, wall_limit_s

if TYPE_CHECKING:
    from .sandbox import ProcessSandbox
    from .supervisor import Supervisor

GRACE_S = 0.5
"""CPU seconds between the soft limit, which keeps the variables, and the kill, which does not."""
IMPORT_S = 3.0
"""More grace for a block that makes a lite child import sympy or numpy: it does so before its clock starts."""
TEXT_CHARS = 2_000
"""Characters of an error, or of the remark in a value that was cut, beyond the limit on output."""

_SYMBOLIC = ("sympy", "numpy", "mpmath")


class ProcessSession(Session):
    """One child process, replaced after it had to be killed."""

    def __init__(self, sandbox: ProcessSandbox, setting: Setting, caller: str) -> None:
        self._sandbox = sandbox
        self._setting = setting
        self._caller = caller
        self._order = Turns(1, sandbox.waiting)
        self._child: tuple[Supervisor, Channel] | None = None
        self._child_mb = 0
        self._cpu_s = 0.0
        self._number = 0
        self._history = History(setting.mode)
        self.busy = False
        """Whether a program runs now."""

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program; see `Session.run`."""
        if (objection := self._setting.objection(program)) is not None:
            return objection
        await self._order.take("")
        try:
            turns = self._sandbox.turns()
            waited = await turns.take(self._caller)
            self._sandbox.meter.waited += waited
            try:
                return await self._timed(program, limits or self._sandbox.limits)
            finally:
                turns.give()
        finally:
            self._order.give()

    async def _timed(self, program: Program, limits: Limits) -> Observation:
        start = time.perf_counter()
        self.busy = True
        try:
            self._reside(self._child_mb)
            observation = await self._observe(program, limits)
        finally:
            self.busy = False
            if self._setting.mode == "stateless" or self._child is None:
                self._discard()
        wall_s = time.perf_counter() - start
        self._sandbox.meter.observed(observation.status, wall_s)
        return replace(observation, wall_s=wall_s, preset=self._setting.preset)

    async def _observe(self, program: Program, limits: Limits) -> Observation:
        """Try until the sandbox does not fail; then, if the child is gone, bring back what the session knew."""
        self._number += 1
        wall_s = wall_limit_s(limits)
        tried: Counter[Reason] = Counter()
        while True:
            note = await self._begin(kind_for(program))
            server, ending, capture = await self._execute(self._number, program, limits, limits.output_chars, wall_s)
            if isinstance(ending, Done):
                self._remember(program, limits, ending)
                return self._reply(ending, capture, limits, server.tier, note)
            fate = await self._verdict(ending, limits, server)
            self._sandbox.meter.kills[fate.reason] += 1
            tried[fate.reason] += 1
            if self._sandbox.closed or tried[fate.reason] >= fate.tries:
                break
            self._sandbox.meter.retried += 1
        return await self._obituary(fate, ending, capture, limits, server.tier)

    async def _verdict(self, ending: Ending, limits: Limits, server: Supervisor) -> Verdict:
        return verdict(ending, limits, await server.outlived() if ending == "lost" else server.alive)

    async def _begin(self, kind: Kind) -> str:
        """See to a child that has the session's variables; what the author of a failing program has to know otherwise."""
        note = ""
        if self._child is None and self._history.left:
            note = self._history.note if await self._restore(kind) else LOST
        if self._child is None:
            await self._bear(kind)
        return note

    async def _bear(self, kind: Kind) -> None:
        self._child = await self._sandbox.child(kind)
        self._cpu_s = 0.0
        self._reside(CHILD_MB[self._child[1].kind])

    def _reside(self, child_mb: int) -> None:
        self._child_mb = child_mb
        self._sandbox.residents.use(self, child_mb)

    async def _execute(
        self, number: int, program: Program, limits: Limits, chars: int, wall_s: float
    ) -> tuple[Supervisor, Ending, Capture]:
        """Run one program in the child; with 0 `chars` nobody will see what it shows."""
        assert self._child is not None
        server, channel = self._child
        preset = PRESETS[self._setting.preset]
        late = channel.kind == "lite" and kind_for(program) == "symbolic"
        grace_s = GRACE_S + (IMPORT_S if late else 0.0)
        if late:
            self._reside(LATE_MB)
        order = Run(
            ticket=new_ticket(),
            code=program.code,
            cpu_s=limits.cpu_s,
            memory_mb=limits.memory_mb,
            value_chars=chars if preset.echo else 0,
            seed=self._setting.seed,
            number=number,
            trace=preset.trace,
        )
        finished = False
        try:
            ending, capture = await channel.run(order, limits.cpu_s + grace_s, wall_s + grace_s, chars)
            finished = isinstance(ending, Done)
        except asyncio.CancelledError:
            self._sandbox.meter.kills["cancelled"] += 1
            raise
        finally:
            if not finished:  # cancelled by the caller, or no longer to be trusted
                self._discard()
        if isinstance(ending, Done):
            self._cpu_s += ending.cpu_s
        return server, ending, capture

    def _remember(self, program: Program, limits: Limits, ending: Done) -> None:
        """What a later child has to run to have the same variables."""
        status = cast(Status, ending.status)
        self._history.add(Past(self._number, program, limits, status, ending.cpu_s))
        if self._setting.mode == "replay" and status != "ok":
            self._discard()

    async def _restore(self, kind: Kind) -> bool:
        """Bring the session's variables into a fresh child. Without success the session is empty.

        Raises `SandboxError` when the server died every time; the past is kept then.
        """
        past = self._history.past
        kinds = {kind, *(kind_for(one.program) for one in past)}
        went: bool | Reason = False
        for _ in range(TRIES if past else 0):
            await self._bear("symbolic" if "symbolic" in kinds else "lite")
            went = await self._replay()
            if isinstance(went, bool):
                break
        if went == "server":
            raise SandboxError("the sandbox's processes die as fast as they are started; see `mathsolve doctor`")
        restored = went is True  # nobody outside can kill a child so often: it is a program that does it
        self._sandbox.meter.restored += restored
        self._sandbox.meter.lost += self._history.left and not restored
        if not restored:
            self._discard()
            self._history.clear()
        return restored

    async def _replay(self) -> bool | Reason:
        """Whether the past went as it had gone before, in time; the reason where the sandbox may have failed."""
        left_s, end = budget_s(self._history.past), time.monotonic() + REPLAY_S
        for past in self._history.past:
            limits = replace(past.limits, cpu_s=left_s)
            wall_s = end - time.monotonic()
            server, ending, _ = await self._execute(past.number, past.program, limits, 0, wall_s)
            if not isinstance(ending, Done):
                fate = await self._verdict(ending, limits, server)
                return fate.reason if fate.tries > 1 else False
            left_s -= ending.cpu_s
            if ending.status != past.status or left_s <= 0:
                return False
        return True if self._child is not None and not self._child[1].gone else "idle"

    def _reply(self, ending: Done, capture: Capture, limits: Limits, tier: str, note: str) -> Observation:
        stdout, cut = output_text(capture, limits.output_chars)
        most = limits.output_chars + TEXT_CHARS  # a program may write its reply itself, and cut nothing
        texts = (ending.value, ending.error, ending.trace)
        value, error, trace = (None if text is None else visible(text[:most]) for text in texts)
        kept = KEPT[note]
        error = error and error + note
        status = cast(Status, ending.status)
        return Observation(status, stdout, value, error, ending.cpu_s, 0.0, cut, tier, kept, trace)

    async def _obituary(
        self, fate: Verdict, ending: Ending, capture: Capture, limits: Limits, tier: str
    ) -> Observation:
        """For a program that cost the session its child."""
        stdout, cut = output_text(capture, limits.output_chars)
        used = max(0.0, ending.cpu_s - self._cpu_s) if isinstance(ending, Exited) else 0.0
        note = ""
        if fate.status != "infra_error" and self._setting.mode != "stateless":
            try:
                note = RESTORED if await self._restore("lite") else LOST
            except SandboxError:  # what the program showed must not be lost with it; the next one finds out
                note = RESTORED
        return Observation(fate.status, stdout, None, fate.error + note, used, 0.0, cut, tier, KEPT[note])

    def park(self) -> None:
        """Give up the child of an idle session; its variables are brought back when it is used again."""
        self._discard()
        self._sandbox.meter.parked += 1

    def _discard(self) -> None:
        child, self._child, self._child_mb = self._child, None, 0
        self._sandbox.residents.drop(self)
        if child is not None:
            child[1].close()

    async def close(self) -> None:
        """End the child."""
        self._discard()
        self._history.clear()


def kind_for(program: Program) -> Kind:
    """Programs that name no library run in a lite child, which costs half as much."""
    return "symbolic" if any(name in program.code for name in _SYMBOLIC) else "lite"
