"""Pairs that are not trained on, measured at every checkpoint."""

from __future__ import annotations

from typing import Any

import torch
from rich.console import Console
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .progress import PreferenceReport
from .trainer import MOST, DpoTrainer, PairDataset


class HeldOut(TrainerCallback):
    """Tells for how many of the held-out pairs the chosen side gained more than the rejected one, and says when most of the
    chosen ones became less likely: the guard of the loss holds up those that are trained on, and no others."""

    def __init__(
        self, trainer: DpoTrainer, pairs: PairDataset, beta: float, report: PreferenceReport, console: Console
    ) -> None:
        self._trainer, self._pairs, self._beta = trainer, pairs, beta
        self._report, self._console, self._warned = report, console, False

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
            "held_fell": (moved[:, 0] < 0).float().mean().item(),
        }
        if not args.process_index:
            self._report.write(state.global_step, {name: round(value, 4) for name, value in found.items()})
        self._console.print(
            f"step {state.global_step}: {found['held_preference_accuracy']:.0%} of {len(gaps)} held-out pairs told apart; "
            f"chosen solutions {found['held_chosen_moved']:+.2f}"
        )
        if found["held_fell"] > MOST and not self._warned:
            self._warned = True
            self._console.print(
                f"the chosen solutions of {found['held_fell']:.0%} of the held-out pairs are less likely than at the start: "
                "what it learns does not carry over; choose a smaller learning_rate or fewer epochs, or bring pairs of more "
                "problems",
                style="yellow",
                soft_wrap=True,
            )
