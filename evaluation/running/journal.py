"""`Journal`: the records of a run as they come, safe against whatever ends the process or fills the disk.

Promises: one writer at a time, another is told who it is; a record is handed to the operating system in one piece as soon
as it is there, so a killed process loses none; the disk is made to keep them (fsync) every two seconds and at the end, so a
power cut loses at most those two seconds; a line that was torn is moved to `records.torn` when the run is opened again, and
a disk that is full leaves whole lines only.

Does not promise anything about two machines that write to one folder through a network file system without locks.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ...engine.errors import MathsolveError, UsageError
from ..record import ESCAPED, Record

SYNC_S = 2.0
"""Longest time between two calls of fsync while records come."""
RECORDS: Final = "records.jsonl"


class Journal:
    """Appends records to a run. A context manager: inside it no other process can write to the run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORDS
        """The file."""
        self._folder = folder
        self._lock = locked(folder)
        self._file = -1
        self._size = 0
        self._synced = 0

    def __enter__(self) -> Self:
        self._lock.__enter__()
        repair(self.path)
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self._size = self._synced = os.fstat(self._file).st_size
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.sync()
        finally:
            os.close(self._file)
            self._lock.__exit__(kind, error, trace)

    def add(self, record: Record) -> None:
        """Appends a record: the whole line or, when there is no room, nothing.

        Raises:
            MathsolveError: the line could not be written.
        """
        line = (record.to_json() + "\n").encode(errors=ESCAPED)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise self._trouble(error) from error
        self._size += len(line)

    def sync(self) -> None:
        """Makes the disk keep what was added; may be called from another thread. Raises `MathsolveError` if it fails."""
        if self._size == self._synced:
            return
        size = self._size
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._trouble(error) from error
        self._synced = size

    def _trouble(self, error: OSError) -> MathsolveError:
        return MathsolveError(
            f"cannot write to {self.path}: {error.strerror}. What is recorded is safe; make room and repeat the command: "
            "it goes on from there"
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes from writing to a run, for as long as this one lives.

    Raises:
        UsageError: another process is at it.
    """
    with (folder / "run.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            other = file.read().strip() or "unknown"
            raise UsageError(
                f"process {other} is writing to {folder}; wait for it or end it, or name another folder with --out"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def repair(path: Path) -> int:
    """Moves what follows the last whole record to a file beside it, and returns its length in bytes.

    Only the end of a file can be torn: records are appended.
    """
    if not path.is_file():
        return 0
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        whole = _last_whole(file.fileno(), end)
        if whole == end:
            return 0
        with path.with_suffix(".torn").open("ab") as aside:
            aside.write(os.pread(file.fileno(), end - whole, whole) + b"\n")
        file.truncate(whole)
        os.fsync(file.fileno())
    return end - whole


def _last_whole(file: int, end: int) -> int:
    """Offset after the last line that is JSON."""
    while end > 0:
        start = _line_start(file, end - 1)
        line = os.pread(file, end - start, start)
        if line.endswith(b"\n") and _is_json(line):
            return end
        end = start
    return 0


def _line_start(file: int, end: int, block: int = 65_536) -> int:
    """Offset of the line that the byte before `end` belongs to."""
    while end > 0:
        start = max(0, end - block)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
