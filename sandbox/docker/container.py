"""One container of the docker sandbox as its application sees it: asks and answers over one socket.

Promises: every question gets an answer or None, in bounded time; what comes out of the container is believed only where
it is a well-formed answer to a question that was asked. A container that sends anything else, or nothing for too long,
is hung up on.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
import time

from ..conditions import Conditions
from ..frames import BadFrame
from ..program import Limits, Observation, Program
from ..session import SandboxError, Setting
from .daemon import Recipe, create, remove
from .wire import Cancel, Execute, Greeting, Leave, Letter, Observed, Ping, Pong, pack, wire

START_S = 120.0
"""How long a container may take until it greets."""

_LAST_WORDS = 4096
_WOVEN = struct.Struct(">BxxxI")
_STDOUT = 1
_GREETING = 0


class Container:
    """A running container. Belongs to one event loop."""

    def __init__(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.name = name
        """The daemon's id of it."""
        self.born_s = time.monotonic()
        """When it was made."""
        self.runs = 0
        """Programs that were sent to it."""
        self.sessions: set[int] = set()
        """Sessions that live in it."""
        self.conditions: Conditions
        """What holds inside, as it said before it ran any program; there once it has greeted."""
        self.retired = False
        """Whether it takes no new sessions."""
        self._reader = reader
        self._writer = writer
        self._last_words = b""
        self._tickets = itertools.count(_GREETING + 1)
        self._waiting: dict[int, asyncio.Future[Letter | None]] = {}
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, recipe: Recipe) -> Container:
        """A container that has greeted. Raises `SandboxError` when there is none to be had."""
        container = cls(*await _created(recipe))
        try:
            greeting = await container._answer(_GREETING, START_S)
            if isinstance(greeting, Greeting) and greeting.conditions is not None and not greeting.refusal:
                container.conditions = greeting.conditions
                return container
            words = greeting.refusal if isinstance(greeting, Greeting) else container.last_words
            raise SandboxError(f"the sandbox's container does not serve: {words}")
        except BaseException:
            await container.remove()
            raise

    @property
    def alive(self) -> bool:
        """Whether it still answers, as far as is known."""
        return not self._listener.done()

    @property
    def last_words(self) -> str:
        """Its last line on standard error, for people."""
        lines = self._last_words.decode("utf-8", "replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it ended without a word")

    def admit(self) -> int:
        """The number of a new session."""
        number = next(self._tickets)
        self.sessions.add(number)
        return number

    async def execute(
        self, session: int, setting: Setting, program: Program, limits: Limits, timeout_s: float
    ) -> Observation | None:
        """What the program shows; None when the container died, or had to be given up, before it told."""
        self.runs += 1
        ticket = next(self._tickets)
        self._send(Execute(ticket, session, setting, program, limits))
        try:
            reply = await self._answer(ticket, timeout_s)
        except asyncio.CancelledError:
            self._send(Cancel(ticket))
            raise
        return reply.observation if isinstance(reply, Observed) else None

    async def answers(self, timeout_s: float) -> bool:
        """Whether it is well enough to answer."""
        ticket = next(self._tickets)
        self._send(Ping(ticket))
        return isinstance(await self._answer(ticket, timeout_s), Pong)

    def leave(self, session: int) -> None:
        """End a session."""
        if session in self.sessions:
            self.sessions.discard(session)
            self._send(Leave(session))

    async def hang_up(self) -> None:
        """Stop speaking to it; whoever waits for it gets None."""
        self._listener.cancel()
        await asyncio.wait([self._listener])

    async def remove(self) -> None:
        """End it and take it away. Removing twice is fine."""
        await self.hang_up()
        await asyncio.to_thread(remove, self.name)

    async def _answer(self, ticket: int, timeout_s: float) -> Letter | None:
        """The reply; None without one, and then the container is not to be trusted any more."""
        if not self.alive:
            return None
        reply: asyncio.Future[Letter | None] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = reply
        try:
            async with asyncio.timeout(timeout_s):
                return await reply
        except TimeoutError:
            await self.hang_up()
            return None
        finally:
            del self._waiting[ticket]

    def _send(self, letter: Letter) -> None:
        if self.alive:
            self._writer.write(pack(letter))

    async def _listen(self) -> None:
        woven, received = Woven(), wire()
        try:
            while data := await self._reader.read(65_536):
                output, complaints = woven.feed(data)
                self._last_words = (self._last_words + complaints)[-_LAST_WORDS:]
                for letter in received.feed(output):
                    self._take(letter)
        except (OSError, BadFrame) as error:
            self._last_words += f"\n{error}".encode()
        finally:
            self._writer.close()
            for reply in self._waiting.values():
                _settle(reply, None)

    def _take(self, letter: Letter) -> None:
        """Only an answer that somebody waits for counts; that to a question which was cancelled comes too late."""
        ticket = letter.ticket if isinstance(letter, Observed | Pong) else _GREETING
        if ticket in self._waiting:
            _settle(self._waiting[ticket], letter)


class Woven:
    """Tells the two output streams of a container apart, which the daemon sends as one."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """What is complete now of standard output and of standard error."""
        self._buffer += data
        output, complaints = bytearray(), bytearray()
        while len(self._buffer) >= _WOVEN.size:
            stream, size = _WOVEN.unpack_from(self._buffer)
            end = _WOVEN.size + size
            if len(self._buffer) < end:
                break
            (output if stream == _STDOUT else complaints).extend(self._buffer[_WOVEN.size : end])
            del self._buffer[:end]
        return bytes(output), bytes(complaints)


async def _created(recipe: Recipe) -> tuple[str, asyncio.StreamReader, asyncio.StreamWriter]:
    """What `create` makes; when nobody wants it any more before it is there, it is removed again."""
    making = asyncio.create_task(asyncio.to_thread(create, recipe))
    try:
        name, connection = await asyncio.shield(making)
        return name, *await _streams(connection)
    except asyncio.CancelledError:
        name, connection = await making
        connection.close()
        await asyncio.to_thread(remove, name)
        raise


async def _streams(connection: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connected socket, to be read and written in this event loop."""
    connection.setblocking(False)
    return await asyncio.open_connection(sock=connection)


def _settle(reply: asyncio.Future[Letter | None], letter: Letter | None) -> None:
    if not reply.done():
        reply.set_result(letter)
