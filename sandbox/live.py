"""A session of the process sandbox: sends blocks to its child and turns whatever happens into observations.

Promises: `run` returns within the wall limit plus the time that the program waits for its turn; a program that had to
be killed costs the session its variables, and the observation says so; a failure of the sandbox itself is tried once
more where no variables were lost, and is `infra_error` otherwise.
"""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from .channel import Capture, Channel, Ending, Kind, new_ticket
from .messages import Done, Exited, Run
from .program import Limits, Observation, Program, Status
from .text import output_text, visible

if TYPE_CHECKING:
    from .process import ProcessSandbox
    from .supervisor import Supervisor

CODE_CHARS = 200_000
"""Longest program that is looked at."""
GRACE_S = 0.5
"""CPU seconds between the soft limit, which keeps the variables, and the kill, which does not."""
WALL_S = 10.0
"""Wall seconds that every program gets, however small its limit is."""
IMPORT_S = 3.0
"""More grace for a block that makes a lite child import sympy or numpy: it does so before its clock starts."""

_LOST = "; the session was restarted and its variables are gone"
_SYMBOLIC = ("sympy", "numpy", "mpmath")


class ProcessSession:
    """One child process, replaced after it had to be killed."""

    def __init__(self, sandbox: ProcessSandbox, seed: int) -> None:
        self._sandbox = sandbox
        self._seed = seed
        self._child: tuple[Supervisor, Channel] | None = None
        self._cpu_s = 0.0

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program; see `Session.run`."""
        if len(program.code) > CODE_CHARS:
            error = f"SyntaxError: the program has {len(program.code)} characters; at most {CODE_CHARS} are allowed"
            return Observation("error", error=error)
        async with self._sandbox.slot():
            start = time.perf_counter()
            fresh = self._child is None
            observation = await self._attempt(program, limits or self._sandbox.limits)
            if observation.status == "infra_error" and fresh and not self._sandbox.closed:
                observation = await self._attempt(program, limits or self._sandbox.limits)
            return replace(observation, wall_s=time.perf_counter() - start)

    async def _attempt(self, program: Program, limits: Limits) -> Observation:
        if self._child is None:
            self._child = await self._sandbox.child(kind_for(program))
            self._cpu_s = 0.0
        server, channel = self._child
        order = Run(new_ticket(), program.code, limits.cpu_s, limits.memory_mb, limits.output_chars, self._seed)
        grace = GRACE_S + (IMPORT_S if channel.kind != kind_for(program) else 0.0)
        finished = False
        try:
            server.watch(channel, limits.cpu_s + grace)
            ending, capture = await channel.run(order, wall_limit_s(limits) + grace, limits.output_chars)
            finished = isinstance(ending, Done)
        finally:
            if not finished:  # cancelled by the caller, or no longer to be trusted
                self._discard()
        return self._observe(ending, capture, limits, (await server.hello()).tier, server.alive)

    def _observe(self, ending: Ending, capture: Capture, limits: Limits, tier: str, alive: bool) -> Observation:
        stdout, cut = output_text(capture, limits.output_chars)
        if isinstance(ending, Done):
            self._cpu_s += ending.cpu_s
            value, error = (None if text is None else visible(text) for text in (ending.value, ending.error))
            return Observation(cast(Status, ending.status), stdout, value, error, ending.cpu_s, 0.0, cut, tier)
        status, error = verdict(ending, limits, alive)
        used = max(0.0, ending.cpu_s - self._cpu_s) if isinstance(ending, Exited) else 0.0
        return Observation(status, stdout, None, error + _LOST, used, 0.0, cut, tier)

    def _discard(self) -> None:
        if self._child is not None:
            server, channel = self._child
            self._child = None
            server.kill(channel)
            channel.close()

    async def close(self) -> None:
        """End the child."""
        self._discard()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def wall_limit_s(limits: Limits) -> float:
    """The backstop for programs that wait instead of computing; wide, because a busy machine makes every program wait."""
    return max(WALL_S, 3 * limits.cpu_s + 1)


def kind_for(program: Program) -> Kind:
    """Programs that name no library run in a lite child, which costs half as much."""
    return "symbolic" if any(name in program.code for name in _SYMBOLIC) else "lite"


def verdict(ending: Ending, limits: Limits, alive: bool) -> tuple[Status, str]:
    """Status and error line of a program that ended without a reply of its own."""
    if ending == "wall":
        return "timeout", f"TimeoutError: execution exceeded {wall_limit_s(limits):g} s of wall time"
    if ending == "flood":
        return "output_limit", "OutputLimitError: the program printed far too much"
    if not isinstance(ending, Exited):
        return (
            ("crashed", "SystemError: the program broke its process")
            if alive
            else ("infra_error", "SandboxError: the sandbox server died")
        )
    if ending.overrun or ending.code == -signal.SIGXCPU:
        return (
            "timeout",
            f"TimeoutError: execution exceeded {limits.cpu_s:g} s of CPU time and could not be interrupted",
        )
    if ending.code == -signal.SIGKILL:
        return "memory", "MemoryError: the system killed the program, most likely for its memory"
    if ending.code < 0:
        return "crashed", f"SystemError: the program crashed with {signal.Signals(-ending.code).name}"
    return "exited", f"SystemExit: the program left the interpreter with exit code {ending.code}"
