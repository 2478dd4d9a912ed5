"""What a run will take, before it starts: attempts, memory, and time, measured on a few attempts and a piece of an update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from ...engine.backends.capacity import row_bytes, rows_that_fit
from ..sft.estimate import Memory, Size, memory
from .trainer import PolicyTrainer


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run will take."""

    size: Size
    """Of the model."""
    problems: int
    """To learn from."""
    steps: int
    """Batches that are left."""
    attempts: int
    """In a batch."""
    row: int
    """Most tokens of an attempt."""
    memory: Memory
    """For updates, on the device."""
    reference: float
    """Bytes of the model at the start."""
    cache: float
    """Bytes of keys and values while attempts are made, which is not when updates are."""
    sampling_s: float
    """Of a batch, at most: a few attempts leave more of the machine idle than many."""
    learning_s: float
    """Of a batch."""

    @classmethod
    def of(cls, trainer: PolicyTrainer, problems: int, context: int, sampling_s: float, learning_s: float) -> Estimate:
        """The estimate of a run that is ready to start.

        Args:
            trainer: of the run.
            problems: to learn from.
            context: tokens of a slot of the backend.
            sampling_s: measured seconds of a batch of attempts.
            learning_s: the same of what is learnt from it.
        """
        recipe, model = trainer.recipe, trainer.policy.served
        size, at_once = Size.of(trainer.policy.model), recipe.schedule.rows_at_once or recipe.schedule.rows_per_step
        needed = memory(size, at_once * recipe.row, width=4, recompute=recipe.schedule.recompute)
        copied = recipe.policy.reference > 0 and recipe.lora is None
        rows = min(rows_that_fit(model, context), attempts := recipe.policy.problems * recipe.policy.samples)
        return cls(
            size=size,
            problems=problems,
            steps=trainer.steps - trainer.step,
            attempts=attempts,
            row=recipe.row,
            memory=needed,
            reference=4.0 * size.parameters if copied else 0.0,
            cache=float(rows * row_bytes(model.config.get_text_config(), context, model.dtype.itemsize)),
            sampling_s=sampling_s,
            learning_s=learning_s,
        )

    def lines(self) -> Sequence[str]:
        """For people."""
        size, needed = self.size, self.memory
        share = f", {size.trained / size.parameters:.1%} of them trained" if size.trained < size.parameters else ""
        seconds = self.steps * (self.sampling_s + self.learning_s)
        took = f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
        parts = {
            "weights": needed.weights,
            "reference": self.reference,
            "gradients": needed.gradients,
            "optimizer": needed.optimizer,
            "activations": needed.activations,
        }
        return (
            f"model    {size.parameters / 1e6:,.1f} M parameters{share}",
            f"data     {self.problems:,} problems: {self.steps:,} batches of {self.attempts:,} attempts of at most "
            f"{self.row:,} tokens",
            f"memory   {decimal(int(sum(parts.values())))} in updates: "
            + ", ".join(f"{name} {decimal(int(held))}" for name, held in parts.items() if held)
            + f"; {decimal(int(self.cache))} of keys and values between them",
            f"time     {took if seconds < 7200 else f'{seconds / 3600:.1f} hours'}, by the speed of a few attempts: "
            f"{self.sampling_s:.1f} s to sample a batch at most, {self.learning_s:.1f} s to learn from it",
        )
