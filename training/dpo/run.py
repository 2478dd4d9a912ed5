"""Preference training from a file of pairs to a finished model: `mathsolve train dpo`.

    pairs/            the encoded pairs, and the log-probabilities of all solutions under the reference
    checkpoint-N/     what a stopped run goes on from
    log.jsonl         losses, order and margin of pairs, how far likelihoods moved; also in tensorboard/ where that is there
    dpo.json          what the run is made of
    model/            the finished model, for transformers, vLLM and the engine: the reference of a next round

The same command resumes a run that was stopped, with the same result, and does nothing for a finished one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from tokenizers import Tokenizer
from transformers import PrinterCallback, TrainerCallback, TrainingArguments

from ...engine.errors import UsageError
from ...engine.trajectory import Problem, Thought
from ...prompts import Family
from ...sandbox import Program
from ..claim import claim, hash_of, vacant
from ..recipe import PreferenceTraining
from ..sft import arguments, checkpoints
from ..sft.conduct import DRY_STEPS, conducted, finished, place, train
from ..sft.model import Writing, fitted, load_model, writing
from ..sft.sampling import Accuracy
from ..sft.tokenizer import train_tokenizer
from ..start import check_start
from .costs import estimated
from .data import Encoded, encoded, is_held_out
from .held_out import HeldOut
from .pairs import read_pairs
from .progress import PreferenceReport
from .trainer import DpoTrainer, PairDataset

MADE_OF = "dpo.json"


@dataclass(frozen=True, slots=True)
class DpoRun:
    """A run that is ready to be carried out."""

    recipe: PreferenceTraining
    """How."""
    pairs: Path
    """Of what."""
    folder: Path
    """Where."""
    console: Console
    """Tells people; quiet in all processes but the first."""
    dry: bool = False
    """Two steps, which leave nothing behind."""
    tiny: bool = False
    """Random weights of a tiny model, to see everything work."""


def prefer(
    recipe: PreferenceTraining,
    pairs: Path,
    folder: Path,
    console: Console,
    *,
    dry_run: bool = False,
    tiny: bool = False,
) -> Path:
    """Trains, or goes on with it.

    Args:
        recipe: how; its model is the reference, too.
        pairs: file of `mathsolve train pairs`.
        folder: of the run.
        console: hears of the estimate and the progress.
        dry_run: build everything, make two steps and leave nothing behind.
        tiny: with random weights of a tiny model of the same architecture.

    Returns:
        The folder of the finished model.

    Raises:
        UsageError: something cannot be done as it is asked for.
        KeyboardInterrupt: a signal ended the run; what was done is kept.
    """
    if recipe.model is None:
        raise UsageError("the recipe names no model: give one with --model; it is also what the model is compared with")
    check_start(recipe.model)
    with place(folder, dry=dry_run) as within, conducted():
        return _carry_out(DpoRun(recipe, pairs, within, console, dry_run, tiny))


def _carry_out(run: DpoRun) -> Path:
    args = arguments.training_arguments(run.recipe, run.folder)
    if args.process_index:
        run = replace(run, console=Console(quiet=True))
    if not run.tiny:
        run = replace(run, recipe=fitted(run.recipe, run.console))
    with args.main_process_first(local=False, desc="data"):
        _claim(run)
        words = writing(run.recipe, lambda family: _tokenizer(run, family), tiny=run.tiny)
        data = _encoded(run, words)
    model = run.folder / "model"
    if model.is_dir():
        run.console.print(f"{model} is finished: nothing is left to do")
        return model
    places = _places(run.recipe, data)
    steps = _steps(run.recipe, len(places))
    args.max_steps = DRY_STEPS if run.dry else steps
    args.logging_steps = max(1, min(args.logging_steps, steps // 10))
    trainer = _trainer(run, args, words, data, places)
    _train(run, trainer, words, data, steps)
    if not args.process_index and not run.dry:
        last = checkpoints.averaged(run.folder, run.recipe.schedule)
        checkpoints.finish(run.recipe, last, words, model, tiny=run.tiny)
        run.console.print(f"made {model}: the next round samples from it", highlight=False, soft_wrap=True)
    return model


def _claim(run: DpoRun) -> None:
    """Claims the folder; as long as nothing was made of the pairs, they may be replaced. Raises `UsageError`."""
    vacant(run.folder / MADE_OF)
    if not run.pairs.is_file():
        raise UsageError(f"there is no file {str(run.pairs)!r}; `mathsolve train pairs` makes pairs")
    made_of = {"recipe": run.recipe.model_dump(mode="json"), "pairs": hash_of(run.pairs), "tiny": run.tiny}
    claim(run.folder / MADE_OF, made_of, begun=(run.folder / "pairs").exists())


def _tokenizer(run: DpoRun, family: Family) -> Tokenizer:
    """A tokenizer trained on the pairs, for the tiny model that stands in for another."""
    steps = [step for pair in read_pairs(run.pairs) for side in (pair.chosen, pair.rejected) for step in side.steps]
    programs = [step.code for step in steps if isinstance(step, Program)]
    said = [step.text for step in steps if isinstance(step, Thought)]
    return train_tokenizer([*said, *programs], programs, family, run.recipe.vocabulary)


def _encoded(run: DpoRun, words: Writing) -> Encoded:
    """The encoded pairs, made once for each run. Raises `UsageError` when there are too few."""
    folder = run.folder / "pairs"
    if (data := Encoded.load(folder)) is None:
        with run.console.status("encoding the pairs"):
            data, told = encoded(read_pairs(run.pairs), run.recipe, words)
        counts = ", ".join(f"{count} {what}" for what, count in told.items())
        if told:
            run.console.print(f"pairs    {counts}", highlight=False, soft_wrap=True)
        if not len(data):
            there = f"no pair to learn from: {counts}; a row has {run.recipe.row} tokens" if told else "no pairs"
            raise UsageError(f"{run.pairs} holds {there}; make more with mathsolve train pairs")
        _steps(run.recipe, len(_places(run.recipe, data)))  # before anything is kept, so that more pairs may be brought
        data.save(folder)
    return data


def _places(recipe: PreferenceTraining, data: Encoded) -> NDArray[np.int64]:
    """The pairs that are trained on, one whole shuffled pass after the other."""
    train, random = np.flatnonzero(~data.held), np.random.default_rng(recipe.seed)
    passes = int(np.ceil(recipe.schedule.epochs))
    order = np.concatenate([random.permutation(train) for _ in range(passes)])
    return order[: round(recipe.schedule.epochs * len(train))].astype(np.int64)


def _steps(recipe: PreferenceTraining, pairs: int) -> int:
    found = pairs // recipe.schedule.rows_per_step
    if not found:
        raise UsageError(
            f"there are {pairs} pairs to train on, fewer than the {recipe.schedule.rows_per_step} of one step; "
            "bring more, or choose a smaller rows_per_step"
        )
    return found


def _trainer(
    run: DpoRun, args: TrainingArguments, words: Writing, data: Encoded, places: NDArray[np.int64]
) -> DpoTrainer:
    model = load_model(run.recipe, words, tiny=run.tiny)
    for module in model.modules():  # the reference is compared with what training sees, so nothing may be dropped
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    model.config.attention_dropout = 0.0
    trainer = DpoTrainer(
        run.recipe,
        lambda text: run.console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True),
        model=model,
        args=args,
        train_dataset=PairDataset(data, []),
        processing_class=words.tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    reference = _reference(run, trainer, data)
    trainer.train_dataset = PairDataset(data, places.tolist(), reference)
    return trainer


def _reference(run: DpoRun, trainer: DpoTrainer, data: Encoded) -> NDArray[np.float32]:
    """Log-probabilities of all solutions under the weights that training starts from, mapped from the disk."""
    path = run.folder / "pairs" / "reference.npy"
    known = path.is_file()
    trainer.accelerator.wait_for_everyone()
    if not known:
        model = cast("torch.nn.Module", trainer.model)
        home = next(model.parameters()).device  # where weights are to be sharded, they are not on their devices yet
        model.to(trainer.args.device)
        with run.console.status("reading the pairs with the reference"):
            found = trainer.log_probabilities(PairDataset(data, range(len(data))))
        model.to(home)
        if not trainer.args.process_index:
            part = path.with_name("reference.part.npy")
            np.save(part, found.flatten().float().cpu().numpy())
            part.replace(path)
        trainer.accelerator.wait_for_everyone()
    reference: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return reference


def _train(run: DpoRun, trainer: DpoTrainer, words: Writing, data: Encoded, steps: int) -> None:
    if finished(trainer.args, run.folder, run.recipe.schedule):
        return
    recipe, others = run.recipe, list[TrainerCallback]()
    estimate = estimated(trainer, recipe, data, steps, tiny=run.tiny)
    for line in estimate.lines():
        run.console.print(line, highlight=False, soft_wrap=True)
    report = PreferenceReport(run.folder, run.console, estimate, tiny=run.tiny)
    if data.held.any() and not run.dry:
        held = PairDataset(data, np.flatnonzero(data.held).tolist(), _reference(run, trainer, data))
        others = [HeldOut(trainer, held, recipe.preference.beta, report, run.console)]
        if not trainer.args.process_index:
            family = words.renderer.family.name
            others += [Accuracy(family, _problems(run), recipe.row, report, run.console, trainer.program_weight)]
    train(trainer, run.folder, recipe.schedule, run.console, report, others)


def _problems(run: DpoRun) -> list[Problem]:
    """A few of those that are held out and whose answer is known, for the weights of every checkpoint to attempt."""
    if not (wanted := run.recipe.schedule.questions):
        return []
    pairs = (pair for pair in read_pairs(run.pairs) if pair.answer is not None and is_held_out(pair, run.recipe))
    found = {pair.problem: Problem(pair.question, answer=pair.answer) for pair in pairs}
    if not found:
        run.console.print(
            "none of the pairs that are held out tells its right answer: no problem is attempted", style="yellow"
        )
    return list(found.values())[:wanted]
