"""What trainers here have in common: the loss of a step is the same however many pieces the step is divided into."""

from __future__ import annotations

import time
from typing import Any, cast

from torch import Tensor, nn
from transformers import Trainer


class PieceTrainer(Trainer):
    """`transformers.Trainer` for losses that are scaled by what the whole step holds, and that can time one piece of it."""

    loss_is_scaled_for_ga = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_accepts_loss_kwargs = True  # or an older Trainer would divide by the number of pieces of a step

    @property
    def sharded(self) -> bool:
        """Whether processes share the weights, so that none has all of them."""
        return bool(self.is_fsdp_enabled or self.is_deepspeed_enabled)

    def seconds_of_a_piece(self) -> float:
        """How long forward and backward take over one piece of a step here; the second time counts. Nothing is changed."""
        dataset, model = cast("Any", self.train_dataset), cast("nn.Module", self.model)
        batch = self._prepare_inputs(self.data_collator([dataset[i] for i in range(self.args.train_batch_size)]))
        for _ in range(2):
            start = time.perf_counter()
            with self.accelerator.autocast():
                loss = cast("Tensor", self.compute_loss(model, batch))
            loss.backward()  # type: ignore[no-untyped-call]
            float(loss.detach())  # waits for the device
        model.zero_grad()
        self.forget()
        return time.perf_counter() - start

    def forget(self) -> None:
        """Begin anew what is counted between two lines of the log."""
