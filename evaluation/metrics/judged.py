"""How well scores tell right samples from wrong ones: within a problem, over all problems, and as probabilities.

A sample whose verdict is undecided says nothing about a judge: only best-of-k counts it, as not right, for it may be chosen.
Where samples are of several models, each has figures of its own beside those of all.

Promises nothing about error bars of AUROC, ECE and Brier score: samples of one problem are alike, and these are of samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np

from ..authors import authors
from ..run import Run
from .calibrated import auroc, brier, calibration_error, reliability
from .intervals import Clusters, Estimate, estimate
from .passes import shared_k
from .scored import best_of_k


class Seen(NamedTuple):
    """A sample with its score."""

    score: float
    """What the judge says."""
    right: bool
    """Whether the verdict is correct."""
    decided: bool
    """Whether there is a verdict."""
    answered: bool = True
    """Whether an answer is stated; another sample is never chosen before one that states one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of the samples of one benchmark in one mode, beside what is true of them."""

    bench: str
    """The benchmark."""
    mode: str
    """How it was answered."""
    model: str
    """Who wrote the samples; empty: all of them."""
    samples: int
    """Samples with a score and a verdict."""
    right: float
    """Share of them that is right."""
    pairs: Estimate | None
    """Pairs of a right and a wrong sample of one problem that are in the right order, the mean over problems; None without."""
    auroc: float | None
    """P(a right sample scores higher than a wrong one of any problem); None where one of the kinds is missing."""
    ece: float | None
    """Expected calibration error; None where scores are no probabilities."""
    brier: float | None
    """Brier score, likewise."""
    k: int
    """Samples among which is chosen: the largest power of two that half of the problems have."""
    best: Estimate | None
    """Best of k by score, the mean over the problems that have so many samples; None where k is 1."""


Place = tuple[str, str, str]
"""Benchmark, mode and model."""


def judged(run: Run, name: str, *, probabilities: bool) -> list[Judged]:
    """The figures of the scores of one name, those of all models first. The records are read once.

    Args:
        run: whose samples have scores.
        name: of the scores.
        probabilities: whether a score is the probability of being right.
    """
    author = authors(run)
    found: defaultdict[Place, defaultdict[str, list[Seen]]] = defaultdict(lambda: defaultdict(list))
    for record in run.records():
        item = run.items.get(record.problem)
        if item is not None and name in record.scores and not record.failed:
            answered = record.given and bool((record.answer or "").strip())
            one = Seen(record.scores[name], record.correct, record.verdict != "undecided", answered)
            for model in ("", author(record)):
                found[item.bench, record.mode, model][record.problem].append(one)
    several = {place[:2] for place in found if sum(place[:2] == other[:2] for other in found) > 2}
    return [
        _figures(place, found[place], _clusters(run, found[place]), probabilities=probabilities)
        for place in sorted(found)
        if not place[2] or place[:2] in several
    ]


def _figures(
    place: Place, problems: Mapping[str, Sequence[Seen]], clusters: Clusters, *, probabilities: bool
) -> Judged:
    seen = [one for samples in problems.values() for one in samples if one.decided]
    scores, right = [one.score for one in seen], [one.right for one in seen]
    k = shared_k([len(samples) for samples in problems.values()])
    return Judged(
        *place,
        samples=len(seen),
        right=sum(right) / len(seen) if seen else 0.0,
        pairs=_mean([in_order(samples) for samples in problems.values()], clusters),
        auroc=auroc(scores, right),
        ece=calibration_error(reliability(scores, right)) if probabilities else None,
        brier=brier(scores, right) if probabilities and seen else None,
        k=k,
        best=_mean([_best(samples, k) for samples in problems.values()], clusters) if k > 1 else None,
    )


def in_order(samples: Sequence[Seen]) -> float | None:
    """The share of pairs of a right and a wrong sample in which the right one scores higher; equal scores count for half.

    >>> in_order([Seen(0.9, True, True), Seen(0.9, False, True), Seen(0.1, False, True)])
    0.75
    """
    told = [one for one in samples if one.decided]
    return auroc([one.score for one in told], [one.right for one in told])


def _best(samples: Sequence[Seen], k: int) -> float | None:
    """None where there are fewer samples."""
    if len(samples) < k:
        return None
    scores = [one.score if one.answered else nan for one in samples]
    return best_of_k(scores, [float(one.right) for one in samples], k)


def _mean(values: Sequence[float | None], clusters: Clusters) -> Estimate | None:
    """The mean over the problems that have a value."""
    kept = [place for place, value in enumerate(values) if value is not None]
    return estimate(np.array([values[place] for place in kept], dtype=float), clusters[kept]) if kept else None


def _clusters(run: Run, problems: Mapping[str, object]) -> Clusters:
    numbers: dict[str, int] = {}
    names = [run.items[problem].cluster or problem for problem in problems]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
