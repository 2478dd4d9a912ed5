"""The report on a terminal: tables with bars, as wide as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...engine.console import harmless
from . import tables
from .reading import Shown, remarks
from .table import Cell, Table, percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_EIGHTHS = " ▏▎▍▌▋▊▉"
_BAR = 10
"""Columns of a bar."""
_WIDE = 120
"""Columns from which on there is room for bars and for both ends of intervals; below it is half their width."""

_FEW = 12
"""Rows up to which subjects and levels are among the main tables."""


def show(shown: Shown, console: Console, *, every: bool = False) -> None:
    """Prints the main tables, or all of them."""
    console.print(harmless(shown.title), style="bold", highlight=False, markup=False)
    for note in remarks(shown):
        console.print(harmless(note), style="yellow", highlight=False, markup=False)
    found = list(tables.every_table(shown.runs)) if every else _main(shown)
    for table in [*found[:1], *([shown.comparison] if shown.comparison else []), *found[1:]]:
        _print(table, console)


def bar(share: float, width: int = _BAR) -> str:
    """A share as a bar of blocks, in eighths of a column.

    >>> bar(0.55, 4)
    '██▎ '
    """
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _main(shown: Shown) -> list[Table]:
    made = (
        tables.headline(shown.runs),
        tables.stability(shown.runs),
        *(part for part in tables.parts(shown.runs) if len(part.rows) <= _FEW),
        *tables.modes(shown.runs),
        tables.answers(shown.runs),
        tables.effort(shown.runs),
    )
    return [table for table in made if table]


def _print(table: Table, console: Console) -> None:
    from rich import box
    from rich.table import Table as Grid

    drawn = Grid(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    longest = 24 if console.width >= _WIDE else 12  # a benchmark's name may be cut, a figure never
    for place, name in enumerate(table.columns):
        if place < table.names:
            drawn.add_column(harmless(name), no_wrap=True, overflow="ellipsis", max_width=24 if place else longest)
        else:
            drawn.add_column(harmless(name), justify="right", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(_cell(cell, console) for cell in row))
    console.print()
    console.print(drawn)
    if table.note:
        console.print(table.note, style="dim", highlight=False)


def _cell(cell: Cell, console: Console) -> Text:
    from rich.text import Text

    if isinstance(cell, str):
        return Text(harmless(cell))
    share = percent(cell.value)
    if console.width < _WIDE:
        return Text.assemble(share, (f" ±{50 * (cell.high - cell.low):.1f}", "dim"))
    blocks = bar(cell.value) + " " if "utf" in console.encoding.lower() else ""
    ends = f" {100 * cell.low:5.1f} to {100 * cell.high:5.1f}"
    return Text.assemble((blocks, "cyan"), share.rjust(6), (ends, "dim"))
