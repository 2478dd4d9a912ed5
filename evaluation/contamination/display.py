"""A report of contamination for people: a table, and the worst findings beside what they repeat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...engine.console import harmless
from .check import Finding, Report
from .index import KINDS
from .output import described

_TOKEN = re.compile(r"\w+")
RUN = 3
"""Words in a row that must agree to be highlighted."""
LONGEST = 600
"""Characters of a question that are shown."""
MEANING = {
    "exact": "the same words",
    "13-gram": "13 words in a row",
    "lcs": "most words, in order",
    "short": "a short question's content",
    "template": "the wording with other numbers",
}
"""What each kind says, in a few words."""


def show(report: Report, console: Console, examples: int) -> None:
    """Print a report with so many examples of each kind."""
    console.print(_table(report))
    for kind in KINDS:
        found = [finding for finding in report.examples if finding.matches[0].kind == kind]
        for finding in found[: max(0, examples)]:
            console.print(_beside(finding))
    console.print(_conclusion(report), soft_wrap=True)


def as_data(report: Report) -> dict[str, Any]:
    """A report as plain data."""
    return {
        "clean": report.clean,
        "rows": report.rows,
        "contaminated": report.contaminated,
        "undecided": report.undecided,
        "benchmarks": {
            bench: {
                "questions": questions,
                "rows": report.rows_by_benchmark.get(bench, 0),
                "questions_hit": report.questions_by_benchmark.get(bench, 0),
                "kinds": {kind: report.rows_by_kind.get((bench, kind), 0) for kind in KINDS},
            }
            for bench, questions in report.benchmarks.items()
        },
        "examples": [described(finding) for finding in report.examples],
    }


def _table(report: Report) -> Table:
    """Rows of the training set by benchmark and kind."""
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.add_column("benchmark")
    for name in ("questions", "found", "rows", *KINDS):
        table.add_column(name, justify="right")
    for bench, questions in report.benchmarks.items():
        rows, hit = report.rows_by_benchmark.get(bench, 0), report.questions_by_benchmark.get(bench, 0)
        counts = [report.rows_by_kind.get((bench, kind), 0) for kind in KINDS]
        cells = [str(value) if value else "·" for value in (hit, rows, *counts)]
        table.add_row(bench, str(questions), *cells, style="red" if rows else None)
    return table


def _beside(finding: Finding) -> RenderableType:
    """The row of the training set beside the question that it repeats."""
    match, question = finding.matches[0], finding.row.question or ""
    table = Table(box=None, pad_edge=False, show_header=False, expand=True, padding=(0, 2, 0, 0))
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    table.add_row(*(Text(_shown(of), "dim") for of in (f"{finding.row.file}, row {finding.row.number}", match.item.id)))
    table.add_row(*_marked(_shown(question), _shown(match.item.question)))
    title = Text.assemble("\n", (match.kind, "bold"), f" {match.score:.2f}, {MEANING[match.kind]}")
    return Group(title, table)


def _shown(text: str) -> str:
    """What a terminal gets: no control characters, and no book."""
    text = harmless(text.strip())
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def _marked(a: str, b: str) -> tuple[Text, Text]:
    """Both texts with the words marked that they have in common, in runs of at least `RUN`."""
    tokens = tuple(list(_TOKEN.finditer(text)) for text in (a, b))
    mine, theirs = ([match[0].casefold() for match in found] for found in tokens)
    marked = (Text(a), Text(b))
    for block in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks():
        if block.size >= max(1, min(RUN, len(theirs))):
            for text, found, begin in zip(marked, tokens, (block.a, block.b), strict=True):
                text.stylize("bold yellow", found[begin].start(), found[begin + block.size - 1].end())
    return marked


def _conclusion(report: Report) -> Text:
    return Text("\n" + " ".join(_sentences(report)), style="green" if report.clean else "red")


def _sentences(report: Report) -> Iterator[str]:
    if report.clean:
        yield f"Clean: none of {report.rows:,} rows repeats a question of these benchmarks."
        return
    yield f"Contaminated: {report.contaminated:,} of {report.rows:,} rows ({report.contaminated / report.rows:.2%})."
    if report.undecided:
        yield f"{report.undecided:,} of them have no question, or none with a word, and could not be decided."
