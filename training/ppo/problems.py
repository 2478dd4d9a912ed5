"""Problems to learn from: read, kept apart from those that models are measured with, and dealt out in batches.

Promises: the batch of a step depends on the problems, the seed and the number of the step alone, so a run that goes on
needs no memory of what came before; no held-out question is trained on, nor a variant of one that is drawn from the same
files; a question that is packaged as a benchmark of this project is refused, wherever it comes from.

Does not promise that variants of the questions of a held-out file are not trained on: files of one bank have all seeds in
common. Does not promise to know the questions of other benchmarks; `mathsolve contamination` finds those.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
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


def read_problems(
    sources: Sequence[str], held_out: str | None, most_held_out: int, seed: int, ids: Sequence[str] = ()
) -> Problems:
    """The problems of files, and those that are held out: of a file of their own, or drawn from the others.

    Args:
        sources: JSONL or other formats that `mathsolve eval` reads, with a question and an answer each.
        held_out: another such file.
        most_held_out: how many of them are used at most; with all their variants, a tenth of the others at most.
        seed: of the draw.
        ids: of the problems to learn from, and to hold out where `held_out` is None; none: all.

    Raises:
        UsageError: there are none, they cannot be read, they are questions of a benchmark, or one that is named is not there.
    """
    items = _wanted([item for source in sources for item in _file(source)], ids)
    if held_out is not None:
        measured = random.Random(seed).sample(others := _file(held_out), min(most_held_out or len(others), len(others)))
    else:
        measured = _drawn(items, most_held_out, random.Random(seed))
    kept_out = {item.lineage for item in measured} if held_out is None else set()
    asked = {question_key(item.question) for item in measured}
    train = tuple(i for i in items if i.lineage not in kept_out and question_key(i.question) not in asked)
    if not train:
        raise UsageError(f"{', '.join(sources)}: every problem is among those that are held out; bring more")
    return Problems(train, tuple(measured))


def _wanted(items: list[Item], ids: Sequence[str]) -> list[Item]:
    """Those of these ids. Raises `UsageError`."""
    known = {item.id: item for item in items}
    if len(known) < len(items):
        raise UsageError("two files have problems with the same id; give one of them another name")
    if missing := [id for id in ids if id not in known]:
        raise UsageError(f"no problem {missing[0]!r}; ids are written as in records, e.g. {next(iter(known))}")
    return [known[id] for id in ids] or items


def _drawn(items: Sequence[Item], most: int, draw: random.Random) -> list[Item]:
    """Problems to hold out, so that with all their variants they are a tenth of all at most."""
    families: dict[str, list[Item]] = {}
    for item in items:
        families.setdefault(item.lineage, []).append(item)
    found: list[Item] = []
    for name in draw.sample(list(families), len(families)):
        if len(found) < most and len(found) + len(families[name]) <= len(items) // 10:
            found += families[name]
    return found[:most]


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


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
