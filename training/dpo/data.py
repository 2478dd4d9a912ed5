"""Pairs as token ids: which tokens were sampled, what both sides have in common, and how much a pair weighs.

Where a run kept the tokens that it served, and the model that is trained would read the same prompt in the same ids, they are
used as they are; else the text is encoded as the engine would. What the engine wrote, outputs and the filling of boxes, is an
observation in both cases. Of a step pair, what both sides begin with is a prompt.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from ...engine.trajectory import Role, Tokens
from ...sandbox import Observation
from ..hard.mining import hard_weights
from ..recipe import PreferenceTraining
from ..sft.data import encode
from ..sft.model import Writing
from ..sft.packing import ROLES, Arrays
from .pairs import Pair, Side

OWN = tuple(role in ("thought", "program", "stop") for role in ROLES)
"""Which roles the model wrote."""


@dataclass(frozen=True, slots=True)
class Encoded(Arrays):
    """Pairs, encoded. Solution `2 n` is the chosen one of pair `n`, and `2 n + 1` the rejected one."""

    ids: NDArray[np.int32]
    """Token ids of all solutions, one after the other."""
    roles: NDArray[np.int8]
    """Index into `ROLES` of each of them."""
    starts: NDArray[np.int64]
    """Where each solution begins in `ids`, and where the last ends."""
    weights: NDArray[np.float32]
    """Weight of each pair."""
    gaps: NDArray[np.float32]
    """How much better its chosen side is, 0 to 1."""
    held: NDArray[np.bool_]
    """Whether it is held out."""

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each solution."""
        return np.diff(self.starts)

    def solution(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """Ids and roles of a solution."""
        here = slice(self.starts[number], self.starts[number + 1])
        return self.ids[here], self.roles[here]


def encoded(pairs: Iterable[Pair], recipe: PreferenceTraining, words: Writing) -> tuple[Encoded, Counter[str]]:
    """Pairs, and how many were left out or encoded again, by what is to be told of them."""
    ids, roles, starts = array("i"), array("b"), array("q", [0])
    kept: list[Pair] = []
    told: Counter[str] = Counter()
    for pair in pairs:
        sides, served = _sides(pair, words)
        if reason := _unusable(sides, recipe.row):
            told[reason] += 1
            continue
        told["encoded again"] += not served
        kept.append(pair)
        for tokens in sides:
            ids.extend(tokens.ids)
            roles.extend(ROLES.index(role) for role in tokens.roles)
            starts.append(len(ids))
    weights = hard_weights([pair.pass_rate for pair in kept], recipe.preference.hard)
    return Encoded(
        ids=np.asarray(ids, np.int32),
        roles=np.asarray(roles, np.int8),
        starts=np.asarray(starts, np.int64),
        weights=np.asarray(weights, np.float32),
        gaps=np.asarray([pair.gap for pair in kept], np.float32),
        held=np.asarray([is_held_out(pair, recipe) for pair in kept], np.bool_),
    ), +told


def _sides(pair: Pair, words: Writing) -> tuple[tuple[Tokens, Tokens], bool]:
    """Both sides, and whether they are as served."""
    prompt = words.renderer.encode(words.renderer.prompt(pair.question, pair.mode)).ids
    found = [_served(side, prompt, len(words.tokenizer)) for side in (pair.chosen, pair.rejected)]
    served = all(found)
    chosen, rejected = (
        one if served and one is not None else _encoded_again(pair, side, words)
        for one, side in zip(found, (pair.chosen, pair.rejected), strict=True)
    )
    if pair.kind != "step":
        return (chosen, rejected), served
    chosen, rejected = _before_output(chosen, pair.chosen), _before_output(rejected, pair.rejected)
    both = zip(chosen.ids, rejected.ids, strict=False)
    shared = sum(1 for _ in takewhile(lambda ids: ids[0] == ids[1], both))
    return (_after(chosen, shared), _after(rejected, shared)), served


def _served(side: Side, prompt: tuple[int, ...], vocabulary: int) -> Tokens | None:
    """The tokens as served; None where there are none, or the model would read the prompt otherwise."""
    if side.tokens is None or len(side.tokens.ids) != len(side.tokens.roles):
        return None
    asked = tuple(id for id, role in zip(side.tokens.ids, side.tokens.roles, strict=True) if role == "prompt")
    known = max(side.tokens.ids, default=0) < vocabulary
    return Tokens(side.tokens.ids, side.tokens.roles) if asked == prompt and known else None


def _encoded_again(pair: Pair, side: Side, words: Writing) -> Tokens:
    tokens = encode(pair.question, pair.mode, side.steps, words.renderer, words.end_id, fills=True)
    if side.ended:
        return tokens
    own = next((n for n, role in enumerate(reversed(tokens.roles)) if role != "stop"), 0)
    return _first(tokens, len(tokens.ids) - own)


def _before_output(tokens: Tokens, side: Side) -> Tokens:
    """The tokens until the output of the last program begins."""
    runs = sum(isinstance(step, Observation) for step in side.steps)
    between = zip(tokens.roles, tokens.roles[1:], strict=False)
    begins = [n for n, both in enumerate(between, 1) if both == ("program", "observation")]
    return _first(tokens, begins[runs - 1]) if runs <= len(begins) else tokens


def _first(tokens: Tokens, count: int) -> Tokens:
    return Tokens(tokens.ids[:count], tokens.roles[:count])


def _after(tokens: Tokens, shared: int) -> Tokens:
    """The tokens, of which the first are a prompt."""
    prompt: Role = "prompt"
    return Tokens(tokens.ids, (prompt,) * shared + tokens.roles[shared:])


def _unusable(sides: tuple[Tokens, Tokens], longest: int) -> str:
    """Why a pair cannot be trained on; empty if it can."""
    if max(len(side.ids) for side in sides) > longest:
        return "longer than a row"
    own = [sum(OWN[ROLES.index(role)] for role in side.roles) for side in sides]
    return "" if all(own) and sides[0].ids != sides[1].ids else "with nothing to compare"


def is_held_out(pair: Pair, recipe: PreferenceTraining) -> bool:
    """Whether it is measured, and not trained on, with all others of its lineage."""
    return _drawn(pair.lineage, recipe.seed) < recipe.preference.held_out


def _drawn(lineage: str, seed: int) -> float:
    """A number from 0 to 1, the same for all pairs of a lineage."""
    key = f"{seed}/{lineage}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=8).digest()) / 2**64
