"""`mathsolve regrade`: the answers of a run, graded again by the present grader."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ...engine.console import harmless
from ...engine.grading.grade import VERSION
from ...sandbox import ProcessSandbox
from ..measure import measure
from ..run import Run
from ..running.regrade import Change, Regrade, regrade
from ..running.verdicts import Verdicts

app = App(
    name="regrade",
    help="Grade the answers of a run again.",
    help_epilogue="mathsolve regrade runs/gsm8k-embedded-mixed-1f2e3d",
)


@app.default
def grade_again(run: Path, /, *, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Grade every answer of a run again, without the model, and show which verdicts change.

    The records as they were are kept beside the new ones, as records.<version of the grader>.jsonl.

    Parameters
    ----------
    run
        The run's folder.
    as_json
        Print one JSON object.
    """
    loaded = Run.load(run)
    found = asyncio.run(_regraded(loaded))
    if found.updated:
        measure(loaded)
    sys.stdout.write((json.dumps(_object(found), ensure_ascii=False) if as_json else "\n".join(_lines(found))) + "\n")


async def _regraded(run: Run) -> Regrade:
    sandbox = ProcessSandbox()
    try:
        return await regrade(run, Verdicts(sandbox))
    finally:
        await sandbox.close()


def _object(found: Regrade) -> dict[str, Any]:
    return {
        "records": found.records,
        "grader": VERSION,
        "graders_before": dict(found.graders),
        "changed": dict(found.kinds),
        "right_before": found.right_before,
        "right_after": found.right_after,
        "kept": None if found.kept is None else str(found.kept),
        "examples": [
            {
                "problem": change.item.id,
                "sample": change.after.sample,
                "mode": change.after.mode,
                "gold": change.item.gold,
                "answer": change.after.answer,
                **{name: _verdict(record) for name, record in (("before", change.before), ("after", change.after))},
            }
            for change in found.examples
        ],
    }


def _verdict(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in ("verdict", "reason", "method", "grader")}


def _lines(found: Regrade) -> list[str]:
    """The same for people."""
    versions = ", ".join(map(str, sorted(found.graders))) or "none"
    lines = [f"{found.records:,} answers graded by version {VERSION} of the grader, before by {versions}"]
    if not found.kinds:
        return [*lines, "no verdict has changed"]
    n = found.records
    lines.append(f"right: {found.right_before / n:.2%} before, {found.right_after / n:.2%} now")
    for kind, count in found.kinds.most_common():
        lines += ["", f"{count:,} {kind}"]
        lines += [f"  {_example(change)}" for change in found.examples if change.kind == kind]
    return lines


def _example(change: Change) -> str:
    """One changed verdict."""
    answer = "no answer" if change.after.answer is None else _short(change.after.answer)
    gold = "should be declined" if change.item.gold is None else _short(change.item.gold)
    return f"{change.item.id}: {answer} for {gold} ({change.before.reason} -> {change.after.reason})"


def _short(text: str, limit: int = 60) -> str:
    """One harmless line of at most `limit` characters."""
    shown = " ".join(harmless(text).split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
