"""What a run will take, worked out before it starts: operations, memory, time.

Operations are those of Kaplan et al. 2020 (arXiv 2001.08361): 6 a parameter and token, without those of embeddings that are
only looked up, plus attention, which each solution pays for itself alone. Memory is a sum of what must be there; the
allocator adds some. Activations are those of Korthikanti et al. 2022 (arXiv 2205.05198) without attention scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from rich.filesize import decimal

from ..recipe import FineTuning
from ..tables import Shape
from .hardware import matmul_flops
from .model import new_model, with_adapters
from .packing import Rows

if TYPE_CHECKING:
    from .trainer import SftTrainer

USUAL_SHARE = 0.4
"""Share of its peak that a GPU usually reaches in training."""


@dataclass(frozen=True, slots=True)
class Size:
    """What of a model decides its costs."""

    parameters: int
    """All of them."""
    trained: int
    """Those that change."""
    multiplied: int
    """Those in matrix products: all but an embedding that is only looked up."""
    layers: int
    """Depth."""
    hidden: int
    """Width."""
    attention: int
    """Width of all attention heads together."""
    vocabulary: int
    """Tokens."""

    @classmethod
    def of(cls, model: Any) -> Size:
        """The size of a causal language model of transformers, with adapters or without."""
        config = model.config
        counts = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
        parameters = sum(number for number, _ in counts)
        looked_up = 0 if config.tie_word_embeddings else model.get_input_embeddings().weight.numel()
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        return cls(
            parameters=parameters,
            trained=sum(number for number, trained in counts if trained),
            multiplied=parameters - looked_up,
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            attention=config.num_attention_heads * head,
            vocabulary=config.vocab_size,
        )

    @classmethod
    def planned(cls, recipe: FineTuning, shape: Shape) -> Size:
        """The size that a recipe's model will have, without its weights."""
        with torch.device("meta"):
            model = new_model(shape, recipe.vocabulary, 0, recipe.seed)
            return cls.of(with_adapters(model, recipe.lora, recipe.seed) if recipe.lora else model)


def step_flops(size: Size, tokens: int, squared_lengths: float) -> float:
    """Floating-point operations of forward and backward over some tokens, without anything that is computed twice.

    Args:
        size: of the model.
        tokens: all of them, padding included.
        squared_lengths: the sum of the squared lengths of the solutions.

    >>> step_flops(Size(100, 100, 90, 2, 8, 8, 10), tokens=1000, squared_lengths=0)
    540000.0
    """
    frozen = size.multiplied - size.trained if size.trained < size.parameters else 0
    products = 6 * size.multiplied - 2 * frozen  # no gradient of a weight that stays as it is
    return float(products * tokens + 6 * size.layers * size.attention * squared_lengths)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one device."""

    weights: float
    """All parameters."""
    gradients: float
    """Of those that are trained."""
    optimizer: float
    """Two moments of each trained parameter."""
    activations: float
    """What backward needs of the layers, and the logits."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


def memory(size: Size, tokens_at_once: int, *, width: int, recompute: bool, shards: int = 1) -> Memory:
    """What one device must hold.

    Args:
        size: of the model.
        tokens_at_once: tokens of a piece of a step on one device.
        width: bytes of an activation and of a frozen weight; one that is trained has 4.
        recompute: whether only the inputs of layers are kept.
        shards: devices that share weights, gradients and optimizer.
    """
    frozen = size.parameters - size.trained
    layer = tokens_at_once * size.hidden * (1 if recompute else 17) * width
    logits = tokens_at_once * size.vocabulary * (4 + 4 + width)  # themselves, their logarithms, their gradient
    return Memory(
        weights=(4 * size.trained + width * frozen) / shards,
        gradients=4 * size.trained / shards,
        optimizer=8 * size.trained / shards,
        activations=size.layers * layer + logits + (16 * tokens_at_once * size.hidden * width if recompute else 0),
    )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take."""

    size: Size
    """Of the model."""
    solutions: int
    """That are seen, each as often as it is."""
    steps: int
    """Of the optimizer."""
    step_tokens: int
    """Tokens of a step, padding included."""
    step_flops: float
    """Floating-point operations of a step."""
    peak: float
    """Floating-point operations a second of all devices together, measured on one."""
    memory: Memory
    """On one device."""
    seconds: float
    """All steps."""
    guessed: bool
    """Whether the time follows from the peak, and was not measured."""

    @classmethod
    def of(cls, trainer: SftTrainer, recipe: FineTuning, rows: Rows, steps: int, planned: Size | None) -> Estimate:
        """The estimate of a run that is ready to start.

        Args:
            trainer: of the run.
            recipe: of the run.
            rows: all of them.
            steps: of the optimizer.
            planned: the size of the model, where it is not the trainer's, which stands in for it.

        Its time is measured on one piece of a step; where that is not possible, for the model is not there or no process
        has all of it, it follows from the measured peak of the device.
        """
        args, size = trainer.args, planned or Size.of(trainer.model)
        schedule, width = recipe.schedule, 2 if args.bf16 else 4
        squares = float((rows.lengths**2).sum()) / len(rows) * schedule.rows_per_step
        flops = step_flops(size, tokens := schedule.rows_per_step * recipe.row, squares)
        peak = matmul_flops(torch.bfloat16 if args.bf16 else torch.float32) * args.world_size
        guessed = trainer.sharded or planned is not None
        piece_s = 0.0 if guessed else trainer.seconds_of_a_piece()
        step_s = flops / (USUAL_SHARE * peak) if guessed else piece_s * args.gradient_accumulation_steps
        at_once = args.per_device_train_batch_size * recipe.row
        shards = args.world_size if trainer.sharded else 1
        needed = memory(size, at_once, width=width, recompute=schedule.recompute, shards=shards)
        return cls(size, len(rows.lengths), steps, tokens, flops, peak, needed, step_s * steps, guessed)

    def lines(self) -> Sequence[str]:
        """For people."""
        size, held = self.size, self.memory
        share = f", {size.trained / size.parameters:.1%} of them trained" if size.trained < size.parameters else ""
        parts = ("weights", "gradients", "optimizer", "activations")
        tokens = f"{self.steps * self.step_tokens / 1e6:,.1f} M tokens"
        minutes = f"{self.seconds / 60:.0f} minutes" if self.seconds >= 90 else f"{self.seconds:.0f} seconds"
        took = minutes if self.seconds < 7200 else f"{self.seconds / 3600:.1f} hours"
        return (
            f"model    {size.parameters / 1e6:,.1f} M parameters{share}",
            f"data     {self.solutions:,} solutions in {tokens}: {self.steps:,} steps of {self.step_tokens:,}",
            f"compute  {self.step_flops * self.steps:.2g} FLOP; this hardware does {self.peak / 1e12:.3g} TFLOP/s at most",
            f"memory   {decimal(int(held.total))} on each device: "
            + ", ".join(f"{name} {decimal(int(getattr(held, name)))}" for name in parts),
            f"time     {took}, " + ("at 40 % of that" if self.guessed else "at the speed of the first step"),
        )
