"""The part of the page above the trajectories: figures, drawings, tables, and how the runs were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..metrics.figures import Group, Overlap, Part
from ..metrics.intervals import Estimate, estimate
from ..metrics.outcomes import Outcomes
from ..metrics.problems import problems
from . import curves, shares, tables
from .blocks import folded, framed, section, side_by_side, table
from .curves import Line
from .drawing import address, natural
from .fates import fates
from .markup import Child, Markup, element
from .shares import Bar
from .table import Table, interval, percent
from .tables import Named

Grid = dict[tuple[str, str], Estimate]
"""Accuracy by subject and level."""


def summary(title: str, lede: str, warnings: Sequence[str], runs: Sequence[Named]) -> Markup:
    """The head of the report: what was measured, the main figures, the first table."""
    return element(
        "section",
        element("h1", title),
        element("p", lede, class_="lede"),
        _main_figures(runs),
        element("div", table(tables.headline(runs), caption=False), class_="results"),
        element("ul", *(element("li", text) for text in [tables.headline(runs).note, *warnings]), class_="notes"),
        id="summary",
    )


def ability(runs: Sequence[Named]) -> Markup | None:
    """Curves over k and the stability of problems; None where every problem has one sample."""
    found = [(run, group) for run, group in tables.groups(runs) if group.fewest > 1]
    if not found:
        return None
    drawn = [
        figure for run, group in found for figure in (_curves(tables.label(run, group, runs), group), _histogram(group))
    ]
    about = (
        "What can be solved at all (pass@k: one of k samples is right) against what is solved reliably (maj@k: the most "
        "frequent of k answers is right; pass^k: all k are). Bands are 95% intervals over problems."
    )
    numbers = folded("Numbers of the curves", tables.curves(runs))
    return section(
        "ability", "Ability and stability", about, side_by_side(drawn), table(tables.stability(runs)), numbers
    )


def subjects(runs: Sequence[Named], grids: Mapping[tuple[str, str, str], Grid]) -> Markup | None:
    """Accuracy by subject and level; None where no benchmark names them.

    Args:
        runs: the runs.
        grids: accuracy by subject and level, by run, benchmark and mode.
    """
    found = []
    for run, group in tables.groups(runs):
        fields = tables.filters(run, group)
        name = tables.label(run, group, runs)
        parts = [
            framed(f"{name}, by {kind}", shares.bars(f"{name}: accuracy by {kind}", _bars(group, kind, fields)))
            for kind in ("subject", "level")
            if _parts(group, kind)
        ]
        if grid := grids.get((run.name, group.bench, group.mode)):
            drawn = shares.heat(f"{name}: accuracy by subject and level", grid, fields)
            heat = framed(f"{name}, by subject and level", drawn, "Accuracy in percent, and the number of problems")
            parts = [heat, element("div", *parts, class_="stack")]
        found += parts
    if not found:
        return None
    about = "Mean share of right samples, with 95% intervals. Every cell and bar leads to its trajectories."
    more = [folded(one.title, one) for one in tables.parts(runs) if one]
    return section("subjects", "Subjects and levels", about, side_by_side(found), *more)


def modes(runs: Sequence[Named]) -> Markup | None:
    """Words, programs or both: who solved what; None where each run has one mode."""
    drawn = [_overlap(run, overlap, runs) for run in runs for overlap in run.metrics.overlaps]
    if not drawn:
        return None
    about = (
        "The same problems answered in words (cot), by a program (pot), or both (mixed). A mode solves a problem when at "
        "least half of its samples are right."
    )
    numbers, changes = tables.modes(runs)
    return section("modes", "Modes", about, side_by_side(drawn), folded("Numbers of the bars", numbers), table(changes))


def comparison(found: Table | None) -> Markup | None:
    """The paired comparison of runs, where there are several."""
    if not found:
        return None
    links = [
        element("a", f"Problems {flip}", href=address({"flip": flip}), class_="flips") for flip in ("gained", "lost")
    ]
    return section(
        "compare", "Compared", found.note, table(found, caption=False), element("p", *_between(links, " · "))
    )


def errors(runs: Sequence[Named]) -> Markup:
    """What went wrong: answers, ends, programs."""
    about = "From the answer's fate to the program's: an error is counted where it happened, and nothing is folded into wrong."
    ends = [one for one in (tables.endings(runs), tables.statuses(runs)) if one]
    parts = [tables.programs(runs), tables.choices(runs)]
    return section(
        "errors",
        "Errors",
        about,
        fates(runs),
        folded("Numbers", tables.answers(runs)),
        *(table(one) for one in parts if one),
        *map(table, ends),
    )


def cost(runs: Sequence[Named]) -> Markup:
    """Tokens and time."""
    found = tables.effort(runs)
    return section("cost", "Tokens and time", found.note, table(found, caption=False))


def grid(table: Outcomes) -> Iterator[tuple[tuple[str, str], Grid]]:
    """Accuracy by subject and level, by benchmark and mode, where a benchmark names several of both."""
    for bench, mode, part in table.groups():
        rows = problems(part)
        places: dict[tuple[str, str], list[int]] = {}
        for place, item in enumerate(rows.items):
            if item.subject and item.level:
                places.setdefault((item.subject, item.level), []).append(place)
        subjects, levels = ({key[i] for key in places} for i in (0, 1))
        if 1 < len(subjects) <= 40 and 1 < len(levels) <= 10:
            yield (bench, mode), {key: estimate(rows.ratios[mine]) for key, mine in places.items()}


def _main_figures(runs: Sequence[Named]) -> Markup | None:
    """A few large numbers, where there is one run in one mode."""
    found = [group for run in runs for group in run.metrics.groups]
    if len(found) != 1:
        return None
    group = found[0]
    figures = [("accuracy (pass@1)", group.accuracy)]
    if group.fewest > 1:
        figures += [
            (f"vote of {group.fewest} (maj@{group.fewest})", group.votes[-1].estimate),
            (f"solved at least once (pass@{group.fewest})", group.passes[-1].estimate),
            ("instability gap", group.gap),
        ]
    parts = [
        element("div", element("dt", name), element("dd", percent(one.value), element("small", interval(one))))
        for name, one in figures
    ]
    return element("dl", *parts, class_="figures")


def _curves(name: str, group: Group) -> Markup:
    lines = [Line("pass@k", group.passes), Line("maj@k", group.votes), Line("pass^k", group.steady, dashed=True)]
    return framed(
        name,
        curves.curves(f"{name}: accuracy over k", lines),
        f"{group.problems:,} problems, {group.fewest} samples each",
    )


def _histogram(group: Group) -> Markup:
    drawn = curves.histogram("Problems by the share of their samples that are right", group.stability)
    return framed("Stability of problems", drawn, "Problems by the share of their samples that are right")


def _overlap(run: Named, overlap: Overlap, runs: Sequence[Named]) -> Markup:
    """Problems of a benchmark by the modes that solve them."""
    name = f"{overlap.bench} · {run.name}" if len(runs) > 1 else overlap.bench
    total = sum(overlap.solved.values())
    sets = sorted(overlap.solved.items(), key=lambda one: (one[0] == "none", -one[0].count("+"), -one[1]))
    alone = {mode: f"only {mode}" for mode in overlap.modes}
    found = [Bar(alone.get(modes) or modes.replace("+", " + "), n / total, f"{n:,}") for modes, n in sets]
    about = f"{total:,} problems by the modes that solve them"
    return framed(name, shares.bars(f"{name}: {about}", found), about)


def _parts(group: Group, kind: str) -> tuple[Part, ...]:
    if kind == "subject":
        return group.subjects
    return tuple(sorted(group.levels, key=lambda part: natural(part.name)))


def _bars(group: Group, kind: str, fields: Mapping[str, str]) -> list[Bar]:
    return [
        Bar(
            f"level {part.name}" if kind == "level" and part.name.isdigit() else part.name,
            part.accuracy.value,
            percent(part.accuracy.value),
            (part.accuracy.low, part.accuracy.high),
            address({**fields, kind: part.name}),
        )
        for part in _parts(group, kind)
    ]


def _between(parts: Sequence[Markup], text: str) -> list[Child]:
    between: list[Child] = [child for part in parts for child in (part, text)]
    return between[:-1]
