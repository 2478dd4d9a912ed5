"""Byte streams for the fuzzer: frames right and wrong, and damage to their bytes."""

from __future__ import annotations

import json
import math
import random
import struct
from dataclasses import dataclass, fields
from typing import Any

from mathsolve.sandbox.messages import (
    MAX_FRAME,
    BadFrame,
    Done,
    Exited,
    Frames,
    Hello,
    Kill,
    Message,
    Open,
    Ready,
    Run,
    Watch,
)

TICKET = "fedcba9876543210"
"""Stands for the ticket of the running block."""
ODD: list[Any] = [None, True, False, 0, -1, 9, -9, -11, -24, -40, -1000, 2**31, 2**63, -(2**63), 10**400, 1.5, -0.0]
ODD += [math.nan, math.inf, -math.inf, 1e308, "", "ok", "timeout", "infra_error", "banana", "\ud800", "\0", TICKET]
ODD += ["a" * 5_000, "a" * 200_000, [], {}, [[]], {"a": [1]}, ["Ready"]]
RAW = [
    b"",
    b"null",
    b"[" * 3_000,
    b"[" * 200_000,
    b'{"a":' * 1_000,
    b"\xff\xfe",
    b"1" * 5_000,
    b'["Ready"]'.join((b" ", b" ")),
]
RAW += [
    b'{"Ready":0}',
    '["Ready"]'.encode("utf-16"),
    b'["Open",1e999]',
    b'["Open",-0]',
    b'"Ready"',
    b'["Ready"]["Ready"]',
]
SIZES = [0, 1, 3, 4, 255, 65_536, MAX_FRAME, MAX_FRAME + 1, 2**31 - 1, 2**31, 2**32 - 1]

TO_APPLICATION: list[Message] = [
    Done(TICKET, "ok", "2", None, 0.1),
    Exited(1, 0.1, False),
    Ready(),
    Done("", "ok", None, None, 0.0),
]
TO_SERVER: list[Message] = [Watch(1, 5.0), Watch(2, 0.0), Kill(1), Kill(10**9), Open(10**6)]
TO_CHILD: list[Message] = [Run("x", "1", 1.0, 256, 100, 0), Run("y", "print(1)", 1.0, 256, 0, 1)]
ANY: list[Message] = [*TO_APPLICATION, *TO_SERVER, *TO_CHILD, Hello("A", [["a", True, "b", ""]], "")]


@dataclass(frozen=True, slots=True)
class Draw:
    """Makes streams for one kind of reader."""

    chance: random.Random
    """Where all of it comes from."""
    expected: list[Message]
    """What the reader is meant to get."""

    def stream(self) -> bytes:
        """A few frames, right or wrong, and then perhaps damage to the bytes."""
        chance = self.chance
        frames = [self.frame() for _ in range(chance.choice((1, 1, 1, 2, 3, 6)))]
        if chance.random() < 0.2:
            frames.append(chance.choice(frames))
        data = bytearray(b"".join(frames))
        for _ in range(chance.choice((0, 0, 0, 1, 2, 5))):
            start = chance.randrange(len(data) + 1)
            data[start : start + chance.choice((0, 1, 1, 4, 20))] = chance.randbytes(chance.choice((0, 1, 1, 4, 20)))
        if chance.random() < 0.1:
            del data[chance.randrange(len(data) + 1) :]
        return bytes(data)

    def frame(self) -> bytes:
        """One frame whose length is mostly true."""
        body = self.body()
        size = len(body) if self.chance.random() < 0.9 else self.chance.choice([*SIZES, len(body) - 1, len(body) + 1])
        return struct.pack("<I", max(0, size)) + body

    def body(self) -> bytes:
        """The JSON of a message, mostly with something wrong in it."""
        chance = self.chance
        if chance.random() < 0.1:
            return chance.choice([*RAW, chance.randbytes(chance.randrange(50))])
        message = chance.choice(self.expected if chance.random() < 0.9 else ANY)
        parts = [type(message).__name__, *(getattr(message, each.name) for each in fields(message))]
        for _ in range(chance.choice((0, 1, 1, 2))):
            place = chance.randrange(len(parts) or 1)
            parts[place : place + 1] = self.instead_of(parts[place] if parts else None)
        return json.dumps(parts).encode()

    def instead_of(self, part: object) -> list[object]:
        """Mostly a strange value of the same type, else one of another type, one more, or none."""
        kin = [odd for odd in ODD if isinstance(odd, type(part)) or (isinstance(part, float) and type(odd) is int)]
        odd = self.chance.choice(kin if kin and self.chance.random() < 0.7 else ODD)
        return self.chance.choice(([odd], [odd], [odd], [odd], [odd, odd], []))


def whole(stream: bytes) -> bytes:
    """The stream, filled up so that no frame in it is left open: who waits for the rest of a frame does not hang."""
    at = 0
    while len(stream) - at >= 4:
        (size,) = struct.unpack_from("<I", stream, at)
        if size > MAX_FRAME:
            return stream
        at += 4 + size
    return stream + b"\xff" * (at - len(stream) if at > len(stream) else (4 if at < len(stream) else 0))


def decoded(chunks: list[bytes]) -> tuple[list[Message], bool]:
    """What comes before the stream is refused, and whether it is."""
    frames, messages = Frames(), list[Message]()
    try:
        for chunk in chunks:
            messages += frames.feed(chunk)
    except BadFrame:
        return messages, True
    return messages, False
