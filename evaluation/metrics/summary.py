"""From the records of a run to its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..item import Item
from ..run import Run
from .choice import chosen
from .figures import Average, Group, Metrics, Part, Point, Stability
from .intervals import Estimate, Floats, estimate, estimates, macro_average, micro_average, sampling_error
from .outcomes import STOPS, VERDICTS, Outcomes
from .overlaps import overlaps
from .passes import g_pass_at_k, mean_g_pass_at_k, powers_of_two
from .problems import Problems, problems
from .tabulate import outcomes
from .usage import Prices, effort, programs, stops, trust

TAUS = (0.25, 0.5, 0.75, 1.0)
"""Shares of right samples that G-Pass@k is worked out for."""


def metrics(run: Run, *, prices: Prices | None = None, thresholds: Mapping[str, float] | None = None) -> Metrics:
    """Every figure of a run. The records are read once.

    Args:
        run: the run, complete or not.
        prices: what tokens cost; without them there is no cost.
        thresholds: lowest score that lets a sample vote, by scorer, for votes filtered by a critic.
    """
    return metrics_of(outcomes(run), prices=prices, thresholds=thresholds)


def metrics_of(
    table: Outcomes, *, prices: Prices | None = None, thresholds: Mapping[str, float] | None = None
) -> Metrics:
    """Every figure of a table of outcomes."""
    groups = tuple(group(bench, mode, part, prices, thresholds or {}) for bench, mode, part in table.groups())
    return Metrics(
        groups=groups,
        averages=tuple(averages(groups)),
        overlaps=tuple(overlaps(table)),
        failed={f"{bench} {mode}": count for (bench, mode), count in table.failed.items()},
        strays=table.strays,
        graders=table.graders,
    )


def group(
    bench: str, mode: str, table: Outcomes, prices: Prices | None = None, thresholds: Mapping[str, float] | None = None
) -> Group:
    """The figures of one benchmark in one mode, which has at least one sample."""
    rows, samples = problems(table), table.samples
    k, ks = rows.fewest, powers_of_two(rows.fewest)
    passes = [rows.figure(f"pass@{k}") for k in ks]
    columns = [
        rows.ratios,
        rows.means(samples.right & (samples.stop == STOPS.index("answered"))),
        rows.means(samples.right | (samples.due & (samples.verdict == VERDICTS.index("correct")))),
        passes[-1] - rows.ratios,
        *passes,
        *(rows.figure(f"pass^{k}") for k in ks),
        *(rows.figure(f"maj@{k}") for k in ks),
    ]
    accuracy, strict, stated, gap, *curves = estimates(columns, rows.clusters)
    points = [Point(k, estimate) for k, estimate in zip(ks * 3, curves, strict=True)]
    return Group(
        bench=bench,
        mode=mode,
        problems=len(rows.items),
        samples=len(samples),
        fewest=k,
        accuracy=replace(accuracy, sampling_se=sampling_error(rows.right.astype(float), rows.n.astype(float))),
        strict=strict,
        stated=stated,
        undecided=float((samples.verdict == VERDICTS.index("undecided")).mean()),
        unanswered=float((~samples.stated).mean()),
        passes=tuple(points[: len(ks)]),
        steady=tuple(points[len(ks) : 2 * len(ks)]),
        votes=tuple(points[2 * len(ks) :]),
        gap=gap,
        g_pass={f"{tau:g}": float(rows.counted(partial(_g_pass, k, tau)).mean()) for tau in TAUS},
        mean_g_pass=float(rows.counted(partial(_mean_g_pass, k)).mean()) if k > 1 else None,
        stability=stability(rows.ratios),
        subjects=tuple(parts(rows, passes[-1], lambda item: item.subject)),
        levels=tuple(parts(rows, passes[-1], lambda item: item.level)),
        stops=stops(samples),
        trust=trust(samples),
        programs=programs(samples),
        effort=effort(samples, prices),
        chosen=tuple(chosen(rows, thresholds or {})),
    )


def stability(ratios: Floats) -> Stability:
    """Problems by the share of their samples that are right.

    >>> stability(np.array([0.0, 0.25, 1.0])).bins
    (0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    """
    between = ratios[(ratios > 0) & (ratios < 1)]
    bins = np.bincount(np.minimum((between * 10).astype(np.int64), 9), minlength=10)
    return Stability(int((ratios == 0).sum()), tuple(bins.tolist()), int((ratios == 1).sum()))


def parts(rows: Problems, ability: Floats, named: Callable[[Item], str | None]) -> Iterator[Part]:
    """Accuracy on each part that the source names, by name; nothing where it names fewer than two."""
    names = np.array([named(item) or "" for item in rows.items])
    clusters = rows.clusters
    if len(found := sorted({*names} - {""})) > 1:
        for name in found:
            mine = names == name
            alike = None if clusters is None else clusters[mine]
            yield Part(str(name), estimate(rows.ratios[mine], alike), estimate(ability[mine], alike))


def averages(groups: Sequence[Group]) -> Iterator[Average]:
    """Micro and macro averages of each mode that has several benchmarks; of curves only at k that all of them have."""
    for mode in dict.fromkeys(group.mode for group in groups):
        mine = [group for group in groups if group.mode == mode]
        if len(mine) > 1:
            figures = [_named(group) for group in mine]
            for name in figures[0]:
                if all(name in found for found in figures):
                    parts = [found[name] for found in figures]
                    yield Average(mode, name, micro_average(parts), macro_average(parts))


def _named(group: Group) -> dict[str, Estimate]:
    """The figures of a group that have a meaning beside those of another."""
    return {
        **{f"pass@{point.k}": point.estimate for point in group.passes},
        **{f"maj@{point.k}": point.estimate for point in group.votes if point.k > 1},
        f"gap@{group.fewest}": group.gap,
    }


def _g_pass(k: int, tau: float, n: int, c: int) -> float:
    return g_pass_at_k(n, c, k, tau)


def _mean_g_pass(k: int, n: int, c: int) -> float:
    return mean_g_pass_at_k(n, c, k)
