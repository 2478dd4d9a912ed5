"""Runs inside a container of the docker sandbox: takes programs from standard input, gives observations to standard output.

It is the process sandbox with a wire around it, so a program in a container is forked from a warm server
and walled in by what the kernel offers there, which under Docker's own rules is tier B. When the wire is cut, everything
ends; and with the first process, which only waits, so does the container.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, field

from ..process import Policy, ProcessSandbox, Tier
from ..program import Observation, Program
from ..session import SandboxError, Session
from .wire import Cancel, Execute, Greeting, Leave, Letter, Observed, Ping, Pong, pack, wire

CHILDREN_MB = 700
"""Memory that sessions may keep while they wait, in a container that has it (see `SERVER_MB`); the others start anew."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the application asked for."""

    policy: Policy
    """Mode of the Python policy."""
    min_tier: Tier
    """Weakest tier that may serve."""
    concurrency: int
    """Blocks that run at once."""


@dataclass(slots=True)
class _Seat:
    """One session of the application."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while one of its programs runs."""
    session: Session | None = None
    """Opened for the first program."""


class Relay:
    """Serves one application until it hangs up."""

    def __init__(self, settings: Settings) -> None:
        turns = settings.concurrency + 1  # one for the warm-up; the application keeps count of its own
        self._sandbox = ProcessSandbox(
            policy=settings.policy, min_tier=settings.min_tier, concurrency=turns, children_mb=CHILDREN_MB
        )
        self._seats: dict[int, _Seat] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Greet, then do what is asked until standard input ends."""
        reader, self._output = await _standard_streams()
        self._send(await self._greeting())
        self._do(self._warm_up())
        received = wire()
        while data := await reader.read(65_536):
            for letter in received.feed(data):
                self._take(letter)
        await self._sandbox.close()

    async def _greeting(self) -> Greeting:
        try:
            async with await self._sandbox.open() as session:
                seen = await session.run(Program("6 * 7"))
        except SandboxError as error:
            return Greeting(None, str(error))
        refusal = "" if seen.value == "42" else f"the first program failed: {seen.error}"
        return Greeting(await self._sandbox.conditions(), refusal)

    async def _warm_up(self) -> None:
        """The server fills sympy's caches once somebody has used it."""
        async with await self._sandbox.open() as session:
            await session.run(Program("import sympy"))

    def _take(self, letter: Letter) -> None:
        if isinstance(letter, Execute):
            task = asyncio.create_task(self._execute(letter))
            self._tasks[letter.ticket] = task
            task.add_done_callback(lambda _: self._tasks.pop(letter.ticket))
        elif isinstance(letter, Cancel) and letter.ticket in self._tasks:
            self._tasks[letter.ticket].cancel()
        elif isinstance(letter, Leave):
            self._do(self._leave(letter.session))
        elif isinstance(letter, Ping):
            self._send(Pong(letter.ticket))

    async def _execute(self, order: Execute) -> None:
        seat = self._seats.setdefault(order.session, _Seat())
        async with seat.turn:
            try:
                if seat.session is None:
                    setting = order.setting
                    seat.session = await self._sandbox.open(setting.seed, mode=setting.mode, preset=setting.preset)
                observation = await seat.session.run(order.program, order.limits)
            except (SandboxError, OSError) as error:  # such as too many open files
                observation = Observation("infra_error", error=f"{type(error).__name__}: {error}")
            self._send(Observed(order.ticket, observation))

    async def _leave(self, number: int) -> None:
        seat = self._seats.pop(number, _Seat())
        async with seat.turn:
            if seat.session is not None:
                await seat.session.close()

    def _do(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _send(self, letter: Letter) -> None:
        self._output.write(pack(letter))


async def _standard_streams() -> tuple[asyncio.StreamReader, asyncio.WriteTransport]:
    """Standard input and output, which are pipes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    output, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout)
    return reader, output


def _stand_behind() -> None:
    """Go on in a child; this process stays as the container's first one, which has to bury every orphan, until it ends."""
    child = os.fork()
    while child:
        pid, status = os.wait()
        if pid == child:
            os._exit(min(255, abs(os.waitstatus_to_exitcode(status))))


def main() -> None:
    """`argv`: the settings as JSON."""
    settings = Settings(**json.loads(sys.argv[1]))
    _stand_behind()
    asyncio.run(Relay(settings).serve())


if __name__ == "__main__":
    main()
