"""The model of a generative judge: a causal language model that gives an attempt a mark, and then says why.

    (the question and the attempt, as every judge reads them)<end>
    Mark: 3
    The answer is wrong. The first program failed with NameError.<end>

The mark comes first, so that a score costs one reading and no writing. It is the mean of the eleven marks under the
probabilities of their own tokens (G-Eval, Liu et al. 2023, arXiv 2303.16634, section 2; GenRM, Zhang et al. 2024, arXiv
2408.15240). Words that it is trained on begin with a sentence that stands for one mark, so a mark after them would be no more
than their copy, and its mean over many critiques an estimate of what is read here at once. Words are written only where
somebody asks for them, and explain the mark that is the most likely one.

Promises: an attempt cannot forge its mark, for what stands before the mark is after the end token, which no text becomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, GenerationConfig

from ..prompts import Segment
from .classifier import TOKENS_AT_ONCE, batches, loaded, padded, values
from .errors import BackendError, UsageError
from .judge import Critique, Manifest, encode
from .renderer import Renderer
from .trajectory import Trajectory

OPENING, CLOSING = "\nMark: ", "\n"
"""What stands before a mark, and after it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The tokens between an attempt and the words about it."""

    opening: tuple[int, ...]
    """Before the mark."""
    marks: tuple[tuple[int, ...], ...]
    """Of each mark, from 0 to 10: one for each digit, or one for all of 10."""
    closing: tuple[int, ...]
    """After the mark."""

    @classmethod
    def of(cls, renderer: Renderer) -> Layout:
        """The layout in the tokens of a renderer. Raises `UsageError` where a digit is not one token."""

        def ids(text: str, *, tag: bool = False) -> tuple[int, ...]:
            return renderer.encode([Segment(text, "thought", tag=tag)]).ids

        marks = tuple(ids(str(mark)) for mark in range(11))
        if (
            len({*marks[:10]}) < 10
            or any(len(mark) != 1 for mark in marks[:10])
            or marks[10][:-1] not in ((), marks[1])
        ):
            raise UsageError('the tokenizer has no token for each digit, so the judge needs a head: form = "head"')
        return cls(ids(OPENING, tag=True), marks, ids(CLOSING, tag=True))

    @property
    def asked(self) -> tuple[int, ...]:
        """What is read after an attempt to learn its mark: where 10 begins with the token of 1, that token, too, for after it
        stands which of the two it is."""
        return self.opening + self.marks[10][:-1]

    def log_chances(self, logits_NPV: Tensor) -> Tensor:
        """The logarithm of the probability of each mark, shape `[N, 11]`.

        Args:
            logits_NPV: after the opening and, where it is read, after the token of 1.
        """
        single = [mark[0] for mark in self.marks if len(mark) == 1]
        first_NK = logits_NPV[:, 0, single].log_softmax(-1)
        if len(single) == len(self.marks):
            return first_NK
        end_or_more_N2 = logits_NPV[:, 1, [self.closing[0], self.marks[10][1]]].log_softmax(-1)
        one_and_ten_N2 = first_NK[:, 1:2] + end_or_more_N2
        return torch.cat([first_NK[:, :1], one_and_ten_N2[:, :1], first_NK[:, 2:], one_and_ten_N2[:, 1:]], dim=-1)


@dataclass(frozen=True, slots=True)
class Critic:
    """A model that writes critiques."""

    model: Any
    """Of transformers, in evaluation."""
    renderer: Renderer
    """How it reads."""
    end_id: int
    """The token that ends an attempt, and a critique."""
    manifest: Manifest
    """What its folder says."""
    layout: Layout
    """What stands between the two."""

    @classmethod
    def load(cls, folder: Path, manifest: Manifest) -> Critic:
        """The model in a judge's folder. Raises `BackendError`."""
        model, renderer, end_id = loaded(AutoModelForCausalLM, folder, manifest)
        if any(name.endswith("Classification") for name in model.config.architectures or ()):
            raise BackendError(f"the model in {folder} has a head, so it is no generative {manifest.kind}")
        plain = GenerationConfig()  # type: ignore[no-untyped-call]
        model.generation_config = plain  # a chat model brings settings for sampling
        return cls(model, renderer, end_id, manifest, Layout.of(renderer))

    def read(self, attempts: Sequence[Trajectory]) -> list[float]:
        """The mark of each attempt, the mean of what it may be."""
        asked = list(self.layout.asked)
        return values([ids + asked for ids in self._ids(attempts)], self._log_chances, self._at_once)

    def write(self, attempts: Sequence[Trajectory]) -> list[Critique]:
        """The most likely mark of each attempt, and why."""
        rows, asked, most = self._ids(attempts), list(self.layout.asked), self.manifest.words
        found: dict[int, Critique] = {}
        with torch.inference_mode():
            for places in batches([len(row) + most for row in rows], self._at_once):
                marks: list[int] = self._log_chances([rows[place] + asked for place in places]).argmax(-1).tolist()
                given = [[*self.layout.opening, *self.layout.marks[mark], *self.layout.closing] for mark in marks]
                words = self._continued([rows[place] + ids for place, ids in zip(places, given, strict=True)])
                found |= {
                    place: Critique(*one) for place, one in zip(places, zip(marks, words, strict=True), strict=True)
                }
        return [found[place] for place in range(len(rows))]

    @property
    def _at_once(self) -> int:
        return TOKENS_AT_ONCE[self.model.device.type]

    def _ids(self, attempts: Sequence[Trajectory]) -> list[list[int]]:
        context = self.manifest.context
        return [encode(self.renderer, one.problem.question, one.steps, self.end_id, context) for one in attempts]

    def _log_chances(self, rows: Sequence[Sequence[int]]) -> Tensor:
        inputs = self._inputs(rows)
        positions_NT = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        kept = len(self.layout.marks[10])  # logits of all positions would be the largest tensor by far
        output = self.model(**inputs, position_ids=positions_NT, use_cache=False, logits_to_keep=kept)
        return self.layout.log_chances(output.logits.float())

    def _continued(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """What the model writes after each row, up to its end."""
        inputs = self._inputs(rows)
        greedy = GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=self.manifest.words, do_sample=False, eos_token_id=self.end_id, pad_token_id=self.end_id
        )
        whole = self.model.generate(**inputs, generation_config=greedy)
        written = whole[:, inputs["input_ids"].shape[1] :].tolist()
        return [self.renderer.decode(ids[: [*ids, self.end_id].index(self.end_id)]).strip() for ids in written]

    def _inputs(self, rows: Sequence[Sequence[int]]) -> dict[str, Tensor]:
        """Rows as one batch, padded at the start, so that all end together."""
        ids_NT, mask_NT = padded([row[::-1] for row in rows], 0)
        device = self.model.device
        return {"input_ids": ids_NT.flip(1).to(device), "attention_mask": mask_NT.flip(1).to(device)}
