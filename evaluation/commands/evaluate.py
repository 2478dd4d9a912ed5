"""`mathsolve eval`: samples of a model on benchmarks, in a folder that can be resumed, graded again and shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ...engine.console import harmless
from ...engine.solver import Solver
from ..benchmarks.choose import expanded
from ..measure import measure
from ..metrics import Metrics, headline_rows, notes, text_table
from ..metrics.rows import with_interval
from ..running.options import Options, check, configured, names_of, problems, settings, share
from ..running.preview import preview, show
from ..running.session import INTERRUPTED, Outcome, carry_out

if TYPE_CHECKING:
    from .score import Scored

app = App(
    name="eval",
    help="Measure on benchmarks.",
    help_epilogue="""\
mathsolve eval problems.jsonl               one answer a problem, as the product gives it
mathsolve eval gsm8k math500 --samples 16   16 independent attempts a problem
mathsolve eval gsm8k --samples 16 --scorer runs/reward   and what a judge gains

The same command again goes on where it was ended.
Exit codes: 0 complete, 1 failed, 2 wrong usage, 4 too many samples failed, 130 Ctrl-C.""",
)


@app.default
def evaluate(
    *sources: str,
    options: Options | None = None,
    out: Path | None = None,
    max_errors: str = "5%",
    data: Path | None = None,
    scorer: Path | None = None,
    dry_run: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Take samples of a model and measure them; print a table, and keep everything in a folder.

    Parameters
    ----------
    sources
        Benchmarks by name (`mathsolve bench list` shows them; `all` is every one), or files of your own, e.g. JSONL with
        `question` and `answer`
        (null where the model should decline).
    out
        The run's folder; by default one in runs/ named after what is measured.
    max_errors
        Failed samples (of the machinery, not of the model) after which it gives up, as a share of all.
    data
        A folder with benchmarks; without it, what `mathsolve bench fetch` has kept, or the hub.
    scorer
        Folder of a reward or critique model that scores every sample when all are taken, as `mathsolve score` does: best-of-k
        and weighted votes stand beside the majority.
    dry_run
        Show what would be done, and one sample; record nothing.
    as_json
        Print one JSON object instead of a table.
    """
    options = options or Options()
    check(options)
    judge = None
    if scorer is not None:
        from ...engine.judge import Judge

        judge = Judge(scorer)
    names = expanded((*names_of(options.bench), *sources))
    items = problems(names, options, data)
    most_errors = share(max_errors)
    with Solver(settings(options)) as solver:
        configuration = configured(options, names, solver)
        if dry_run:
            show(preview(solver, configuration, items), configuration, sys.stdout)
            return 0
        folder = out or Path("runs") / configuration.name
        outcome = carry_out(solver, configuration, items, folder, most_failures=most_errors)
    if judge is None or outcome.halted:
        return finish(outcome, most_errors, as_json=as_json)
    from .score import scored

    return finish(outcome, most_errors, as_json=as_json, judged=scored(outcome.run, judge, judge.name))


def finish(outcome: Outcome, most_errors: float, *, as_json: bool, judged: Scored | None = None) -> int:
    """Prints the figures, says how to go on where there is more to do, and returns the exit code."""
    tally, found = outcome.tally, judged.figures if judged else measure(outcome.run)
    if as_json:
        told = {"run": str(outcome.run.folder), "done": tally.done, "planned": tally.planned, "halted": outcome.halted}
        scores = {"scores": judged.to_dict()} if judged else {}
        sys.stdout.write(json.dumps({**told, **scores, "metrics": json.loads(found.to_json())}) + "\n")
    else:
        sys.stdout.write(harmless("\n\n".join([*_tables(found), *(judged.lines() if judged else ())])) + "\n")
    if judged:
        judged.warn()
    for sentence in _remarks(outcome):
        sys.stderr.write(f"mathsolve: {sentence}\n")
    if outcome.halted == INTERRUPTED:
        return 130
    return 4 if tally.failed.total() > most_errors * tally.planned else 0


def _tables(found: Metrics) -> Iterator[str]:
    """Accuracy by benchmark, by subject where there are several, and what a reader has to know."""
    yield text_table(headline_rows(found))
    rows = [
        (f"{group.bench} {group.mode}", part.name, str(part.accuracy.n), with_interval(part.accuracy))
        for group in found.groups
        for part in group.subjects
        if len(group.subjects) > 1
    ]
    if rows:
        yield text_table([("benchmark, mode", "subject", "problems", "pass@1 [95%]"), *rows])
    if remarks := list(notes(found)):
        yield "\n".join(remarks)


def _remarks(outcome: Outcome) -> Iterator[str]:
    """What became of the run."""
    tally = outcome.tally
    if tally.failed:
        many = tally.failed.total()
        failed = f"{many:,} sample{'s' * (many > 1)} failed, the last with: {tally.trouble}"
        yield f"{harmless(failed)}; the same command tries {'them' if many > 1 else 'it'} again"
    if outcome.halted:
        yield f"{outcome.halted}: {tally.left:,} of {tally.planned:,} samples are left; the same command goes on"
    yield f"everything is in {outcome.run.folder}; mathsolve report {outcome.run.folder} shows it"
