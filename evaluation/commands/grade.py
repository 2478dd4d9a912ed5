"""`mathsolve grade`: verdicts on answers that are already there.

One line in, one line out, in order. What the rules leave undecided is settled by a computer algebra system in the sandbox,
while the lines after it are read; a machine without a sandbox leaves it undecided and says so.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ...engine.answers import settle
from ...engine.errors import UsageError
from ...engine.grading.extraction import Extracted, candidates, extract
from ...engine.grading.grade import VERSION, Context, grade
from ...engine.grading.verdict import Verdict
from ...sandbox import ProcessSandbox, SandboxError

app = App(name="grade", help="Compare given answers with right ones.", help_epilogue="")

AHEAD = 64
"""Lines that are read ahead while the sandbox is busy with one before them."""


@app.default
def grade_lines(file: str, /, *, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Print a verdict for each line: correct, wrong or undecided, with the reason.

    Example: echo '{"gold": "1/2", "pred": "0.5"}' | mathsolve grade -

    Parameters
    ----------
    file:
        JSONL with `gold` and `pred`, and optionally `id` and `context`: `answer` (pred is the bare answer, the default) or
        `completion` (pred is a whole solution, from which the answer is taken first). "-" reads standard input.
    as_json:
        Print one JSON object a line: `id`, `verdict`, `reason`, `method`, `version`; for a completion also `extracted`: the
        answer, the rule that found it, where it stands, what is strange about it, the same by the strict rules, and all
        candidates.
    """
    counts: Counter[str] = Counter()
    if file.strip() == "-" and sys.stdin is None:
        raise UsageError("standard input is closed; pipe lines into it, or name a file")
    try:
        with sys.stdin if file.strip() == "-" else Path(file).open(encoding="utf-8") as lines:
            asyncio.run(_print(_records(lines), counts, as_json=as_json))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise UsageError(f"cannot read {file!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file!r} is not text in UTF-8") from error
    if not as_json:
        print(", ".join(f"{count} {name}" for name, count in counts.most_common()) or "no lines", file=sys.stderr)


async def _print(records: Iterator[dict[str, Any]], counts: Counter[str], *, as_json: bool) -> None:
    async for record, verdict in _verdicts(records):
        counts[verdict.verdict] += 1
        found = {"id": record.get("id"), **asdict(verdict), "version": VERSION}
        if record.get("context") == "completion" and as_json:
            found["extracted"] = _provenance(record["pred"] or "")
        sys.stdout.write((json.dumps(found, ensure_ascii=False) if as_json else _line(found)) + "\n")
        sys.stdout.flush()


async def _verdicts(records: Iterator[dict[str, Any]]) -> AsyncIterator[tuple[dict[str, Any], Verdict]]:
    """Each record with its verdict, in order; the lines before a bad one come out before it is reported."""
    sandbox = ProcessSandbox()
    waiting: deque[tuple[dict[str, Any], asyncio.Task[Verdict]]] = deque()
    try:
        bad: UsageError | None = None
        while bad is None:
            try:
                if (record := await asyncio.to_thread(next, records, None)) is None:
                    break
                waiting.append((record, asyncio.create_task(_verdict(record, sandbox))))
                await asyncio.sleep(0)
            except UsageError as error:
                bad = error
            while waiting and (len(waiting) >= AHEAD or waiting[0][1].done()):
                first, task = waiting.popleft()
                yield first, await task
        for first, task in waiting:
            yield first, await task
        if bad is not None:
            raise bad
    finally:
        for _, task in waiting:
            task.cancel()
        await sandbox.close()


async def _verdict(record: dict[str, Any], sandbox: ProcessSandbox) -> Verdict:
    gold, pred = record["gold"], record["pred"]
    context: Context = "completion" if record.get("context") == "completion" else "answer"
    verdict = grade(gold, pred, context)
    if verdict.verdict != "undecided":
        return verdict
    found = extract(pred) if context == "completion" else None
    try:
        async with await sandbox.open() as session:
            return await settle(gold, found.answer if found is not None else pred, session)
    except SandboxError as error:
        return Verdict("undecided", f"{verdict.reason}; no sandbox to ask: {error}", verdict.method)


def _provenance(text: str) -> dict[str, Any]:
    """Where the answer comes from."""
    flexible, strict = extract(text), extract(text, "strict")
    return {
        "flexible": _described(flexible),
        "strict": _described(strict),
        "candidates": [_described(one) for one in candidates(text)],
    }


def _described(found: Extracted | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)


def _records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines as objects. Raises `UsageError` with the number of a line that is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
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
