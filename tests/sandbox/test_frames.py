"""The decoder of everything that crosses the sandbox's wall: what was packed comes out, and nothing else ever does.

Properties on generated streams; `benchmarks/sandbox_fuzz.py` asks the same of the running parts, for as long as wanted.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import fields
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mathsolve.sandbox.messages import MAX_FRAME, BadFrame, Done, Exited, Frames, Message, Ready, pack

KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}
TEXT = st.text(st.characters(), max_size=40)
"""With lone surrogates and every control character."""
OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "str | None": st.none() | TEXT,
    "int": st.integers(0, 255),
    "float": st.floats(0, 1e9),
    "bool": st.booleans(),
    "list[list[Any]]": st.lists(st.tuples(TEXT, st.booleans(), TEXT, TEXT).map(list), max_size=3),
}
NAMED = {"status": st.sampled_from(["ok", "error", "timeout", "memory", "policy"]), "tier": st.sampled_from("ABCD")}
MESSAGES: st.SearchStrategy[Message] = st.sampled_from(sorted(KINDS)).flatmap(
    lambda name: st.builds(KINDS[name], *(NAMED.get(f.name, OF_TYPE[str(f.type)]) for f in fields(KINDS[name])))
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
PATIENT = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""
BODIES = st.tuples(st.sampled_from(sorted(KINDS)) | TEXT, st.lists(VALUES, max_size=7)).map(lambda b: [b[0], *b[1]])


def framed(body: bytes) -> bytes:
    """A frame with any content."""
    return struct.pack("<I", len(body)) + body


def taken(chunks: list[bytes]) -> tuple[list[Message], bool]:
    """What a decoder gives for these chunks, and whether it refused the stream. Anything but `BadFrame` fails the test."""
    frames, messages = Frames(), list[Message]()
    try:
        for chunk in chunks:
            messages += frames.feed(chunk)
    except BadFrame:
        with pytest.raises(BadFrame):
            frames.feed(pack(Ready()))
        return messages, True
    return messages, False


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """The stream in chunks, some of them empty."""
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def one_by_one(stream: bytes) -> list[bytes]:
    """The stream in its single bytes."""
    return [stream[at : at + 1] for at in range(len(stream))]


@PATIENT
@given(st.lists(MESSAGES, max_size=5), st.lists(st.integers(0, 10**6), max_size=8))
def test_what_was_packed_comes_out_however_it_was_cut(messages: list[Message], places: list[int]) -> None:
    stream = b"".join(map(pack, messages))
    assert taken([stream]) == taken(cut(stream, places)) == taken(one_by_one(stream)) == (messages, False)


@PATIENT
@given(st.lists(st.binary(max_size=60), max_size=4))
def test_noise_is_refused_or_waited_for(chunks: list[bytes]) -> None:
    taken(chunks)


@PATIENT
@given(st.lists(MESSAGES, min_size=1, max_size=3), st.data())
def test_a_damaged_stream_is_refused_at_the_same_byte_however_it_was_cut(messages: list[Message], data: Any) -> None:
    stream = bytearray(b"".join(map(pack, messages)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(stream)))
        stream[start : start + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    singly, refused = taken(one_by_one(bytes(stream)))
    whole, also_refused = taken([bytes(stream)])
    assert refused == also_refused
    assert refused or repr(whole) == repr(singly)  # by their text, because NaN is not equal to itself


@PATIENT
@given(BODIES)
@example(["Ready", 1])
@example(["Done", "t", "ok", None, None, "1"])
@example(["Done", "t", None, None, None, 1.0])
@example(["Exited", 1.5, 0.0, False])
@example(["Exited", 1, 0.0, 0])
@example(["Run", "t", 1, 1.0, 1, 1, 1])
def test_a_message_has_the_fields_of_its_kind_or_is_refused(body: list[Any]) -> None:
    (messages, refused) = taken([framed(json.dumps(body).encode())])
    if refused:
        return
    (message,) = messages
    assert type(message) is KINDS[body[0]]
    assert repr([getattr(message, field.name) for field in fields(message)]) == repr(body[1:])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"7",
        b'"Ready"',
        b'["Ready"',
        b'["ready"]',
        b'["__class__"]',
        b"[[]]",
        b"[{}]",
        b"[null]",
        b"\xff\xfe",
        b'["Ready"] ["Ready"]',
        b'["Open",1%s]' % (b"0" * 5_000),
        b"[" * MAX_FRAME,
        b'{"a":' * 100_000,
        b'["Hello","A",' + b"[" * 100_000 + b"]" * 100_000 + b',""]',
        b'["Kill",%s]' % (b"9" * (MAX_FRAME - 10)),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    assert taken([framed(body)]) == ([], True)


def test_a_frame_that_is_too_large_is_refused_before_it_comes() -> None:
    assert taken([struct.pack("<I", MAX_FRAME + 1)]) == ([], True)
    assert taken([struct.pack("<I", MAX_FRAME) + b"[" * 1000]) == ([], False)


def test_the_largest_frame_is_taken() -> None:
    room = MAX_FRAME - len(pack(Done("t", "ok", "", None, 0.0))) + 4
    message = Done("t", "ok", "a" * room, None, 0.0)
    assert taken([pack(message)]) == ([message], False)
    assert taken([pack(Done("t", "ok", "a" * (room + 1), None, 0.0))]) == ([], True)


@pytest.mark.parametrize(
    "message",
    [
        *(Done("t", "ok", None, None, cpu_s) for cpu_s in (math.nan, math.inf, -1.0, 10**400, True)),
        *(Done("t", status, None, None, 0.0) for status in ("", "infra_error", "exited", "anything")),
        *(Exited(code, 0.0, False) for code in (True, 10**400, -(2**63))),
        Exited(1, math.nan, False),
    ],
    ids=repr,
)
def test_what_no_honest_end_says_is_refused(message: Message) -> None:
    assert taken([pack(message)]) == ([], True)


def test_an_object_is_no_message() -> None:
    assert taken([framed(b'{"Ready":0}')]) == ([], True)
