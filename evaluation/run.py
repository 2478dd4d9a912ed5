"""`Run`: a folder that holds everything about one evaluation, so that it can be resumed, graded again and shown later.

run.json        the resolved configuration and the environment, written before the first sample
problems.jsonl  the items
records.jsonl   one record a line, appended as samples end
metrics.json    figures worked out from the records
report.md       the report, for reading and pasting
report.html     the report, for looking
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ..engine.errors import UsageError
from ..engine.grading.rules import Rules
from .item import Item
from .record import ESCAPED, Record, read_records

Name = Literal["run.json", "problems.jsonl", "records.jsonl", "metrics.json", "report.md", "report.html"]
"""Files of a run folder."""

PARTS = ("config", "environment", "changes", "problems")
"""The objects in `run.json`."""


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

    def path(self, name: Name) -> Path:
        """One of its files."""
        return self.folder / name

    @cached_property
    def description(self) -> dict[str, Any]:
        """The resolved configuration under `config` and the environment under `environment`.

        Raises:
            UsageError: the file is damaged.
        """
        try:
            found: dict[str, Any] = json.loads(self.path("run.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(
                f"{self.path('run.json')} is damaged ({error}); put it back, or start another run"
            ) from None
        if not isinstance(found, dict) or not all(isinstance(found.get(name, {}), dict) for name in PARTS):
            raise UsageError(f"{self.path('run.json')} describes no run; put it back, or start another run")
        return found

    @cached_property
    def items(self) -> dict[str, Item]:
        """The problems by id, in their order. Raises `UsageError` for a damaged line, and where there is no file."""
        found, path = {}, self.path("problems.jsonl")
        if not path.is_file():
            raise UsageError(f"{path} is missing; the `mathsolve eval` that made the run writes it again")
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    item = item_from_json(line.decode())
                except (ValueError, TypeError, AttributeError) as error:
                    raise UsageError(f"{path}, line {number}, is no problem ({error}); put the file back") from None
                found[item.id] = item
        return found

    def records(self) -> Iterator[Record]:
        """One record for each key, the latest. The order of problems and samples is not promised.

        The records are read one at a time, so there may be more of them than fit into memory.
        """
        path = self.path("records.jsonl")
        if path.is_file():
            yield from read_records(path)

    def write(self, name: Name, text: str) -> None:
        """Puts a file into the folder, whole or not at all."""
        replace_file(self.path(name), [text])


def replace_file(path: Path, pieces: Iterable[str]) -> None:
    """Writes a file that appears, or takes the place of another, when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", errors=ESCAPED) as file:
            file.writelines(pieces)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def item_to_json(item: Item) -> str:
    """One line, without its end; what is empty is left out."""
    data = {name: value for name, value in asdict(item).items() if value not in (None, (), asdict(Rules()))}
    return json.dumps({**data, "gold": item.gold}, ensure_ascii=False)


def item_from_json(line: str) -> Item:
    """What `item_to_json` wrote. Raises `ValueError` or `TypeError` for what is no item."""
    data = json.loads(line)
    if not isinstance(data, dict) or not isinstance(data.get("question"), str):
        raise TypeError("no object with a question")
    lists = {name: tuple(data.get(name, ())) for name in ("accepted", "choices")}
    return Item(**{**data, **lists, "rules": Rules(**data.get("rules", {}))})
