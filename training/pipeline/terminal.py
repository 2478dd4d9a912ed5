"""A pipeline on a terminal: the stages, the accuracy after each evaluation, and what is new about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ...engine.console import harmless
from ...evaluation.report.table import Cell, Table, percent
from . import tables
from .dashboard import Dashboard

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid

STYLES = {"done": "green", "running": "cyan", "stopped": "yellow", "failed": "red", "waiting": "dim"}
"""Of each state."""
_WIDE = 120
"""Columns from which on there is room for everything; below it the page has what is left out."""
_DISPENSABLE = ("CPU time", "before", "after", "95% interval")
"""Columns that are left out first."""
_LONG = ("made from", "what came of it")
"""Columns that may take several lines."""


def show(found: Dashboard, console: Console) -> None:
    """Prints it."""
    narrow = console.width < _WIDE
    console.print(harmless(found.pipeline.name), style="bold", highlight=False, markup=False)
    console.print(harmless(found.summary), style="dim", highlight=False, markup=False)
    console.print(
        _drawn(tables.stages(found, brief=narrow), narrow=narrow, styles=[STYLES[row.state] for row in found.rows])
    )
    for one in (tables.scores(found), tables.contrasts(found)):
        if one:
            console.print(one.title, style="bold", highlight=False)
            console.print(_drawn(one, narrow=narrow))
            console.print(one.note, style="dim", highlight=False, markup=False)
            console.print()


def _drawn(listed: Table, *, narrow: bool, styles: list[str] | None = None) -> Grid:
    """A table; `styles` are those of the second column, one for each row."""
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    shown = _without(listed, _DISPENSABLE) if narrow else listed
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for place, name in enumerate(shown.columns):
        whole = (place < shown.names or styles is not None) and name not in _LONG
        side: Literal["left", "right"] = "left" if place < shown.names else "right"
        grid.add_column(harmless(name), no_wrap=whole, justify=side, overflow="fold")
    for number, row in enumerate(shown.rows):
        cells = [Text.assemble(*_parts(cell)) for cell in row]
        if styles is not None:
            cells[1].stylize(styles[number])
        grid.add_row(*cells)
    return grid


def _without(listed: Table, names: tuple[str, ...]) -> Table:
    kept = [place for place, name in enumerate(listed.columns) if name not in names]
    rows = tuple(tuple(row[place] for place in kept) for row in listed.rows)
    return replace(listed, columns=tuple(listed.columns[place] for place in kept), rows=rows)


def _parts(cell: Cell) -> tuple[str | tuple[str, str], ...]:
    """A figure with half of its interval's width, or a text."""
    if isinstance(cell, str):
        return (harmless(cell),)
    return percent(cell.value), (f" ±{50 * (cell.high - cell.low):.1f}", "dim")
