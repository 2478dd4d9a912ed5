"""`mathsolve grade`: verdicts on answers that are already there."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...engine.grading.grade import VERSION, grade

app = App(name="grade", help="Compare given answers with right ones.", help_epilogue="")


@app.default
def grade_lines(file: str, /, *, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Print a verdict for each line: correct, wrong or undecided, with the reason.

    Parameters
    ----------
    file:
        JSONL with `gold` and `pred`, and optionally `id` and `context`: `answer` (pred is the bare answer, the default) or
        `completion` (pred is a whole solution, from which the answer is taken first). "-" reads standard input.
    as_json:
        Print one JSON object a line: `id`, `verdict`, `reason`, `method`, `version`.
    """
    counts: Counter[str] = Counter()
    try:
        with sys.stdin if file.strip() == "-" else Path(file).open(encoding="utf-8") as lines:
            for record in _records(lines):
                verdict = grade(record["gold"], record["pred"], record.get("context") or "answer")
                counts[verdict.verdict] += 1
                found = {"id": record.get("id"), **asdict(verdict), "version": VERSION}
                text = json.dumps(found, ensure_ascii=False) if as_json else _line(found)
                sys.stdout.write(text + "\n")
                sys.stdout.flush()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UsageError(f"cannot read {file!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file!r} is not text in UTF-8") from error
    if not as_json:
        print(", ".join(f"{count} {name}" for name, count in counts.most_common()) or "no lines", file=sys.stderr)


def _records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines as objects. Raises `UsageError` with the number of a line that is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UsageError(f"line {number} is not JSON ({error}); give one object a line") from error
        if not isinstance(record, dict) or not isinstance(record.get("gold"), str) or "pred" not in record:
            raise UsageError(f'line {number} lacks a text "gold" or a "pred"')
        if not isinstance(record["pred"], str | None):
            raise UsageError(f'line {number}: "pred" is {record["pred"]!r}; give a text, or null for no answer')
        if record.get("context") not in (None, "answer", "completion"):
            raise UsageError(f'line {number}: context {record["context"]!r} is neither "answer" nor "completion"')
        yield record


def _line(found: dict[str, Any]) -> str:
    name = "" if found["id"] is None else f"{found['id']}  "
    return f"{name}{found['verdict']}  ({found['method']}: {found['reason']})"
