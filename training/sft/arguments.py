"""A recipe in the words of `transformers.TrainingArguments`: the same steps on one process or on many."""

from __future__ import annotations

from pathlib import Path

from transformers import TrainingArguments

from ...engine.errors import UsageError
from ..recipe import FineTuning
from .checkpoints import kept
from .hardware import device, has_bf16

PATIENCE_S = 6 * 3600
"""How long processes wait for the first one, which packs the data and answers the held-out questions."""


def training_arguments(recipe: FineTuning, folder: Path) -> TrainingArguments:
    """The arguments of a run in a folder; also where processes that were launched together find each other.

    Raises:
        UsageError: the rows of a step cannot be shared among the processes.
    """
    schedule = recipe.schedule
    args = TrainingArguments(
        output_dir=str(folder),
        learning_rate=schedule.learning_rate,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=schedule.warmup_steps,
        weight_decay=schedule.weight_decay,
        max_grad_norm=1.0,
        optim="adamw_torch_fused",
        use_cpu=device() == "cpu",
        bf16=schedule.bf16 and has_bf16(),
        logging_steps=20,
        logging_nan_inf_filter=False,
        save_steps=schedule.checkpoint_steps,
        save_total_limit=kept(schedule),
        seed=recipe.seed,
        data_seed=recipe.seed,
        ddp_timeout=PATIENCE_S,
        ddp_find_unused_parameters=False,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_num_workers=0 if device() == "cpu" else 4,
        dataloader_pin_memory=device() != "cpu",
        dataloader_drop_last=True,  # another shape would be compiled again
    )
    args.per_device_train_batch_size, args.gradient_accumulation_steps = divide(recipe, args.world_size)
    return args


def divide(recipe: FineTuning, processes: int) -> tuple[int, int]:
    """Rows that a process handles at once, and how many times it does so in a step.

    Raises:
        UsageError: they do not come out even.
    """
    rows, most = recipe.schedule.rows_per_step, recipe.schedule.rows_at_once
    share, rest = divmod(rows, processes)
    if rest or not share:
        raise UsageError(
            f"rows_per_step is {rows}, which {processes} processes cannot share; choose a multiple of {processes}"
        )
    at_once = min(share, most or share)
    if share % at_once:
        raise UsageError(
            f"rows_at_once is {at_once}, which does not divide the {share} rows that a process has in a step"
        )
    return at_once, share // at_once


def steps(recipe: FineTuning, rows: int) -> int:
    """Steps of the run. The passes are all in the rows; those that do not fill a last step are left out.

    Raises:
        UsageError: they do not fill one.
    """
    found = rows // recipe.schedule.rows_per_step
    if not found:
        raise UsageError(
            f"the data fill {rows} rows of {recipe.row} tokens, fewer than the {recipe.schedule.rows_per_step} of one step; "
            "bring more data, or choose a smaller row or fewer rows_per_step"
        )
    return found
