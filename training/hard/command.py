"""`mathsolve train hard`: which problems of runs are hard, as data."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from rich.table import Table

    from .mining import Measured

app = App(
    name="hard",
    help="Find the problems that models sample often and solve seldom.",
    help_epilogue="""\
mathsolve eval problems.jsonl --model M --samples 16 --temperature 1 --out runs/m
mathsolve train hard --runs runs/m --out hard.jsonl
mathsolve train sft --model M --data rft.jsonl --hard hard.jsonl --out runs/sft

Hard: at least 8 samples, a smoothed pass rate of at most 0.3, and a mean critique
of at most 4 of 10 where --score names one. Unsolved ones are for a stronger teacher
or more samples. In every pass of the training a question is seen by its weight, 0.25
to 3 times as often as others: with 3 epochs a hard one 9 times at most.

mathsolve train hard --runs runs/m --only learnable-hard --out few.jsonl
mathsolve eval problems.jsonl --ids @few.jsonl --samples 64 --out runs/more""",
)


@app.default
def hard(
    *,
    runs: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    out: Path,
    score: str | None = None,
    only: str = "",
    allow_benchmarks: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Write each problem with its class, its pass rate and how often it is wanted; print the classes by sub-domain.

    Parameters
    ----------
    runs:
        Folders of `mathsolve eval`, on training problems, with 8 samples or more.
    out:
        File for the problems, JSONL.
    score:
        Scorer whose mean score must be low, too: a critique (0 to 10) or a calibrated probability.
    only:
        Write only these classes, with commas between: unsolved, learnable-hard, within-reach, solved.
    allow_benchmarks:
        Take runs on benchmarks, too. What is trained with the file must not be measured with them.
    as_json:
        Print one JSON object instead of a table.
    """
    from ..outfile import outfile, write_lines
    from ..trainable import trainable
    from .mining import SAMPLES, by_class, classes, mined
    from .score import scale_of

    wanted = classes(only)
    outfile(out)
    found = trainable(runs, benchmarks=allow_benchmarks)
    known = mined(found.problems, scale_of(found.problems, score))
    measured = [one for one in known if one.kind in wanted]
    broken = write_lines(out, measured)
    few = len(found.problems) - len(known)
    if as_json:
        counts = {"problems": len(measured) - broken, "few_samples": few, "contaminated": found.contaminated}
        print(json.dumps({"file": str(out), **counts, "classes": by_class(measured)}))
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 100).print(table(measured))
    print(f"{out}: {len(measured) - broken} problems")
    if broken:
        print(f"{broken} problems hold half a character, which is no text, and are left out", file=sys.stderr)
    if few:
        print(f"{few} problems have fewer than {SAMPLES} decided samples and are left out", file=sys.stderr)
    if found.contaminated:
        print(f"{found.contaminated} problems are asked by a benchmark of mathsolve and are left out", file=sys.stderr)


def table(measured: list[Measured]) -> Table:
    """Counts by sub-domain and class."""
    from rich.box import SIMPLE
    from rich.table import Table

    from .mining import CLASSES, by_class

    shown = Table(box=SIMPLE)
    for name in ("sub-domain", "problems", *CLASSES, "pass rate", "weight"):
        shown.add_column(name, justify="left" if name == "sub-domain" else "right")
    rows = {**{domain: [one for one in measured if one.domain == domain] for domain in by_class(measured)}}
    for domain, ones in ({**rows, "all": measured} if len(rows) > 1 else rows).items():
        counts = [str(sum(one.kind == kind for one in ones)) for kind in CLASSES]
        rate, weight = (
            sum(values) / len(ones) for values in zip(*((o.pass_rate, o.weight) for o in ones), strict=True)
        )
        shown.add_row(domain, str(len(ones)), *counts, f"{rate:.2f}", f"{weight:.2f}")
    return shown
