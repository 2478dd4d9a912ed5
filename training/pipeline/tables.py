"""The tables of a pipeline, which the terminal, Markdown and the page each draw in their own way."""

from __future__ import annotations

from ...evaluation.report.table import Cell, Row, Table, p_value, percent, points
from .dashboard import Dashboard, duration
from .figures import ALL, HARD_UP_TO, Place, Scored

MARKS = {"done": "✓", "running": "▶", "stopped": "‖", "failed": "✗", "waiting": "·"}
"""A sign for each state."""
READ = (
    "PassRatio@k, which is pass@1, is the share of k samples that are right: stability. pass@k is whether one of them is: "
    "ability. maj@k is the vote. 95% intervals are over problems. tokens is the mean length of what the model wrote in a "
    "sample; as answers are checked, length by itself wins nothing."
)
HARDNESS = (
    f"A problem is hard where all these stages together solve it in at most {100 * HARD_UP_TO:.0f}% of their samples."
)
PAIRED = (
    "Each stage less the one that it is compared with, on the same problems, in points; choices by a score less the vote of "
    "the same samples. Better and worse count problems. p is McNemar's exact test where every problem is right or wrong, else "
    "the paired t test, with Holm's correction over all rows of a metric."
)


def stages(found: Dashboard, *, brief: bool = False) -> Table:
    """A row for each stage; `brief`: with few words."""
    rows = [
        (
            row.name,
            f"{MARKS[row.state]}\N{NO-BREAK SPACE}{row.state}",
            ", ".join(row.parents) or "–",
            (row.brief if brief else row.outcome) or "–",
            duration(row.wall_s) if row.wall_s else "–",
            duration(row.cpu_s) if row.cpu_s else "–",
        )
        for row in found.rows
    ]
    return Table("Stages", ("stage", "state", "made from", "what came of it", "wall time", "CPU time"), tuple(rows), 4)


def scores(found: Dashboard) -> Table:
    """A row for each evaluation stage on each set of problems, on all of them and on the hard ones."""
    ways = list(dict.fromkeys(name for one in found.accuracy.scored for name in one.chosen))
    ks = {one.k for one in found.accuracy.scored}
    k = str(max(ks)) if len(ks) == 1 else "k"
    rows: list[Row] = []
    for one in found.accuracy.scored:
        many: list[Cell] = [one.ability, one.vote] if one.k > 1 else ["–", "–"]
        chosen: list[Cell] = [one.chosen.get(name, "–") for name in ways]
        counts = f"{one.problems:,}", *((str(one.k),) if len(ks) > 1 else ())
        rows.append((bench(one.place), one.place.stage, *counts, one.stability, *many, *chosen, f"{one.tokens:.0f}"))
    counted = ("problems", *(("k",) if len(ks) > 1 else ()))
    columns = ("benchmark", "stage", *counted, f"PassRatio@{k}", f"pass@{k}", f"maj@{k}", *ways, "tokens")
    return Table("Accuracy", columns, tuple(rows), 2, f"{READ} {HARDNESS}")


def bench(place: Place) -> str:
    """Which problems these are: the benchmark's name, or its hard part's."""
    return place.bench if place.part == ALL else f"{place.bench}, hard"


def beside(found: Dashboard) -> dict[str, list[Scored]]:
    """The figures that stand beside each other, those of one set of problems, by what it is."""
    places: dict[tuple[int, str], list[Scored]] = {}
    for one in found.accuracy.scored:
        places.setdefault((one.place.group, one.place.part), []).append(one)
    return {f"{bench(mine[0].place)}: {mine[0].problems:,} problems": mine for mine in places.values()}


def contrasts(found: Dashboard) -> Table:
    """A row for each paired difference."""
    rows: list[Row] = []
    for one in found.accuracy.contrasts:
        part = one.difference
        p = part.p if part.adjusted is None else part.adjusted
        rows.append(
            (
                bench(one.place),
                one.place.stage,
                one.than,
                one.metric,
                percent(part.a),
                percent(part.b),
                points(part.value),
                f"{points(part.low)} to {points(part.high)}",
                f"{part.wins} / {part.losses}",
                f"{p_value(p)}{'' if p < 0.05 else ' (tied)'}",
            )
        )
    columns = (
        "benchmark",
        "stage",
        "than",
        "metric",
        "before",
        "after",
        "points",
        "95% interval",
        "better / worse",
        "p",
    )
    return Table("Paired differences", columns, tuple(rows), 4, PAIRED)


def yields(found: Dashboard) -> Table:
    """A row for each file of questions."""
    rows: list[Row] = []
    for row in found.rows:
        for one in row.holding.syntheses:
            lost = ", ".join(f"{name} {count:,}" for name, count in sorted(one.rejected.items(), key=lambda it: -it[1]))
            modes = ", ".join(f"{name} {count:,}" for name, count in one.solutions.items())
            share = percent(one.kept / one.drawn) if one.drawn else "–"
            rows.append((row.name, one.file, lost or "–", modes, f"{one.drawn:,}", f"{one.kept:,}", share))
    columns = ("stage", "file", "rejected by", "solutions", "drawn", "kept", "share")
    return Table("Questions", columns, tuple(rows), 4)


def reports(found: Dashboard) -> Table:
    """Every number of the reports that stages wrote."""
    rows = [
        (row.name, name.replace("_", " "), f"{value:,.4g}")
        for row in found.rows
        for name, value in row.holding.numbers.items()
    ]
    return Table("Reports", ("stage", "number", "value"), tuple(rows), 2)


def commands(found: Dashboard) -> Table:
    """What each stage ran."""
    rows = [(row.name, row.standing.account.command) for row in found.rows if row.standing.account]
    return Table("Commands", ("stage", "command"), tuple(rows), 2)
