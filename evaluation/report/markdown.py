"""The report in Markdown, to paste into a page, an issue or a paper's appendix: the command, what it ran on, the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from . import tables
from .reading import Shown, remarks
from .settings import lines
from .table import Cell, Table, percent

_SPECIAL = re.compile(r"([\\`*_<>\[\]|~])")


def markdown(shown: Shown, command: str) -> str:
    """The whole report.

    Args:
        shown: the runs.
        command: what makes the report again.
    """
    parts = [f"# {escaped(shown.title)}", *(f"> {escaped(note)}" for note in remarks(shown))]
    found = [tables.headline(shown.runs)]
    found += [shown.comparison] if shown.comparison else []
    found += [one for one in tables.every_table(shown.runs) if one.title != found[0].title]
    for table in found:
        parts += [f"## {escaped(table.title)}", table_text(table)]
    parts += ["## Setup", f"    {command}", "\n".join(_settings(shown))]
    return "\n\n".join(parts) + "\n"


def table_text(table: Table) -> str:
    """A table of GitHub's Markdown, figures to the right, with its note below.

    >>> print(table_text(Table("T", ("name", "n"), (("a|b", "1"),))))
    | name | n |
    |:---|---:|
    | a\\|b | 1 |
    """
    rule = "|".join(":---" if i < table.names else "---:" for i in range(len(table.columns)))
    rows = [_row(table.columns), f"|{rule}|", *(_row([_text(cell) for cell in row]) for row in table.rows)]
    return "\n".join(rows) + (f"\n\n{escaped(table.note)}" if table.note else "")


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{percent(cell.value)} [{100 * cell.low:.1f}, {100 * cell.high:.1f}]"


def _settings(shown: Shown) -> Iterator[str]:
    yield "| setting | value |\n|:---|:---|"
    yield from (_row(line) for line in lines(shown.descriptions))
