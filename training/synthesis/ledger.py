"""The two files of a synthesis, examples and rejects, and how far they have come.

Promises: opening repairs what a killed run left. Every draw is in exactly one of the two files, in the order of the
draws; so the longest unbroken run of draws is what is really done, and whatever lies after it, a torn line or lines
whose neighbours were lost, is cut off and drawn again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..seeds.drafts import Split
from .example import Example

ORDER: tuple[Split, ...] = ("phrasings", "numbers", "train")
"""Held-out splits come first, so that their questions are known when the train split is drawn."""


class Reject(BaseModel):
    """A draw that is not used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: int
    """Number of the draw in its split."""
    split: Split
    """What it was drawn for."""
    seed: str
    """Id of the kind of task."""
    reason: str
    """Why, beginning with a fixed phrase up to a colon."""
    question: str
    """What was asked."""


Record = Example | Reject
Kind = TypeVar("Kind", Example, Reject)


class Ledger:
    """Both files, open for appending, and the counts of what is in them."""

    def __init__(self, out_file: Path, counts: Mapping[Split, int]) -> None:
        self.next: Counter[Split] = Counter()
        """First draw of each split that is in neither file."""
        self.kept: Counter[Split] = Counter()
        """Examples by split."""
        self.rejected: Counter[tuple[str, str]] = Counter()
        """Rejected draws by seed and reason."""
        self.questions: set[str] = set()
        """Every question drawn, as `question_key` reduces it."""
        self._counts = counts
        self._paths = (out_file, rejects_of(out_file))
        ends = self._recover()
        for path, end in zip(self._paths, ends, strict=True):
            if path.exists():
                os.truncate(path, end)
        self._out, self._rejects = (path.open("ab") for path in self._paths)

    def write(self, record: Record) -> None:
        """Append the record of the next draw."""
        (self._out if isinstance(record, Example) else self._rejects).write(record.model_dump_json().encode() + b"\n")
        self._count(record)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._out.flush()
        self._rejects.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()
        self._rejects.close()

    def _count(self, record: Record) -> None:
        self.next[record.split] = record.index + 1
        self.questions.add(question_key(record.question))
        if isinstance(record, Example):
            self.kept[record.split] += 1
        else:
            self.rejected[record.seed, record.reason.partition(":")[0]] += 1

    def _recover(self) -> tuple[int, int]:
        """Count the unbroken run of draws; returns where it ends in either file."""
        kept, rejected = _Head(_records(self._paths[0], Example)), _Head(_records(self._paths[1], Reject))
        for split in (split for split in ORDER if split in self._counts):
            while self.kept[split] < self._counts[split]:
                wanted = (split, self.next[split])
                record = kept.take(wanted) or rejected.take(wanted)
                if record is None:
                    return kept.end, rejected.end
                self._count(record)
        return kept.end, rejected.end


class _Head:
    """The next record of a file, taken only when it is the wanted draw."""

    def __init__(self, records: Iterator[tuple[Record, int]]) -> None:
        self._records = records
        self._next = next(records, None)
        self.end = 0
        """Byte where the last record taken ends."""

    def take(self, wanted: tuple[Split, int]) -> Record | None:
        """The next record if it is the wanted draw."""
        if self._next is None or (self._next[0].split, self._next[0].index) != wanted:
            return None
        record, self.end = self._next
        self._next = next(self._records, None)
        return record


def rejects_of(out_file: Path) -> Path:
    """Where the rejected draws of a synthesis are."""
    return out_file.with_name(f"{out_file.name}.rejects.jsonl")


def question_key(question: str) -> str:
    """A question without what makes no difference: case, spacing and final punctuation."""
    return " ".join(question.casefold().split()).rstrip(" .?!")


def _records(path: Path, kind: type[Kind]) -> Iterator[tuple[Kind, int]]:
    """Whole records and the byte where each ends, up to the first line that is torn."""
    if not path.exists():
        return
    end = 0
    with path.open("rb") as lines:
        for line in lines:
            end += len(line)
            try:
                record = kind.model_validate_json(line)
            except ValidationError:
                return  # a killed run or a full disk tore it: drawn again
            if not line.endswith(b"\n"):
                return
            yield record, end
