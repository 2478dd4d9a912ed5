"""Everything that crosses the sandbox's wall: small frozen messages as length-prefixed JSON.

Only text and numbers are ever decoded, and every field's type is checked, because the other side may be hostile.
Nothing is unpickled. The server imports this file by path, so it needs nothing but the standard library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from types import NoneType
from typing import Any, cast

from .frames import LARGEST, BadFrame, Cutter, frame

MAX_FRAME = 4 * 2**20
"""Bytes of the largest frame that is accepted."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Server to application, once: the isolation that is in force, or why there is none."""

    tier: str
    """`A` to `D`."""
    layers: list[list[Any]]
    """`[name, ok, detail, remedy]` of every layer that was tried."""
    refusal: str
    """Why the server does not serve; empty when it does."""


@dataclass(frozen=True, slots=True)
class Open:
    """Application to server: start a child. Its socket and output pipe travel with this message."""

    id: int
    """The application's number for the child."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Application to server: the child starts a block; kill it when it has used this much more processor time."""

    id: int
    """Which child."""
    cpu_s: float
    """CPU seconds from now."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Application to server: end a child now."""

    id: int
    """Which child."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Child to application, once: it waits for its first block."""


@dataclass(frozen=True, slots=True)
class Run:
    """Application to child: run one block."""

    ticket: str
    """A random word that the reply has to repeat."""
    code: str
    """The source text."""
    cpu_s: float
    """Soft limit in CPU seconds."""
    memory_mb: int
    """Address space in MiB; the first block of a session fixes the most that a later one can get."""
    value_chars: int
    """Characters of the last value that are sent back; with 0 there is no echo."""
    seed: int
    """Seeds `random` and numpy before the first block of the session."""
    number: int = 1
    """Which block of the session it is, for tracebacks."""
    trace: bool = False
    """Whether the reply shows the lines that led to an error."""


@dataclass(frozen=True, slots=True)
class Done:
    """Child to application: the block ended and the session lives on."""

    ticket: str
    """The ticket of the `Run`."""
    status: str
    """`ok`, `error`, `timeout`, `memory` or `policy`."""
    value: str | None
    """`repr` of the last expression."""
    error: str | None
    """One line, `Type: message`."""
    cpu_s: float
    """CPU seconds that the block used."""
    trace: str | None = None
    """The lines of the session's blocks that led to the error, when they were asked for."""


@dataclass(frozen=True, slots=True)
class Exited:
    """Server to application, over the child's own socket: the child is dead."""

    code: int
    """Exit code; negative when a signal ended it."""
    cpu_s: float
    """CPU seconds of its whole life."""
    overrun: bool
    """Whether the server killed it for its processor time."""


Message = Hello | Open | Watch | Kill | Ready | Run | Done | Exited

_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Hello, Open, Watch, Kill, Ready, Run, Done, Exited)
}
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list[list[Any]]": (list,),
}
_CLAIMED = ("ok", "error", "timeout", "memory", "policy")
"""Statuses that a child may report."""
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS.values()}
_WANTED = {kind: tuple(_TYPES[str(field.type)] for field in fields(kind)) for kind in _KINDS.values()}


def pack(message: Message) -> bytes:
    """The frame of a message."""
    kind = type(message)
    return frame([kind.__name__, *(getattr(message, name) for name in _NAMES[kind])])


class Frames(Cutter[Message]):
    """Collects bytes and cuts them into messages."""

    def __init__(self) -> None:
        super().__init__(_unpack, MAX_FRAME)


def _unpack(data: bytes) -> Message:
    try:
        body = json.loads(data)
        name, *values = body
        kind = _KINDS[name]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadFrame(f"not a message: {error}") from None
    wanted = _WANTED[kind]
    if type(body) is not list or len(values) != len(wanted) or not all(map(_fits, values, wanted)):
        raise BadFrame(f"wrong fields for {name}")
    message = kind(*values)
    if isinstance(message, Done) and message.status not in _CLAIMED:
        raise BadFrame(f"no status: {message.status[:40]}")
    if isinstance(message, Exited) and not -64 <= message.code <= 255:
        raise BadFrame(f"no exit code: {message.code}")
    return message


def _fits(value: object, types: tuple[type, ...]) -> bool:
    """Whether a value has one of these very types (a bool is no int) and is, if a number, within bounds."""
    if type(value) not in types:
        return False
    if float in types:  # all of them are seconds
        return 0 <= cast(float, value) < LARGEST
    return type(value) is not int or abs(value) < LARGEST
