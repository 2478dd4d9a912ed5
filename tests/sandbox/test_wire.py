"""What comes out of a container is believed only where it is a well-formed answer to what was asked."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.sandbox import Limits, Observation, Program
from mathsolve.sandbox.docker.container import Container, Woven
from mathsolve.sandbox.docker.wire import MAX_FRAME, Execute, Observed, pack, wire
from mathsolve.sandbox.frames import BadFrame
from mathsolve.sandbox.session import Setting

ORDER = Execute(7, 1, Setting(0, "replay", "tora"), Program("1"), Limits())
SEEN = Observation("ok", "out\n", "1", None, 0.5, 0.25, 3, "B", "restored", None, "tora")


def frame(*body: Any) -> bytes:
    data = json.dumps(body).encode()
    return struct.pack("<I", len(data)) + data


def forged(**changes: Any) -> bytes:
    """The frame of an observation with some of its fields replaced."""
    fields = {name: getattr(SEEN, name) for name in Observation.__slots__} | changes
    return frame("Observed", 1, list(fields.values()))


@pytest.mark.parametrize("letter", [ORDER, Observed(7, SEEN)])
@pytest.mark.parametrize("piece", [1, 5, 10_000])
def test_a_message_survives_the_way(letter: Execute | Observed, piece: int) -> None:
    cutter, data = wire(), pack(letter) * 2
    received = [one for i in range(0, len(data), piece) for one in cutter.feed(data[i : i + piece])]
    assert received == [letter, letter]


@pytest.mark.parametrize(
    "data",
    [
        frame("Observed", 1),
        frame("Observed", True, ["ok"]),
        frame("Observed", 1, "ok"),
        frame("Observed", 1, ["ok"]),
        frame("Unknown", 1),
        frame(),
        frame(["Observed"], 1),
        frame("Pong", 1.5),
        frame("Pong", 1, 2),
        forged(status="splendid"),
        forged(status=["ok"]),
        forged(stdout=None),
        forged(value=5),
        forged(cpu_s="1"),
        forged(cpu_s=float("nan")),
        forged(cpu_s=float("inf")),
        forged(truncated=1.5),
        forged(truncated=2**63),
        forged(cpu_s=-1.0),
        forged(session="sold"),
        struct.pack("<I", MAX_FRAME + 1),
        struct.pack("<I", 3) + b"\xff\xff\xff",
        struct.pack("<I", 200_000) + b"[" * 200_000,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        wire().feed(data)


@given(st.binary(max_size=200) | st.builds(lambda body: struct.pack("<I", len(body)) + body, st.binary(max_size=100)))
def test_noise_is_a_message_a_wait_or_a_refusal(data: bytes) -> None:
    with suppress(BadFrame):
        assert isinstance(wire().feed(data), list)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_no_json_makes_the_reader_fall_over(value: Any) -> None:
    with suppress(BadFrame):
        wire().feed(frame("Observed", 1, value))


def test_the_two_streams_are_told_apart_wherever_they_are_cut() -> None:
    data = (
        struct.pack(">BxxxI", 1, 3) + b"abc" + struct.pack(">BxxxI", 2, 2) + b"xy" + struct.pack(">BxxxI", 1, 1) + b"d"
    )
    woven = Woven()
    pieces = [woven.feed(data[i : i + 1]) for i in range(len(data))]
    assert (b"".join(out for out, _ in pieces), b"".join(err for _, err in pieces)) == (b"abcd", b"xy")


def spoken_to(far_end: Callable[[socket.socket], Coroutine[Any, Any, None]], timeout_s: float = 60) -> tuple[Any, bool]:
    """What a program shows when something else than our relay is at the other end, and whether that is still trusted."""

    async def scenario() -> tuple[Any, bool]:
        near, far = socket.socketpair()
        with far:
            far.setblocking(False)
            container = Container("nobody", *await asyncio.open_connection(sock=near))
            speaker = asyncio.create_task(far_end(far))
            session = container.admit()
            seen = await container.execute(session, Setting(0, "stateful", "plain"), Program("1"), Limits(), timeout_s)
            await speaker
            alive = container.alive
            await container.hang_up()
            return seen, alive

    return asyncio.run(scenario())


def say(*frames: bytes) -> Callable[[socket.socket], Coroutine[Any, Any, None]]:
    """Speaks on standard output once it was asked something."""

    async def far_end(far: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_recv(far, 65_536)
        for one in frames:
            await loop.sock_sendall(far, struct.pack(">BxxxI", 1, len(one)) + one)

    return far_end


def test_the_answer_to_the_question_counts() -> None:
    assert spoken_to(say(pack(Observed(2, SEEN)))) == (SEEN, True)


def test_answers_to_nothing_are_passed_over() -> None:
    forgery = pack(Observed(99, Observation("ok", "forged")))
    assert spoken_to(say(forgery, frame("Pong", 98), frame("Greeting", None, ""), pack(Observed(2, SEEN)))) == (
        SEEN,
        True,
    )


@pytest.mark.parametrize("noise", [b"\xff" * 8, forged(status="splendid"), frame("Pong", 2)])
def test_garbage_and_the_wrong_answer_are_no_observation(noise: bytes) -> None:
    seen, _ = spoken_to(say(noise))
    assert seen is None


def test_silence_ends_in_bounded_time() -> None:
    assert spoken_to(say(), timeout_s=0.2) == (None, False)


def test_a_hang_up_is_no_observation() -> None:
    async def far_end(far: socket.socket) -> None:
        far.shutdown(socket.SHUT_RDWR)

    assert spoken_to(far_end) == (None, False)
