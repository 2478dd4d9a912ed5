"""The application's end of a child, with the other end in the test's hands."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mathsolve.sandbox.messages import Done, Exited, Kill, Message, Ready, Run, Watch, pack
from mathsolve.sandbox.process.channel import CROWD, WATCH_S, Channel, Ending, crowding
from mathsolve.sandbox.process.line import Line


@dataclass(frozen=True, slots=True)
class Pair:
    """A channel and its far end."""

    channel: Channel
    """The near end."""
    far: socket.socket
    """What the child would hold."""
    output: int
    """Where the child would write."""
    told: list[Message]
    """What the server was told."""

    async def run(self, ticket: str, *replies: bytes) -> tuple[Ending, bytes]:
        """A block that is answered with these bytes."""
        order = Run(ticket, "1", 5.0, 64, 100, 0)
        running = asyncio.create_task(self.channel.run(order, 5.5, 20, 100))
        await asyncio.sleep(0)
        for reply in replies:
            self.far.sendall(reply)
        ending, capture = await running
        head, _, tail = capture.parts()
        return ending, head + tail


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A channel whose server writes down what it is told."""
    near, far = socket.socketpair()
    output, write = os.pipe()
    told: list[Message] = []
    pair = Pair(Channel(1, "lite", near, output, (), told.append), far, write, told)
    with far:
        yield pair
        pair.channel.close()
        os.close(write)


def done(ticket: str) -> Done:
    """A reply."""
    return Done(ticket, "ok", None, None, 0.0)


def test_a_block_for_a_child_that_died_right_behind_a_reply_is_not_to_blame(pair: Pair) -> None:
    killed = Exited(-9, 0.1, False)

    async def scenario() -> None:
        assert await pair.run("one", pack(done("one")) + pack(killed)) == (done("one"), b"")
        assert await pair.run("two") == ("gone", b"")

    asyncio.run(scenario())


def test_a_spare_that_died_is_known_to_be_gone(pair: Pair) -> None:
    assert not pair.channel.parked and not pair.channel.gone
    pair.far.sendall(pack(Ready()))
    assert pair.channel.parked
    pair.far.sendall(pack(Exited(-9, 0.0, False)))
    assert pair.channel.gone and not pair.channel.parked
    assert not asyncio.run(pair.channel.ready(10))


def test_forged_and_late_replies_do_not_count(pair: Pair) -> None:
    async def scenario() -> Ending:
        return (await pair.run("two", pack(done("one")), pack(Ready()), pack(done("two"))))[0]

    assert asyncio.run(scenario()) == done("two")


def test_a_channel_outlives_its_loop_and_what_is_said_in_between_waits(pair: Pair) -> None:
    asyncio.run(pair.run("one", pack(done("one"))))
    os.write(pair.output, b"late")
    assert asyncio.run(pair.run("two", pack(done("two")))) == (done("two"), b"late")


def test_an_idle_child_cannot_keep_the_loop_busy(pair: Pair) -> None:
    async def scenario() -> None:
        await pair.run("one", pack(done("one")))
        os.write(pair.output, b"x" * 100)
        pair.far.sendall(pack(done("nobody")))
        await asyncio.sleep(0.05)
        assert pair.channel._loop is None
        assert await pair.run("two", pack(done("two"))) == (done("two"), b"x" * 100)

    asyncio.run(scenario())


def test_short_blocks_are_not_watched_and_a_long_one_is(pair: Pair) -> None:
    async def scenario() -> None:
        for number in range(20):
            await pair.run(str(number), pack(done(str(number))))
        await asyncio.sleep(WATCH_S + 0.1)
        assert len(pair.told) < 10
        running = asyncio.create_task(pair.run("long"))
        await asyncio.sleep(WATCH_S + 0.1)
        pair.far.sendall(pack(done("long")))
        await running

    asyncio.run(scenario())
    assert pair.told and set(map(repr, pair.told)) == {repr(Watch(1, 5.5))}
    pair.channel.close()
    assert pair.told[-1] == Kill(1)


def test_a_block_that_prints_more_than_its_pipe_holds_is_read_while_it_runs(pair: Pair) -> None:
    async def scenario() -> tuple[Ending, bytes]:
        running = asyncio.create_task(pair.run("one"))
        await asyncio.to_thread(os.write, pair.output, b"x" * 500_000)
        pair.far.sendall(pack(done("one")))
        return await running

    assert asyncio.run(scenario()) == (done("one"), b"x" * 100)


def test_a_program_longer_than_the_socket_takes_is_sent_in_parts(pair: Pair) -> None:
    async def scenario() -> int:
        order = Run("one", "#" * 3_000_000, 5.0, 64, 100, 0)
        running = asyncio.create_task(pair.channel.run(order, 5.5, 20, 100))
        pair.far.setblocking(False)
        loop, taken = asyncio.get_running_loop(), 0
        while taken < len(pack(order)):
            taken += len(await loop.sock_recv(pair.far, 1 << 20))
        await loop.sock_sendall(pair.far, pack(done("one")))
        assert (await running)[0] == done("one")
        return taken

    assert asyncio.run(scenario()) > 3_000_000


def test_what_is_said_to_a_server_that_does_not_listen_waits_without_holding_anybody_up() -> None:
    near, far = socket.socketpair()
    line, frames = Line(near), [pack(Kill(number)) for number in range(20_000)]
    read, write = os.pipe()

    async def scenario() -> bytes:
        for frame in frames:
            line.say(frame)
        line.say(b"!", [write])
        heard = b""
        while not heard.endswith(b"!"):
            heard += await asyncio.to_thread(far.recv, 1 << 20)
        return heard

    with far:
        assert asyncio.run(scenario()) == b"".join([*frames, b"!"])
        line.say(b"late")
        line.close()
    assert os.read(read, 1) == b""
    os.close(read)


def test_what_was_lent_to_a_dead_server_is_closed() -> None:
    near, far = socket.socketpair()
    far.close()
    read, write = os.pipe()
    line = Line(near)
    line.say(b"x", [write])
    line.close()
    assert os.read(read, 1) == b""
    os.close(read)


def test_crowding_is_bounded() -> None:
    assert 1.0 <= crowding() <= CROWD
