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
from .card import BY_HAND, TRANSFORMERS_FORM, Origin, Part, parts_before, write_card
from .command import check_libraries
from .pipeline.account import resolved
from .pipeline.dashboard import dashboard
from .pipeline.recipe import PLACEHOLDER, Pipeline, Stage
from .pipeline.standing import check, kept_plan, standings
from .pipeline.tables import contrasts, scores
from .recipe import load_fine_tuning

SETS = {"numbers": "builtin/numbers", "phrasings": "builtin/phrasings", **BY_HAND}
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
    least_confidence: Annotated[float, Parameter(validator=Number(gte=0, lt=1))] = 0.6,
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
        The stage whose folder `model` it is: of sft, dpo, ppo or average.
    out
        Folder of the run; what can be served will be in its folder `model`.
    samples
        Attempts per question that it will make.
    least_confidence
        Probability of being right from which on it gives an answer. It is estimated by what can be seen of its attempts.
    seed
        Of the attempts.
    limit
        Problems of each set that it is measured on; by default all.
    keep
        Put it where the package looks for its embedded model. The pipeline's stages that went on from the one before cannot be
        run again after that.
    """
    if keep and limit is not None:
        raise UsageError("--install ships what was measured on all problems: leave --limit out")
    check_libraries()
    from .embedded import put
    from .export import Serving, export_run

    plan = kept_plan(pipeline)
    source = pipeline / plan.stage(stage).name / "model"
    if not (source / "config.json").is_file():
        raise UsageError(f"stage {stage!r} has made no model: there is no {source / 'config.json'}")
    check([one for one in standings(plan, pipeline) if one.stage in plan.ancestors([stage])], pipeline)
    origin = origin_of(plan, stage, pipeline, samples, seed)
    target, _ = export_run(source, out, Serving(samples, least_confidence, seed))
    sets = {name: load(where, limit=limit) for name, where in SETS.items()}
    write_card(origin, source, sets, out / "results", target)
    if keep:
        put(target, source)
    sys.stderr.write(f'made {target}: mathsolve --model {target} "What is 15% of 80?"\n')


def origin_of(plan: Pipeline, stage: str, folder: Path, samples: int, seed: int) -> Origin:
    """Of the model of a stage: the trainings behind it, what each learnt from, and what the pipeline measured."""
    row, start = trainings(plan, stage, folder)
    before = parts_before(Path(start)) if start is not None and Path(start).is_dir() else []
    parts = [
        Part(number, one.name, card)
        for number, training in enumerate(row, max((part.round for part in before), default=0) + 1)
        for one in learnt_from(plan, training)
        for card in sorted((folder / one.name).glob("*.md"))
        if card.stem.endswith((".jsonl", ".parquet"))
    ]
    found = dashboard(plan, folder)
    stages = "\n\n".join(table_text(one) for one in (scores(found), contrasts(found)) if one)
    made = f"{_begun(start)},\nas the stage `{stage}` of `mathsolve train run {plan.name}`"
    if plan.stage(stage).words[1] == "average":
        made += ", the mean of the weights before and after"
    return Origin(made, [*before, *parts], seed, samples, stages)


def trainings(plan: Pipeline, stage: str, folder: Path) -> tuple[list[Stage], str | None]:
    """The trainings in a row that made a stage's model, the first one first, and the model that they began with, which the
    pipeline did not make; None: they began from scratch. An average is followed back through the last of its models."""
    row = [_training(plan, plan.stage(stage))]
    while (word := dict(_options(row[0])).get("--model")) is not None:
        if not (parents := _stages(plan, word)):
            return row, dict(zip(row[0].words, resolved(plan, row[0], folder), strict=True))[word]
        row.insert(0, _training(plan, parents[0]))
    recipe = resolved(plan, row[0], folder)[2]
    return row, load_fine_tuning(recipe).model


def _training(plan: Pipeline, stage: Stage) -> Stage:
    """The stage itself, or the last training among those whose average it is."""
    while stage.words[1] == "average":
        models = [one for word in stage.words for one in _stages(plan, word)]
        if not models:
            raise UsageError(
                f"stage {stage.name!r} is the mean of models that no stage made: name one that was trained"
            )
        stage = max(models, key=plan.stages.index)
    return stage


def learnt_from(plan: Pipeline, stage: Stage) -> list[Stage]:
    """The stages whose questions a training learns from, through the attempts at them and what was made of those."""
    found: dict[str, Stage] = {}
    for option, word in _options(stage):
        if option in ("", "--data", "--runs", "--pairs", "--problems"):
            for one in _stages(plan, word):
                found |= {one.name: one} | {earlier.name: earlier for earlier in learnt_from(plan, one)}
    return list(found.values())


def _options(stage: Stage) -> Iterator[tuple[str, str]]:
    """The values in a command, each with its option; one before any option has none."""
    option = ""
    for word in stage.words:
        if word.startswith("--"):
            option = word
        else:
            yield option, word


def _stages(plan: Pipeline, word: str) -> list[Stage]:
    """The stages whose folders a word names."""
    names = PLACEHOLDER.findall(word)
    return [one for one in plan.stages if one.name in names]


def _begun(start: str | None) -> str:
    """With which weights."""
    if start is None:
        return "trained from scratch"
    if Path(start).resolve() == TRANSFORMERS_FORM:
        return "trained further from the model that the package had before"
    return f"trained further from `{Path(start).name if Path(start).is_dir() else start}`"
