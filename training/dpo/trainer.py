"""The loop of preference training: `SftTrainer` on pairs instead of rows.

Promises: what the sandbox wrote, and what both sides of a step pair have in common, has no part in the loss; the loss is the
mean over all pairs of a step, however many processes and pieces the step is divided into; the reference is worked out once,
before the first step, by the very weights that training starts from, and never again.

Does not promise: bit-equal results across machines or thread counts. A process must hold the whole model for the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import Trainer

from ..recipe import PreferenceTraining
from ..sft.packing import PAD_ROLE
from ..sft.trainer import SftTrainer, token_losses
from .data import OWN, Encoded
from .loss import FIGURES, Sums, Terms, dpo_loss

MOST = 0.5
"""Share of pairs whose chosen side may become less likely before that is told."""


class PairDataset(Dataset[dict[str, Any]]):
    """Pairs in the order of the passes: each is a dictionary of arrays, with ids and roles of the chosen and rejected side."""

    def __init__(self, data: Encoded, places: Sequence[int], reference: NDArray[np.float32] | None = None) -> None:
        """Args:
        data: all pairs.
        places: those of this set, one for each time that it is seen.
        reference: log-probabilities of all solutions under the reference, where they are known.
        """
        self._data, self._places, self._reference = data, places, reference

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> dict[str, Any]:
        place = self._places[index]
        sides = [self._data.solution(number) for number in (2 * place, 2 * place + 1)]
        known = self._reference[2 * place : 2 * place + 2] if self._reference is not None else np.zeros(2, np.float32)
        return {
            "ids": [ids for ids, _ in sides],
            "roles": [roles for _, roles in sides],
            "reference": known,
            "weight": self._data.weights[place],
            "gap": self._data.gaps[place],
        }


def collate(pairs: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
    """A batch of B pairs: first all chosen sides, then all rejected ones, padded at the end to the longest.

    Returns:
        `input_ids` and `roles`, `[2 B, T]`; `reference`, `[2, B]`; `weights` and `gaps`, `[B]`.
    """
    order = [(pair, side) for side in (0, 1) for pair in pairs]
    longest = max(len(pair["ids"][side]) for pair, side in order)
    ids = np.zeros((len(order), longest), np.int64)
    roles = np.full((len(order), longest), PAD_ROLE, np.int64)
    for row, (pair, side) in enumerate(order):
        here = pair["ids"][side]
        ids[row, : len(here)], roles[row, : len(here)] = here, pair["roles"][side]
    return {
        "input_ids": torch.from_numpy(ids),
        "roles": torch.from_numpy(roles),
        "reference": torch.tensor(np.stack([pair["reference"] for pair in pairs], axis=1)),
        "weights": torch.tensor(np.stack([pair["weight"] for pair in pairs])),
        "gaps": torch.tensor(np.stack([pair["gap"] for pair in pairs])),
    }


class DpoTrainer(SftTrainer):
    """`SftTrainer` with the preference loss."""

    def __init__(self, recipe: PreferenceTraining, warn: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(recipe, data_collator=collate, **kwargs)
        self._checked = True  # each solution has a row of its own: there is nothing to isolate
        wanted = recipe.preference
        self._terms, self._margin = Terms(wanted.beta, wanted.nll, wanted.guard), wanted.margin
        self._own = torch.tensor([*OWN, False], device=self.args.device)
        self._figures = torch.zeros(len(FIGURES) + 1, device=self.args.device)
        self._warn, self._warned = warn, False

    def get_batch_samples(
        self, epoch_iterator: Iterator[dict[str, Tensor]], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Tensor]], Tensor]:
        """The pieces of one step, and the number of its pairs over all processes."""
        pieces, _ = Trainer.get_batch_samples(self, epoch_iterator, num_batches, device)
        pairs = torch.tensor(float(sum(len(piece["weights"]) for piece in pieces)), device=device)
        return pieces, self._summed(pairs).clamp(min=1)

    def compute_loss(  # type: ignore[override]
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | None = None,
    ) -> Any:
        """The piece's part of the mean loss of a step, times the processes, over which gradients are averaged."""
        roles_BT, pairs = inputs["roles"][:, 1:], len(inputs["weights"])
        nll_BT, output = self._losses(model, inputs)
        own_BT, weights_BT = self._own[roles_BT], self._table[roles_BT][:pairs]
        self._count(nll_BT[:pairs].detach(), own_BT[:pairs], roles_BT[:pairs])
        policy = Sums(*(-(nll_BT * own_BT).sum(-1)).chunk(2))
        likelihood = (nll_BT[:pairs] * weights_BT).sum(-1) / weights_BT.sum(-1).clamp(min=1e-6)
        margins = self._margin * inputs["gaps"]
        losses, figures = dpo_loss(
            policy, Sums(*inputs["reference"]), likelihood, self._terms, inputs["weights"], margins
        )
        self._figures += torch.cat([figures.sum(-1), figures.new_tensor([float(pairs)])])
        whole = pairs if num_items_in_batch is None else num_items_in_batch
        loss = losses.sum() / whole * self.accelerator.num_processes
        return (loss, output) if return_outputs else loss

    @torch.no_grad()
    def log_probabilities(self, dataset: PairDataset) -> Tensor:
        """Of both sides of every pair under the present weights, `[N, 2]`, in every process; each of them does its share."""
        model, size = self.model, self.args.per_device_train_batch_size
        assert isinstance(model, nn.Module)
        found = torch.zeros(len(dataset), 2, device=self.args.device)
        chunks = [range(start, min(start + size, len(dataset))) for start in range(0, len(dataset), size)]
        training, share = model.training, self.args.world_size
        model.eval()
        for turn in range(0, len(chunks), share):  # as many in all processes: sharded weights meet in each
            mine = turn + self.args.process_index
            chunk = chunks[min(mine, len(chunks) - 1)]
            inputs = self._prepare_inputs(collate([dataset[place] for place in chunk]))
            with self.accelerator.autocast():
                nll_BT, _ = self._losses(model, inputs)
            sums = -(nll_BT * self._own[inputs["roles"][:, 1:]]).sum(-1)
            if mine < len(chunks):
                found[chunk.start : chunk.stop] = torch.stack(sums.chunk(2), dim=-1)
        model.train(training)
        return self._summed(found)

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Adds what the pairs of the last steps told, and says when it goes wrong."""
        if "loss" in logs:
            *sums, pairs = self._summed(self._figures).tolist()
            logs.update({name: round(value / max(1.0, pairs), 4) for name, value in zip(FIGURES, sums, strict=True)})
            if logs["fell"] > MOST and not self._warned:
                self._warned = True
                self._warn(
                    f"step {self.state.global_step}: the chosen solutions of {logs['fell']:.0%} of the pairs are less likely "
                    "than at the start; if that goes on, choose a larger guard or nll, or a smaller learning_rate"
                )
        super().log(logs, *args, **kwargs)

    def forget(self) -> None:
        """Begin the losses by role and the figures of pairs anew."""
        super().forget()
        self._figures.zero_()

    def _losses(self, model: nn.Module, inputs: dict[str, Tensor]) -> tuple[Tensor, Any]:
        """Negative log-likelihood of every token but the first, `[2 B, T - 1]`; padding is at the end, where nobody sees it."""
        output = model(input_ids=inputs["input_ids"], use_cache=False)
        return token_losses(output.logits, inputs["input_ids"]), output
