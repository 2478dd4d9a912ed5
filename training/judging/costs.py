"""What the training of a judge will take, worked out before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from ..recipe import JudgeTraining
from ..sft.estimate import USUAL_SHARE, Estimate, Size, memory, step_flops
from ..sft.hardware import matmul_flops
from .groups import Encoded
from .trainer import JudgeTrainer


def estimated(
    trainer: JudgeTrainer, recipe: JudgeTraining, data: Encoded, members: Sequence[tuple[int, ...]]
) -> Estimate:
    """The estimate of a run that is ready to start.

    A piece of a step holds groups padded to their longest attempt. Its time is measured where a process has all weights,
    else it follows from the measured peak of the device.
    """
    args, size = trainer.args, _size(trainer.model)
    lengths = data.lengths
    cells = np.array([len(group) * int(lengths[list(group)].max()) for group in members], dtype=float)
    squares = np.array([float((lengths[list(group)].astype(float) ** 2).sum()) for group in members])
    problems = recipe.schedule.rows_per_step
    tokens = int(cells.mean() * problems)
    flops = step_flops(size, tokens, float(squares.mean() * problems))
    peak = matmul_flops(torch.bfloat16 if args.bf16 else torch.float32) * args.world_size
    piece_s = 0.0 if trainer.sharded else trainer.seconds_of_a_piece()
    step_s = flops / (USUAL_SHARE * peak) if trainer.sharded else piece_s * args.gradient_accumulation_steps
    needed = memory(
        size,
        int(cells.max()) * args.per_device_train_batch_size,
        width=2 if args.bf16 else 4,
        recompute=recipe.schedule.recompute,
        shards=args.world_size if trainer.sharded else 1,
    )
    attempts = sum(map(len, members))
    return Estimate(
        size, attempts, args.max_steps, tokens, flops, peak, needed, step_s * args.max_steps, trainer.sharded
    )


def _size(model: object) -> Size:
    """The size of a classifier: its embedding is only looked up, and it has no logits of tokens."""
    whole = Size.of(model)
    looked_up = model.get_input_embeddings().weight.numel()  # type: ignore[attr-defined]
    return replace(whole, multiplied=whole.parameters - looked_up, vocabulary=0)
