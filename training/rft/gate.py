"""What a right solution must have besides before it is learnt from: the scores of judges, as `mathsolve score` wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...engine.errors import UsageError
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


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets right solutions pass whose scores suffice; one that has no such score does not."""

    bounds: Bounds
    """What is asked."""
    scale: Scale = field(default=Scale())
    """How to read a critique."""

    @classmethod
    def of(cls, bounds: Bounds, problems: Sequence[Sampled]) -> Gate:
        """The gate for these problems.

        Raises:
            UsageError: no sample has a score of that name, see `hard.score.scale_of`; or a bound is not from 0 to 1.
        """
        for name, value in (("least", bounds.least), ("rank", bounds.rank)):
            if not 0 <= value <= 1:
                raise UsageError(f"--{name} {value:g}: write a number from 0 to 1")
        known = {name for problem in problems for sample in problem.samples for name in sample.record.scores}
        if bounds.reward is not None and bounds.reward not in known:
            remedy = (
                f"there are: {', '.join(sorted(known))}" if known else "mathsolve score RUN --scorer FOLDER gives some"
            )
            raise UsageError(f"no sample has a score {bounds.reward!r}; {remedy}")
        return cls(bounds, scale_of(problems, bounds.critique))

    def passed(self, problem: Sampled) -> list[Sample]:
        """The right solutions of a problem that may be learnt from, in their order."""
        return [sample for sample in problem.right if self._by_critique(sample) and self._by_reward(sample, problem)]

    def quality(self, sample: Sample) -> float:
        """How good it is, 0 to 1; 1 where no critique was asked for."""
        return 1.0 if self.bounds.critique is None else self.scale.of(sample) or 0.0

    def _by_critique(self, sample: Sample) -> bool:
        if self.bounds.critique is None:
            return True
        found = self.scale.of(sample)
        return found is not None and found >= self.bounds.least

    def _by_reward(self, sample: Sample, problem: Sampled) -> bool:
        name = self.bounds.reward
        if name is None:
            return True
        if name not in sample.record.scores:
            return False
        rewards = [one.record.scores[name] for one in problem.samples if name in one.record.scores]
        return rank(sample.record.scores[name], rewards) >= self.bounds.rank


def rank(reward: float, rewards: Sequence[float]) -> float:
    """The mid-rank of a reward among those of all samples of its problem, itself among them: the share that is lower, and half
    of the share that is equal.

    >>> [rank(reward, (1, 2, 2, 4)) for reward in (1, 2, 4)]
    [0.125, 0.5, 0.875]
    """
    lower, equal = sum(one < reward for one in rewards), sum(one == reward for one in rewards)
    return (lower + equal / 2) / len(rewards)
