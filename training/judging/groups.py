"""Attempts as token ids, in groups: the attempts at one problem that a judge reads together in a step.

Each pass over the problems draws other attempts of those that have many, right and wrong ones by halves where it can. The
groups depend on the problems and the seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from ...engine.classifier import padded
from ...engine.judge import encode
from ..sft.model import Writing
from .labels import Labelled


@dataclass(frozen=True, slots=True)
class Encoded:
    """Attempts at all problems, one after the other."""

    ids: NDArray[np.int32]
    """Token ids of all of them."""
    starts: NDArray[np.int64]
    """Where each attempt begins in `ids`, and where the last ends."""
    marks: NDArray[np.float32]
    """Marks by the rubric."""
    right: NDArray[np.bool_]
    """Whether each is right."""
    bounds: NDArray[np.int64]
    """Where the attempts at each problem begin, and where the last end."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each attempt."""
        sizes: NDArray[np.int64] = np.diff(self.starts)
        return sizes

    def digest(self) -> str:
        """A hash of everything that is learnt from."""
        found = sha256()
        for column in (self.ids, self.starts, self.marks, self.right, self.bounds):
            found.update(np.ascontiguousarray(column).tobytes())
        return found.hexdigest()


def encoded(problems: Sequence[Sequence[Labelled]], words: Writing, context: int) -> Encoded:
    """The attempts at each problem as a judge reads them, of `context` tokens at most."""
    flat = [one for attempts in problems for one in attempts]
    rows = [
        np.array(encode(words.renderer, one.question, one.steps, words.end_id, context), dtype=np.int32) for one in flat
    ]
    sizes = [len(row) for row in rows]
    return Encoded(
        ids=np.concatenate(rows),
        starts=np.cumsum([0, *sizes], dtype=np.int64),
        marks=np.array([one.mark for one in flat], dtype=np.float32),
        right=np.array([one.right for one in flat], dtype=np.bool_),
        bounds=np.cumsum([0, *(len(attempts) for attempts in problems)], dtype=np.int64),
    )


def groups(data: Encoded, passes: float, most: int, seed: int) -> list[tuple[int, ...]]:
    """Numbers of the attempts of each group, for all passes.

    Args:
        data: the attempts.
        passes: over the problems; of the last one a part, if it is no whole number.
        most: attempts in a group.
        seed: of every draw.
    """
    found: list[tuple[int, ...]] = []
    problems = len(data.bounds) - 1
    for turn in range(int(np.ceil(passes))):
        draw = random.Random(f"{seed}/{turn}")
        order = list(range(problems))
        draw.shuffle(order)
        for problem in order[: round(problems * min(1.0, passes - turn))]:
            attempts = range(int(data.bounds[problem]), int(data.bounds[problem + 1]))
            found.append(tuple(_drawn(attempts, data.right, most, draw)))
    return found


def _drawn(attempts: range, right: NDArray[np.bool_], most: int, draw: random.Random) -> Iterator[int]:
    if len(attempts) <= most:
        yield from attempts
        return
    good = [number for number in attempts if right[number]]
    bad = [number for number in attempts if not right[number]]
    kept = min(len(good), max(most // 2, most - len(bad)))
    yield from sorted([*draw.sample(good, kept), *draw.sample(bad, min(len(bad), most - kept))])


class GroupDataset(Dataset[dict[str, Tensor]]):
    """Groups as a map-style dataset; an item holds its attempts one after the other."""

    def __init__(self, data: Encoded, members: Sequence[tuple[int, ...]]) -> None:
        self._data, self._members = data, members

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        numbers = list(self._members[index])
        data = self._data
        rows = [data.ids[data.starts[number] : data.starts[number + 1]] for number in numbers]
        return {
            "ids": torch.from_numpy(np.concatenate(rows).astype(np.int64)),
            "lengths": torch.tensor([len(row) for row in rows]),
            "marks": torch.from_numpy(data.marks[numbers]),
            "right": torch.from_numpy(data.right[numbers]),
        }


@dataclass(frozen=True, slots=True)
class Collator:
    """Several groups as one batch."""

    pad_id: int
    """What attempts are padded with."""

    def __call__(self, items: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
        """`input_ids` and `attention_mask` of shape `[N, T]`; `marks`, `right` and the number of the group, `[N]`."""
        rows = [row.tolist() for item in items for row in torch.split(item["ids"], item["lengths"].tolist())]
        ids_NT, mask_NT = padded(rows, self.pad_id)
        group = torch.cat([torch.full_like(item["lengths"], place) for place, item in enumerate(items)])
        columns = {name: torch.cat([item[name] for item in items]) for name in ("marks", "right")}
        return {"input_ids": ids_NT, "attention_mask": mask_NT, "group": group, **columns}
