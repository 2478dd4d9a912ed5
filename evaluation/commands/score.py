"""`mathsolve score`: a judge's scores for the samples of runs, and what choosing by them gains."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ...engine.console import harmless
from ..metrics import Metrics, metrics
from ..metrics.rows import text_table, with_interval
from ..report.table import percent
from ..report.tables import Named, choices
from ..run import Run
from ..running.scoring import Scoring, score

if TYPE_CHECKING:
    from collections.abc import Callable

app = App(
    name="score",
    help="Score the samples of runs by a reward or critique model.",
    help_epilogue="""\
mathsolve score runs/gsm8k-small-1f2e3d --scorer runs/reward
mathsolve score runs/a runs/b --scorer runs/critique --threshold 0.9""",
)


@app.default
def score_runs(
    runs: list[Path],
    /,
    *,
    scorer: Path,
    name: str | None = None,
    threshold: float = 0.5,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Score every sample of runs, and show what is gained by choosing among samples by their scores.

    The scores go into the runs, where `mathsolve report` shows them, `mathsolve compare` compares by them (best@8:reward),
    and training chooses by them. The same command goes on where it was ended, and scores what is new.

    Parameters
    ----------
    runs
        The runs' folders.
    scorer
        Folder of a reward or critique model, or of the run that made it.
    name
        What to call the scores; by default reward or critique.
    threshold
        Lowest score with which a sample takes part in the filtered vote.
    as_json
        Print one JSON object.
    """
    from ...engine.judge import Judge

    judge = Judge(scorer)
    loaded = [Run.load(folder) for folder in runs]
    told: dict[str, Any] = {}
    for run in loaded:
        with _progress(run) as on_progress:
            found = score(run, judge, name or judge.name, on_progress)
        figures = metrics(run, thresholds={found.name: threshold})
        run.write("metrics.json", figures.to_json() + "\n")
        told[str(run.folder)] = _object(found, figures)
        if not as_json:
            sys.stdout.write(harmless("\n".join(_lines(run, found, figures))) + "\n")
        for warning in _warnings(found):
            sys.stderr.write(f"mathsolve: {warning}\n")
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


def _lines(run: Run, found: Scoring, figures: Metrics) -> Iterator[str]:
    already = f", {found.known:,} had one" if found.known else ""
    yield f"{run.folder}: {found.scored:,} samples got a score of {found.name}{already}"
    table = choices([Named(run.folder.name, figures)])
    rows = [[cell if isinstance(cell, str) else with_interval(cell) for cell in row] for row in table.rows]
    if rows:
        yield text_table([table.columns, *rows], left=table.names)
    for (bench, mode), one in found.drifts.items():
        yield f"{bench} {mode}: {percent(one.said)} said to be right, {percent(one.right)} are, of {one.n:,}"


def _warnings(found: Scoring) -> Iterator[str]:
    """Where probabilities no longer fit."""
    for (bench, mode), one in found.drifts.items():
        if one.alarming:
            yield (
                f"{found.name} has drifted on {bench}, {mode}: it takes {percent(one.said)} of {one.n:,} samples for right, "
                f"and {percent(one.right)} are; train it again with samples of this model, so that it is calibrated anew"
            )


def _object(found: Scoring, figures: Metrics) -> dict[str, Any]:
    """What is new, and the metrics."""
    drifts = [
        {"bench": bench, "mode": mode, "said": one.said, "right": one.right, "n": one.n, "alarming": one.alarming}
        for (bench, mode), one in found.drifts.items()
    ]
    told = {"name": found.name, "scored": found.scored, "known": found.known, "drifts": drifts}
    return {**told, "metrics": json.loads(figures.to_json())}


@contextmanager
def _progress(run: Run) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(harmless(run.folder.name), total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
