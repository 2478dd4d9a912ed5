"""Pairs that are not trained on, measured at every checkpoint."""

from __future__ import annotations

from typing import Any

import torch
from rich.console import Console
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .progress import PreferenceReport
from .trainer import DpoTrainer, PairDataset


class HeldOut(TrainerCallback):
    """Tells for how many of the held-out pairs the chosen side gained more than the rejected one."""

    def __init__(
        self, trainer: DpoTrainer, pairs: PairDataset, beta: float, report: PreferenceReport, console: Console
    ) -> None:
        self._trainer, self._pairs, self._beta = trainer, pairs, beta
        self._report, self._console = report, console

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Measures the weights that were just written; all processes do their share."""
        now = self._trainer.log_probabilities(self._pairs).cpu()
        before = torch.stack([torch.tensor(self._pairs[place]["reference"]) for place in range(len(self._pairs))])
        moved = now - before
        gaps = self._beta * (moved[:, 0] - moved[:, 1])
        found = {
            "held_preference_accuracy": (gaps > 0).float().mean().item(),
            "held_margin": gaps.mean().item(),
            "held_chosen_moved": moved[:, 0].mean().item(),
        }
        if not args.process_index:
            self._report.write(state.global_step, {name: round(value, 4) for name, value in found.items()})
        self._console.print(
            f"step {state.global_step}: {found['held_preference_accuracy']:.0%} of {len(gaps)} held-out pairs told apart; "
            f"chosen solutions {found['held_chosen_moved']:+.2f}"
        )
