"""One runner at a time in a folder, for as long as it or the stage that it started lives.

The lock belongs to an open file that the stage's process inherits. A runner that was killed leaves its stage at work; the
folder stays locked until that has ended, so that nobody starts it a second time beside itself.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ...engine.errors import UsageError

NAME = "pipeline.lock"


@contextmanager
def locked(folder: Path) -> Iterator[TextIO]:
    """The lock's file, to be handed on to children; its text says who holds it.

    Raises:
        UsageError: another process holds it.
    """
    with (folder / NAME).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{folder} is in use by {holder(folder)}; wait for it or end it, or name another folder with --out"
            ) from None
        yield file


def told(file: TextIO, who: str) -> None:
    """Writes who holds the lock."""
    file.truncate(0)
    file.write(who)
    file.flush()


def holder(folder: Path) -> str:
    """Who held the lock last."""
    return (folder / NAME).read_text(encoding="utf-8").strip() or "another process"


def is_held(folder: Path) -> bool:
    """Whether somebody is at work in the folder."""
    if not (folder / NAME).is_file():
        return False
    with (folder / NAME).open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
