"""The loop of judges: `transformers.Trainer` on groups of attempts.

Promises: the loss is the mean over the problems of a step, however many processes and pieces the step is divided into.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ..sft.pieces import PieceTrainer
from .stage import Stage


class JudgeTrainer(PieceTrainer):
    """`transformers.Trainer` with the loss of a stage, and running means of what the stage logs."""

    def __init__(self, stage: Stage, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stage = stage
        self._told: Counter[str] = Counter()
        self._groups = 0

    def get_batch_samples(
        self, epoch_iterator: Iterator[dict[str, Tensor]], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Tensor]], Tensor]:
        """The pieces of one step, and the number of problems in all of them over all processes."""
        pieces, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        groups = sum(int(piece["group"].max()) + 1 for piece in pieces)
        return pieces, self.accelerator.reduce(torch.tensor(float(groups), device=device), "sum")

    def compute_loss(  # type: ignore[override]
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | None = None,
    ) -> Any:
        """The piece's part of the mean loss of a step, times the processes, over which gradients are averaged."""
        output = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False)
        logits_NK, groups = output.logits.float(), int(inputs["group"].max()) + 1
        loss = logits_NK.sum() * 0.0
        for number in range(groups):
            mine = inputs["group"] == number
            part, told = self._stage.loss(logits_NK[mine], inputs["marks"][mine], inputs["right"][mine])
            loss = loss + part
            self._told.update(told)
        self._groups += groups
        whole = groups if num_items_in_batch is None else num_items_in_batch
        loss = loss / whole * self.accelerator.num_processes
        return (loss, output) if return_outputs else loss

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the means over problems since the last line of what the stage told; of this process's share of them."""
        if "loss" in logs and self._groups:
            logs |= {name: round(total / self._groups, 4) for name, total in self._told.items()}
            self.forget()
        super().log(logs, *args, **kwargs)

    def forget(self) -> None:
        """Begin the means anew."""
        self._told.clear()
        self._groups = 0
