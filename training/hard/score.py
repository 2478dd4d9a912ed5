"""Scores of a scorer as how good a solution is, from 0 to 1: a critique of 0 to 10, or a calibrated probability."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...engine.errors import UsageError
from ..samples import Sample, Sampled


@dataclass(frozen=True, slots=True)
class Scale:
    """How to read the scores."""

    scorer: str | None = None
    """Its name in the records; None: verdicts alone count."""
    most: float = 1.0
    """The best score."""

    def of(self, sample: Sample) -> float | None:
        """The score, 0 to 1; None where there is none."""
        found = sample.record.scores.get(self.scorer) if self.scorer else None
        return None if found is None else found / self.most

    def scored(self, samples: Iterable[Sample]) -> list[Sample]:
        """The samples that have a score; where verdicts alone count, all of them."""
        return [sample for sample in samples if self.scorer is None or self.of(sample) is not None]

    def mean(self, samples: Iterable[Sample]) -> float | None:
        """The mean of the scores that there are."""
        found = [score for sample in samples if (score := self.of(sample)) is not None]
        return sum(found) / len(found) if found else None


def usable(problems: Sequence[Sampled]) -> list[str]:
    """The names of the scorers whose scores have a scale."""
    names = sorted({name for one in problems for sample in one.samples for name in sample.record.scores})
    return [name for name in names if all(0 <= score <= 10 for score in _scores(problems, name))]


def scale_of(problems: Sequence[Sampled], scorer: str | None) -> Scale:
    """The scale of a scorer: up to 10 where a score is above 1.

    Raises:
        UsageError: no sample has such a score, or one is outside 0 to 10, as those of reward models are.
    """
    if scorer is None:
        return Scale()
    found = _scores(problems, scorer)
    if not found:
        known = ", ".join(usable(problems))
        remedy = f"there are: {known}" if known else "mathsolve score RUN --scorer FOLDER of a critique gives some"
        raise UsageError(f"no sample has a score {scorer!r}; {remedy}")
    if not all(0 <= score <= 10 for score in found):
        raise UsageError(
            f"the scores {scorer!r} go from {min(found):g} to {max(found):g}; name a critique (0 to 10) or a calibrated "
            "probability (0 to 1): a reward only ranks the solutions of one problem"
        )
    return Scale(scorer, 10.0 if max(found) > 1 else 1.0)


def _scores(problems: Iterable[Sampled], scorer: str) -> list[float]:
    return [
        sample.record.scores[scorer]
        for problem in problems
        for sample in problem.samples
        if scorer in sample.record.scores
    ]
