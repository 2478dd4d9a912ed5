"""The model of a judge with a head: a sequence classifier of transformers, which reads attempts in batches of bounded size.

Attempts are padded at the end, with a token that never ends one, and read at their last token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from ..prompts import load_family
from .backends.chat import chat_renderer
from .errors import BackendError, UsageError
from .judge import OUTPUTS, Critique, Manifest, encode
from .renderer import Renderer
from .trajectory import Trajectory

TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 65_536}
"""Tokens of a batch, padding included, by the kind of device."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A model with one number, or one for each mark, for an attempt."""

    model: Any
    """Of transformers, in evaluation."""
    renderer: Renderer
    """How it reads."""
    end_id: int
    """The token at which it reads."""
    manifest: Manifest
    """What its folder says."""

    @classmethod
    def load(cls, folder: Path, manifest: Manifest) -> Classifier:
        """The model in a judge's folder, on the GPU where there is one. Raises `BackendError`."""
        model, renderer, end_id = loaded(AutoModelForSequenceClassification, folder, manifest)
        if model.config.num_labels != OUTPUTS[manifest.kind]:
            raise BackendError(
                f"the model in {folder} has {model.config.num_labels} outputs, so it is no {manifest.kind}"
            )
        return cls(model, renderer, end_id, manifest)

    def read(self, attempts: Sequence[Trajectory]) -> list[float]:
        """The reward of each attempt, or its mark."""
        rows = [
            encode(self.renderer, one.problem.question, one.steps, self.end_id, self.manifest.context)
            for one in attempts
        ]
        return values(rows, self._logits, TOKENS_AT_ONCE[self.model.device.type])

    def write(self, attempts: Sequence[Trajectory]) -> list[Critique]:
        """Raises `UsageError`: a head has no words."""
        raise UsageError(
            "this judge has a head, which writes no critiques; mathsolve train critique critique-generative makes one that does"
        )

    def _logits(self, rows: Sequence[Sequence[int]]) -> Tensor:
        ids_NT, mask_NT = padded(rows, self.model.config.pad_token_id)
        device = self.model.device
        output = self.model(input_ids=ids_NT.to(device), attention_mask=mask_NT.to(device), use_cache=False)
        logits: Tensor = output.logits.float()
        return logits


def loaded(kind: Any, folder: Path, manifest: Manifest) -> tuple[Any, Renderer, int]:
    """The model in a judge's folder, on the GPU where there is one, how it reads, and its end token. Raises `BackendError`."""
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float32 if device == "cpu" else "auto"
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = kind.from_pretrained(folder, dtype=dtype)
        renderer = chat_renderer(tokenizer, load_family(manifest.family))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BackendError(f"cannot load the judge in {folder}: {first}; make it again, or copy it again") from error
    return model.eval().to(device), renderer, int(tokenizer.eos_token_id)


def values(
    rows: Sequence[Sequence[int]], logits_of: Callable[[Sequence[Sequence[int]]], Tensor], tokens: int
) -> list[float]:
    """The `value` of each row, read in batches.

    Args:
        rows: token ids.
        logits_of: the outputs for the rows of a batch, `[N, K]`.
        tokens: of a batch, at most.
    """
    found = torch.zeros(len(rows), dtype=torch.float64)
    with torch.inference_mode():
        for places in batches([len(row) for row in rows], tokens):
            found[places] = value(logits_of([rows[place] for place in places])).double().cpu()
    return [float(number) for number in found]


def value(logits_NK: Tensor) -> Tensor:
    """What the outputs say, shape `[N]`: the only one is a reward; of 11 it is the mark that is expected of them, 0 to 10.

    >>> value(torch.tensor([[0.5], [2.0]])).tolist(), value(torch.zeros(1, 11)).tolist()
    ([0.5, 2.0], [5.0])
    """
    if logits_NK.shape[-1] == 1:
        return logits_NK[:, 0]
    marks_K = torch.arange(logits_NK.shape[-1], device=logits_NK.device, dtype=logits_NK.dtype)
    return logits_NK.softmax(-1) @ marks_K


def padded(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Ids and attention mask of attempts as one batch, padded at the end; both of shape `[N, T]`."""
    longest = max(len(row) for row in rows)
    ids_NT = torch.full((len(rows), longest), pad_id)
    mask_NT = torch.zeros(len(rows), longest, dtype=torch.long)
    for place, row in enumerate(rows):
        ids_NT[place, : len(row)] = torch.tensor(row)
        mask_NT[place, : len(row)] = 1
    return ids_NT, mask_NT


def padding(tokenizer: Any, end_id: int) -> int:
    """A token to pad with that is not the end: the classifiers of transformers read at the last token that is another one,
    and many tokenizers pad with their end."""
    pad_id = tokenizer.pad_token_id
    return int(pad_id) if pad_id is not None and pad_id != end_id else int(end_id == 0)


def batches(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Places of attempts that are read together: such of like lengths, so many tokens at most, but always one.

    >>> list(batches([5, 9, 4, 30], 18))
    [[2, 0], [1], [3]]
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
