"""Noise on the words of questions: some are replaced by random ones, others each time that a question is seen.

A small model otherwise leans on single words of its training questions, and is lost where somebody uses another. Numbers,
number words, function names and the words that decide what is asked for ("older", "without") are never touched.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .packing import ROLES, Row

PROMPT = ROLES.index("prompt")

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
        self._words = np.array(sorted(words), np.int32)
        self._is_word = np.zeros(max(vocabulary.values()) + 1, bool)
        self._is_word[self._words] = True

    def __call__(self, row: Row, number: int) -> NDArray[np.int32]:
        """The ids of row number `number` with some words of questions replaced; the same row gets the same noise, on
        whatever process and in whatever piece of a step it is seen."""
        if not self._share or not len(self._words):
            return row.input_ids
        random = np.random.default_rng((self._seed, number))
        chosen = random.random(len(row.input_ids)) < self._share
        others = random.choice(self._words, len(row.input_ids))
        return np.where(chosen & self._is_word[row.input_ids] & (row.roles == PROMPT), others, row.input_ids)
