"""Held-out problems with a judge's scores, and what choosing among their samples by these scores gains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.judge import Judge
from ...evaluation.metrics.classes import answer_classes
from ...evaluation.metrics.intervals import Estimate, estimates
from ...evaluation.metrics.paired import Difference, difference
from ...evaluation.metrics.passes import shared_k
from ...evaluation.metrics.scored import Weight, best_of_k, heard, weighted_majority_at_k
from ...evaluation.metrics.votes import majority_at_k
from ...evaluation.report.table import Row, Table, p_value, points
from ..samples import Sample, Sampled
from .labels import trajectory

Floats = NDArray[np.float64]
MOST = 8
"""Samples among which is chosen, where a problem has so many."""
SUBSETS = 2_000
"""Votes that are looked at for a weighted vote."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A problem whose samples have scores."""

    problem: Sampled
    """The problem."""
    scores: Floats
    """One for each of its samples."""

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Its samples, in the order of the scores."""
        return self.problem.samples


def read(judge: Judge, problems: Sequence[Sampled]) -> list[Scored]:
    """Rewards or marks, as the judge reads them, of all samples."""
    attempts = [trajectory(one, sample) for one in problems for sample in one.samples]
    raw = np.array(judge.raw(attempts))
    parts = np.split(raw, np.cumsum([len(one.samples) for one in problems])[:-1]) if len(problems) else []
    return [Scored(one, part) for one, part in zip(problems, parts, strict=True) if len(part)]


def clusters(found: Sequence[Scored]) -> NDArray[np.int64]:
    """The number of each problem's lineage."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(one.problem.lineage, len(numbers)) for one in found], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Choices:
    """Ways to choose among k samples of a problem."""

    k: int
    """Samples."""
    figures: dict[str, Estimate]
    """Share of right answers by the name of the way."""
    gain: Difference
    """The best by score, less the majority."""

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """For people."""
        rows: list[Row] = [(name, figure) for name, figure in self.figures.items()]
        gain = self.gain
        told = f"{points(gain.value)} points ({points(gain.low)} to {points(gain.high)}), p {p_value(gain.p)}"
        note = f"best@{self.k} less maj@{self.k}, on {gain.n:,} held-out problems: {told}."
        return Table("Choosing by score", ("chosen by", "right"), tuple(rows), note=note)


def choices(found: Sequence[Scored], weight: Weight) -> Choices | None:
    """What choosing by score gains, with k the largest power of two up to 8 that half of the problems have samples for.

    None where that is 1. Samples whose verdict is undecided take part, as they do in use.
    """
    k = min(MOST, shared_k([len(one.samples) for one in found]))
    kept = [one for one in found if len(one.samples) >= k]
    if k == 1 or not kept:
        return None
    names = ("pass@1", f"maj@{k}", f"weighted vote@{k}", f"best@{k}")
    columns = np.array([_values(one, k, weight) for one in kept]).T
    together = clusters(kept)
    figures = dict(zip(names, estimates(list(columns), together), strict=True))
    return Choices(k, figures, difference(columns[1], columns[3], together))


def _values(one: Scored, k: int, weight: Weight) -> tuple[float, float, float, float]:
    right = [float(sample.record.right) for sample in one.samples]
    texts = [(sample.record.answer or "").strip() if sample.record.given else "" for sample in one.samples]
    numbers = answer_classes([text for text in texts if text], one.problem.item.rules)
    votes = [numbers[text] if text else -1 for text in texts]
    sizes = [(votes.count(number), _worth(votes, right, number)) for number in sorted(set(votes) - {-1})]
    scores = one.scores.tolist()
    vote = weighted_majority_at_k(votes, right, scores, k, weight, subsets=SUBSETS)
    majority = majority_at_k(sizes, votes.count(-1), k)
    return float(np.mean(right)), majority, vote.value, best_of_k(heard(scores, votes), right, k)


def _worth(votes: Sequence[int], right: Sequence[float], number: int) -> float:
    return float(np.mean([worth for vote, worth in zip(votes, right, strict=True) if vote == number]))
