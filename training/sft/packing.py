"""Solutions as rows of token ids with a weight for every token: encoding, role weights, packing.

Several solutions share a row. Positions restart with each of them, which is what `transformers` reads to keep one
solution from attending to another; a test compares packed with unpacked outputs.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...engine.trajectory import Role, Tokens

ROLE_WEIGHTS: dict[Role, float] = {"prompt": 0.15, "thought": 1.0, "program": 1.0, "observation": 0.0, "stop": 1.0}
"""Loss weight of each role. The question counts a little, so that the model also learns which questions it knows: its
likelihood of a question is one of the signals for abstention. What the sandbox wrote is never trained on."""

ROLES: tuple[Role, ...] = ("prompt", "thought", "program", "observation", "stop")


@dataclass(frozen=True, slots=True)
class Row:
    """One packed row. All lists have the row length."""

    input_ids: list[int]
    """Token ids, padded at the end."""
    position_ids: list[int]
    """Position inside its own solution."""
    weights: list[float]
    """Loss weight of predicting this token; 0 for the first of a solution and for padding."""
    roles: list[int]
    """Index into `ROLES`."""


def pack(solutions: Iterable[Tokens], length: int, seed: int, open_rows: int = 32, pad: int = 0) -> Iterator[Row]:
    """Shuffled solutions packed first-fit into rows of `length` tokens; longer solutions are left out.

    The order depends on the seed alone.
    """
    shuffled = [tokens for tokens in solutions if len(tokens.ids) <= length]
    random.Random(seed).shuffle(shuffled)
    bins: list[list[Tokens]] = []
    room: list[int] = []
    for tokens in shuffled:
        size = len(tokens.ids)
        place = next((i for i, left in enumerate(room) if left >= size), None)
        if place is None:
            if len(bins) == open_rows:
                fullest = min(range(len(bins)), key=room.__getitem__)
                yield _row(bins.pop(fullest), length, pad)
                room.pop(fullest)
            bins.append([])
            room.append(length)
            place = len(bins) - 1
        bins[place].append(tokens)
        room[place] -= size
    for remaining in bins:
        yield _row(remaining, length, pad)


def _row(solutions: list[Tokens], length: int, pad: int) -> Row:
    ids: list[int] = []
    positions: list[int] = []
    weights: list[float] = []
    roles: list[int] = []
    for tokens in solutions:
        ids.extend(tokens.ids)
        positions.extend(range(len(tokens.ids)))
        weights.extend([0.0, *(ROLE_WEIGHTS[role] for role in tokens.roles[1:])])
        roles.extend(ROLES.index(role) for role in tokens.roles)
    missing = length - len(ids)
    return Row(ids + [pad] * missing, positions + [0] * missing, weights + [0.0] * missing, roles + [0] * missing)
