"""What travels between the docker sandbox and its containers: frozen messages as length-prefixed JSON.

Promises: what `wire` gives returns well-formed messages or raises `BadFrame`; the types of all fields are checked against their
annotations, however deep, and nothing is unpickled, because a container may be in the hands of the programs it ran.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..conditions import Conditions
from ..frames import LARGEST, BadFrame, Cutter, frame
from ..program import Limits, Observation, Program
from ..session import Setting

MAX_FRAME = 32 * 2**20
"""Bytes of the largest frame that is accepted."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """From a container, once: it can run programs, or why it cannot."""

    conditions: Conditions | None
    """What holds inside the container; None when nothing runs there."""
    refusal: str
    """Why no program runs here; empty when they do."""


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
    return frame([type(letter).__name__, *astuple(letter)])


def wire() -> Cutter[Letter]:
    """Collects bytes and cuts them into messages."""
    return Cutter(_unpack, MAX_FRAME)


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
    if get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise TypeError(f"{kind} expected")
        return {key: _checked(one, get_args(kind)[1]) for key, one in value.items()}
    if get_origin(kind) is UnionType:
        return _checked(value, NoneType if value is None else get_args(kind)[0])
    if get_origin(kind) is Literal:
        fits = isinstance(value, str) and value in get_args(kind)
    elif kind is float:  # all of them are seconds
        fits = type(value) in (int, float) and 0 <= value < LARGEST
    else:
        fits = type(value) is kind and (kind is not int or abs(value) < LARGEST)
    if not fits:
        raise TypeError(f"{kind} expected")
    return value


@cache
def _hints(kind: type) -> list[Any]:
    hints = get_type_hints(kind)
    return [hints[field.name] for field in fields(kind)]
