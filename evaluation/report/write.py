"""Runs in, reports out: `report.md` and `report.html` beside the records."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..run import Run, replace_file
from . import html, sections
from .markdown import markdown
from .markup import Markup, joined, writable
from .reading import Shown, remarks
from .settings import setup

SECTIONS = {
    "summary": "Summary",
    "compare": "Compared",
    "ability": "Ability",
    "subjects": "Subjects",
    "modes": "Modes",
    "errors": "Errors",
    "cost": "Cost",
    "setup": "Setup",
}
"""What the bar of the page calls its sections; one without anything to show is left out."""


def write(shown: Shown, runs: Sequence[Run], markdown_file: Path, html_file: Path) -> None:
    """Writes both files, each whole or not at all."""
    command = shlex.join(["mathsolve", "report", *(str(run.folder) for run in runs)])
    replace_file(markdown_file, [writable(markdown(shown, command))])
    replace_file(html_file, page(shown))


def page(shown: Shown) -> Iterator[str]:
    """The pieces of the HTML file."""
    found = report(shown)
    present = {anchor: name for anchor, name in SECTIONS.items() if anchor in found}
    pieces = shown.archive.pieces() if shown.archive is not None else iter(())
    return html.page(shown.title, joined(*found.values()), present, pieces)


def report(shown: Shown) -> dict[str, Markup]:
    """The sections that have something to show."""
    runs = shown.runs
    made = {
        "summary": sections.summary(shown.title, _lede(shown), remarks(shown), runs),
        "compare": sections.comparison(shown.comparison),
        "ability": sections.ability(runs),
        "subjects": sections.subjects(runs, shown.grids),
        "modes": sections.modes(runs),
        "errors": sections.errors(runs),
        "cost": sections.cost(runs),
        "setup": setup(shown.descriptions),
    }
    return {anchor: section for anchor, section in made.items() if section is not None}


def _lede(shown: Shown) -> str:
    """What was run, in one line."""
    benches = {group.bench: group.problems for run in shown.runs for group in run.metrics.groups}
    samples = sum(group.samples for run in shown.runs for group in run.metrics.groups)
    modes = ", ".join(dict.fromkeys(group.mode for run in shown.runs for group in run.metrics.groups))
    names = f"{' and '.join(run.name for run in shown.runs)}: " if len(shown.runs) > 1 else ""
    return f"{names}{sum(benches.values()):,} problems, {samples:,} samples, answered in mode {modes}."
