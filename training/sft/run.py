"""Fine-tuning from files of examples to a finished model: `mathsolve train sft`.

    rows/             the encoded solutions, packed
    checkpoint-N/     what a stopped run goes on from
    log.jsonl         losses by role, speed, accuracy; also in tensorboard/ where that is installed
    sft.json          what the run is made of
    model/            the finished model, for transformers, vLLM and the engine

The same command resumes a run that was stopped, with the same result, and does nothing for a finished one.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from tokenizers import Tokenizer
from transformers import PrinterCallback, TrainingArguments

from ...engine.errors import UsageError
from ...prompts import Family
from ..claim import claim, hash_of, vacant
from ..hard.mining import read_hard
from ..recipe import FineTuning
from ..start import check_start
from . import arguments, checkpoints
from .conduct import DRY_STEPS, conducted, place, train
from .data import Source, held_out, solutions, texts
from .estimate import Estimate, Size
from .model import Writing, fitted, load_model, writing
from .noise import WordNoise
from .packing import Rows, pack
from .progress import Report
from .sampling import Accuracy
from .tokenizer import train_tokenizer
from .trainer import RowDataset, SftTrainer

PREPARED = ("tokenizer.json", "rows")
"""What is made of the data before training begins."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is ready to be carried out."""

    recipe: FineTuning
    """What to make."""
    sources: Sequence[Source]
    """Of what."""
    folder: Path
    """Where."""
    console: Console
    """Tells people; quiet in all processes but the first."""
    dry: bool
    """Two steps, which leave nothing behind."""
    tiny: bool
    """Random weights of a tiny model, to see everything work."""
    hard: Path | None = None
    """File of `mathsolve train hard`: which questions are seen more often."""


def fine_tune(
    recipe: FineTuning,
    sources: Sequence[Source],
    folder: Path,
    console: Console,
    *,
    dry_run: bool = False,
    tiny: bool = False,
    hard: Path | None = None,
) -> Path:
    """Trains, or goes on with it.

    Args:
        recipe: what to make.
        sources: files of examples.
        folder: of the run.
        console: hears of the estimate and the progress.
        dry_run: build everything, make two steps and leave nothing behind.
        tiny: with random weights of a tiny model of the same architecture.
        hard: file of `mathsolve train hard`, whose questions are seen by their weights, at most three times as often as others.

    Returns:
        The folder of the finished model.

    Raises:
        UsageError: something cannot be done as it is asked for.
        KeyboardInterrupt: a signal ended the run; what was done is kept.
    """
    if recipe.model is None and (recipe.shape is None or recipe.family is None):
        raise UsageError(
            "the recipe names no model: give one with --model, or a [shape] and a family for one from scratch"
        )
    if recipe.model is not None:
        check_start(recipe.model)
    if hard is not None and not hard.is_file():
        raise UsageError(f"there is no file {str(hard)!r}; `mathsolve train hard` makes one")
    with place(folder, dry=dry_run) as within, conducted():
        return _carry_out(Run(recipe, sources, within, console, dry_run, tiny, hard))


def _carry_out(run: Run) -> Path:
    args = arguments.training_arguments(run.recipe, run.folder)
    if args.process_index:
        run = replace(run, console=Console(quiet=True))
    if not run.tiny:
        run = replace(run, recipe=fitted(run.recipe, run.console))
    with args.main_process_first(local=False, desc="data"):
        _claim(run)
        words = writing(run.recipe, lambda family: _tokenizer(run, family), tiny=run.tiny)
        rows = _rows(run, words)
    steps = arguments.steps(run.recipe, len(rows))
    args.max_steps = DRY_STEPS if run.dry else steps
    model = run.folder / "model"
    if model.is_dir():
        run.console.print(f"{model} is finished: nothing is left to do")
        return model
    trainer = _trainer(run, args, words, rows)
    planned = Size.planned(run.recipe, run.recipe.shape) if run.tiny and run.recipe.shape else None
    estimate = Estimate.of(trainer, run.recipe, rows, steps, planned)
    for line in estimate.lines():
        run.console.print(line, highlight=False, soft_wrap=True)
    _train(run, trainer, words.renderer.family, estimate)
    if not args.process_index and not run.dry:
        last = checkpoints.averaged(run.folder, run.recipe.schedule)
        checkpoints.finish(run.recipe, last, words, model, tiny=run.tiny)
        run.console.print(
            f'made {model}: mathsolve --model {model} "What is 15% of 80?"', highlight=False, soft_wrap=True
        )
    return model


def _claim(run: Run) -> None:
    """Claims the folder; as long as nothing was made of the data, they may be replaced. Raises `UsageError`."""
    vacant(run.folder / "sft.json", *PREPARED)
    data = [{"file": source.path.name, "share": source.share, "sha256": hash_of(source.path)} for source in run.sources]
    hard = hash_of(run.hard) if run.hard else None
    made_of = {"recipe": run.recipe.model_dump(mode="json"), "data": data, "tiny": run.tiny, "hard": hard}
    begun = any((run.folder / name).exists() for name in PREPARED)
    claim(run.folder / "sft.json", made_of, begun=begun)


def _tokenizer(run: Run, family: Family) -> Tokenizer:
    """A tokenizer trained on the questions and solutions, once for each run."""
    path = run.folder / "tokenizer.json"
    if not path.is_file():
        part = path.with_suffix(".part")
        train_tokenizer(*texts(run.sources), family, run.recipe.vocabulary).save(str(part))
        part.replace(path)
    return Tokenizer.from_file(str(path))


def _rows(run: Run, words: Writing) -> Rows:
    """The packed data, made once for each run. Raises `UsageError` when there are none."""
    if (rows := Rows.load(run.folder / "rows")) is None:
        multiples = read_hard(run.hard) if run.hard else None
        encoded = solutions(run.sources, run.recipe, words.renderer, words.end_id, multiples)
        with run.console.status("encoding the data"):
            rows = pack(encoded, run.recipe.row, run.recipe.seed)
        if not len(rows):
            raise UsageError(f"no solution for training of at most {run.recipe.row} tokens in {_names(run.sources)}")
        rows.save(run.folder / "rows")
    return rows


def _trainer(run: Run, args: TrainingArguments, words: Writing, rows: Rows) -> SftTrainer:
    recipe, schedule = run.recipe, run.recipe.schedule
    model = load_model(recipe, words, tiny=run.tiny)
    if schedule.compile and shutil.which("c++"):
        model.compile()
    noise = WordNoise(words.renderer.tokenizer, schedule.word_noise, recipe.seed)
    trainer = SftTrainer(
        recipe,
        model=model,
        args=args,
        train_dataset=RowDataset(rows, noise),
        processing_class=words.tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _train(run: Run, trainer: SftTrainer, family: Family, estimate: Estimate) -> None:
    recipe, others = run.recipe, []
    peak = 0.0 if run.tiny else estimate.peak  # the estimate is of the model for which the tiny one stands in
    report = Report(run.folder, run.console, estimate.step_tokens, estimate.step_flops, peak)
    if not trainer.args.process_index and not run.dry:
        questions = held_out(run.sources, recipe.schedule.questions, recipe.seed)
        others = [Accuracy(family.name, questions, recipe.row, report, run.console, trainer.program_weight)]
    train(trainer, run.folder, recipe.schedule, run.console, report, others)


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(source.path.name for source in sources)
