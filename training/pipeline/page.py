"""A pipeline as people read it: `pipeline.html`, `pipeline.md` and, with the same figures, `pipeline.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...evaluation.report import html
from ...evaluation.report.blocks import folded, framed, section, side_by_side, table
from ...evaluation.report.markdown import escaped, table_text
from ...evaluation.report.markup import Markup, element, joined
from ...evaluation.run import replace_file
from . import tables
from .dashboard import Dashboard, Row
from .drawing import after_each_stage, over_steps, times
from .lineage import lineage

FILES = ("pipeline.json", "pipeline.md", "pipeline.html")
"""What is written."""
SECTIONS = {
    "stages": "Stages",
    "accuracy": "Accuracy",
    "compared": "Compared",
    "training": "Training",
    "questions": "Questions",
    "reports": "Reports",
    "time": "Time",
    "setup": "Setup",
}
"""What the bar of the page calls its sections; one without anything to show is left out."""
SHOWN = 4
"""Curves of a training that are not folded away."""
_LINES = "Each stage below what it is made from; an arrow is left out where a longer way leads to the same stage."
_CURVES = "Losses by role of the token, and whatever else the stage's log tells of."


def write(found: Dashboard, folder: Path) -> None:
    """Writes the three files, each whole or not at all."""
    replace_file(folder / "pipeline.json", [json.dumps(as_data(found), indent=1, ensure_ascii=False), "\n"])
    replace_file(folder / "pipeline.md", [markdown(found)])
    replace_file(folder / "pipeline.html", page(found))


def as_data(found: Dashboard) -> dict[str, Any]:
    """Everything that is shown, as plain data."""
    return {
        "name": found.pipeline.name,
        "about": found.pipeline.about,
        "settings": dict(found.pipeline.settings),
        "stages": [
            {
                "name": row.name,
                "state": row.state,
                "parents": row.parents,
                "outcome": row.outcome,
                **(row.standing.account.model_dump(exclude={"name", "state"}) if row.standing.account else {}),
                "training": asdict(row.holding.training) if row.holding.training else None,
                "syntheses": [asdict(one) for one in row.holding.syntheses],
                "report": row.holding.numbers,
            }
            for row in found.rows
        ],
        **asdict(found.accuracy),
    }


def markdown(found: Dashboard) -> str:
    """The tables in Markdown."""
    parts = [f"# {escaped(found.pipeline.name)}", escaped(found.pipeline.about), escaped(found.summary)]
    for one in (tables.stages(found), tables.scores(found), tables.contrasts(found), tables.yields(found)):
        if one:
            parts += [f"## {escaped(one.title)}", table_text(one)]
    return "\n\n".join(parts) + "\n"


def page(found: Dashboard) -> Iterator[str]:
    """The pieces of the HTML file, which needs nothing else."""
    name = found.pipeline.name
    lede = element("p", found.pipeline.about, class_="lede")
    head = element("section", element("h1", name), lede, element("p", found.summary, class_="lede"), id="summary")
    made = {anchor: part for anchor, part in sections(found).items() if part is not None}
    present = {anchor: title for anchor, title in SECTIONS.items() if anchor in made}
    yield from html.page(name, joined(head, *(made[anchor] for anchor in present)), present, ())


def sections(found: Dashboard) -> dict[str, Markup | None]:
    """The sections by anchor."""
    compared, yields, reports = tables.contrasts(found), tables.yields(found), tables.reports(found)
    begun = [row for row in found.rows if row.wall_s]
    plain, drawn = {"caption": False}, element("div", lineage(found.rows), class_="table")
    return {
        "stages": section("stages", "Stages", _LINES, drawn, table(tables.stages(found), **plain)),
        "accuracy": _accuracy(found),
        "compared": section("compared", compared.title, compared.note, table(compared, **plain)) if compared else None,
        "training": _training(found),
        "questions": section("questions", "Questions", "", table(yields, **plain)) if yields else None,
        "reports": section("reports", "Reports", "", table(reports, **plain)) if reports else None,
        "time": section("time", "Time", "Wall time above, processor time below.", times(begun)) if begun else None,
        "setup": _setup(found),
    }


def _accuracy(found: Dashboard) -> Markup | None:
    """A drawing of each set of problems that several stages answered, and the table of all."""
    drawn = [framed(what, after_each_stage(what, mine)) for what, mine in tables.beside(found).items() if len(mine) > 1]
    listed = tables.scores(found)
    if not listed:
        return None
    shown = side_by_side(drawn) if drawn else None
    return section("accuracy", listed.title, listed.note, shown, table(listed, caption=False))


def _training(found: Dashboard) -> Markup | None:
    """The curves of every log; of one that tells of much the rest is folded away."""
    shown: list[Markup] = []
    more: list[Markup] = []
    for row in found.rows:
        curves = _curves(row)
        shown += curves[:SHOWN]
        if rest := curves[SHOWN:]:
            summary = element("summary", f"{row.name}: {len(rest)} more")
            more.append(element("details", summary, side_by_side(rest, most=len(rest))))
    return section("training", "Training", _CURVES, side_by_side(shown, most=len(shown)), *more) if shown else None


def _curves(row: Row) -> list[Markup]:
    """The losses of a training, then what else its log tells of."""
    if (log := row.holding.training) is None:
        return []
    drawn = []
    if any(len(points) > 1 for points in log.losses.values()):
        drawn.append(framed(row.name, over_steps(f"Losses of {row.name}", log.losses), f"{log.steps:,} steps"))
    for name, points in log.others.items():
        title = f"{row.name}: {name.replace('_', ' ')}"
        drawn.append(framed(title, over_steps(title, {name: points})))
    return drawn


def _setup(found: Dashboard) -> Markup:
    """What it was made with."""
    accounts = [row.standing.account for row in found.rows if row.standing.account]
    commits = ", ".join(dict.fromkeys(one.commit or "none" for one in accounts))
    versions = {name: version for one in accounts for name, version in one.versions.items()}
    lines = {"recipe": found.pipeline.name, **found.pipeline.settings, "commit": commits, **versions}
    cells = [element("tr", element("td", name), element("td", value)) for name, value in lines.items()]
    listed = element("div", element("table", element("tbody", *cells)), class_="setup")
    return section("setup", "Setup", "", listed, folded("Commands", tables.commands(found)))
