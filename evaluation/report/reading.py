"""`Shown`: runs as a report shows them, from one reading of their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..item import Item
from ..metrics.outcomes import Outcomes
from ..metrics.rows import notes
from ..metrics.summary import metrics_of
from ..metrics.tabulate import Table as Tabulation
from ..run import Run
from . import sections
from .archive import Archive
from .paired import compared
from .table import Table
from .tables import Named


@dataclass(frozen=True, slots=True)
class Shown:
    """Runs as a report shows them."""

    runs: tuple[Named, ...]
    """Their names and figures."""
    descriptions: dict[str, dict[str, Any]]
    """How they were made, by name."""
    grids: dict[tuple[str, str, str], sections.Grid]
    """Accuracy by subject and level, by run, benchmark and mode."""
    comparison: Table | None
    """Each run beside the first; None where there is one run."""
    archive: Archive | None
    """Their trajectories."""

    @property
    def title(self) -> str:
        """What the report is about: benchmarks and models."""
        benches = ", ".join(dict.fromkeys(group.bench for run in self.runs for group in run.metrics.groups))
        models = (str(one.get("config", {}).get("model", "")) for one in self.descriptions.values())
        named = [model.rstrip("/").rpartition("/")[2] for model in dict.fromkeys(models) if model]
        return f"{_at_most(benches, 80) or 'An empty run'}{' · ' if named else ''}{' and '.join(named)}"


def read(runs: Sequence[Run], *, trajectories: bool = True) -> Shown:
    """Reads every record once.

    Args:
        runs: the runs; others are compared with the first.
        trajectories: whether to keep the trajectories too, in a temporary file.

    Raises:
        UsageError: a file of a run is damaged.
    """
    names = names_of(runs)
    items: dict[str, Item] = {name: item for run in reversed(runs) for name, item in run.items.items()}
    archive = Archive(items) if trajectories else None
    outcomes = {name: _tabulated(name, run, archive) for name, run in zip(names, runs, strict=True)}
    grids = {(name, *place): cells for name, table in outcomes.items() for place, cells in sections.grid(table)}
    series = archive.labels() if archive is not None else {}
    return Shown(
        runs=tuple(Named(name, metrics_of(table), _modes(series, name)) for name, table in outcomes.items()),
        descriptions={name: dict(run.description) for name, run in zip(names, runs, strict=True)},
        grids=grids,
        comparison=compared(outcomes) if len(runs) > 1 else None,
        archive=archive,
    )


def names_of(runs: Sequence[Run]) -> list[str]:
    """Names of the runs' folders; numbered where two are the same."""
    found: list[str] = []
    for run in runs:
        name = run.folder.resolve().name
        same = sum(one == name or one.startswith(f"{name}-") for one in found)
        found.append(f"{name}-{same + 1}" if name in found else name)
    return found


def _tabulated(name: str, run: Run, archive: Archive | None) -> Outcomes:
    table = Tabulation(run.items)
    for record in run.records():
        table.add(record)
        if archive is not None:
            archive.add(name, record)
    return table.outcomes()


def _modes(series: Mapping[tuple[str, str], str], run: str) -> dict[str, str]:
    """The labels of one run by mode; none where there is only one series."""
    return {mode: label for (name, mode), label in series.items() if name == run and len(series) > 1}


def _at_most(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def remarks(shown: Shown) -> list[str]:
    """What a reader of the figures has to know; of several runs with the run's name."""
    several = len(shown.runs) > 1
    return [f"{run.name}: {note}" if several else note for run in shown.runs for note in notes(run.metrics)]
