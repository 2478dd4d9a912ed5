"""Grades the answers of a run again, without the model, and keeps the records as they were beside the new ones."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...engine.grading.grade import VERSION
from ..item import Item
from ..record import ESCAPED, Record
from ..run import Run
from .journal import RECORDS, locked, repair
from .verdicts import Verdicts

EXAMPLES = 5
"""Changes of each kind that are kept to be shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that is another now."""

    item: Item
    """The problem."""
    before: Record
    """The record as it was."""
    after: Record
    """The record as it is now."""

    @property
    def kind(self) -> str:
        """From what to what, e.g. `wrong to correct`."""
        return f"{self.before.verdict} to {self.after.verdict}"


@dataclass(slots=True)
class Regrade:
    """What a second grading found."""

    records: int = 0
    """Records that were graded; those that failed have nothing to grade."""
    updated: int = 0
    """Records that differ in verdict, reason, rule or version."""
    right_before: int = 0
    """Right replies as they were graded before."""
    right_after: int = 0
    """Right replies now."""
    graders: Counter[int] = field(default_factory=Counter)
    """Records by the version that had graded them."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Changed verdicts by kind."""
    examples: list[Change] = field(default_factory=list)
    """A few of each kind."""
    kept: Path | None = None
    """Where the records are as they were; None when nothing is new."""

    def note(self, item: Item, before: Record, after: Record) -> None:
        """Counts one record."""
        self.records += 1
        self.graders[before.grader] += 1
        self.updated += before != after
        self.right_before += before.right
        self.right_after += after.right
        if before.verdict != after.verdict:
            change = Change(item, before, after)
            self.kinds[change.kind] += 1
            if self.kinds[change.kind] <= EXAMPLES:
                self.examples.append(change)


async def regrade(run: Run, verdicts: Verdicts) -> Regrade:
    """Grades every answer with the present grader, and replaces the records at once when all are done.

    Raises:
        UsageError: another process is writing to the run, or a record is damaged.
    """
    found, path = Regrade(), run.path(RECORDS)
    part = path.with_name(path.name + ".part")
    with locked(run.folder):
        repair(path)
        try:
            with part.open("w", encoding="utf-8", errors=ESCAPED) as file:
                async for record in _graded(run, verdicts, found):
                    file.write(record.to_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
            if found.updated:
                found.kept = _free(run.folder, max(found.graders))
                os.link(path, found.kept)
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return found


async def _graded(run: Run, verdicts: Verdicts, found: Regrade) -> AsyncIterator[Record]:
    for before in run.records():
        item = run.items.get(before.problem)
        if item is None or before.failed:
            yield before
            continue
        now = await verdicts.of(item, before.answer, given=before.given)
        after = replace(before, verdict=now.verdict, reason=now.reason, method=now.method, grader=VERSION)
        found.note(item, before, after)
        yield after


def _free(folder: Path, version: int) -> Path:
    """A name for the old records that is not taken."""
    names = [f"records.{version}.jsonl", *(f"records.{version}.{number}.jsonl" for number in range(2, 1000))]
    return next(folder / name for name in names if not (folder / name).exists())
