"""Noise on the words of questions: some are replaced by random ones, others in every step.

A small model otherwise leans on single words of its training questions, and is lost where somebody uses another. Numbers,
number words, function names and the words that decide what is asked for ("older", "without") are never touched.
"""

from __future__ import annotations

import re

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .packing import ROLES

_KEPT = """
zero one two three four five six seven eight nine ten eleven twelve hundred thousand once twice thrice half
third quarter double triple first second last next older younger more less fewer least most exactly not none
without before after between above below under over greater larger smaller longer shorter faster slower positive
negative even odd increase decrease sin cos tan exp log sqrt abs asin acos atan frac left right begin end
pmatrix bmatrix matrix int lim sum cdot times text
"""
KEPT = frozenset(_KEPT.split())
"""Words whose loss changes the task or breaks a formula."""

_WORD = re.compile(r"Ġ?([A-Za-z]{3,})")
"""A token of the byte-level vocabulary that is a word or the start of one; `Ġ` stands for a space."""


class WordNoise:
    """Replaces a share of the words of questions."""

    def __init__(self, tokenizer: Tokenizer, share: float, seed: int) -> None:
        self._share, self._seed = share, seed
        vocabulary = tokenizer.get_vocab()
        words = (
            number
            for token, number in vocabulary.items()
            if (match := _WORD.fullmatch(token)) and match[1].lower() not in KEPT
        )
        self._words = torch.tensor(sorted(words))
        self._is_word = torch.zeros(len(vocabulary), dtype=torch.bool).index_fill(0, self._words, True)

    def __call__(self, ids_BT: Tensor, roles_BT: Tensor, step: int) -> Tensor:
        """The ids with some words of questions replaced; the same step gives the same noise."""
        if not self._share:
            return ids_BT
        random = torch.Generator().manual_seed(self._seed * 1_000_003 + step)
        chosen = torch.rand(ids_BT.shape, generator=random) < self._share
        others = self._words[torch.randint(len(self._words), ids_BT.shape, generator=random)]
        is_word = self._is_word.to(ids_BT.device)[ids_BT] & (roles_BT == ROLES.index("prompt"))
        return torch.where(is_word & chosen.to(ids_BT.device), others.to(ids_BT.device), ids_BT)
