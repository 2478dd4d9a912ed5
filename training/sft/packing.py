"""Solutions as rows of token ids: several share a row, and positions restart with each of them.

The restart is what `transformers` reads to keep one solution from attending to another; `isolation` checks that it does.
A solution that is seen several times is kept once: rows are lists of solutions, put together when they are read. All of
it lies on disk as arrays that are mapped into memory, so that a run resumes at once and many processes share them.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...engine.trajectory import Role, Tokens

ROLES: tuple[Role, ...] = ("prompt", "thought", "program", "observation", "stop")
PAD_ROLE = len(ROLES)
"""Stands for the role of padding."""


@dataclass(frozen=True, slots=True)
class Row:
    """One packed row. All arrays have the shape `[length]`."""

    input_ids: NDArray[np.int32]
    """Token ids, padded at the end with zeros."""
    position_ids: NDArray[np.int32]
    """Position inside its own solution; 0 for padding."""
    roles: NDArray[np.int8]
    """Index into `ROLES`, `PAD_ROLE` for padding."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """Arrays that belong together, as files that are mapped into memory."""

    def save(self, folder: Path) -> None:
        """Writes a file for each array; the last of them is there only when all are."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            part = folder / f"{field.name}.part.npy"
            np.save(part, getattr(self, field.name))
            part.replace(folder / f"{field.name}.npy")

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What `save` wrote, mapped; None where it did not come to its end."""
        names = [field.name for field in fields(cls)]
        if not (folder / f"{names[-1]}.npy").is_file():
            return None
        return cls(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names})


@dataclass(frozen=True, slots=True)
class Rows(Arrays):
    """Encoded solutions, and which of them share a row."""

    ids: NDArray[np.int32]
    """Token ids of all solutions, one after the other."""
    roles: NDArray[np.int8]
    """Index into `ROLES` of each of them."""
    starts: NDArray[np.int64]
    """Where each solution begins in `ids`, and where the last ends."""
    members: NDArray[np.int32]
    """Numbers of the solutions in the rows, one row after the other."""
    bounds: NDArray[np.int64]
    """Where each row begins in `members`, and where the last ends."""
    length: NDArray[np.int64]
    """Tokens of a row, one number."""

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, index: int) -> Row:
        length = int(self.length)
        row = Row(np.zeros(length, np.int32), np.zeros(length, np.int32), np.full(length, PAD_ROLE, np.int8))
        place = 0
        for member in self.members[self.bounds[index] : self.bounds[index + 1]]:
            start, end = self.starts[member], self.starts[member + 1]
            here = slice(place, place := place + int(end - start))
            row.input_ids[here] = self.ids[start:end]
            row.position_ids[here] = np.arange(end - start)
            row.roles[here] = self.roles[start:end]
        return row

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each solution in the rows, as often as it is seen."""
        sizes: NDArray[np.int64] = np.diff(self.starts)[self.members]
        return sizes


def pack(solutions: Iterable[tuple[Tokens, int]], length: int, seed: int) -> Rows:
    """Solutions, each with how often it is seen, shuffled into rows of `length` tokens; longer ones are left out.

    The order depends on the seed alone.
    """
    ids, roles, starts, seen = array("i"), array("b"), array("q", [0]), array("i")
    for tokens, times in solutions:
        if len(tokens.ids) <= length:
            seen.extend([len(starts) - 1] * times)
            ids.extend(tokens.ids)
            roles.extend(ROLES.index(role) for role in tokens.roles)
            starts.append(len(ids))
    sizes = np.diff(np.asarray(starts))
    random.Random(seed).shuffle(seen)
    bins = first_fit([int(sizes[number]) for number in seen], length)
    members = [seen[place] for members in bins for place in members]
    return Rows(
        ids=_array(ids, np.int32),
        roles=_array(roles, np.int8),
        starts=_array(starts, np.int64),
        members=_array(members, np.int32),
        bounds=np.concatenate([[0], np.cumsum([len(members) for members in bins])]).astype(np.int64),
        length=np.asarray(length, np.int64),
    )


def first_fit(sizes: Sequence[int], length: int, open_bins: int = 32) -> list[list[int]]:
    """Places of `sizes` in bins that hold `length`, each in the first open bin with room for it.

    >>> first_fit([5, 2, 6, 3], 8)
    [[0, 1], [2], [3]]
    """
    full: list[list[int]] = []
    bins: list[list[int]] = []
    room: list[int] = []
    for place, size in enumerate(sizes):
        number = next((i for i, left in enumerate(room) if left >= size), None)
        if number is None:
            if len(bins) == open_bins:
                fullest = min(range(len(bins)), key=room.__getitem__)
                full.append(bins.pop(fullest))
                room.pop(fullest)
            bins.append([])
            room.append(length)
            number = len(bins) - 1
        bins[number].append(place)
        room[number] -= size
    return full + bins


def _array(values: Any, dtype: type[np.generic]) -> NDArray[Any]:
    return np.asarray(values, dtype)
