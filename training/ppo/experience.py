"""Attempts as tensors: what was sampled, exactly, and where the model wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .rollouts import Rollout


@dataclass(frozen=True, slots=True)
class Batch:
    """Some attempts side by side, padded at the end."""

    ids_BT: Tensor
    """Every token as served, prompt and observations included; padding is 0."""
    seen_BT: Tensor
    """1 for a token, 0 for padding."""
    written_BT: Tensor
    """1 where the model wrote the token."""
    sampled_BT: Tensor
    """Log-probability with which it was sampled; 0 for all others."""
    rewards_B: Tensor
    """What the attempt is worth."""

    @property
    def lengths_B(self) -> Tensor:
        """Tokens of each attempt."""
        return self.seen_BT.sum(-1)

    def rows(self, numbers: Tensor, device: torch.device) -> Batch:
        """Some of the attempts on a device, without columns that are nothing but padding."""
        width = int(self.lengths_B[numbers].max())
        return Batch(*(cut(getattr(self, field.name), numbers, width).to(device) for field in fields(self)))


def batch_of(rollouts: Sequence[Rollout]) -> Batch:
    """Attempts as a batch, in their order."""
    tokens = [one.attempt.tokens for one in rollouts]
    return Batch(
        ids_BT=_padded([torch.tensor(one.ids) for one in tokens]),
        seen_BT=_padded([torch.ones(len(one.ids), dtype=torch.long) for one in tokens]),
        written_BT=_padded([torch.tensor([p is not None for p in one.logprobs]).long() for one in tokens]),
        sampled_BT=_padded([torch.tensor([p or 0.0 for p in one.logprobs]) for one in tokens]),
        rewards_B=torch.tensor([one.reward.total for one in rollouts]),
    )


def at_the_end(amounts_B: Tensor, written_BT: Tensor) -> Tensor:
    """Amounts on the last token of each row that the model wrote, 0 elsewhere, shape `[B, T]`.

    >>> at_the_end(torch.tensor([2.0]), torch.tensor([[0, 1, 1, 0]])).tolist()
    [[0.0, 0.0, 2.0, 0.0]]
    """
    places_BT = torch.arange(written_BT.shape[1], device=written_BT.device) * written_BT.bool()
    spread_BT = torch.zeros(written_BT.shape, dtype=amounts_B.dtype, device=written_BT.device)
    return spread_BT.scatter(1, places_BT.argmax(-1, keepdim=True), amounts_B[:, None])


def cut(part: Tensor, numbers: Tensor, width: int) -> Tensor:
    """Some rows of a tensor `[B]` or `[B, T]`, as wide as they need to be."""
    return part[numbers, :width] if part.ndim == 2 else part[numbers]


def pieces(lengths_B: Tensor, numbers: Tensor, most: int) -> list[Tensor]:
    """Rows in pieces of `most`, those of like length together.

    >>> [piece.tolist() for piece in pieces(torch.tensor([9, 2, 8, 3]), torch.tensor([0, 1, 2]), 2)]
    [[1, 2], [0]]
    """
    return list(torch.split(numbers[lengths_B[numbers].argsort(stable=True)], most))


def _padded(rows: list[Tensor]) -> Tensor:
    return pad_sequence(rows, batch_first=True)
