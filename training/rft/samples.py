"""Samples of evaluation runs, pooled by problem: which solutions are right, and how often each problem is solved.

Sampling for rejection-sampling fine-tuning is an evaluation on training problems with many samples, from one model or several;
so runs are what is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError
from ...engine.trajectory import Step
from ...evaluation.item import Item
from ...evaluation.record import Record
from ...evaluation.run import Run
from ...sandbox import Observation, Program
from .paths import sound


@dataclass(frozen=True, slots=True)
class Sample:
    """A right solution."""

    steps: tuple[Step, ...]
    """Thoughts, programs and observations."""
    model: str
    """Who wrote it."""
    quality: float
    """How good it is, 0 to 1, from the run's scores where there are any; else 1."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What became of one problem."""

    item: Item
    """The problem."""
    right: tuple[Sample, ...]
    """Right solutions, of all models."""
    tried: int
    """All samples."""

    @property
    def pass_rate(self) -> float:
        """Share of right ones, smoothed: `(right + 1) / (tried + 2)`, so that few samples do not make a problem hopeless."""
        return (len(self.right) + 1) / (self.tried + 2)


def pooled(folders: Sequence[Path], score: str | None = None) -> list[Sampled]:
    """The problems of all runs, in the order of their first run, with the samples of all models.

    A sample is right when its answer is graded correct, every program of it ran to its end, and every equation that its words
    state is true. `score` names the scorer whose score, from 0 to 1, is the quality.

    Raises:
        UsageError: no runs, a folder that is none, or one whose problem differs from that of the same id in another.
    """
    if not folders:
        raise UsageError("name at least one run: a folder that `mathsolve eval --samples 16` made")
    items: dict[str, Item] = {}
    right: defaultdict[str, list[Sample]] = defaultdict(list)
    tried: defaultdict[str, int] = defaultdict(int)
    for folder in folders:
        run = Run.load(folder)
        _join(items, run, folder)
        model = str(run.description.get("config", {}).get("model", folder.name))
        for record in sorted(_usable(run.records()), key=lambda record: (record.problem, record.mode, record.sample)):
            tried[record.problem] += 1
            if _is_right(record):
                quality = record.scores.get(score, 0.0) if score else 1.0
                right[record.problem].append(Sample(record.steps, model, min(1.0, max(0.0, quality))))
    return [Sampled(item, tuple(right[id]), tried[id]) for id, item in items.items()]


def _join(items: dict[str, Item], run: Run, folder: Path) -> None:
    for id, item in run.items.items():
        if items.setdefault(id, item).question != item.question:
            raise UsageError(
                f"{folder}: problem {id!r} is another one than in the run before; pool runs on the same problems"
            )


def _usable(records: Iterable[Record]) -> Iterator[Record]:
    """Records that say something about a model: one attempt each, which the machinery did not spoil."""
    return (record for record in records if not record.failed and record.mode != "auto")


def _is_right(record: Record) -> bool:
    """Whether this is a solution to learn from: right, with programs that ran, and true in what it states."""
    ran = all(step.ok for step in record.steps if isinstance(step, Observation))
    programs = sum(isinstance(step, Program) for step in record.steps)
    seen = sum(isinstance(step, Observation) for step in record.steps)
    return (
        record.correct
        and bool(record.steps)
        and record.answer is not None
        and ran
        and programs == seen
        and sound(record.steps)
    )
