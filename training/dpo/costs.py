"""What preference training will take, worked out before it starts."""

from __future__ import annotations

import torch

from ..recipe import PreferenceTraining
from ..sft.estimate import USUAL_SHARE, Estimate, Size, memory, step_flops
from ..sft.hardware import matmul_flops
from .data import Encoded
from .trainer import DpoTrainer


def estimated(trainer: DpoTrainer, recipe: PreferenceTraining, data: Encoded, steps: int, *, tiny: bool) -> Estimate:
    """The estimate of a run that is ready to start.

    A piece of a step holds pairs padded to their longest side. Its time is measured where the process has all weights of the
    model that is asked for, else it follows from the measured peak of the device.
    """
    args, schedule = trainer.args, recipe.schedule
    planned = Size.planned(recipe, recipe.shape) if tiny and recipe.shape else None
    size, guessed = planned or Size.of(trainer.model), trainer.sharded or planned is not None
    sides = data.lengths.reshape(-1, 2)
    tokens = int(2 * sides.max(1).mean() * schedule.rows_per_step)
    flops = step_flops(size, tokens, float((sides**2).sum(1).mean()) * schedule.rows_per_step)
    peak = matmul_flops(torch.bfloat16 if args.bf16 else torch.float32) * args.world_size
    piece_s = 0.0 if guessed else trainer.seconds_of_a_piece()
    step_s = flops / (USUAL_SHARE * peak) if guessed else piece_s * args.gradient_accumulation_steps
    needed = memory(
        size,
        int(2 * sides.max()) * args.per_device_train_batch_size,
        width=2 if args.bf16 else 4,
        recompute=schedule.recompute,
        shards=args.world_size if trainer.sharded else 1,
    )
    solutions = 2 * steps * schedule.rows_per_step
    return Estimate(size, solutions, steps, tokens, flops, peak, needed, step_s * steps, guessed)
