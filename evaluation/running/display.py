"""Shows a run while it goes on: a panel on a terminal, elsewhere a line every half minute."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import compress
from typing import TYPE_CHECKING, TextIO

from ...engine.console import harmless
from .configuration import Configuration
from .tally import Accuracy, Tally

if TYPE_CHECKING:
    from rich.console import Group

LINE_S = 30.0
"""Seconds between lines where there is no terminal."""


class Display:
    """A view of a tally. `refresh` brings it up to date; inside `shown` a terminal has the panel."""

    def __init__(self, tally: Tally, title: str, place: str, stream: TextIO | None = None) -> None:
        self._tally = tally
        self._title = title
        self._place = place
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._told = time.monotonic()
        self._live: object = None
        self.note = ""
        """One line for people under the figures, e.g. that it is about to end."""

    def shown(self) -> AbstractContextManager[object]:
        """The time in which the panel is on the terminal."""
        if not self._terminal:
            self._stream.write(f"mathsolve: {self._title}, into {self._place}\n")
            return nullcontext()
        from rich.console import Console
        from rich.live import Live

        self._live = Live(get_renderable=self._panel, console=Console(file=self._stream), auto_refresh=False)
        return self._live

    def refresh(self) -> None:
        """Shows the tally as it is. A terminal that has gone does not end the run."""
        from rich.live import Live

        with suppress(OSError):
            if isinstance(self._live, Live):
                self._live.refresh()
            elif time.monotonic() - self._told >= LINE_S:
                self._told = time.monotonic()
                self._stream.write(f"mathsolve: {line(self._tally)}\n")
                self._stream.flush()

    def _panel(self) -> Group:
        return panel(self._tally, self._title, self._place, self.note)


def title(configuration: Configuration) -> str:
    """What is measured and how, in a few words."""
    how = "one vote a problem" if configuration.samples is None else f"{configuration.samples} samples"
    if configuration.temperature == 0:
        how = "greedy"
    modes = ", ".join(configuration.modes)
    return f"{', '.join(configuration.sources)} · {configuration.model} · {modes} · {how}"


def line(tally: Tally) -> str:
    """The figures in one line of text."""
    parts = [
        f"{tally.done:,} of {tally.planned:,}",
        f"accuracy {_share(tally.accuracy).replace('   ', ', ')}",
        _speed(tally),
    ]
    counts = {"undecided": tally.undecided, "failed": tally.failed.total()}
    parts += [f"{count:,} {name}" for name, count in counts.items() if count]
    return " · ".join([*parts, _left(tally)])


def panel(tally: Tally, title: str, place: str, note: str = "") -> Group:
    """The figures for a terminal. Its rows do not move while the numbers change."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    bar = Table.grid(padding=(0, 2), expand=False)
    bar.add_row(
        ProgressBar(tally.planned or 1, tally.done, width=32, style="grey30", complete_style="cyan"),
        Text(f"{tally.done:,} of {tally.planned:,}", style="bold"),
        Text(_left(tally), style="dim"),
    )
    rows = Table.grid(padding=(0, 3), expand=False)
    rows.add_column(style="dim", min_width=9)
    for name, value, style in _rows(tally):
        rows.add_row(name, Text(value, style=style))
    foot = Text(note or place, style="yellow" if note else "dim", overflow="ellipsis", no_wrap=True)
    return Group(
        *(Padding(each, (0, 2)) for each in (Text(), Text(title, style="bold"), bar, Text(), rows, Text(), foot))
    )


def _rows(tally: Tally) -> Iterator[tuple[str, str, str]]:
    """Name, value and style of each figure."""
    yield "accuracy", _share(tally.accuracy), "bold"
    if len(tally.parts) > 1:
        several = [len(set(names)) > 1 for names in zip(*tally.parts, strict=True)]
        for names, accuracy in list(tally.parts.items())[:_PARTS]:
            yield harmless("  " + " ".join(compress(names, several))), _share(accuracy), ""
        if (more := len(tally.parts) - _PARTS) > 0:
            yield "", f"and {more} more", "dim"
    yield "speed", _speed(tally), ""
    yield "no answer", _counts(tally.stops), ""
    if tally.voting:
        yield "withheld", f"{tally.withheld:,}", ""
    yield "undecided", f"{tally.undecided:,}", ""
    yield "failed", _counts(tally.failed), "red" if tally.failed else ""


_PARTS = 8
"""Benchmarks and modes that have a row of their own."""


def _share(accuracy: Accuracy) -> str:
    if not accuracy.n:
        return "-"
    low, high = accuracy.interval
    return f"{accuracy.mean:.1%}   {low:.1%} to {high:.1%}"


def _speed(tally: Tally) -> str:
    rate = tally.per_second
    return f"{rate.samples:.1f} samples/s · {rate.tokens:,.0f} tokens/s · {rate.programs:.1f} programs/s"


def _counts(found: Counter[str]) -> str:
    """How often each stop occurred, in words."""
    told = " · ".join(f"{count:,} {stop.replace('_', ' ')}" for stop, count in found.most_common())
    return f"{found.total():,}   {told}" if told else "0"


def _left(tally: Tally) -> str:
    if tally.left == 0:
        return "done"
    return "" if tally.left_s is None else f"{duration(tally.left_s)} left"


def duration(seconds: float) -> str:
    """A time for people, in its two largest units.

    >>> duration(42.3), duration(192), duration(7500)
    ('42 s', '3 min 12 s', '2 h 5 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
