"""What the benchmarks of fine-tuning share: rows of random solutions, and the time of a step by turns.

No program of its own: `sft_speed.py` and `sft_gpu.py` use it.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models
from torch.utils.data import default_collate
from transformers import PrinterCallback, TrainerCallback

from mathsolve.engine.trajectory import Tokens
from mathsolve.training.recipe import FineTuning
from mathsolve.training.sft.arguments import training_arguments
from mathsolve.training.sft.hardware import device, has_bf16
from mathsolve.training.sft.model import new_model
from mathsolve.training.sft.noise import WordNoise
from mathsolve.training.sft.packing import Rows, pack
from mathsolve.training.sft.trainer import RowDataset, SftTrainer, token_losses, token_weights, weight_table
from mathsolve.training.tables import Shape


def random_rows(vocabulary: int, length: int, count: int, mean: int) -> Rows:
    """About `count` full rows of solutions of random tokens, with `mean` tokens on average."""
    draw = random.Random(0)

    def solutions() -> Iterator[tuple[Tokens, int]]:
        for _ in range(count * length // mean):
            size = min(length, max(8, int(draw.gauss(mean, mean / 3))))
            roles: list[Any] = ["prompt"] * (size // 3) + ["thought"] * (size - size // 3)
            ids = tuple(draw.randrange(8, vocabulary) for _ in range(size))
            yield Tokens(ids, tuple(roles), (None,) * size), 1

    return pack(solutions(), length, seed=0)


class Clock(TrainerCallback):
    """Ends of steps, in seconds."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """One more."""
        self.ends.append(now())

    def step_s(self) -> float:
        """The median step, the first three left out."""
        return statistics.median(b - a for a, b in pairwise(self.ends[2:]))


def now() -> float:
    """Seconds: of the clock on a GPU, which is waited for; of the processor elsewhere, which neighbours do not lengthen."""
    if device() != "cuda":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def recipe_of(shape: Shape, row: int, rows: int, *, optimizer: str, compiled: bool) -> FineTuning:
    """A recipe of one piece a step."""
    schedule = {
        "epochs": 1,
        "rows_per_step": rows,
        "learning_rate": 1e-4,
        "warmup_steps": 2,
        "checkpoint_steps": 10**6,
        "optimizer": optimizer,
        "compile": compiled,
    }
    return FineTuning.model_validate(
        {"seed": 0, "family": "embedded", "row": row, "shape": shape, "schedule": schedule}
    )


def ours_step_s(recipe: FineTuning, vocabulary: int, rows: Rows, steps: int) -> float:
    """Seconds of a step of our trainer on a fresh random model."""
    assert recipe.shape is not None
    schedule = recipe.schedule
    model = new_model(recipe.shape, vocabulary, 6, seed=0)
    if schedule.compile:
        model.compile()
    with tempfile.TemporaryDirectory() as folder:
        args = training_arguments(recipe, Path(folder))
        args.max_steps, args.save_strategy, clock = steps, "no", Clock()
        noise = WordNoise(Tokenizer(models.BPE({"a": 0}, [])), 0.0, 0)
        data = RowDataset(rows, noise, at_least=steps * schedule.rows_per_step)
        trainer = SftTrainer(recipe, model=model, args=args, train_dataset=data, callbacks=[clock])
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return clock.step_s()


def plain_step_s(recipe: FineTuning, vocabulary: int, rows: Rows, steps: int) -> float:
    """Seconds of a step of a loop of torch alone, on the same model and the same batches, with the same loss."""
    assert recipe.shape is not None
    schedule = recipe.schedule
    model: Any = new_model(recipe.shape, vocabulary, 6, seed=0).to(device())
    if schedule.compile:
        model.compile()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0, fused=True)
    data = RowDataset(rows, WordNoise(Tokenizer(models.BPE({"a": 0}, [])), 0.0, 0))
    table = weight_table(recipe.weights).to(device())
    ends: list[float] = []
    for step in range(steps):
        wanted = [(step * schedule.rows_per_step + i) % len(data) for i in range(schedule.rows_per_step)]
        batch = {name: value.to(device()) for name, value in default_collate([data[i] for i in wanted]).items()}
        ids, positions = batch["input_ids"].long(), batch["position_ids"].long()
        with torch.autocast(device(), torch.bfloat16, enabled=has_bf16()):
            logits = model(input_ids=ids, position_ids=positions, use_cache=False).logits
        weights = token_weights(table, batch["roles"], positions)[:, 1:]
        loss = (token_losses(logits.float(), ids) * weights).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        ends.append(now())
    return statistics.median(b - a for a, b in pairwise(ends[2:]))


def by_turns(rounds: int, *contenders: Callable[[], float]) -> list[list[float]]:
    """The measurements of each contender, taken by turns."""
    found: list[list[float]] = [[] for _ in contenders]
    for number in range(rounds):
        for contender, measured in zip(contenders, found, strict=True):
            measured.append(contender())
        print(f"round {number + 1} of {rounds}:", *(f"{measured[-1]:.3f} s" for measured in found), file=sys.stderr)
    return found
