"""`mathsolve train ship`: the model of one stage of a pipeline becomes a model to ship, with a card that tells of its making.

RUN/rft/model  ->  OUT/model        as it answers: CTranslate2, int8, a trust that fits, README.md, the cards of its data
                   OUT/results/     what the card was measured by: new numbers, new wordings, questions written by hand
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from ..engine.errors import UsageError
from ..evaluation.benchmarks.loading import load
from ..evaluation.report.markdown import table_text
from .card import TRANSFORMERS_FORM, Origin, Part, parts_before, write_card
from .command import check_libraries
from .pipeline.account import resolved
from .pipeline.dashboard import dashboard
from .pipeline.recipe import Pipeline
from .pipeline.standing import kept_plan
from .pipeline.tables import contrasts, scores

SETS = {"numbers": "builtin/numbers", "phrasings": "builtin/phrasings"} | {
    part: f"handwritten/{part}" for part in ("inside", "outside")
}
"""What a model is measured on, as the card calls it, and where it is."""

app = App(
    name="ship",
    help="Make the model of a stage ready to ship: export, measure, write its card.",
    help_epilogue="""\
mathsolve train run loop-embedded --out runs/loop
mathsolve train ship runs/loop rft --out runs/winner
mathsolve --model runs/winner/model "What is 15% of 80?"

The same command goes on where it was stopped.""",
)


@app.default
def ship_(
    pipeline: Path,
    stage: str,
    /,
    *,
    out: Path,
    samples: Annotated[int, Parameter(validator=Number(gte=1))] = 5,
    keep_right: Annotated[float, Parameter(validator=Number(gt=0, lte=1))] = 0.97,
    seed: int = 1,
    limit: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    keep: Annotated[bool, Parameter(name="--install", negative="")] = False,
) -> None:
    """Export the model of a stage, measure it on what it was not trained on, and write a card with what each stage gave.

    Parameters
    ----------
    pipeline
        Folder of `mathsolve train run`.
    stage
        The stage whose folder `model` it is: of sft, dpo or ppo.
    out
        Folder of the run; what can be served will be in its folder `model`.
    samples
        Attempts per question that it will make.
    keep_right
        Share of its right answers, on questions that are kept for this, which it may not withhold.
    seed
        Of the attempts.
    limit
        Problems of each set that it is measured on; by default all.
    keep
        Put it where the package looks for its embedded model.
    """
    check_libraries()
    from .embedded import put
    from .export import Serving, export_run

    plan = kept_plan(pipeline)
    source = pipeline / plan.stage(stage).name / "model"
    if not (source / "config.json").is_file():
        raise UsageError(f"stage {stage!r} has made no model: there is no {source / 'config.json'}")
    target, _ = export_run(source, out, Serving(samples, keep_right, seed))
    if not (target / "README.md").is_file():
        sets = {name: load(where, limit=limit) for name, where in SETS.items()}
        write_card(origin_of(plan, stage, pipeline, samples, seed), source, sets, out / "results", target)
    if keep:
        put(target, source)
    sys.stderr.write(f'made {target}: mathsolve --model {target} "What is 15% of 80?"\n')


def origin_of(plan: Pipeline, stage: str, folder: Path, samples: int, seed: int) -> Origin:
    """Of the model of a stage: what it is made from, back to the model that the pipeline went on from."""
    before = parts_before(TRANSFORMERS_FORM) if _goes_on(plan, stage, folder) else []
    this = max((part.round for part in before), default=0) + 1
    parts = [Part(this, name, card) for name, card in _cards(plan, stage, folder)]
    start = "trained further from the one that the package shipped" if before else "trained from scratch"
    found = dashboard(plan, folder)
    stages = "\n\n".join(table_text(one) for one in (scores(found), contrasts(found)) if one)
    made = f"{start},\nas the stage `{stage}` of `mathsolve train run {plan.name}`"
    return Origin(made, [*before, *parts], seed, samples, stages)


def _goes_on(plan: Pipeline, stage: str, folder: Path) -> bool:
    """Whether a stage that it is made from names the model that the package ships."""
    words = (word for one in plan.ancestors([stage]) for word in resolved(plan, one, folder))
    return any("/" in word and Path(word).resolve() == TRANSFORMERS_FORM for word in words)


def _cards(plan: Pipeline, stage: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The data cards of the stages that it is made from, by the stage."""
    for one in plan.ancestors([stage]):
        for card in sorted((folder / one.name).glob("*.md")):
            if card.stem.endswith((".jsonl", ".parquet")):
                yield one.name, card
