"""How every run of training behaves, whatever it trains: stages of fine-tuning, preference and judges share this.

Promises: libraries keep quiet; too little memory is told with a remedy; a dry run leaves nothing behind; a signal ends a run
after the present step; the same command goes on from the last whole checkpoint.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from rich.console import Console
from safetensors import SafetensorError
from torch import distributed
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.utils import logging

from ...engine.errors import MathsolveError, UsageError
from ..tables import Schedule
from . import checkpoints
from .hardware import keep_freed_memory
from .progress import Report
from .stopping import EndOnDivergence, StopOnSignal

DRY_STEPS = 2
"""Steps of a dry run."""


@contextmanager
def conducted() -> Iterator[None]:
    """The time in which a run trains.

    Raises:
        UsageError: the memory of a device does not suffice.
        MathsolveError: a checkpoint could not be written.
    """
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    warnings.simplefilter("ignore", FutureWarning)  # what libraries will rename is no news for people
    keep_freed_memory()
    try:
        yield
    except torch.OutOfMemoryError as error:
        first, remedy = str(error).partition(". ")[0], "choose a smaller rows_at_once, or recompute = true"
        raise UsageError(f"{first}: {remedy}; for a judge also fewer attempts") from error
    except (SafetensorError, RuntimeError) as error:  # neither library has an OSError for a full disk
        if isinstance(error, RuntimeError) and "inline_container" not in str(error):
            raise
        raise MathsolveError(
            "a checkpoint could not be written, most likely because the disk is full: make room, and the same command goes on"
        ) from error


@contextmanager
def place(folder: Path, *, dry: bool) -> Iterator[Path]:
    """The folder that a run works in: its own, or one that is gone afterwards, which the first process sees to."""
    within = folder / "dry-run" if dry else folder
    if not dry:
        yield within
        return
    first, made = os.environ.get("RANK", "0") == "0", not folder.exists()
    if first:
        shutil.rmtree(within, ignore_errors=True)
    try:
        yield within
        if distributed.is_available() and distributed.is_initialized():
            distributed.barrier()  # others may still be writing
    finally:
        if first:
            shutil.rmtree(folder if made else within, ignore_errors=True)


def finished(args: TrainingArguments, folder: Path, schedule: Schedule) -> bool:
    """Whether the last whole checkpoint is that of the last step; torn ones are removed, by the first process."""
    with args.main_process_first(local=False, desc="checkpoints"):
        done = checkpoints.to_go_on_from(folder, schedule)
    return done is not None and checkpoints.step_of(done) == args.max_steps


def train(
    trainer: Trainer,
    folder: Path,
    schedule: Schedule,
    console: Console,
    report: Report,
    others: Sequence[TrainerCallback] = (),
) -> None:
    """Trains from the last whole checkpoint to the end, unless that is the end.

    Args:
        trainer: has the number of steps in its arguments.
        folder: of the run.
        schedule: which checkpoints are kept.
        console: hears when the run is stopped.
        report: hears of every step in the first process; it is closed.
        others: whatever else hears of steps, in all processes.

    Raises:
        KeyboardInterrupt: a signal ended the run; what was done is kept.
        MathsolveError: the loss is no number any more.
    """
    args, stop = trainer.args, StopOnSignal()
    if finished(args, folder, schedule):
        return
    done = checkpoints.to_go_on_from(folder, schedule)
    for callback in (stop, *(() if args.process_index else (report,)), EndOnDivergence(), *others):
        trainer.add_callback(callback)
    try:
        trainer.train(resume_from_checkpoint=str(done) if done else None)
    finally:
        report.close()
        stop.restore()
    if stop.stopped:
        console.print(f"stopped after step {trainer.state.global_step}; the same command goes on from there")
        raise KeyboardInterrupt
