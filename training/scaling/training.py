"""From an arm's examples to its model: one tokenizer for all of a family, and as many optimizer steps as the others take.

The tokenizer and the packed rows are put into the folder of the run, where fine-tuning finds and keeps them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from tokenizers import Tokenizer

from ...engine.errors import UsageError
from ...evaluation.run import replace_file
from ...prompts import Family
from ..export import export_ctranslate2
from ..recipe import FineTuning
from ..sft import arguments
from ..sft.data import Source, solutions, texts
from ..sft.model import Writing, writing
from ..sft.packing import Rows, pack
from ..sft.run import fine_tune
from ..sft.tokenizer import train_tokenizer
from .variant import Arm

EXAMPLES = "examples.jsonl"
"""Name of an arm's subset in its folder."""


class Plan(BaseModel):
    """What an arm's training is, once its data are packed: a file beside the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: FineTuning
    """The recipe with the passes that fill the steps."""
    steps: int
    """Optimizer steps."""
    passes: float
    """How often a question is seen."""


@dataclass(frozen=True, slots=True)
class Compute:
    """How long to train: equal steps for all, or equal passes over each arm's own data."""

    steps: int | None = None
    """Optimizer steps; None: what the passes make."""
    epochs: float | None = None
    """Passes over the data; None: those of the recipe, or what fills the steps."""


@dataclass(frozen=True, slots=True)
class Tokenizers:
    """The tokenizers of models from scratch, one for each family, trained once on the examples of all arms."""

    folder: Path
    """Where they are kept."""
    examples: dict[str, tuple[Path, ...]]
    """Files of examples by family."""

    def of(self, family: str, vocabulary: int, layout: Family) -> Tokenizer:
        """The tokenizer of a family."""
        path = self.folder / f"tokenizer-{Path(family).stem}-{vocabulary}.json"
        if not path.is_file():
            sources = [Source(file) for file in self.examples[family]]
            trained = train_tokenizer(*texts(sources), layout, vocabulary)
            replace_file(path, [trained.to_str()])
        return Tokenizer.from_file(str(path))


def plan(arm: Arm, folder: Path, tokenizers: Tokenizers, compute: Compute) -> Plan:
    """Packs an arm's examples into rows for so many steps, or so many passes; what is there is kept.

    Raises:
        UsageError: the examples do not fill one step, or what is there is another training.
    """
    path, run = folder / "plan.json", folder / "sft"
    if path.is_file():
        return _agreeing(Plan.model_validate_json(path.read_text(encoding="utf-8")), compute, folder)
    recipe = arm.variant.recipe
    words = writing(recipe, lambda family: tokenizers.of(recipe.family or family.name, recipe.vocabulary, family))
    source = Source(folder / EXAMPLES)
    run.mkdir(parents=True, exist_ok=True)
    if recipe.model is None:
        replace_file(run / "tokenizer.json", [words.tokenizer.backend_tokenizer.to_str()])
    recipe = with_epochs(recipe, compute.epochs or recipe.schedule.epochs)
    once = _packed(with_epochs(recipe, 1.0), source, words)
    if compute.steps is not None:
        recipe, rows = _filled(recipe, source, words, once, compute.steps * recipe.schedule.rows_per_step)
    else:
        rows = _packed(recipe, source, words)
    rows.save(run / "rows")
    passes = float(rows.lengths.sum() / max(1, once.lengths.sum()))
    made = Plan(recipe=recipe, steps=arguments.steps(recipe, len(rows)), passes=passes)
    replace_file(path, [made.model_dump_json(indent=1) + "\n"])
    return made


def _agreeing(there: Plan, compute: Compute, folder: Path) -> Plan:
    """A plan that is there, if it is the one that is asked for. Raises `UsageError`."""
    if compute.steps not in (None, there.steps):
        raise UsageError(
            f"{folder} takes {there.steps} steps, not {compute.steps}: add --steps {there.steps}, or name another --out"
        )
    epochs = there.recipe.schedule.epochs
    if compute.epochs not in (None, epochs):
        raise UsageError(f"{folder} takes {epochs:g} passes, not {compute.epochs:g}; name another folder with --out")
    return there


def train(made: Plan, folder: Path, console: Console) -> Path:
    """Fine-tunes, or goes on with it, and returns the finished model's folder. Raises what `fine_tune` does."""
    model = folder / "sft" / "model"
    if not model.is_dir():
        fine_tune(made.recipe, [Source(folder / EXAMPLES)], folder / "sft", console)
    return model


def exported(made: Plan, model: Path, folder: Path) -> Path:
    """The model as the embedded backend serves it: CTranslate2, int8."""
    target = folder / "exported"
    if not (target / "mathsolve.json").is_file():
        told = json.loads((model / "mathsolve.json").read_text(encoding="utf-8"))
        export_ctranslate2(model, target, {**told, "family": made.recipe.family or told["family"]})
    return target


def with_epochs(recipe: FineTuning, epochs: float) -> FineTuning:
    """The recipe with so many passes over the data."""
    return recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update={"epochs": epochs})})


def _packed(recipe: FineTuning, source: Source, words: Writing) -> Rows:
    return pack(solutions([source], recipe, words.renderer, words.end_id), recipe.row, recipe.seed)


def _filled(recipe: FineTuning, source: Source, words: Writing, once: Rows, wanted: int) -> tuple[FineTuning, Rows]:
    """The first `wanted` rows of so many passes that there are that many, and the recipe with these passes."""
    if not len(once):
        return recipe, once
    epochs = 1.02 * wanted * recipe.row / int(once.lengths.sum())
    while len(rows := _packed(with_epochs(recipe, epochs), source, words)) < wanted:
        epochs *= 1.1
    return with_epochs(recipe, epochs), first_rows(rows, wanted)


def first_rows(rows: Rows, wanted: int) -> Rows:
    """The first so many rows."""
    bounds = rows.bounds[: wanted + 1]
    return replace(rows, bounds=bounds, members=rows.members[: bounds[-1]])
