"""What a judge's training tells: the lines of `sft.progress`, with how well attempts are told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from transformers import TrainerControl, TrainerState, TrainingArguments

from ...engine.judge import Kind
from ..sft.estimate import Estimate
from ..sft.progress import Report


class JudgeReport(Report):
    """Hears every step and every log line of a run."""

    def __init__(self, kind: Kind, folder: Path, console: Console, estimate: Estimate) -> None:
        super().__init__(folder, console, estimate.step_tokens, estimate.step_flops, estimate.peak)
        self._progress.columns = (kind, *self._progress.columns[1:])

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **rest: Any,
    ) -> None:
        """As in fine-tuning; the live line shows the loss and what the stage told."""
        super().on_log(args, state, control, logs, **rest)
        if logs and "loss" in logs:
            told = [f"loss {logs['loss']:.3f}"]
            told += [f"{logs['pairs']:.0%} of pairs"] if "pairs" in logs else []
            told += [f"off by {logs['off']:.2f}"] if "off" in logs else []
            self._losses = ", ".join(told)
