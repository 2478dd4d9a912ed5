"""`weights.program = "dynamic"`: the loss weight of programs follows how training goes (see `pot_weight`).

Promises: all processes and all pieces of a step have the same weight, and a run that is resumed goes on with the weight that
it would have had: what it depends on is in the checkpoint, in the file that tells that the checkpoint is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ExportableState

from .packing import ROLES
from .pot_weight import PotWeight

THOUGHT, PROGRAM = ROLES.index("thought"), ROLES.index("program")
WARMUP = 0.05
"""Share of the steps in which the weight is 1."""


class ProgramWeight(TrainerCallback, ExportableState):
    """Hears the losses of every step, and changes the weight of programs in a table of weights."""

    def __init__(self, table: Tensor, steps: int, reduce: Callable[[Tensor], Tensor]) -> None:
        """Args:
        table: loss weights by role; that of programs is written here.
        steps: of the whole run.
        reduce: sums a tensor over all processes.
        """
        self.controller = PotWeight(warmup_steps=max(1, round(WARMUP * steps)))
        self.sums = torch.zeros(2, len(ROLES) + 1, device=table.device)
        """Losses by role in this step, and their numbers, in this process."""
        self._table, self._reduce = table, reduce
        self._failures: float | None = None

    def hear_failures(self, rate: float) -> None:
        """Hears, in one of the processes, which share of the programs failed in the sandbox; it counts after the next step."""
        self._failures = rate

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Goes on from the checkpoint, where there is one."""
        if state.global_step:
            # by now a dictionary, whatever it was annotated
            kept = cast("dict[str, dict[str, Any]]", state.stateful_callbacks)
            self.controller.restore(kept[type(self).__name__]["attributes"])
        self.sums.zero_()
        self._table[PROGRAM] = self.controller.weight

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Works out the weight of the next step."""
        heard = self.sums.new_tensor([self._failures or 0.0, float(self._failures is not None)])
        told = self._reduce(torch.cat([self.sums[:, THOUGHT], self.sums[:, PROGRAM], heard])).tolist()
        thought, thoughts, program, programs, failures, failures_heard = told
        if failures_heard:
            self.controller.hear_failures(failures)
        if thoughts and programs:
            self.controller.update(thought / thoughts, program / programs)
        self._failures = None
        self.sums.zero_()
        self._table[PROGRAM] = self.controller.weight

    def state(self) -> dict[str, Any]:
        """What `transformers` puts into the checkpoint."""
        return {"args": {}, "attributes": self.controller.state()}
