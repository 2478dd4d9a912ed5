"""The application's end of one child: sends a block, collects its output, and waits for what comes first.

Works in one event loop after another, so a child outlives the loop that opened it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

from ..frames import BadFrame
from ..messages import Done, Exited, Frames, Kill, Message, Ready, Run, Watch, pack

FLOOD_BYTES = 64 * 2**20
"""Output of one block beyond which the program is ended."""
WATCH_S = 0.05
"""Wall seconds after which a block is no short one: the server watches its processor time, and its output is read while
it runs. The output of a short one waits in the pipe, and whoever fills that waits for the rest of this time."""
CROWD = 8.0
"""Times that a wall limit is stretched at most on a crowded machine."""
STRANGE = 100
"""Old or forged messages of one child beyond which it is ended; reading them costs more than writing them."""
CHUNK = 65_536

Kind = Literal["lite", "symbolic"]
"""Which zygote a child comes from: only the standard library loaded, or sympy too."""

Ending = Done | Exited | Literal["wall", "flood", "lost", "garbage", "gone"]
"""How a block ended: a reply, a death notice, or why the application stopped waiting. `lost`: the socket closed without
a word; `garbage`: what came was no message; `gone`: the child had ended before the block came, which never ran."""


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

    def __init__(
        self,
        number: int,
        kind: Kind,
        sock: socket.socket,
        output: int,
        lent: Sequence[int] = (),
        tell: Callable[[Message], None] = lambda message: None,
    ) -> None:
        self.number = number
        """The server's number for the child."""
        self.kind: Kind = kind
        """Which zygote it comes from."""
        self._sock = sock
        self._output = output
        self._lent = lent
        self._tell = tell
        self._frames = Frames()
        self._parked = False
        self._fate: Ending | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Future[Ending] | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._cpu_s = 0.0
        self._watching: asyncio.TimerHandle | None = None
        self._ticket = ""
        self._strange = 0
        self._capture = Capture(0)
        sock.setblocking(False)
        os.set_blocking(output, False)

    @property
    def gone(self) -> bool:
        """Whether the child is known to have ended; looks for what it said last, and does not wait."""
        if self._fate is None:
            self._receive()
        return self._fate is not None

    @property
    def parked(self) -> bool:
        """Whether the child waits for its first block."""
        return not self.gone and self._parked

    async def ready(self, timeout_s: float) -> bool:
        """Wait until the child waits for its first block; False when it never will."""
        if not self.parked and self._fate is None:
            await self._ending(b"", timeout_s)
        self.let_go()
        return self._parked and self._fate is None

    async def run(self, order: Run, cpu_s: float, wall_s: float, output_bytes: int) -> tuple[Ending, Capture]:
        """Run one block, which is killed after `cpu_s`. After anything but `Done` the child is not to be used again."""
        self._capture = Capture(output_bytes)
        if self.gone:
            return "lost" if self._fate == "lost" else "gone", self._capture
        self._ticket = order.ticket
        self._watch_soon(asyncio.get_running_loop(), cpu_s)
        ending = await self._ending(pack(order), wall_s)
        self._drain()
        return ending, self._capture

    def close(self) -> None:
        """Have the child ended and hang up."""
        if self._output >= 0:
            self._tell(Kill(self.number))
            self._forget()
            self._unwatch()
            self._sock.close()
            self.let_go()
            os.close(self._output)
            self._output = -1

    def let_go(self) -> None:
        """Close the copies of what was on its way to the child; what comes from it now is its own."""
        for descriptor in self._lent:
            os.close(descriptor)
        self._lent = ()

    async def _ending(self, frame: bytes, timeout_s: float) -> Ending:
        """Send a frame and wait for what comes first."""
        if self._fate is not None:
            return self._fate
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Ending] = loop.create_future()
        self._done = done
        self._listen(loop)
        self._limit = loop.call_later(timeout_s, self._expire, loop.time(), timeout_s)
        sending = self._send(loop, frame)
        try:
            return await done
        finally:
            if self._limit is not None:
                self._limit.cancel()
            if sending is not None:
                sending.cancel()
            self._done = None

    def _expire(self, begun: float, timeout_s: float) -> None:
        """The time is over, unless the machine is so crowded that a program needs more of it for the same work."""
        loop = asyncio.get_running_loop()
        left_s = begun + timeout_s * crowding() - loop.time()
        if left_s > 0:
            self._limit = loop.call_later(left_s, self._expire, begun, timeout_s)
        else:
            self._finish("wall")

    def _watch_soon(self, loop: asyncio.AbstractEventLoop, cpu_s: float) -> None:
        """Have the server watch the child's processor time: not each short block, but whoever is busy this often."""
        self._cpu_s = cpu_s
        self._listen(loop)
        if self._watching is None:
            self._watching = loop.call_later(WATCH_S, self._watch)

    def _watch(self) -> None:
        self._watching = None
        if self._done is not None and self._loop is not None:
            self._loop.add_reader(self._output, self._on_output)
            self._tell(Watch(self.number, self._cpu_s))

    def _unwatch(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear the child in this loop, and go on hearing it: telling the loop costs more than a short block."""
        if self._loop is not loop:
            self._forget()
            self._unwatch()
            self._loop = loop
            loop.add_reader(self._sock, self._on_message)

    def _forget(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.remove_writer(self._sock)
            loop.remove_reader(self._sock)
            loop.remove_reader(self._output)

    def _send(self, loop: asyncio.AbstractEventLoop, frame: bytes) -> asyncio.Task[None] | None:
        """Send what fits at once; the task sends what is left."""
        with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            frame = frame[self._sock.send(frame) if frame else 0 :]
        return loop.create_task(self._send_rest(loop, frame)) if frame else None

    async def _send_rest(self, loop: asyncio.AbstractEventLoop, frame: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the child is dead; the reader finds the notice
            await loop.sock_sendall(self._sock, frame)

    def _finish(self, ending: Ending) -> None:
        if not isinstance(ending, Done):  # it may come right after a reply, before the next block
            self._fate = self._fate or ending
        if self._done is not None and not self._done.done():
            self._done.set_result(ending)

    def _on_output(self) -> None:
        if self._done is None:  # an idle child: what it writes stays in the pipe, which is bounded
            self._forget()
            return
        data = _read(self._output)
        if data:
            self._capture.feed(data)
            if self._capture.total > FLOOD_BYTES:
                self._finish("flood")
        elif data == b"" and self._loop is not None:
            self._loop.remove_reader(self._output)

    def _on_message(self) -> None:
        if self._done is None:  # the next block will find it
            self._forget()
        else:
            self._receive()

    def _receive(self) -> None:
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
            self._parked = True
            self._finish(Done("", "ok", None, None, 0.0))
        elif isinstance(message, Exited) or (isinstance(message, Done) and message.ticket == self._ticket):
            self._finish(message)
        else:
            self._strange += 1
            if self._strange > STRANGE:
                self._finish("garbage")

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


def crowding() -> float:
    """How many runnable programs share a processor of this machine, from 1 to `CROWD`, over the last minute."""
    return min(CROWD, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def new_ticket() -> str:
    """A word that a program cannot know beforehand."""
    return secrets.token_hex(8)
