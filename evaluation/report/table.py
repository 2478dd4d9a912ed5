"""`Table`: figures in rows, which a terminal, Markdown and HTML each draw in their own way; and how figures are written."""

from __future__ import annotations

from dataclasses import dataclass

from ..metrics.intervals import Estimate

Cell = str | Estimate
"""Text, or a share with its interval."""
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of figures."""

    title: str
    """What it shows."""
    columns: tuple[str, ...]
    """Their names."""
    rows: tuple[tuple[Cell, ...], ...]
    """As many cells each as there are columns."""
    names: int = 1
    """The first columns, which name the row; the others hold figures."""
    note: str = ""
    """One sentence on how to read it."""

    def __bool__(self) -> bool:
        return bool(self.rows)


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent.

    >>> percent(0.8065), percent(None)
    ('80.7%', '–')
    """
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def interval(found: Estimate) -> str:
    """The ends of an interval in percent: `78.6 to 82.7`."""
    return f"{100 * found.low:.1f} to {100 * found.high:.1f}"


def points(difference: float) -> str:
    """A difference of shares in points, with its sign.

    >>> points(-0.0312)
    '−3.1'
    """
    return f"{'−' if difference < 0 else '+'}{abs(100 * difference):.1f}"


def p_value(p: float) -> str:
    """A probability, no more precise than it is useful."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
