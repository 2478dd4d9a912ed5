"""What ends training before its last step: Ctrl-C or a scheduler's SIGTERM, with a checkpoint; a loss that is no number."""

from __future__ import annotations

import signal
from math import isfinite
from types import FrameType
from typing import Any

import torch
from accelerate.utils import reduce
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ...engine.errors import MathsolveError

TOLD = ("loss", "grad_norm", "train_loss")
"""What is finite as long as training goes well."""


class StopOnSignal(TrainerCallback):
    """Asks the trainer to save and to stop once a signal has come; a second signal does what it always did.

    All processes stop at the same step, whichever of them heard the signal.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._heard = False
        self._former: dict[signal.Signals, Any] = {}

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Listens from now on."""
        self._former = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Saves and stops, if one of the processes heard a signal."""
        heard = self._heard
        if args.world_size > 1:
            heard = bool(reduce(torch.tensor(float(heard), device=args.device), "sum"))
        if heard and state.global_step < state.max_steps:
            self.stopped = control.should_save = control.should_training_stop = True

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Listens no more."""
        self.restore()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard = True
        self.restore()

    def restore(self) -> None:
        """Signals mean again what they meant before, however training ended."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former = {}


class EndOnDivergence(TrainerCallback):
    """Ends a run whose loss or gradient is no number any more: what it would go on with is no model."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Raises `MathsolveError`, in all processes at the same step."""
        for name in TOLD:
            if not isfinite(value := (logs or {}).get(name, 0.0)):
                raise MathsolveError(
                    f"step {state.global_step}: {name} is {value}: the training diverged; choose a smaller learning_rate, and "
                    "another folder with --out"
                )
