"""Reading questions: pipes, decoding and limits, without a process."""

import io
import os
import time
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.question import checked, decoded, question_text


def piped(data: bytes) -> io.FileIO:
    """The reading end of a pipe that holds `data` and is closed for writing."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return io.FileIO(reader)


def test_piped_text_comes_before_the_words() -> None:
    with piped(b"A square has side 3.\n") as pipe:
        assert question_text(["Its", "area?"], pipe, print) == "A square has side 3.\nIts area?"


def test_an_empty_pipe_adds_nothing() -> None:
    with piped(b"") as pipe:
        assert question_text(["1+1?"], pipe, print) == "1+1?"


def test_a_device_is_not_read_when_there_are_words() -> None:
    with Path(os.devnull).open("rb") as nothing:
        assert question_text(["1+1?"], nothing, print) == "1+1?"


def test_a_silent_pipe_is_explained() -> None:
    reader, writer = os.pipe()
    notes: list[str] = []

    def note(text: str) -> None:
        notes.append(text)
        os.write(writer, b"1+1?")
        os.close(writer)

    begun = time.monotonic()
    with io.FileIO(reader) as pipe:
        assert question_text([], pipe, note) == "1+1?"
    assert "standard input" in notes[0]
    assert time.monotonic() - begun > 1


def test_a_byte_order_mark_is_no_part_of_the_question() -> None:
    assert decoded(b"\xef\xbb\xbf1+1?") == "1+1?"


@pytest.mark.parametrize("text", ["", " \n", "a\x00", "\udcff", "1" * 20_001])
def test_what_is_no_question_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        checked(text)


def test_bytes_that_are_no_text_are_located() -> None:
    with pytest.raises(UsageError, match=r"line 3 is not UTF-8 text \(byte 0xff at offset 2\)"):
        decoded(b"ab\xff", "line 3")
