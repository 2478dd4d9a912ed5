"""Children that wait for their first block, so that a session need not wait for a fork.

One of each kind from the start; more of a kind only when sessions come faster than they are forked.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import get_args

from .channel import Channel, Kind
from .supervisor import START_S, Supervisor


class Spares:
    """The parked children of one server."""

    def __init__(self, server: Supervisor, most: int) -> None:
        self.server = server
        """Whose children they are."""
        self._most = most
        self._parked: dict[Kind, deque[Channel]] = {kind: deque([server.spawn(kind)]) for kind in get_args(Kind)}
        self._wanted: dict[Kind, int] = dict.fromkeys(get_args(Kind), 1)
        self._closed = False

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._parked.values()))

    async def take(self, kind: Kind) -> Channel | None:
        """A child that waits for its first block; None when it does not come."""
        channel = self._next(kind)
        if not channel.parked:
            self._wanted[kind] = min(self._wanted[kind] + 1, self._most)
        asyncio.get_running_loop().call_soon(self._refill, kind)  # after the caller's block is on its way
        try:
            ready = await channel.ready(START_S)
        except asyncio.CancelledError:
            self._put_back(channel)
            raise
        if ready:
            return channel
        channel.close()
        return None

    def close(self) -> None:
        """End them."""
        self._closed = True
        for parked in self._parked.values():
            while parked:
                parked.popleft().close()

    def _next(self, kind: Kind) -> Channel:
        parked = self._parked[kind]
        while parked:
            channel = parked.popleft()
            if not channel.gone:
                return channel
            channel.close()
        return self.server.spawn(kind)

    def _refill(self, kind: Kind) -> None:
        """Several at once, when half of them are gone: each that is forked by itself costs the server more."""
        missing = self._wanted[kind] - len(self._parked[kind])
        if not self._closed and 2 * missing >= self._wanted[kind]:
            self._parked[kind].extend(self.server.spawn(kind) for _ in range(missing))

    def _put_back(self, channel: Channel) -> None:
        if self._closed:
            channel.close()
        else:
            self._parked[channel.kind].appendleft(channel)
