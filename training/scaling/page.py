"""Findings as people read them: `scaling.md` and `scaling.html`, in the look of the reports of evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...evaluation.metrics.rows import with_interval
from ...evaluation.report import html
from ...evaluation.report.blocks import framed, section, side_by_side, table
from ...evaluation.report.markdown import escaped, table_text
from ...evaluation.report.markup import Markup, element, joined
from ...evaluation.report.table import Row, Table, p_value, percent, points
from ...evaluation.run import replace_file
from .drawing import by_variant, over_sizes
from .findings import Figures, Findings

_READ = (
    "Ability is pass@k, whether one of k samples is right; stability is PassRatio@k, the share of them that are; the number "
    "between them is the gap in points: what a model can do but does not do reliably. Whiskers are 95% intervals over problems."
)
_PAIRED = (
    "The first arm less the second on the same problems, in points. p is McNemar's exact test where every problem is right or "
    "wrong, else the paired t test, with Holm's correction over the rows of a metric."
)


def write(found: Findings, folder: Path) -> None:
    """Writes the three files, each whole or not at all."""
    replace_file(folder / "scaling.json", [found.to_json()])
    replace_file(folder / "scaling.md", [markdown(found)])
    replace_file(folder / "scaling.html", page(found))


def markdown(found: Findings) -> str:
    """The tables in Markdown."""
    parts = [f"# {escaped(found.title)}", escaped(found.about)]
    for one in (measured(found), compared(found)):
        if one:
            parts += [f"## {escaped(one.title)}", table_text(one)]
    return "\n\n".join(parts) + "\n"


def page(found: Findings) -> Iterator[str]:
    """The pieces of the HTML file, which needs nothing else."""
    head = element("section", element("h1", found.title), element("p", found.about, class_="lede"), id="summary")
    sections = {
        "curves": section("curves", "Ability and stability", _READ, side_by_side(list(drawings(found)))),
        "numbers": section("numbers", "Numbers", "", table(measured(found), caption=False)),
    }
    names = {"curves": "Curves", "numbers": "Numbers"}
    if contrasts := compared(found):
        sections["compared"] = section("compared", "Compared", _PAIRED, table(contrasts, caption=False))
        names["compared"] = "Compared"
    yield from html.page(found.title, joined(head, *sections.values()), names, ())


def drawings(found: Findings) -> Iterator[Markup]:
    """One for each variant that has several sizes, and one for each size that has several variants, on each benchmark."""
    for bench in dict.fromkeys(one.bench for one in found.figures):
        mine = [one for one in found.figures if one.bench == bench]
        variants, sizes = {one.variant for one in mine}, {one.size for one in mine}
        if len(sizes) > 1 or len(variants) == 1:
            for name in dict.fromkeys(one.variant for one in mine):
                title = f"{bench}, {name}" if name else bench
                yield framed(title, over_sizes(title, [one for one in mine if one.variant == name]))
        for size in sorted(sizes) if len(variants) > 1 else ():
            title = f"{bench}, {size:,} examples" if len(sizes) > 1 else bench
            yield framed(title, by_variant(title, [one for one in mine if one.size == size]))


def measured(found: Findings) -> Table:
    """A row for each benchmark and arm."""
    several = any(one.variant for one in found.figures)
    k = found.figures[0].k if found.figures else 1
    columns = ("benchmark", *(("variant",) if several else ()), "examples", "passes", "steps")
    shares = (f"PassRatio@{k}", f"pass@{k}", "pass@1 greedy", "gap")
    rows = [_row(one, several=several) for one in sorted(found.figures, key=lambda one: one.bench)]
    return Table("Ability and stability", (*columns, *shares), tuple(rows), 2 if several else 1, _READ)


def _row(one: Figures, *, several: bool) -> Row:
    names = (one.bench, one.variant) if several else (one.bench,)
    training = (f"{one.size:,}", f"{one.passes:,.2g}" if one.passes < 10 else f"{one.passes:,.0f}", f"{one.steps:,}")
    return (*names, *training, one.stability, one.ability, one.greedy, one.gap)


def compared(found: Findings) -> Table:
    """A row for each paired difference."""
    rows: list[Row] = []
    for one in found.contrasts:
        part = one.difference
        p = part.p if part.adjusted is None else part.adjusted
        pair = (one.bench, one.metric, one.arm, one.than)
        shares = (percent(part.b), percent(part.a), points(part.value), f"{points(part.low)} to {points(part.high)}")
        rows.append((*pair, *shares, f"{part.wins} / {part.losses}", f"{p_value(p)}{'' if p < 0.05 else ' (tied)'}"))
    columns = (
        "benchmark",
        "metric",
        "arm",
        "than",
        "of arm",
        "of other",
        "points",
        "95% interval",
        "better / worse",
        "p",
    )
    return Table("Compared", columns, tuple(rows), 4, _PAIRED)


def plain_rows(shown: Table) -> list[tuple[str, ...]]:
    """A table as texts, its columns' names first, for a terminal."""
    rows = [tuple(cell if isinstance(cell, str) else with_interval(cell) for cell in row) for row in shown.rows]
    return [shown.columns, *rows]
