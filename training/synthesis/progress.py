"""The progress bar of a synthesis."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class _Rate(ProgressColumn):
    """Examples a second and rejected draws."""

    def render(self, task: Task) -> Text:
        """The cell of one task."""
        return Text(f"{task.speed or 0:.0f}/s, {task.fields['rejected']} rejected")


def progress(console: Console | None) -> Progress:
    """A bar on this console, or one that shows nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    shown = console is not None and console.is_terminal
    return Progress(*columns, console=console or Console(stderr=True), disable=not shown)
