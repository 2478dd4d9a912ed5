"""Samples of evaluation runs, pooled by problem: which solutions are right, which are wrong, how often each is solved.

Sampling for training on a model's own work is an evaluation on training problems with many samples, from one model or
several; so runs are what is read here. Promises: the same runs give the same samples in the same order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..engine.errors import UsageError
from ..evaluation.authors import authors
from ..evaluation.item import Item
from ..evaluation.record import Record
from ..evaluation.run import Run
from ..sandbox import Observation, Program
from .rft.paths import sound


@dataclass(frozen=True, slots=True)
class Sample:
    """One solution of a problem, and who wrote it."""

    record: Record
    """Steps, answer, verdict and scores."""
    model: str
    """Who wrote it."""

    right: bool
    """Whether this is a solution to learn from: right, with programs that ran, and true in what it states."""

    @property
    def wrong(self) -> bool:
        """Whether it is known to be wrong. Some samples are neither: right by a program that failed, or undecided."""
        return self.record.verdict == "wrong" and bool(self.record.steps)


@dataclass(frozen=True, slots=True)
class Sampled:
    """What became of one problem."""

    item: Item
    """The problem."""
    samples: tuple[Sample, ...]
    """All that say something about a model, those of one model after the other."""

    @property
    def right(self) -> tuple[Sample, ...]:
        """Solutions to learn from."""
        return tuple(sample for sample in self.samples if sample.right)

    @property
    def wrong(self) -> tuple[Sample, ...]:
        """Solutions that are known to be wrong."""
        return tuple(sample for sample in self.samples if sample.wrong)

    @property
    def decided(self) -> int:
        """How many samples have a verdict: what nobody could decide says nothing about the problem."""
        return sum(sample.record.verdict != "undecided" for sample in self.samples)

    @property
    def solved(self) -> int:
        """How many have the right answer, whatever can be learnt from them."""
        return sum(sample.record.correct for sample in self.samples)

    @property
    def pass_rate(self) -> float:
        """Share of right answers, smoothed: `(solved + 1) / (decided + 2)`, so that few samples do not make it hopeless."""
        return (self.solved + 1) / (self.decided + 2)

    @property
    def lineage(self) -> str:
        """What its variants have in common; both sides of a split must not hold the same one."""
        return self.item.lineage


def pooled(folders: Sequence[Path]) -> list[Sampled]:
    """The problems of all runs, in the order of their first run, with the samples of all models.

    Raises:
        UsageError: no runs, one that is named twice, a folder that is none, or one whose problem has another question or right
            answer than that of the same id in another.
    """
    if not folders:
        raise UsageError("name at least one run: a folder that `mathsolve eval --samples 16` made")
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UsageError(f"a run is named twice among {', '.join(map(str, folders))}: its samples would count twice")
    items: dict[str, Item] = {}
    samples: defaultdict[str, list[Sample]] = defaultdict(list)
    for folder in folders:
        run = Run.load(folder)
        _join(items, run, folder)
        author = authors(run)
        for record in sorted(_usable(run.records()), key=lambda record: (record.problem, record.mode, record.sample)):
            samples[record.problem].append(Sample(record, author(record), is_right(record)))
    return [Sampled(item, tuple(samples[id])) for id, item in items.items()]


def _join(items: dict[str, Item], run: Run, folder: Path) -> None:
    for id, item in run.items.items():
        before = items.setdefault(id, item)
        if (before.question, before.gold) != (item.question, item.gold):
            raise UsageError(
                f"{folder}: problem {id!r} is another one than in the run before, by its question or its right answer; "
                "pool runs on the same problems"
            )


def _usable(records: Iterable[Record]) -> Iterator[Record]:
    """Records that say something about a model: one attempt each, which the machinery did not spoil."""
    return (record for record in records if not record.failed and record.mode != "auto")


def digest(problems: Sequence[Sampled], scores: Sequence[str] = ()) -> str:
    """A hash of problems and samples, with these of their scores; how long a sample took is not in it."""
    told = [(problem.item, [_told(sample, scores) for sample in problem.samples]) for problem in problems]
    return sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def _told(sample: Sample, scores: Sequence[str]) -> tuple[object, ...]:
    record = sample.record
    judged = [record.scores.get(name) for name in scores]
    return sample.model, sample.right, record.verdict, record.answer, record.steps, judged


def is_right(record: Record) -> bool:
    """Whether this is a solution to learn from: right, with programs that ran, and true in what it states.

    How hard a problem is does not hang on it: see `Sampled.pass_rate`.
    """
    ran = all(step.ok for step in record.steps if isinstance(step, Observation))
    programs = sum(isinstance(step, Program) for step in record.steps)
    seen = sum(isinstance(step, Observation) for step in record.steps)
    whole = bool(record.steps) and record.answer is not None and programs == seen
    return record.correct and whole and ran and sound(record.steps)
