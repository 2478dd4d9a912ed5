"""The two files of a synthesis, examples and rejects, and how far they have come.

Promises: opening repairs what a killed run left. Every draw has its lines in the order of the draws, one in the file of
examples or one among the rejects, and both where only some solutions of a question were refused. So the longest unbroken
run of draws is what is really done, and whatever lies after it, a torn line or lines whose neighbours were lost, is cut
off and drawn again.
"""

from __future__ import annotations

import fcntl
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Annotated, BinaryIO, Generic, Literal, Self, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from ...engine.errors import MathsolveError, UsageError
from ..seeds.drafts import Split
from .candidate import Proposal
from .example import Example, OnDisk

ORDER: tuple[Split, ...] = ("phrasings", "numbers", "practice", "train")
"""Held-out splits come first, so that their questions are known when the others are drawn."""


def growing(counts: Mapping[Split, int | None]) -> Split:
    """The split that may grow later: the last one that is wanted."""
    return max(counts, key=ORDER.index)


class Refused(OnDisk):
    """A solution that is not used."""

    filter: str
    """Name of the filter."""
    reason: str
    """Why, beginning with a fixed phrase up to a colon."""
    proposal: Proposal
    """The solution as the teacher wrote it."""


class Reject(OnDisk):
    """A draw that is not used, or solutions of one that is."""

    kind: Literal["reject"] = "reject"
    """Tells the lines apart."""
    index: int
    """Number of the draw in its split."""
    split: Split
    """What it was drawn for."""
    domain: str
    """Sub-domain; empty where nothing was drawn."""
    seed: str
    """What it was made from."""
    question: str
    """What was asked."""
    filter: str | None
    """What rejected the question: a filter, or `teacher`; None where only solutions were refused."""
    reason: str
    """Why, beginning with a fixed phrase up to a colon."""
    refused: tuple[Refused, ...] = ()
    """Solutions that were refused."""
    proposals: tuple[Proposal, ...] = ()
    """The others, of a question that is not used."""


class End(OnDisk):
    """The teacher had no more to give."""

    kind: Literal["end"] = "end"
    """Tells the lines apart."""
    index: int
    """Number of the first draw that there is not."""
    split: Split
    """The split that ended."""


Record = tuple[Example | None, Reject | End | None]
"""What became of a draw: its lines in either file."""
_Left = Annotated[Reject | End, Field(discriminator="kind")]
_EXAMPLE: TypeAdapter[Example] = TypeAdapter(Example)
_LEFT: TypeAdapter[Reject | End] = TypeAdapter(_Left)
Kind = TypeVar("Kind", bound=Example | Reject | End)


class Ledger:
    """Both files, open for appending."""

    def __init__(self, out_file: Path, counts: Mapping[Split, int | None]) -> None:
        """Open or create the files.

        counts: examples wanted of each split; None: as many as there are.
        Raises `UsageError` where another process is writing to them, or they hold more to train on than that.
        """
        self.next: Counter[Split] = Counter()
        """First draw of each split that is in neither file."""
        self.kept: Counter[Split] = Counter()
        """Examples of each split."""
        self._counts = counts
        self._ended: set[Split] = set()
        self._paths = (out_file, rejects_of(out_file))
        self._out, self._rejects = (path.open("ab") for path in self._paths)
        _lock(self._out)
        whole = (0, 0)
        for record, ends in _walk(self._paths, counts):
            self._count(record)
            whole = ends
        split = growing(counts)
        if (most := counts[split]) is not None and self.kept[split] > most:
            self.__exit__(None, None, None)
            raise UsageError(
                f"{out_file} holds {self.kept[split]} questions ({split}), more than {most}; ask for as many or more, or "
                "name another file"
            )
        for path, end in zip(self._paths, whole, strict=True):
            os.truncate(path, end)

    def done(self, split: Split) -> bool:
        """Whether a split has all its examples, or the teacher no more."""
        wanted = self._counts[split]
        return split in self._ended or (wanted is not None and self.kept[split] >= wanted)

    def records(self) -> Iterator[Record]:
        """What is written, in order."""
        self.flush()
        yield from (record for record, _ in _walk(self._paths, self._counts))

    def write(self, record: Record) -> None:
        """Append the lines of the next draw. Raises `MathsolveError` where that fails, e.g. on a full disk."""
        with self._writing():
            for line, file in zip(record, (self._out, self._rejects), strict=True):
                if line is not None:
                    file.write(line.model_dump_json().encode() + b"\n")
        self._count(record)

    def flush(self) -> None:
        """Hand everything to the operating system. Raises `MathsolveError`."""
        with self._writing():
            self._out.flush()
            self._rejects.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(MathsolveError) if error else nullcontext():
            self.flush()
        for file in (self._out, self._rejects):
            with suppress(OSError):  # what could not be written was told by `flush`
                file.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MathsolveError(
                f"cannot write to {self._paths[0]}: {error.strerror}. What is recorded is safe; make room and repeat the "
                "command: it goes on from there"
            ) from error

    def _count(self, record: Record) -> None:
        example, left = record
        line = example or left
        assert line is not None, "a draw without a line could not be found again"
        if isinstance(left, End):
            self._ended.add(left.split)
        else:
            self.next[line.split] = line.index + 1
            self.kept[line.split] += example is not None


def _walk(paths: tuple[Path, Path], counts: Mapping[Split, int | None]) -> Iterator[tuple[Record, tuple[int, int]]]:
    """The unbroken run of draws, each with the bytes where it ends in either file."""
    kept: _Head[Example] = _Head(_lines(paths[0], _EXAMPLE))
    left: _Head[Reject | End] = _Head(_lines(paths[1], _LEFT))
    for split in (split for split in ORDER if split in counts):
        number, wanted = 0, None if split == growing(counts) else counts[split]
        for index in itertools.count():
            if wanted is not None and number >= wanted:
                break
            record = _whole(kept.at(split, index), left.at(split, index))
            if record is None:
                return
            kept.take(record[0])
            left.take(record[1])
            yield record, (kept.end, left.end)
            if isinstance(record[1], End):
                break
            number += record[0] is not None


def _whole(example: Example | None, left: Reject | End | None) -> Record | None:
    """The record that these lines make, if none is missing."""
    if example is not None:
        return None if example.refused and left is None else (example, left)
    return None if left is None or (isinstance(left, Reject) and left.filter is None) else (None, left)


class _Head(Generic[Kind]):
    """The next line of a file."""

    def __init__(self, lines: Iterator[tuple[Kind, int]]) -> None:
        self._lines = lines
        self._next = next(lines, None)
        self.end = 0
        """Byte where the last line taken ends."""

    def at(self, split: Split, index: int) -> Kind | None:
        """The next line, if it is of this draw."""
        line = self._next and self._next[0]
        return line if line is not None and (line.split, line.index) == (split, index) else None

    def take(self, line: Kind | None) -> None:
        """Go on to the line after it, if it is this one."""
        if line is not None and self._next is not None:
            self.end = self._next[1]
            self._next = next(self._lines, None)


def _lock(file: BinaryIO) -> None:
    """Keep other processes from writing to the files, for as long as this one is open."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UsageError(
            f"another process is writing to {file.name}: wait for it or end it, or name another file"
        ) from None


def rejects_of(out_file: Path) -> Path:
    """Where the rejected draws of a synthesis are."""
    return out_file.with_name(f"{out_file.name}.rejects.jsonl")


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a file, in order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Example.model_validate_json(line)


def _lines(path: Path, kind: TypeAdapter[Kind]) -> Iterator[tuple[Kind, int]]:
    """Whole lines and the byte where each ends, up to the first that is torn."""
    if not path.exists():
        return
    end = 0
    with path.open("rb") as lines:
        for line in lines:
            end += len(line)
            try:
                record = kind.validate_json(line)
            except ValidationError:
                return  # a killed run or a full disk tore it: drawn again
            if not line.endswith(b"\n"):
                return
            yield record, end
