"""Noise on the words of questions: some are replaced by random ones, others each time that a question is seen.

A small model otherwise leans on single words of its training questions, and is lost where somebody uses another. Only whole
words that are one token are replaced. Numbers, number words, function names and the words that decide what is asked for
("older", "without") are never touched, nor is the first word, before which no space stands.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .packing import ROLES, Row

PROMPT = ROLES.index("prompt")

_KEPT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion once twice thrice half halves
third thirds quarter quarters fourth fifth sixth seventh eighth ninth tenth double triple first second last next plus minus
times divided over sum difference product quotient inverse reciprocal negative positive even odd prime factor multiple
older younger more less fewer least most exactly not none no without before after between above below under
greater greatest larger largest bigger biggest smaller smallest higher highest lower lowest longer longest shorter shortest
faster slower nearest closest maximum minimum increase decrease increased decreased rises falls
derivative integral integer decimal digit digits square squared cube cubed root roots
sin cos tan exp log sqrt abs asin acos atan frac left right begin end pmatrix bmatrix matrix int lim cdot text
"""
KEPT = frozenset(_KEPT.split())
"""Words whose loss changes the task or breaks a formula."""

_WORD = re.compile(r"Ġ([A-Za-z]{3,})")
"""A token of the byte-level vocabulary that begins a word; `Ġ` stands for the space before it."""
_REST = re.compile(r"[A-Za-z'].*")
"""A token that goes on with the word before it."""


class WordNoise:
    """Replaces a share of the words of questions."""

    def __init__(self, tokenizer: Tokenizer, share: float, seed: int) -> None:
        self._share, self._seed = share, seed
        vocabulary = tokenizer.get_vocab()
        matches = ((number, _WORD.fullmatch(token)) for token, number in vocabulary.items())
        words = (number for number, match in matches if match and match[1].lower() not in KEPT)
        self._words = np.array(sorted(words), np.int32)
        self._is_word = np.zeros(max(vocabulary.values()) + 1, bool)
        self._is_word[self._words] = True
        self._goes_on = np.zeros_like(self._is_word)
        self._goes_on[[number for token, number in vocabulary.items() if _REST.fullmatch(token)]] = True

    def __call__(self, row: Row, number: int) -> NDArray[np.int32]:
        """The ids of row number `number` with some words of questions replaced; the same row gets the same noise, on
        whatever process and in whatever piece of a step it is seen."""
        if not self._share or not len(self._words):
            return row.input_ids
        random = np.random.default_rng((self._seed, number))
        chosen = random.random(len(row.input_ids)) < self._share
        others = random.choice(self._words, len(row.input_ids))
        whole = self._is_word[row.input_ids] & ~np.append(self._goes_on[row.input_ids[1:]], False)
        return np.where(chosen & whole & (row.roles == PROMPT), others, row.input_ids)
