"""The policy: a causal language model with, for PPO, one more layer that tells the value of a state, and its reference.

Rollouts and training read the same weights through the same forward pass, in the same precision, without dropout; so what was
sampled has the log-probability in training that it had when it was sampled, up to rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..recipe import PolicyTraining
from ..sft.hardware import device, has_bf16
from ..sft.model import Writing, load_model
from .experience import Batch


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model says of a batch, all of shape `[B, T]`, of each token given those before it."""

    logprobs_BT: Tensor
    """Log-probability; 0 for the first token of a row."""
    values_BT: Tensor
    """Value of the state in which it was chosen; 0 without a value layer."""
    entropies_BT: Tensor
    """Entropy of the distribution that it was chosen from; 0 where gradients are enabled, for they do not need it."""


class PolicyModel:
    """The model that is trained, on the device where training happens."""

    def __init__(self, recipe: PolicyTraining, words: Writing) -> None:
        """Loads the model of the recipe.

        Raises:
            UsageError: it cannot be loaded.
        """
        torch.manual_seed(recipe.seed)
        self.model: Any = _without_dropout(load_model(recipe, words)).to(device())
        self._adapted = recipe.lora is not None
        needed = recipe.policy.reference > 0 and not self._adapted
        self._reference: Any = copy.deepcopy(self.model).requires_grad_(False).eval() if needed else None
        if recipe.schedule.bf16 and has_bf16():
            for one in (self.served, self._reference):
                _multiply_in_bf16(one)
        self.head = _value_layer(self.served).to(device()) if recipe.policy.method == "ppo" else None

    @property
    def served(self) -> Any:
        """The causal language model itself, adapters in their places, for a backend to serve."""
        return self.model.get_base_model() if self._adapted else self.model

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All that are trained, without those of the value layer."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def load(self, weights: dict[str, Tensor]) -> None:
        """Takes weights in the form in which the model is saved."""
        if self._adapted:
            from peft import set_peft_model_state_dict

            set_peft_model_state_dict(self.model, weights)
            return
        self.model.load_state_dict(weights, strict=False)  # a tied matrix is stored once

    def read(self, batch: Batch) -> Reading:
        """One forward pass, with gradients where they are enabled."""
        return _read(self.served, self.head, batch)

    @torch.no_grad()
    def reference(self, batch: Batch) -> Tensor:
        """Log-probabilities under the model at the start, shape `[B, T]`."""
        if self._reference is not None:
            return _read(self._reference, None, batch).logprobs_BT
        with self.model.disable_adapter():
            return _read(self.served, None, batch).logprobs_BT

    @contextmanager
    def training(self) -> Iterator[None]:
        """The time in which weights change; only then can activations be computed twice to save memory."""
        self.model.train()
        try:
            yield
        finally:
            self.model.eval()


def _read(model: Any, head: nn.Linear | None, batch: Batch) -> Reading:
    """Reads a batch. The value of a state is read where the last token before it was read, from what the model predicts the
    next one from."""
    out = model(
        input_ids=batch.ids_BT,
        attention_mask=batch.seen_BT,
        use_cache=False,
        output_hidden_states=head is not None,
    )
    table_BTV = out.logits[:, :-1].float().log_softmax(-1)
    logprobs_BT = table_BTV.gather(-1, batch.ids_BT[:, 1:, None])[..., 0]
    entropies_BT = values_BT = torch.zeros_like(logprobs_BT)
    if not torch.is_grad_enabled():
        entropies_BT = -(table_BTV.exp() * table_BTV).sum(-1)
    if head is not None:
        values_BT = head(out.hidden_states[-1][:, :-1].float())[..., 0]
    return Reading(_shifted(logprobs_BT), _shifted(values_BT), _shifted(entropies_BT))


def _shifted(of_next_BT: Tensor) -> Tensor:
    """What is known of the next token, where that token is."""
    return nn.functional.pad(of_next_BT, (1, 0))


def _value_layer(model: Any) -> nn.Linear:
    """A layer that says 0 of every state."""
    layer = nn.Linear(model.config.get_text_config().hidden_size, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _multiply_in_bf16(model: Any) -> None:
    """Has whoever calls the model, in whatever thread, do so in that precision."""
    if model is not None:
        model.forward = torch.autocast(device(), torch.bfloat16)(model.forward)


def _without_dropout(model: Any) -> Any:
    """The model with every dropout off: with it, the policy that is trained would not be the one that was sampled."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name in ("attention_dropout", "resid_dropout", "dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    return model
