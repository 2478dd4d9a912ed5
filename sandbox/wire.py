"""What travels between the docker sandbox and its containers: frozen messages as length-prefixed JSON.

Promises: `Wire.feed` returns well-formed messages or raises `BadFrame`; the types of all fields are checked against their
annotations, however deep, and nothing is unpickled, because a container may be in the hands of the programs it ran.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import astuple, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from .messages import BadFrame
from .program import Limits, Observation, Program
from .session import Mode

MAX_FRAME = 32 * 2**20
"""Bytes of the largest frame that is accepted."""

_HEADER = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Greeting:
    """From a container, once: it can run programs, or why it cannot."""

    tier: str
    """Isolation inside the container, as in `Observation.tier`."""
    refusal: str
    """Why no program runs here; empty when they do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What `Sandbox.open` is told."""

    seed: int
    """Where `random` starts in the session."""
    mode: Mode
    """What stays from one program to the next."""
    preset: str
    """How observations are put into words."""


@dataclass(frozen=True, slots=True)
class Execute:
    """To a container: run a program in a session, which begins with its first program."""

    ticket: int
    """Number of this request; the reply repeats it."""
    session: int
    """Number of the session."""
    setting: Setting
    """How the session is opened, for its first program."""
    program: Program
    """The program."""
    limits: Limits
    """What it may use."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """To a container: end the program of this request; nobody waits for it any more."""

    ticket: int
    """Number of the request."""


@dataclass(frozen=True, slots=True)
class Leave:
    """To a container: end a session."""

    session: int
    """Number of the session."""


@dataclass(frozen=True, slots=True)
class Ping:
    """To a container: say that you live."""

    ticket: int
    """Number of this request; the reply repeats it."""


@dataclass(frozen=True, slots=True)
class Pong:
    """From a container: it lives."""

    ticket: int
    """Number of the request."""


@dataclass(frozen=True, slots=True)
class Observed:
    """From a container: how a program ended."""

    ticket: int
    """Number of the request."""
    observation: Observation
    """What it showed."""


Letter = Greeting | Execute | Cancel | Leave | Ping | Pong | Observed

_KINDS: dict[str, type[Letter]] = {kind.__name__: kind for kind in get_args(Letter)}


def pack(letter: Letter) -> bytes:
    """The frame of a message."""
    data = json.dumps([type(letter).__name__, *astuple(letter)], separators=(",", ":")).encode()
    return _HEADER.pack(len(data)) + data


class Wire:
    """Collects bytes and cuts them into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Letter]:
        """The messages that are complete now. Raises `BadFrame` on anything else than well-formed messages."""
        self._buffer += data
        letters = []
        while len(self._buffer) >= _HEADER.size:
            (size,) = _HEADER.unpack_from(self._buffer)
            if size > MAX_FRAME:
                raise BadFrame(f"a frame of {size} bytes")
            end = _HEADER.size + size
            if len(self._buffer) < end:
                break
            letters.append(_unpack(bytes(self._buffer[_HEADER.size : end])))
            del self._buffer[:end]
        return letters


def _unpack(data: bytes) -> Letter:
    try:
        name, *values = json.loads(data)
        letter: Letter = _checked(values, _KINDS[name])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadFrame(f"not a message: {error}") from None
    return letter


def _checked(value: Any, kind: Any) -> Any:
    """`value` as something of this annotation. Raises `TypeError` when it is none."""
    if isinstance(kind, type) and is_dataclass(kind):
        wanted = _hints(kind)
        if not isinstance(value, list) or len(value) != len(wanted):
            raise TypeError(f"wrong fields for {kind}")
        return kind(*map(_checked, value, wanted))
    if get_origin(kind) is UnionType:
        return _checked(value, NoneType if value is None else get_args(kind)[0])
    if get_origin(kind) is Literal:
        fits = isinstance(value, str) and value in get_args(kind)
    elif kind is float:
        fits = type(value) in (int, float) and math.isfinite(value)
    else:
        fits = type(value) is kind
    if not fits:
        raise TypeError(f"{kind} expected")
    return value


@cache
def _hints(kind: type) -> list[Any]:
    hints = get_type_hints(kind)
    return [hints[field.name] for field in fields(kind)]
