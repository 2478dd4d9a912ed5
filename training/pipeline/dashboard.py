"""What a pipeline has come to: every stage with its state, times and results, and the accuracy after each evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import account
from .account import Account, State
from .figures import ALL, Accuracy, accuracy
from .holding import Holding, holding
from .outcome import described, in_brief, last_line
from .recipe import Pipeline
from .standing import Standing, standings


@dataclass(frozen=True, slots=True)
class Row:
    """A stage with everything that is known of it."""

    standing: Standing
    """Its place and its account."""
    holding: Holding
    """What it made."""
    outcome: str
    """That in one line."""
    brief: str
    """That in a few words."""

    @property
    def name(self) -> str:
        """The stage's."""
        return self.standing.stage.name

    @property
    def parents(self) -> tuple[str, ...]:
        """What it is made from."""
        return self.standing.stage.parents

    @property
    def state(self) -> State:
        """How far it is."""
        return self.standing.state

    @property
    def wall_s(self) -> float:
        """Seconds from start to end, all starts together."""
        return self._known.wall_s if self._known else 0.0

    @property
    def cpu_s(self) -> float:
        """Processor seconds."""
        return self._known.cpu_s if self._known else 0.0

    @property
    def _known(self) -> Account | None:
        """Its account, as long as what it made is there."""
        return None if self.state == "waiting" else self.standing.account


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A pipeline as it is shown."""

    pipeline: Pipeline
    """What is to be done."""
    rows: tuple[Row, ...]
    """Its stages in order."""
    accuracy: Accuracy
    """What the evaluation stages found that are done."""

    @property
    def summary(self) -> str:
        """How far it is, in one line."""
        done = sum(row.state == "done" for row in self.rows)
        wall, cpu = (
            duration(sum(times)) for times in zip(*((row.wall_s, row.cpu_s) for row in self.rows), strict=True)
        )
        others = [f"{row.name} {row.state}" for row in self.rows if row.state in ("running", "stopped", "failed")]
        return " · ".join([f"{done} of {len(self.rows)} stages done", *others, f"{wall} wall time", f"{cpu} CPU time"])


def dashboard(pipeline: Pipeline, folder: Path) -> Dashboard:
    """Reads a pipeline's folder. Raises `UsageError` where a file of it is damaged."""
    found = [(one, holding(one.folder)) for one in standings(pipeline, folder)]
    runs = {one.stage.name: held.evaluation for one, held in found if one.done and held.evaluation is not None}
    measured = accuracy(runs, {one.stage.name: one.stage.than for one, _ in found if one.stage.than is not None})
    rows = tuple(Row(one, held, *_outcomes(one, held, measured, folder)) for one, held in found)
    return Dashboard(pipeline, rows, measured)


def _outcomes(one: Standing, held: Holding, measured: Accuracy, folder: Path) -> tuple[str, str]:
    """What came of a stage, in one line and in a few words."""
    if one.account is None or one.state == "waiting":
        return "", ""
    if one.state == "failed":
        told = f"{one.account.ending}; its messages went to standard error{account.printed(folder, one.stage.name)}"
        return told, one.account.ending
    mine = [found for found in measured.scored if (found.place.stage, found.place.part) == (one.stage.name, ALL)]
    found = described(held, mine) or (last_line(account.output_of(folder, one.stage.name)) if one.done else "")
    return found, in_brief(held, mine) or found


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(8.24), duration(192), duration(7320)
    ('8.2 s', '3 min 12 s', '2 h 02 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes} min {left:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
