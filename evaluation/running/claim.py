"""Makes a folder the run of a configuration, or finds that it is one already and may go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...engine.errors import UsageError
from ..item import Item
from ..record import ESCAPED
from ..run import Run, item_to_json, replace_file
from .configuration import Configuration, check_growth
from .journal import RECORDS


def claim(folder: Path, configuration: Configuration, environment: dict[str, Any], items: Sequence[Item]) -> Run:
    """Writes what the run is a run of. The caller holds the folder's lock.

    `run.json` keeps the environment of the first call under `environment`, and what differed from it in the last call
    under `changes`.

    Raises:
        UsageError: the folder holds something else, or a run that cannot become this one.
    """
    run = Run(folder)
    description = {"config": asdict(configuration), "environment": environment, "changes": {}, "started": _now()}
    if run.path("run.json").is_file():
        check_growth(run.description["config"], configuration)
        _check_items(run, items)
        first = run.description["environment"]
        changes = {name: value for name, value in environment.items() if first.get(name) != value}
        description |= {"environment": first, "changes": changes, "started": run.description["started"]}
    description["problems"] = {"count": len(items), "sha256": content_hash(items)}
    run.write("run.json", json.dumps(description, indent=2, ensure_ascii=False) + "\n")
    replace_file(run.path("problems.jsonl"), (item_to_json(item) + "\n" for item in items))
    return Run(folder)


def check_folder(folder: Path) -> None:
    """Refuses a folder that holds other things than a run: files of the same names would be lost.

    Raises:
        UsageError: with the remedy.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder with --out")
    if folder.is_dir() and not (folder / "run.json").is_file():
        own = ("run.lock", "run.json.part", RECORDS)  # what is left of a run that was killed before it began
        strange = sorted(
            path.name
            for path in folder.iterdir()
            if path.name not in own or (path.name == RECORDS and path.stat().st_size)
        )
        if strange:
            raise UsageError(f"{folder} holds {strange[0]} and no run; name a new folder with --out")


def content_hash(items: Sequence[Item]) -> str:
    """A hash of all problems with their answers."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(item_to_json(item).encode(errors=ESCAPED) + b"\n")
    return digest.hexdigest()


def _check_items(run: Run, items: Sequence[Item]) -> None:
    """Refuses problems that have changed since the run began."""
    if not run.path("problems.jsonl").is_file():  # killed between the two files
        return
    now = {item.id: item for item in items}
    for name, item in run.items.items():
        if now.get(name) != item:
            what = "is gone from the source" if name not in now else "is another now"
            raise UsageError(
                f"problem {name!r} of the run in {run.folder} {what}; name another folder with --out for the new problems"
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
