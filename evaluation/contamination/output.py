"""Rows written as they are found: contaminated ones with what they repeat, clean ones as they were.

A file appears under its name only when everything was checked: an interrupted check leaves no half of a training set
that could be taken for a clean one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from ...engine.errors import UsageError
from .check import Finding


def written(findings: Iterable[Finding], flagged: Path | None, clean: Path | None) -> Iterator[Finding]:
    """Hand on the findings; write each contaminated row to `flagged` and each other one to `clean`, as JSONL.

    Raises:
        UsageError: a file cannot be written.
    """
    with ExitStack() as files:
        bad, good = (files.enter_context(_whole(path)) if path else None for path in (flagged, clean))
        for finding in findings:
            if finding.contaminated and bad:
                _write(bad, json.dumps(described(finding), ensure_ascii=False))
            if not finding.contaminated and good:
                _write(good, finding.row.json)
            yield finding


def described(finding: Finding) -> dict[str, Any]:
    """A finding as plain data."""
    return {
        "file": finding.row.file,
        "row": finding.row.number,
        "question": finding.row.question,
        "undecided": finding.undecided,
        "matches": [
            {
                "kind": match.kind,
                "bench": match.item.bench,
                "id": match.item.id,
                "score": round(match.score, 4),
                "question": match.item.question,
            }
            for match in finding.matches
        ],
    }


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """A file that gets its name when it is complete, and vanishes when it does not get so far."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no ordinary file; choose another name")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _write(file: TextIO, line: str) -> None:
    file.write(line + "\n")
