"""Pieces that the sections of the page are made of: tables, framed drawings, folded parts."""

from __future__ import annotations

from collections.abc import Sequence

from ..metrics.intervals import Estimate
from . import shares
from .markup import Child, Markup, element, joined
from .table import Cell, Row, Table, interval, percent


def section(anchor: str, title: str, about: str, *parts: Child) -> Markup:
    """A section of the page, which its bar leads to."""
    return element("section", element("h2", title), element("p", about) if about else None, *parts, id=anchor)


def table(found: Table, *, caption: bool = True) -> Markup:
    """A table with its shares drawn as small bars."""
    head = [
        element("th", name, scope="col", class_="n" if i >= found.names else None)
        for i, name in enumerate(found.columns)
    ]
    note = element("p", found.note, class_="note") if caption and found.note else None
    return element(
        "div",
        element(
            "div",
            element(
                "table",
                element("caption", found.title) if caption else None,
                element("thead", element("tr", *head)),
                element("tbody", *(_row(row, found.names) for row in found.rows)),
            ),
            class_="wide",
        ),
        note,
        class_="table",
    )


def framed(title: str, drawn: Markup, about: str = "") -> Markup:
    """A drawing under its title."""
    return element("figure", element("figcaption", element("b", title), about), drawn)


def side_by_side(parts: Sequence[Markup], most: int = 12) -> Markup:
    """Parts in two columns where there is room, those after the first folded away."""
    shown = element("div", *parts[:most], class_="pair")
    if len(parts) <= most:
        return shown
    rest = element("div", *parts[most:], class_="pair")
    return joined(shown, element("details", element("summary", f"{len(parts) - most} more"), rest))


def folded(title: str, found: Table) -> Markup:
    """A table that shows when it is asked for."""
    return element("details", element("summary", title), table(found, caption=False))


def _row(row: Row, names: int) -> Markup:
    total = isinstance(row[0], str) and row[0].startswith("all, by")
    drawn = next((i for i, cell in enumerate(row) if isinstance(cell, Estimate)), None)
    cells = [
        element("td", *_cell(cell, drawn=i == drawn), class_="n" if i >= names else None) for i, cell in enumerate(row)
    ]
    return element("tr", *cells, class_="total" if total else None)


def _cell(cell: Cell, *, drawn: bool) -> tuple[Child, ...]:
    if isinstance(cell, str):
        return (cell,)
    return shares.meter(cell) if drawn else None, percent(cell.value), element("small", interval(cell))
