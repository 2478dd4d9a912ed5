"""The application's end of a server's control socket: what is said there never waits for the server to listen."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is still to be sent."""

    data: bytes
    """A frame, or what is left of it."""
    lent: Sequence[int]
    """Descriptors that travel with its first byte."""

    def let_go(self) -> None:
        """Close them here."""
        for descriptor in self.lent:
            os.close(descriptor)


class Line:
    """Sends in order, at once what the socket takes and the rest from the event loop."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        """The socket; reading from it is left to others."""
        self._waiting: deque[_Letter] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    def say(self, data: bytes, lent: Sequence[int] = ()) -> None:
        """Send this, and close the descriptors that go with it. Nobody is told of a dead server but by those."""
        self._waiting.append(_Letter(data, lent))
        self._flush()

    def close(self) -> None:
        """Hang up; what could not be sent is given up."""
        self._forget()
        self.sock.close()
        while self._waiting:
            self._waiting.popleft().let_go()

    def _flush(self) -> None:
        while self._waiting:
            letter = self._waiting[0]
            try:
                taken = socket.send_fds(self.sock, [letter.data], list(letter.lent))
            except BlockingIOError:  # the server is behind
                self._listen()
                return
            except OSError:  # the server is dead, and every child with it
                taken = len(letter.data)
            letter.let_go()
            self._waiting.popleft()
            if taken < len(letter.data):
                self._waiting.appendleft(_Letter(letter.data[taken:], ()))
        self._forget()

    def _listen(self) -> None:
        """Go on as soon as there is room, in the loop that runs now."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._forget()
            self._loop = loop
            loop.add_writer(self.sock, self._flush)

    def _forget(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.remove_writer(self.sock)
