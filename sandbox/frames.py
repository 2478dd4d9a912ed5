"""Messages cut out of a stream of bytes: each is a JSON list, a name and its values, behind the length of its text.

Promises: what comes out was read by the reader that was given; anything else raises `BadFrame`. The sender may be
hostile, so nothing larger than the bound is ever kept. The server imports this file by path, so it needs nothing but
the standard library.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, Generic, TypeVar

LARGEST = 2**63
"""No number in a message is as large as this; JSON's integers have no end, and infinity and NaN are no numbers here."""

M = TypeVar("M")
_HEADER = struct.Struct("<I")
_encode = json.JSONEncoder(separators=(",", ":")).encode


class BadFrame(ValueError):
    """Bytes that are not a message. The sender is not to be trusted any more."""


def frame(body: list[Any]) -> bytes:
    r"""The bytes of a message.

    >>> frame(["Kill", 7])
    b'\n\x00\x00\x00["Kill",7]'
    """
    data = _encode(body).encode()
    return _HEADER.pack(len(data)) + data


class Cutter(Generic[M]):
    """Collects bytes and cuts them into messages of at most `most` bytes, which `read` makes sense of."""

    def __init__(self, read: Callable[[bytes], M], most: int) -> None:
        self._read = read
        self._most = most
        self._buffer = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and its end is still to come."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[M]:
        """The messages that are complete now. Raises `BadFrame` on anything else than well-formed messages."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= _HEADER.size:
            (size,) = _HEADER.unpack_from(self._buffer)
            if size > self._most:
                raise BadFrame(f"a frame of {size} bytes")
            end = _HEADER.size + size
            if len(self._buffer) < end:
                break
            messages.append(self._read(bytes(self._buffer[_HEADER.size : end])))
            del self._buffer[:end]
        return messages
