"""Runs beside the first one, problem by problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..metrics.outcomes import Outcomes
from ..metrics.paired import Difference, difference, holm
from ..metrics.problems import Problems, problems
from .table import Table, p_value, points

_NOTE = (
    "pass@1 on the problems that both runs have, in points; better and worse count problems. p is McNemar's exact test where "
    "every problem is right or wrong, else the paired t test, with Holm's correction over the rows of a run."
)


def compared(outcomes: Mapping[str, Outcomes]) -> Table:
    """Each run less the first, by benchmark and mode."""
    first, *others = outcomes
    rows = [row for other in others for row in _rows(other, list(_pairs(outcomes[first], outcomes[other])))]
    columns = (
        "benchmark",
        "mode",
        "run",
        f"in {first}",
        "pass@1",
        "points",
        "95% interval",
        "better / worse",
        "p",
        "shows from",
    )
    return Table(f"Compared with {first}", columns, tuple(rows), 3, _NOTE)


def _rows(name: str, pairs: list[tuple[str, str, Difference]]) -> Iterator[tuple[str, ...]]:
    for (bench, mode, found), p in zip(pairs, holm([found.p for *_, found in pairs]), strict=True):
        yield (
            bench,
            mode,
            name,
            f"{100 * found.a:.1f}%",
            f"{100 * found.b:.1f}%",
            points(found.value),
            f"{points(found.low)} to {points(found.high)}",
            f"{found.wins} / {found.losses}",
            f"{p_value(p)}{'' if p < 0.05 else ' (tied)'}",
            f"±{100 * found.detectable:.1f}",
        )


def _pairs(a: Outcomes, b: Outcomes) -> Iterator[tuple[str, str, Difference]]:
    """Differences of the benchmarks and modes that both have; a single mode is compared with a single other one."""
    theirs = {(bench, mode): problems(part) for bench, mode, part in b.groups()}
    for bench, mode, part in a.groups():
        alone = len(a.modes) == len(b.modes) == 1
        other = theirs.get((bench, b.modes[0] if alone else mode))
        mine = problems(part)
        if other is not None and (common := _common(mine, other)):
            ours = mine.only(common)
            yield bench, mode, difference(ours.ratios, other.only(common).ratios, ours.clusters)


def _common(a: Problems, b: Problems) -> list[str]:
    """Ids of the problems that both have, in the order of A."""
    known = {item.id for item in b.items}
    return [item.id for item in a.items if item.id in known]
