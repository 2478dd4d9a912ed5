"""What the evaluation stages of a pipeline found: figures of each, on all and on hard problems, and paired differences.

Stages are compared on the problems that all of them answered. A problem is hard where all stages together solve it in at
most 30% of their samples: a rule that favours none of them, unlike one that asks a single stage, whose bad luck would count as
hardness and then look like progress.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...evaluation.metrics.choice import weight_in_use, weighted_vote
from ...evaluation.metrics.intervals import Estimate, estimates
from ...evaluation.metrics.outcomes import Outcomes
from ...evaluation.metrics.paired import Difference, difference, holm
from ...evaluation.metrics.problems import Problems, problems
from ...evaluation.metrics.tabulate import outcomes
from ...evaluation.run import Run
from ...evaluation.scorers import critics

ALL, HARD = "all", "hard"
"""The two sets of problems."""
HARD_UP_TO = 0.3
"""Share of right samples, over all stages, up to which a problem is hard."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose figures, and on what."""

    stage: str
    """The stage."""
    bench: str
    """Name of the benchmark."""
    mode: str
    """How it was answered."""
    part: str
    """`all` or `hard`."""
    group: int
    """Number of the set of problems: benchmarks of two files may have the same name."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A stage on a benchmark, or on its hard problems."""

    place: Place
    """Whose, and on what."""
    problems: int
    """Problems."""
    k: int
    """Samples that are drawn of a problem: as many as every stage has."""
    stability: Estimate
    """PassRatio@k, which is pass@1: the share of samples that are right."""
    ability: Estimate
    """pass@k."""
    vote: Estimate
    """maj@k."""
    tokens: float
    """Mean number of tokens that the model wrote in a sample: whether answers got better or only longer."""
    chosen: dict[str, Estimate]
    """What choosing by scores gives, by how: `best-of-8 by reward`, `vote by reward` (of all samples); empty without."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A stage less another one on the same problems, or a choice by scores less the vote on the same samples."""

    place: Place
    """The stage, and on what."""
    than: str
    """The other one, or `its maj@k`."""
    metric: str
    """`PassRatio@k`, `pass@k`, `maj@k`, `best-of-k by NAME` or `vote by NAME`."""
    difference: Difference
    """With `adjusted` for all contrasts in this metric."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Everything that evaluation stages found."""

    scored: tuple[Scored, ...]
    """By benchmark, then part, then stage."""
    contrasts: tuple[Contrast, ...]
    """By benchmark, then part, then stage and metric."""


def accuracy(runs: Mapping[str, Run], than: Mapping[str, Sequence[str]] | None = None) -> Accuracy:
    """The figures of runs.

    Args:
        runs: by stage, in their order.
        than: by stage, what it is compared with; those that are not named are compared with the one before.

    Raises:
        UsageError: a file of a run is damaged.
    """
    scored: list[Scored] = []
    contrasts: list[Contrast] = []
    for group, (bench, mode, found) in enumerate(_beside_each_other(runs)):
        for name, alike in parts(found):
            k = min(rows.fewest for rows in alike.values())
            scored += [_scored(Place(stage, bench, mode, name, group), rows, k) for stage, rows in alike.items()]
            contrasts += _contrasts(Place("", bench, mode, name, group), alike, k, than or {})
            contrasts += _gains(Place("", bench, mode, name, group), alike, k)
    return Accuracy(tuple(scored), tuple(_corrected(contrasts)))


def _beside_each_other(runs: Mapping[str, Run]) -> Iterator[tuple[str, str, dict[str, Problems]]]:
    """Stages by benchmark and mode; those that have no problem in common stand apart, though files have the same name."""
    groups: dict[tuple[str, str], list[dict[str, Problems]]] = {}
    for stage, run in runs.items():
        for bench, mode, table in _outcomes(run).groups():
            rows, known = problems(table), groups.setdefault((bench, mode), [])
            home = next((group for group in known if _common([*group.values(), rows])), None)
            if home is None:
                known.append({stage: rows})
            else:
                home[stage] = rows
    yield from ((*place, group) for place, known in groups.items() for group in known)


def parts(found: Mapping[str, Problems]) -> Iterator[tuple[str, dict[str, Problems]]]:
    """The problems that all stages have, and of several stages those that are hard, where there are any of both kinds."""
    common = _common(list(found.values()))
    alike = {stage: rows.only(common) for stage, rows in found.items()}
    yield ALL, alike
    solved = np.mean([rows.ratios for rows in alike.values()], axis=0)
    hard = [name for name, share in zip(common, solved, strict=True) if share <= HARD_UP_TO]
    if len(alike) > 1 and 0 < len(hard) < len(common):
        yield HARD, {stage: rows.only(hard) for stage, rows in alike.items()}


def _common(found: Sequence[Problems]) -> list[str]:
    """Ids of the problems that are the same in all, in the order of the first."""
    asked = [{item.id: (item.question, item.gold) for item in rows.items} for rows in found]
    return [name for name, what in asked[0].items() if all(other.get(name) == what for other in asked)]


def _scored(place: Place, rows: Problems, k: int) -> Scored:
    columns = [rows.ratios, rows.figure(f"pass@{k}"), rows.figure(f"maj@{k}")]
    stability, ability, vote = estimates(columns, rows.clusters)
    chosen = _chosen(rows, k) if k > 1 else {}
    return Scored(place, len(rows.items), k, stability, ability, vote, float(rows.tokens.mean()), chosen)


def _chosen(rows: Problems, k: int) -> dict[str, Estimate]:
    """By how: the best of k, and the vote of all samples as the engine takes it."""
    found = {}
    for scorer in sorted(rows.scores):
        found[f"best-of-{k} by {scorer}"] = rows.best(scorer, k)
        found[f"vote by {scorer}"] = weighted_vote(rows, scorer, weight_in_use(rows, scorer))
    return dict(zip(found, estimates(list(found.values()), rows.clusters), strict=True))


def _contrasts(
    place: Place, rows: Mapping[str, Problems], k: int, than: Mapping[str, Sequence[str]]
) -> Iterator[Contrast]:
    metrics = {f"PassRatio@{k}": "pass@1", **({f"pass@{k}": f"pass@{k}", f"maj@{k}": f"maj@{k}"} if k > 1 else {})}
    last = {stage: before for before, stage in pairwise(rows)}
    pairs = [(name, stage) for stage in rows for name in than.get(stage, [last[stage]] if stage in last else [])]
    for other, stage in pairs:
        if other in rows:
            for name, metric in metrics.items():
                found = difference(rows[other].figure(metric), rows[stage].figure(metric), rows[stage].clusters)
                yield Contrast(replace(place, stage=stage), other, name, found)


def _gains(place: Place, rows: Mapping[str, Problems], k: int) -> Iterator[Contrast]:
    """What choosing by the scores of each scorer gains over the vote of k, in the stages that have scores. The weighted vote is
    that of all samples, and so is compared where there are k."""
    for stage, mine in rows.items() if k > 1 else ():
        for scorer in sorted(mine.scores):
            ways = {f"best-of-{k} by {scorer}": mine.best(scorer, k)}
            if (mine.n == k).all():
                ways[f"vote by {scorer}"] = weighted_vote(mine, scorer, weight_in_use(mine, scorer))
            for name, figures in ways.items():
                found = difference(mine.figure(f"maj@{k}"), figures, mine.clusters)
                yield Contrast(replace(place, stage=stage), f"its maj@{k}", name, found)


def _corrected(contrasts: Sequence[Contrast]) -> Iterator[Contrast]:
    """With p corrected after Holm for all contrasts in the same metric."""
    adjusted: dict[int, float] = {}
    for metric in dict.fromkeys(one.metric for one in contrasts):
        mine = [place for place, one in enumerate(contrasts) if one.metric == metric]
        adjusted |= dict(zip(mine, holm([contrasts[place].difference.p for place in mine]), strict=True))
    for place, one in enumerate(contrasts):
        yield replace(one, difference=replace(one.difference, adjusted=adjusted[place]))


def _outcomes(run: Run) -> Outcomes:
    told = run.path("records.jsonl").stat()
    return replace(_read(run.folder, told.st_size, told.st_mtime_ns), critics=critics(run.folder))


@lru_cache(maxsize=32)
def _read(folder: Path, size: int, changed: int) -> Outcomes:
    """The records of a run, read again only when they have changed."""
    return outcomes(Run(folder))
