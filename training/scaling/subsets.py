"""Nested subsets of the training examples: the smaller is part of the larger, and each has the mixture of the whole.

The first N examples in an order that depends on the seed and the question alone. So a file that is sorted by sub-domain
gives no lopsided subset, and two files with the same questions, e.g. verified and not, give subsets with the same questions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from ...engine.errors import UsageError
from ..sft.data import Source
from ..synthesis.candidate import Written
from ..synthesis.example import Example
from ..synthesis.filters.duplicate import question_key

MODES: tuple[Written, ...] = get_args(Written)
"""Kinds of solutions."""


def write_subsets(
    sources: Sequence[Source], targets: Mapping[int, Path], seed: int, modes: Collection[Written] = MODES
) -> None:
    """Writes a JSONL file with the first so many training examples for each size, unless they are all there.

    Only examples count that have a solution of one of the `modes`, and whose question none of the files holds out.

    Raises:
        UsageError: there are not that many; or a line is no example.
    """
    if all(path.is_file() for path in targets.values()):
        return
    kept_out = {question_key(e.question) for source in sources for e in source.examples() if e.split != "train"}
    places = ranks((example.question for example in _training(sources, kept_out, modes)), seed)
    if max(targets) > len(places):
        names = ", ".join(source.path.name for source in sources)
        raise UsageError(
            f"there are {len(places):,} examples for training in {names}, not {max(targets):,}; choose smaller --sizes"
        )
    parts = {size: path.with_suffix(".part") for size, path in targets.items()}
    with ExitStack() as stack:
        files = {size: stack.enter_context(part.open("w", encoding="utf-8")) for size, part in parts.items()}
        for place, example in zip(places, _training(sources, kept_out, modes), strict=True):
            line = example.model_dump_json() + "\n"
            for size, file in files.items():
                if place < size:
                    file.write(line)
    for size, part in parts.items():
        part.replace(targets[size])


def ranks(questions: Iterable[str], seed: int) -> NDArray[np.int64]:
    """The place of each question in an order that looks random; equal questions stay in theirs.

    >>> sorted(ranks(["a", "b", "c"], seed=1).tolist())
    [0, 1, 2]
    """
    digests = (blake2b(f"{seed}/{question}".encode(), digest_size=8).digest() for question in questions)
    numbers = np.fromiter((int.from_bytes(digest) for digest in digests), dtype=np.uint64)
    return np.argsort(np.argsort(numbers, kind="stable"), kind="stable")


def _training(sources: Sequence[Source], kept_out: Set[bytes], modes: Collection[Written]) -> Iterator[Example]:
    for example in chain.from_iterable(source.examples() for source in sources):
        usable = example.split == "train" and any(worked.mode in modes for worked in example.solutions)
        if usable and question_key(example.question) not in kept_out:
            yield example
