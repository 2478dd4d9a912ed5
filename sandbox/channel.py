"""The application's end of one child: sends a block, collects its output, and waits for what comes first.

Works on any running event loop and keeps nothing of it, so a child outlives the loop that opened it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Sequence
from typing import Literal

from .messages import BadFrame, Done, Exited, Frames, Message, Ready, Run, pack

FLOOD_BYTES = 64 * 2**20
"""Output of one block beyond which the program is ended."""
CHUNK = 65_536

Kind = Literal["lite", "symbolic"]
"""Which zygote a child comes from: only the standard library loaded, or sympy too."""

Ending = Done | Exited | Literal["wall", "flood", "lost", "garbage"]
"""How a block ended: a reply, a death notice, or why the application stopped waiting. `lost`: the socket closed without
a word; `garbage`: what came was no message."""


class Capture:
    """Keeps the first and the last part of a stream of bytes and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self.head = bytearray()
        self.tail = bytearray()
        self.total = 0

    def feed(self, data: bytes) -> None:
        """Take in more bytes."""
        self.total += len(data)
        room = self._half - len(self.head)
        if room > 0:
            self.head += data[:room]
            data = data[room:]
        self.tail += data
        if len(self.tail) > 2 * self._half + CHUNK:
            del self.tail[: -self._half]

    def parts(self) -> tuple[bytes, int, bytes]:
        """Head, number of bytes left out, tail."""
        tail = bytes(self.tail[-self._half :])
        return bytes(self.head), self.total - len(self.head) - len(tail), tail


class Channel:
    """Socket and output pipe of one child."""

    def __init__(self, number: int, kind: Kind, sock: socket.socket, output: int, lent: Sequence[int] = ()) -> None:
        self.number = number
        """The server's number for the child."""
        self.kind: Kind = kind
        """Which zygote it comes from."""
        self._sock = sock
        self._output = output
        self._lent = lent
        self._frames = Frames()
        self._done: asyncio.Future[Ending] | None = None
        self._ticket = ""
        self._capture = Capture(0)
        sock.setblocking(False)
        os.set_blocking(output, False)

    async def ready(self, timeout_s: float) -> bool:
        """Wait for the child's first word; False when it will not come."""
        ending = await self._wait(b"", timeout_s)
        self.let_go()
        return ending == Done("", "ok", None, None, 0.0)

    async def run(self, order: Run, wall_s: float, output_bytes: int) -> tuple[Ending, Capture]:
        """Run one block. After anything but `Done` the child is not to be used again."""
        self._capture = Capture(output_bytes)
        self._ticket = order.ticket
        ending = await self._wait(pack(order), wall_s)
        self._drain()
        return ending, self._capture

    def close(self) -> None:
        """Hang up; an idle child leaves by itself."""
        if self._output >= 0:
            self._sock.close()
            self.let_go()
            os.close(self._output)
            self._output = -1

    def let_go(self) -> None:
        """Close the copies of what was on its way to the child; what comes from it now is its own."""
        for descriptor in self._lent:
            os.close(descriptor)
        self._lent = ()

    async def _wait(self, frame: bytes, timeout_s: float) -> Ending:
        loop = asyncio.get_running_loop()
        self._done = loop.create_future()
        loop.add_reader(self._output, self._on_output)
        loop.add_reader(self._sock, self._on_message)
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(loop, frame)
                return await self._done
        except TimeoutError:
            return "wall"
        finally:
            loop.remove_reader(self._sock)
            loop.remove_reader(self._output)
            self._done = None

    async def _send(self, loop: asyncio.AbstractEventLoop, frame: bytes) -> None:
        try:
            if frame:
                await loop.sock_sendall(self._sock, frame)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the child is dead; the reader finds the notice

    def _finish(self, ending: Ending) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(ending)

    def _on_output(self) -> None:
        data = _read(self._output)
        if data:
            self._capture.feed(data)
            if self._capture.total > FLOOD_BYTES:
                self._finish("flood")
        elif data == b"":
            asyncio.get_running_loop().remove_reader(self._output)

    def _on_message(self) -> None:
        try:
            data = self._sock.recv(CHUNK)
            for message in self._frames.feed(data):
                self._take(message)
            if not data:
                self._finish("lost")
        except BlockingIOError:
            return
        except ConnectionResetError:
            self._finish("lost")
        except BadFrame:
            self._finish("garbage")

    def _take(self, message: Message) -> None:
        """A reply counts when it repeats the ticket; anything else is an old or a forged one."""
        if isinstance(message, Ready) and not self._ticket:
            self._finish(Done("", "ok", None, None, 0.0))
        elif isinstance(message, Exited) or (isinstance(message, Done) and message.ticket == self._ticket):
            self._finish(message)

    def _drain(self) -> None:
        """What is still in the pipe; everything the block wrote is there before its reply is."""
        while data := _read(self._output):
            self._capture.feed(data)
            if self._capture.total > FLOOD_BYTES:
                return


def _read(fd: int) -> bytes | None:
    """Bytes, `b""` at the end, None when there is nothing yet."""
    try:
        return os.read(fd, CHUNK)
    except BlockingIOError:
        return None


def new_ticket() -> str:
    """A word that a program cannot know beforehand."""
    return secrets.token_hex(8)
