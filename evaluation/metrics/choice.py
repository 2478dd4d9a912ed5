"""What choosing among the samples of a problem by their scores gains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

import numpy as np

from .figures import Chosen, Point
from .intervals import Estimate, Floats, estimates
from .passes import powers_of_two
from .problems import Problems
from .scored import Weight, class_worths, filtered_vote, weighted_votes


def chosen(rows: Problems, thresholds: Mapping[str, float]) -> Iterator[Chosen]:
    """The figures of each scorer whose scores the samples have."""
    for scorer in sorted(rows.scores):
        weights = [weight for weight in get_args(Weight) if weight != "probability" or scorer in rows.critics]
        ks = powers_of_two(rows.fewest)
        best = [rows.best(scorer, k) for k in ks]
        weighted = [weighted_vote(rows, scorer, weight) for weight in weights]
        found = estimates([*best, *weighted], rows.clusters)
        filtered, coverage = _filtered(rows, scorer, thresholds.get(scorer))
        yield Chosen(
            scorer=scorer,
            best=tuple(Point(k, figure) for k, figure in zip(ks, found[: len(ks)], strict=True)),
            weighted=dict(zip(weights, found[len(ks) :], strict=True)),
            filtered=filtered,
            coverage=coverage,
            threshold=thresholds.get(scorer),
            used=weight_in_use(rows, scorer),
        )


def weight_in_use(rows: Problems, scorer: str) -> Weight:
    """The weight that the engine gives the scores of a scorer (`Judge.weight`)."""
    return "probability" if scorer in rows.critics else "sigmoid"


def weighted_vote(rows: Problems, scorer: str, weight: Weight) -> Floats:
    """The weighted vote of all samples of each problem; problems with equally many samples are worked out together."""
    found = np.zeros(len(rows.items))
    for n in np.unique(rows.n):
        mine = np.flatnonzero(rows.n == n)
        answers = np.array([rows.answers[i] for i in mine])
        worths = np.array([class_worths(rows.answers[i].tolist(), rows.worths[i].tolist()) for i in mine])
        found[mine] = weighted_votes(answers, worths, np.array([rows.scores[scorer][i] for i in mine]), weight)
    return found


def _filtered(rows: Problems, scorer: str, threshold: float | None) -> tuple[Estimate | None, float | None]:
    """The vote of the samples that a critic lets through, and the share of problems where it lets any through."""
    if threshold is None:
        return None, None
    samples = zip(rows.answers, rows.worths, rows.scores[scorer], strict=True)
    votes = [
        filtered_vote(answers.tolist(), worths.tolist(), scores.tolist(), threshold)
        for answers, worths, scores in samples
    ]
    figure = estimates([np.array([worth for worth, _ in votes])], rows.clusters)[0]
    return figure, float(np.mean([voted for _, voted in votes]))
