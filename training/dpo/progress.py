"""What preference training tells: the lines of `sft.progress`, with how well pairs are told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from transformers import TrainerControl, TrainerState, TrainingArguments

from ..sft.estimate import Estimate
from ..sft.progress import Report


class PreferenceReport(Report):
    """Hears every step and every log line of a run."""

    def __init__(self, folder: Path, console: Console, estimate: Estimate, *, tiny: bool) -> None:
        peak = 0.0 if tiny else estimate.peak  # the estimate is of the model for which the tiny one stands in
        super().__init__(folder, console, estimate.step_tokens, estimate.step_flops, peak)
        self._progress.columns = ("dpo", *self._progress.columns[1:])

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **rest: Any,
    ) -> None:
        """As in fine-tuning; the live line shows how pairs are told apart, and how far the chosen solutions moved."""
        super().on_log(args, state, control, logs, **rest)
        if logs and "preference" in logs:
            told = f"{logs['preference']:.3f}, {logs['preference_accuracy']:.0%} of pairs, chosen {logs['chosen_moved']:+.2f}"
            self._losses = f"loss {told}"
