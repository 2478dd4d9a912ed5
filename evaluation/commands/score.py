"""`mathsolve score`: a judge's scores for the samples of runs, and what choosing by them gains."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from ...engine.console import harmless
from ...engine.errors import UsageError
from ..metrics import Metrics, metrics
from ..metrics.judged import Judged, judged
from ..metrics.rows import text_table, with_interval
from ..report.table import percent
from ..report.tables import Named, choices
from ..run import Run
from ..running.scoring import Scoring, in_words, score

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...engine.judge import Judge

app = App(
    name="score",
    help="Score the samples of runs by a reward or critique model.",
    help_epilogue="""\
mathsolve score runs/gsm8k-small-1f2e3d --scorer runs/reward
mathsolve score runs/a runs/b --scorer runs/critique --threshold 0.9
mathsolve score runs/a --scorer runs/critic --critiques 5      in words, too""",
)


@app.default
def score_runs(
    runs: list[Path],
    /,
    *,
    scorer: Path,
    name: str | None = None,
    threshold: float = 0.5,
    critiques: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Score every sample of runs; show how well the scores tell right from wrong, and what choosing by them gains.

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
    critiques
        Have this many samples of each run criticised in words, by a model of the recipe critique-generative.
    as_json
        Print one JSON object.
    """
    from ...engine.judge import Judge

    judge = Judge(scorer)
    if critiques and judge.manifest.form != "generative":
        raise UsageError(
            f"the judge in {str(scorer)!r} has a head, which writes nothing: leave --critiques out, or name one that was "
            "trained with the recipe critique-generative"
        )
    told: dict[str, Any] = {}
    for run in [Run.load(folder) for folder in runs]:
        found = scored(run, judge, name or judge.name, threshold)
        told[str(run.folder)] = {**found.to_dict(), "metrics": json.loads(found.figures.to_json())}
        if not as_json:
            sys.stdout.write(harmless("\n".join(found.lines())) + "\n")
        words = in_words(run, judge, critiques) if critiques else []
        told[str(run.folder)]["critiques"] = [
            {"sample": one.key, "verdict": one.verdict, "mark": said.mark, "words": said.words} for one, said in words
        ]
        for one, said in () if as_json else words:
            sys.stdout.write(harmless(f"{one.problem} #{one.sample}, {one.verdict}: {said}") + "\n")
        found.warn()
    if as_json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Scored:
    """A run whose samples have scores."""

    run: Run
    """The run."""
    scoring: Scoring
    """What became of it now."""
    figures: Metrics
    """All figures of the run."""
    judged: Sequence[Judged]
    """How well the scores tell right from wrong."""

    def lines(self) -> Iterator[str]:
        """For people."""
        found = self.scoring
        already = f", {found.known:,} had one" if found.known else ""
        yield f"{self.run.folder}: {found.scored:,} samples got a score of {found.name}{already}"
        table = choices([Named(self.run.folder.name, self.figures)])
        rows = [[cell if isinstance(cell, str) else with_interval(cell) for cell in row] for row in table.rows]
        if rows:
            yield text_table([table.columns, *rows], left=table.names)
        if self.judged:
            yield text_table([JUDGED, *map(_row, self.judged)], left=3)
        for (bench, mode), one in found.drifts.items():
            yield f"{bench} {mode}: {percent(one.said)} said to be right, {percent(one.right)} are, of {one.n:,}"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: what is new, and how good the scores are."""
        found = self.scoring
        drifts = [
            {"bench": bench, "mode": mode, "said": one.said, "right": one.right, "n": one.n, "alarming": one.alarming}
            for (bench, mode), one in found.drifts.items()
        ]
        told = {"name": found.name, "scored": found.scored, "known": found.known, "drifts": drifts}
        return {**told, "judged": [asdict(one) for one in self.judged]}

    def warn(self) -> None:
        """Says on standard error where probabilities no longer fit."""
        for (bench, mode), one in self.scoring.drifts.items():
            if one.alarming:
                sys.stderr.write(
                    f"mathsolve: {self.scoring.name} has drifted on {bench}, {mode}: it takes {percent(one.said)} of "
                    f"{one.n:,} samples for right, and {percent(one.right)} are; fit it to samples of this model: "
                    "mathsolve train calibrate\n"
                )


def scored(run: Run, judge: Judge, name: str, threshold: float = 0.5) -> Scored:
    """Gives the samples of a run their scores, and works out its figures, which it keeps. Raises as `scoring.score`."""
    with _progress(run) as on_progress:
        found = score(run, judge, name, on_progress)
    figures = metrics(run, thresholds={found.name: threshold})
    run.write("metrics.json", figures.to_json() + "\n")
    return Scored(run, found, figures, judged(run, name, probabilities=judge.manifest.kind == "critique"))


JUDGED = ("benchmark", "mode", "written by", "samples", "right", "pairs in order", "AUROC", "ECE", "Brier", "best of k")
"""Columns of what `Judged` says."""


def _row(one: Judged) -> tuple[str, ...]:
    numbers = ("-" if value is None else f"{value:.3f}" for value in (one.auroc, one.ece, one.brier))
    pairs = "-" if one.pairs is None else with_interval(one.pairs)
    best = "-" if one.best is None else f"{one.k}: {with_interval(one.best)}, n {one.best.n:,}"
    return one.bench, one.mode, one.model or "all", f"{one.samples:,}", percent(one.right), pairs, *numbers, best


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
