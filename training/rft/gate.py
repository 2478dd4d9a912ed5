"""What a right solution must have besides before it is learnt from: the scores of judges, as `mathsolve score` wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...engine.errors import UsageError
from ...evaluation.scorers import scorers
from ..hard.score import Scale, scale_of
from ..samples import Sample, Sampled

LEAST = 0.9
"""The smallest critique, where nothing else is said."""
RANK = 0.4
"""The smallest rank by reward, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked of scores."""

    critique: str | None = None
    """Name of an absolute score, 0 to 10 or a calibrated probability; None: nothing is asked of it."""
    least: float = LEAST
    """The smallest critique, as a share of the best there is."""
    reward: str | None = None
    """Name of a score that only ranks the solutions of one problem; None: nothing is asked of it."""
    rank: float = RANK
    """The smallest rank by reward, see `rank`."""

    @property
    def names(self) -> list[str]:
        """The scores of which something is asked."""
        return [name for name in (self.critique, self.reward) if name is not None]


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets right solutions pass whose scores suffice."""

    bounds: Bounds
    """What is asked."""
    scale: Scale = field(default=Scale())
    """How to read a critique."""

    @classmethod
    def of(cls, bounds: Bounds, problems: Sequence[Sampled], runs: Sequence[Path]) -> Gate:
        """The gate for these problems.

        Args:
            bounds: what is asked.
            problems: the problems with their samples.
            runs: the folders that they are from.

        Raises:
            UsageError: a bound is not from 0 to 1, a score is not what it should be (see `hard.score.scale_of`), a right
                solution has none, or judges that differ gave them.
        """
        for name, value in (("least", bounds.least), ("rank", bounds.rank)):
            if not 0 <= value <= 1:
                raise UsageError(f"--{name} {value:g}: write a number from 0 to 1")
        scale = scale_of(problems, bounds.critique)
        for name in bounds.names:
            _check(name, problems, runs)
        return cls(bounds, scale)

    def passed(self, problem: Sampled) -> list[Sample]:
        """The right solutions of a problem that may be learnt from, in their order."""
        return [sample for sample in problem.right if self._by_critique(sample) and self._by_reward(sample, problem)]

    def quality(self, sample: Sample) -> float:
        """How good it is, 0 to 1; 1 where no critique was asked for."""
        return 1.0 if self.bounds.critique is None else self.scale.of(sample) or 0.0

    def _by_critique(self, sample: Sample) -> bool:
        return self.bounds.critique is None or (self.scale.of(sample) or 0.0) >= self.bounds.least

    def _by_reward(self, sample: Sample, problem: Sampled) -> bool:
        if (name := self.bounds.reward) is None:
            return True
        others = [one.record.scores[name] for one in problem.samples if one is not sample and name in one.record.scores]
        return rank(sample.record.scores[name], others) >= self.bounds.rank


def rank(reward: float, others: Sequence[float]) -> float:
    """The share of the other samples of a problem that a reward leaves behind, with half of those that are equal; 1 for the
    best, 0 for the worst, and 1 where there are no others.

    >>> [rank(reward, others) for reward, others in ((1, (2, 3)), (2, (1, 2, 2, 4)), (4, (1, 2)), (1, ()))]
    [0.0, 0.5, 1.0, 1.0]
    """
    lower, equal = sum(one < reward for one in others), sum(one == reward for one in others)
    return (lower + equal / 2) / len(others) if others else 1.0


def _check(name: str, problems: Sequence[Sampled], runs: Sequence[Path]) -> None:
    """Raises `UsageError` where a right solution lacks the score, or where scores cannot be compared."""
    known = {told for problem in problems for sample in problem.samples for told in sample.record.scores}
    remedy = f"mathsolve score {' '.join(map(str, runs))} --scorer FOLDER"
    if name not in known:
        there = f"there are: {', '.join(sorted(known))}; or " if known else ""
        raise UsageError(f"no sample has a score {name!r}; {there}{remedy}")
    if missing := sum(name not in sample.record.scores for problem in problems for sample in problem.right):
        raise UsageError(f"{missing} right solutions have no score {name!r}; {remedy}")
    if len({scorers(run).get(name, {}).get("judge") for run in runs}) > 1:
        raise UsageError(f"the scores {name!r} of the runs were given by judges that differ; {remedy}")
