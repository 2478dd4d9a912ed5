"""`mathsolve train rft`: of what models sampled, the right solutions to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...evaluation.running.options import names_of
from ..public import part
from ..synthesis.filters.chain import Criteria
from ..synthesis.formats import check_format
from ..synthesis.making import make
from ..synthesis.measures import INSTALLED, measures
from .budget import Rule
from .gate import LEAST, RANK, Bounds
from .teacher import Choice, SampleTeacher

app = App(
    name="rft",
    help="Choose among right solutions of models for rejection-sampling fine-tuning.",
    help_epilogue="""\
mathsolve eval problems.jsonl --model M --samples 16 --out runs/m
mathsolve train rft --runs runs/m --out rft.jsonl
mathsolve train sft --model M --data rft.jsonl --out runs/rft

With judges, whose scores are written into the runs first:
mathsolve score runs/m --scorer runs/critique/model
mathsolve train rft --runs runs/m --critique critique --out rft.jsonl

A solution is right if its answer is, its programs ran, and no equation in
it is false; it is run again here. Hard problems keep more than easy ones.""",
)


@app.default
def rft(
    *,
    runs: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    out: Path,
    most: int = 4,
    rule: Rule = "prop2diff",
    choice: Choice = "different",
    critique: str | None = None,
    least: float | None = None,
    reward: str | None = None,
    rank: float | None = None,
    seed: int = 0,
    benchmarks: str = INSTALLED,
    data: Annotated[Path | None, Parameter(env_var="MATHSOLVE_DATA")] = None,
    concurrency: int = 2,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Write the problems with the solutions that are kept, and a data card, which also says what each model contributed.

    Parameters
    ----------
    runs
        Folders of `mathsolve eval` on the same training problems, of one model or several.
    out
        What to write: a .jsonl or .parquet file, or a folder for datasets.load_from_disk.
    most
        Solutions of the hardest problem.
    rule
        How many others get: fewer the easier they are (prop2diff), or as many (uniform).
    choice
        Of the ways to go, those that differ most (different); or, to compare with, as many at random; or one solution of each
        problem, right or wrong, with its own answer (unverified).
    critique
        Score that must be high: of a critique model.
    least
        How high, as a share of the best there is; for a calibrated score the probability of being right. By default 0.9.
    reward
        Score that must rank high among all samples of the problem: of a reward model.
    rank
        How high: the share of the problem's other samples that it leaves behind, 1 for the best. By default 0.4.
    seed
        Decides what is kept at random.
    benchmarks
        Benchmarks whose questions must not occur, with commas between; installed: every one that mathsolve bench list finds
        here. Those of this package always count.
    data
        Folder of public data with benchmarks in its folder eval.
    concurrency
        Programs that run at the same time.
    as_json
        Print one JSON object instead of a table.
    """
    if most < 1 or concurrency < 1:
        raise UsageError("--most and --concurrency must be 1 or more")
    if choice == "unverified" and (critique or reward):
        raise UsageError("--choice unverified asks nothing of a solution: leave --critique and --reward out")
    for bound, value, score, named in (("least", least, "critique", critique), ("rank", rank, "reward", reward)):
        if value is not None and named is None:
            raise UsageError(f"--{bound} {value:g} is asked of a score: name it with --{score}")
    check_format(out)
    bounds = Bounds(critique, LEAST if least is None else least, reward, RANK if rank is None else rank)
    teacher = SampleTeacher(runs, most=most, rule=rule, choice=choice, bounds=bounds, seed=seed)
    criteria = Criteria(measures(names_of(benchmarks), part(data, "eval")), likeness=None)
    return make(teacher, out, {"train": None}, criteria, concurrency=concurrency, as_json=as_json)
