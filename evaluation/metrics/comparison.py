"""Two runs on the problems that both have: paired differences, who wins where, and what else differs between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...engine.errors import UsageError
from ..run import Run
from .intervals import Floats
from .outcomes import Outcomes
from .paired import Difference, difference, holm
from .problems import Problems, problems
from .tabulate import outcomes

MODEL = ("model", "fingerprint")
"""Keys of a configuration in which compared runs are meant to differ."""
CHOICE = ("sources", "limit", "ids", "concurrency", "keep_tokens")
"""Keys that say which problems were taken and how, not how they were answered."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A problem on which the runs differ."""

    problem: str
    """Its id."""
    a: float
    """Its value in A."""
    b: float
    """Its value in B."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """B beside A."""

    a: str
    """Folder of A, the baseline."""
    b: str
    """Folder of B."""
    metric: str
    """What is compared."""
    benches: dict[str, Difference]
    """B less A on each benchmark, p corrected for their number."""
    total: Difference
    """B less A on all common problems."""
    macro: float
    """Mean difference over benchmarks, each weighing the same."""
    worse: tuple[Flip, ...]
    """Problems on which B is worse, the largest change first."""
    better: tuple[Flip, ...]
    """Problems on which B is better, the largest change first."""
    warnings: tuple[str, ...]
    """What makes the comparison less than clean, in sentences."""

    @property
    def regression(self) -> bool:
        """Whether B is significantly worse, on a benchmark or on all."""
        return any(part.significant and part.value < 0 for part in (*self.benches.values(), self.total))


def compare(a: Run, b: Run, metric: str = "pass@1") -> Comparison:
    """B beside A, problem by problem.

    Raises:
        UsageError: a run has no samples, they have no problem in common, or a problem has too few samples for the metric.
    """
    tables = [_table(run, votes=metric.startswith("maj@")) for run in (a, b)]
    first, second = (problems(table) for table in tables)
    common, changed = _common(first, second)
    if not common:
        raise UsageError(
            f"{str(a.folder)!r} and {str(b.folder)!r} have no problem in common; compare runs of one benchmark"
        )
    first, second = first.only(common), second.only(common)
    values = _figure(first, metric, a), _figure(second, metric, b)
    benches = _by_bench(first, *values)
    flips = [Flip(name, float(x), float(y)) for name, x, y in zip(common, *values, strict=True)]
    flips.sort(key=lambda flip: -abs(flip.b - flip.a))
    return Comparison(
        a=str(a.folder),
        b=str(b.folder),
        metric=metric,
        benches=benches,
        total=difference(*values, first.clusters),
        macro=sum(part.value for part in benches.values()) / len(benches),
        worse=tuple(flip for flip in flips if flip.b < flip.a - 1e-12),
        better=tuple(flip for flip in flips if flip.b > flip.a + 1e-12),
        warnings=(*_mismatches(tables, len(common), changed), *_configured(a.description, b.description)),
    )


def _table(run: Run, *, votes: bool) -> Outcomes:
    table = outcomes(run, votes=votes)
    if not len(table.samples):
        raise UsageError(f"{str(run.folder)!r} has no samples yet; `mathsolve eval` takes them")
    return table


def _figure(rows: Problems, metric: str, run: Run) -> Floats:
    try:
        return rows.figure(metric)
    except UsageError as error:
        raise UsageError(f"{run.folder}: {error}") from None


def _common(first: Problems, second: Problems) -> tuple[list[str], int]:
    """Ids of the problems that are the same in both, and how many have the same id but are not."""
    theirs = {item.id: item for item in second.items}
    shared = [(item, theirs[item.id]) for item in first.items if item.id in theirs]
    same = [mine.id for mine, other in shared if (mine.question, mine.gold) == (other.question, other.gold)]
    return same, len(shared) - len(same)


def _by_bench(rows: Problems, a: Floats, b: Floats) -> dict[str, Difference]:
    names = np.array([item.bench for item in rows.items])
    clusters, found = rows.clusters, {}
    for bench in dict.fromkeys(names.tolist()):
        mine = names == bench
        found[bench] = difference(a[mine], b[mine], None if clusters is None else clusters[mine])
    corrected = holm([part.p for part in found.values()])
    return {name: replace(found[name], adjusted=p) for name, p in zip(found, corrected, strict=True)}


def _mismatches(tables: Sequence[Outcomes], common: int, changed: int) -> Iterator[str]:
    """What keeps the samples of the runs from being comparable."""
    alone = [len(table.items) - common - changed for table in tables]
    if any(alone):
        yield f"Only the {common} common problems are compared: {alone[0]} are only in A, {alone[1]} only in B."
    if changed:
        yield f"Left out: {changed} problems with the same id but another question or right answer."
    for name, table in zip("AB", tables, strict=True):
        if len(table.modes) > 1:
            yield f"{name} was answered in several modes ({', '.join(table.modes)}); their samples are taken together."
        if table.failed:
            yield f"Left out: {sum(table.failed.values())} samples of {name} that the machinery failed in."
    graders = sorted({version for table in tables for version in table.graders})
    if len(graders) > 1:
        yield f"Graded by versions {', '.join(map(str, graders))} of the grader; run `mathsolve regrade` on both first."


def _configured(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    """The settings, other than the model, that differ."""
    old, new = (dict(_flat(run.get("config", {}))) for run in (a, b))
    for key in dict.fromkeys([*old, *new]):
        if key.partition(".")[0] not in (*MODEL, *CHOICE) and old.get(key) != new.get(key):
            yield f"More than the model differs: {key} is {old.get(key)!r} in A and {new.get(key)!r} in B."
    here, there = (run.get("environment", {}).get("mathsolve") for run in (a, b))
    if here != there:
        yield f"Made by different versions of mathsolve: {here} and {there}."


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by their path."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
