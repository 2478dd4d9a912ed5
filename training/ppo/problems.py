"""Problems to learn from: read, kept apart from those that models are measured with, and dealt out in batches.

Promises: the batch of a step depends on the problems, the seed and the number of the step alone, so a run that goes on
needs no memory of what came before; no variant of a held-out problem is trained on; a question that is packaged as a
benchmark of this project is refused, wherever it comes from.

Does not promise to know the questions of other benchmarks; `mathsolve contamination` finds those.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ...engine.errors import UsageError
from ...engine.trajectory import Mode
from ...evaluation.benchmarks.choose import choose
from ...evaluation.benchmarks.entry import entries
from ...evaluation.benchmarks.loading import load
from ...evaluation.item import Item
from ..synthesis.filters.duplicate import question_key
from ..tables import Modes


@dataclass(frozen=True, slots=True)
class Problems:
    """What is learnt from, and what is measured."""

    train: tuple[Item, ...]
    """To learn from."""
    held_out: tuple[Item, ...]
    """To be answered greedily now and then."""

    def batch(self, step: int, size: int, seed: int) -> list[Item]:
        """The problems of the `step`-th batch, from 0: one shuffled pass over all after the other."""
        turns: dict[int, list[Item]] = {}
        found = []
        for number in range(step * size, (step + 1) * size):
            turn, place = divmod(number, len(self.train))
            if turn not in turns:
                turns[turn] = random.Random(f"{seed} {turn}").sample(self.train, len(self.train))
            found.append(turns[turn][place])
        return found

    def steps(self, epochs: float, size: int) -> int:
        """Batches of so many passes over the problems, the last of them filled up."""
        return max(1, -(-round(epochs * len(self.train)) // size))


def read_problems(source: str, held_out: str | None, most_held_out: int, seed: int) -> Problems:
    """The problems of a file, and those that are held out: of a file of their own, or drawn from the first.

    Args:
        source: JSONL or another format that `mathsolve eval` reads, with a question and an answer each.
        held_out: another such file.
        most_held_out: how many of them are used at most; with all their variants, a tenth of the first file at most.
        seed: of the draw.

    Raises:
        UsageError: there are none, they cannot be read, or they are questions of a benchmark.
    """
    items = _file(source)
    if held_out is not None:
        measured = random.Random(seed).sample(others := _file(held_out), min(most_held_out or len(others), len(others)))
    else:
        clusters = list(dict.fromkeys(_lineage(item) for item in items))
        drawn = random.Random(seed).sample(clusters, min(most_held_out, len(clusters) // 10))
        first = {_lineage(item): item for item in reversed(items)}
        measured = [first[cluster] for cluster in drawn]
    kept_out = {_lineage(item) for item in measured} if held_out is None else set()
    asked = {question_key(item.question) for item in measured}
    train = tuple(i for i in items if _lineage(i) not in kept_out and question_key(i.question) not in asked)
    if not train:
        raise UsageError(f"{source}: every problem is among those that are held out; bring more")
    return Problems(train, tuple(measured))


def drawn_mode(modes: Modes, draw: str) -> Mode:
    """How a problem is asked this time: by the shares of the modes, decided by the text `draw`."""
    shares: dict[Mode, float] = {"mixed": modes.mixed, "pot": modes.pot, "cot": modes.cot}
    return random.Random(draw).choices(list(shares), list(shares.values()))[0]


def _file(source: str) -> list[Item]:
    if choose(source).path is None:
        raise UsageError(f"{source!r} is a benchmark: what models are measured with is not trained on; name a file")
    items = load(source)
    packaged = _packaged()
    if known := [item for item in items if question_key(item.question) in packaged]:
        raise UsageError(
            f"{source}: {len(known):,} of {len(items):,} questions belong to a benchmark of this package, the first is "
            f"{_short(known[0].question)!r}; what models are measured with is not trained on: take them out"
        )
    return items


def _packaged() -> set[bytes]:
    """Keys of the questions that come with this package for measuring."""
    names = (name for name, bench in entries().items() if bench.packaged)
    return {question_key(item.question) for name in names for item in load(name)}


def _lineage(item: Item) -> str:
    """What its variants have in common."""
    return item.cluster or item.id


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
