"""`Run`: a folder that holds everything about one evaluation, so that it can be resumed, graded again and shown later.

    run.json        the resolved configuration and the environment, written once before the first sample
    problems.jsonl  the items, written once
    records.jsonl   one record a line, appended as samples end
    metrics.json    figures worked out from the records
    report.md       the report, for reading and pasting
    report.html     the report, for looking
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..engine.errors import UsageError
from ..engine.grading.rules import Rules
from .item import Item
from .record import Record, read_records


@dataclass(frozen=True)
class Run:
    """A folder of an evaluation."""

    folder: Path
    """Where it is."""

    @classmethod
    def load(cls, folder: Path) -> Run:
        """A run that exists. Raises `UsageError` when the folder is none."""
        if not (folder / "run.json").is_file():
            raise UsageError(f"{str(folder)!r} is no run: it has no run.json; `mathsolve eval` makes one")
        return cls(folder)

    @cached_property
    def description(self) -> dict[str, Any]:
        """The resolved configuration under `config` and the environment under `environment`."""
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def items(self) -> dict[str, Item]:
        """The problems by id, in their order."""
        with (self.folder / "problems.jsonl").open(encoding="utf-8") as lines:
            return {item.id: item for item in map(_item, lines)}

    def records(self) -> Iterator[Record]:
        """The valid records, one for each key (the latest), in the order of problems and samples is not promised."""
        path = self.folder / "records.jsonl"
        if path.is_file():
            yield from {record.key: record for record in read_records(path)}.values()


def _item(line: str) -> Item:
    data = json.loads(line)
    lists = {name: tuple(data.get(name, ())) for name in ("accepted", "choices")}
    return Item(**{**data, **lists, "rules": Rules(**data.get("rules", {}))})
