"""Muon for the matrices inside the layers, AdamW for the rest, as one optimizer.

Muon (Jordan et al. 2024; scaled to AdamW's update size as in Liu et al. 2025, arXiv 2502.16982) reaches the same loss
in clearly fewer steps on models of this size; PyTorch's own takes two-dimensional parameters only, hence the pair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class MuonAdamW(torch.optim.Optimizer):
    """`torch.optim.Muon` and `torch.optim.AdamW` that share one learning-rate schedule."""

    def __init__(self, model: nn.Module, learning_rate: float, weight_decay: float) -> None:
        inside = {id(p) for layer in model.modules() if isinstance(layer, nn.Linear) for p in (layer.weight,)}
        inside -= {id(p) for p in _outer(model)}
        matrices = [p for p in model.parameters() if id(p) in inside]
        others = [p for p in model.parameters() if id(p) not in inside]
        super().__init__([{"params": matrices}, {"params": others}], {"lr": learning_rate})
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self._share_groups()

    def _share_groups(self) -> None:
        """The schedule writes the learning rate into `param_groups`: they must be those of the parts."""
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:  # type: ignore[override]
        """One update of every parameter."""
        loss = closure() if closure is not None else None
        for part in self._parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The state of both parts."""
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores what `state_dict` gave."""
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()


def _outer(model: nn.Module) -> list[nn.Parameter]:
    """The matrix that embeds tokens and the one that predicts them, which may be the same."""
    ends = (
        getattr(model, name)() for name in ("get_input_embeddings", "get_output_embeddings") if hasattr(model, name)
    )
    return [end.weight for end in ends if end is not None]
