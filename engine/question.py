"""What people ask, read and checked: the words of the command line and the text piped in.

Promises: every problem with the input is a `UsageError` that says what to change; nothing is silently dropped or
decoded wrongly. Does not promise to understand the question.
"""

from __future__ import annotations

import select
import stat
import sys
from collections.abc import Callable, Sequence
from os import fstat
from typing import BinaryIO

from .errors import UsageError
from .solver import check_question

_PATIENCE_S = 2.0
"""How long a silent pipe is waited for before the user is told what is being waited for."""


def checked(text: str) -> str:
    """The question without surrounding blanks; raises `UsageError` when nobody could answer it."""
    question = text.strip()
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise UsageError("the question contains bytes that are not UTF-8: convert it first, e.g. with iconv")
    check_question(question)
    return question


def decoded(data: bytes, where: str = "standard input") -> str:
    """`data` as text; raises `UsageError` for anything but UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{where} is not UTF-8 text (byte 0x{data[error.start]:02x} at offset {error.start}): "
            "convert it first, e.g. with iconv"
        ) from None


def question_text(words: Sequence[str], stdin: BinaryIO | None, note: Callable[[str], None]) -> str:
    """The question: what is piped in first, then the words of the command line.

    `note` is told when a pipe keeps silent, so that a forgotten pipe does not look like a slow answer.
    """
    said = " ".join(words)
    piped = decoded(_read_all(stdin, note)) if stdin is not None and (not words or _carries_text(stdin)) else ""
    return checked(f"{piped.strip()}\n{said}" if piped.strip() else said)


def _carries_text(stdin: BinaryIO) -> bool:
    """Whether something was piped or redirected in, so that it belongs to the question."""
    try:
        mode = fstat(stdin.fileno()).st_mode
    except (OSError, ValueError):  # closed, or not a real file: nothing was piped
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _read_all(stdin: BinaryIO, note: Callable[[str], None]) -> bytes:
    if sys.platform != "win32" and not select.select([stdin], [], [], _PATIENCE_S)[0]:
        note("reading the question from standard input (end it with Ctrl-D; leave it out with < /dev/null)")
    return stdin.read()
