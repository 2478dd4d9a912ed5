"""What a judge learns from: attempts with their marks, by problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...engine.judge import Kind
from ...engine.trajectory import Step, Trajectory
from ...evaluation.record import Record
from ..samples import Sample, Sampled
from .remarks import remark
from .rubric import marks


@dataclass(frozen=True, slots=True)
class Labelled:
    """One attempt that a judge can learn from."""

    question: str
    """What was asked."""
    gold: str
    """The right answer."""
    record: Record
    """Of the attempt."""
    mark: float
    """By the rubric, 0 to 10."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Thoughts, programs and observations."""
        return self.record.steps

    @property
    def right(self) -> bool:
        """Whether it is right."""
        return self.record.correct

    @property
    def remark(self) -> str:
        """What there is to say of it, worked out anew each time: only a judge that writes needs it."""
        return remark(self.record, int(self.mark), self.gold)


def labelled(problem: Sampled, kind: Kind) -> tuple[Labelled, ...]:
    """The attempts at a problem that such a judge learns from.

    A reward model compares: it learns from right attempts as `samples` defines them and from those known to be wrong, of
    problems that have both. A critique model learns from every attempt that the rubric gives a mark.
    """
    attempts = [
        Labelled(problem.item.question, problem.item.gold or "", sample.record, float(mark))
        for sample, mark in zip(problem.samples, marks(problem), strict=True)
        if mark is not None and (kind == "critique" or sample.right or sample.wrong)
    ]
    told = {one.right for one in attempts}
    return tuple(attempts) if kind == "critique" or len(told) == 2 else ()


def taught(problems: Sequence[Sampled], kind: Kind) -> list[tuple[Labelled, ...]]:
    """`labelled` of every problem that has something to learn from."""
    return [attempts for one in problems if (attempts := labelled(one, kind))]


def trajectory(problem: Sampled, sample: Sample) -> Trajectory:
    """A sample as what a scorer reads."""
    record = sample.record
    return Trajectory(problem.item.problem, record.steps, record.answer, record.stop)
