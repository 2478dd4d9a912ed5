"""The loop of fine-tuning: `transformers.Trainer` with a loss weight for every token.

Promises: what the sandbox wrote has no weight; solutions in one row do not see each other, which is checked on the first
batch; the loss is the weighted mean over all tokens of a step, however many processes and pieces the step is divided into.

Does not promise: bit-equal results across machines or thread counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import Dataset

from ...engine.errors import UsageError
from ..recipe import FineTuning
from ..tables import Weights
from .isolation import check_isolation
from .noise import WordNoise
from .optimizer import MuonAdamW
from .packing import ROLES, Rows
from .pieces import PieceTrainer
from .program_weight import ProgramWeight


class RowDataset(Dataset[dict[str, Tensor]]):
    """Packed rows as a map-style dataset of tensors, each of shape `[length]`.

    `read_ids` is what the model reads, with noise on the words of questions; `input_ids` what it is to predict.
    """

    def __init__(self, rows: Rows, noise: WordNoise) -> None:
        self._rows, self._noise = rows, noise

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        row = self._rows[index]
        columns = {name: torch.from_numpy(getattr(row, name)) for name in ("input_ids", "position_ids", "roles")}
        return {**columns, "read_ids": torch.from_numpy(self._noise(row, index))}


def weight_table(weights: Weights) -> Tensor:
    """The loss weight by the index of a role, padding last, shape `[len(ROLES) + 1]`."""
    program = 1.0 if weights.program == "dynamic" else weights.program
    by_role = {"observation": 0.0, **weights.model_dump(), "program": program}
    return torch.tensor([*(float(by_role[role]) for role in ROLES), 0.0])


def token_weights(table: Tensor, roles_BT: Tensor, positions_BT: Tensor) -> Tensor:
    """The weight of predicting each token; that of the first token of a solution, before which nothing stands, is 0."""
    return table[roles_BT.long()] * (positions_BT > 0)


def token_losses(logits_BTV: Tensor, ids_BT: Tensor) -> Tensor:
    """Negative log-likelihood of every token but the first from what stands before it, shape `[B, T - 1]`, float32."""
    targets = ids_BT.roll(-1, dims=1)  # shifting the targets spares a copy of the logits, the largest tensor of a step
    nll = cross_entropy(logits_BTV.flatten(0, 1), targets.flatten(), reduction="none")
    return nll.view_as(ids_BT)[:, :-1].float()


class SftTrainer(PieceTrainer):
    """`transformers.Trainer` with token weights, and a running loss for each role."""

    def __init__(self, recipe: FineTuning, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        device = self.args.device
        self._table, self._schedule = weight_table(recipe.weights).to(device), recipe.schedule
        self._sums = torch.zeros(2, len(ROLES) + 1, device=device)
        self._checked = False
        self._step_tokens = 0  # where all steps have the same number
        self.program_weight: ProgramWeight | None = None
        if recipe.weights.program == "dynamic":
            self.program_weight = ProgramWeight(self._table, self.args.max_steps, self._summed)
            self.add_callback(self.program_weight)

    def create_optimizer(self, *args: Any, **kwargs: Any) -> torch.optim.Optimizer:
        """The optimizer of the recipe. Raises `UsageError` for one that does not work with shared weights."""
        if self._schedule.optimizer == "adamw":
            return super().create_optimizer(*args, **kwargs)
        if self.sharded:
            raise UsageError(
                "the optimizer is muon, which works with whole weights only; choose adamw, or launch with DDP"
            )
        model = cast("nn.Module", self.model)
        self.optimizer = MuonAdamW(model, self._schedule.learning_rate, self._schedule.weight_decay)
        return self.optimizer

    def forget(self) -> None:
        """Begin the losses by role anew."""
        self._sums.zero_()

    def get_batch_samples(
        self, epoch_iterator: Iterator[dict[str, Tensor]], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Tensor]], Tensor]:
        """The pieces of one step, and the sum of the weights of all their tokens over all processes."""
        pieces, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        total = torch.zeros((), device=device)
        for piece in pieces:
            roles_BT, positions_BT = piece["roles"].to(device), piece["position_ids"].to(device)
            total += token_weights(self._table, roles_BT, positions_BT)[:, 1:].sum()
        self._step_tokens = sum(piece["roles"].numel() for piece in pieces) * self.args.world_size
        return pieces, self.accelerator.reduce(total, "sum").clamp(min=1e-6)

    def training_step(self, model: nn.Module, inputs: dict[str, Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """One piece of a step; before the first, solutions are shown to be isolated."""
        if not self._checked:
            check_isolation(model, self._prepare_inputs(inputs))
            self._checked = True
        return super().training_step(model, inputs, *args, **kwargs)

    def compute_loss(  # type: ignore[override]
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | None = None,
    ) -> Any:
        """The piece's part of the weighted loss of a step, times the processes, over which gradients are averaged."""
        ids_BT, positions_BT = inputs["input_ids"].long(), inputs["position_ids"].long()
        # No attention mask and no cache: only then does transformers tell the solutions in a row apart by position.
        output = model(input_ids=inputs["read_ids"].long(), position_ids=positions_BT, use_cache=False)
        nll = token_losses(output.logits, ids_BT)
        weights = token_weights(self._table, inputs["roles"], positions_BT)[:, 1:]
        self._count(nll.detach(), weights > 0, inputs["roles"][:, 1:].long())
        whole = weights.sum().clamp(min=1e-6) if num_items_in_batch is None else num_items_in_batch
        loss = (nll * weights).sum() / whole * self.accelerator.num_processes
        return (loss, output) if return_outputs else loss

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds the mean loss of each role since the last line."""
        if "loss" in logs:
            totals, counts = self.accelerator.reduce(self._sums, "sum").tolist()
            for role, total, count in zip(ROLES, totals, counts, strict=False):
                if count:
                    logs[f"loss_{role}"] = round(total / count, 4)
            if self._step_tokens:
                logs["tokens"] = self.state.global_step * self._step_tokens  # counted on after a stop, too
            if self.program_weight is not None:
                logs["weight_program"] = round(self.program_weight.controller.weight, 4)
            self.forget()
        super().log(logs, *args, **kwargs)

    def _count(self, nll: Tensor, used: Tensor, roles: Tensor) -> None:
        flat = roles.flatten()
        for sums in (self._sums, *((self.program_weight.sums,) if self.program_weight is not None else ())):
            sums[0].index_add_(0, flat, (nll * used).flatten())
            sums[1].index_add_(0, flat, used.float().flatten())

    def _summed(self, tensor: Tensor) -> Tensor:
        return cast("Tensor", self.accelerator.reduce(tensor, "sum"))
