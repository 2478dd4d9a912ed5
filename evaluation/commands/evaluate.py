"""`mathsolve eval`: accuracy on files of problems."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...engine.settings import Settings
from ...engine.solver import Solver
from ...engine.trajectory import Mode
from ..measure import load_problems, markdown_table, measure, save, summarise

app = App(name="eval", help="Measure accuracy on problems with known answers.")


@app.default
def evaluate(
    *files: Path,
    model: str = "embedded",
    mode: Mode = "auto",
    samples: int | None = None,
    seed: int = 0,
    limit: int | None = None,
    out: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Solve every problem of the files and print a table by sub-domain.

    Parameters
    ----------
    files:
        JSONL: one object a line with `question`, `answer` (null where the model should decline), `domain`, `id`.
    model:
        `embedded`, or the folder of an exported model.
    mode:
        How to answer.
    samples:
        Attempts per question; by default what the model was calibrated with.
    seed:
        Seed of every random choice.
    limit:
        Only this many problems of each file.
    out:
        Write every result to this JSONL file.
    as_json:
        Print one JSON object with the counts instead of a table.
    """
    if not files:
        raise UsageError("eval needs at least one file of problems, e.g. mathsolve eval problems.jsonl")
    problems = [problem for file in files for problem in load_problems(file, limit)]
    with Solver(Settings(model, mode, samples, seed)) as solver:
        from rich.console import Console
        from rich.progress import track

        found = measure(solver, problems)
        results = list(track(found, "solving", total=len(problems), console=Console(stderr=True), transient=True))
    if out is not None:
        save(results, out)
    sys.stdout.write((json.dumps(asdict(summarise(results))) if as_json else markdown_table(results)) + "\n")
