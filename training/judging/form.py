"""What the forms of a judge differ in: what its model is, how it learns, and how it is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from transformers import TrainingArguments

from ..sft.estimate import Estimate
from ..sft.pieces import PieceTrainer


class Form(Protocol):
    """A judge that is to be made of labelled attempts."""

    def digest(self) -> str:
        """A hash of everything that is learnt from."""
        ...

    def ready(self, args: TrainingArguments) -> tuple[PieceTrainer, Estimate]:
        """The trainer of the whole run, whose steps are written into `args`, and what it will take.

        Raises:
            UsageError: the data do not suffice for a step, or the model cannot be loaded.
        """
        ...

    def finish(self, checkpoints: list[Path], folder: Path) -> None:
        """Writes the judge's folder (see `engine.judge`), in bfloat16, without curves; adapters are merged."""
        ...
