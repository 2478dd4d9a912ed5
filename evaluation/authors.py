"""Who wrote the samples of a run: its model, or, where it holds samples of several, the one that its configuration names."""

from __future__ import annotations

from collections.abc import Callable

from .record import Record
from .run import Run


def authors(run: Run) -> Callable[[Record], str]:
    """Tells who wrote a sample.

    A run of what other models wrote (`mathsolve train adopt`) lists them under `models`, by number of the sample. Raises
    `UsageError` where the description of the run is damaged.
    """
    configuration = run.description.get("config", {})
    alone, several = str(configuration.get("model", run.folder.name)), configuration.get("models") or []
    return lambda record: str(several[record.sample]) if record.sample < len(several) else alone
