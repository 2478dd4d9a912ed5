"""Shows a run while it goes on, and writes down what happened in every step: `log.jsonl`, one JSON object a line."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ...sandbox import Observation
from ..sft.progress import cut
from .rewards import is_truncated, is_void
from .rollouts import Group, Rollout


class Report:
    """The log of a run and its line on a terminal; a context manager."""

    def __init__(self, folder: Path, console: Console, name: str, step: int, steps: int) -> None:
        """Args:
        folder: of the run.
        console: where the line goes.
        name: of the method.
        step: that the run goes on after; lines of the log from beyond it are forgotten.
        steps: of the whole run.
        """
        self._log = folder / "log.jsonl"
        cut(self._log, step)
        bar = (TextColumn(name), BarColumn(12), MofNCompleteColumn(), TextColumn("{task.fields[said]}"))
        self._progress = Progress(*bar, TimeRemainingColumn(), console=console)
        self._live = self._progress.add_task(name, said="", total=steps, completed=step)
        self._begun = time.monotonic()

    def __enter__(self) -> Report:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Adds a line to the log. A number that is none is left out."""
        shown = {name: float(f"{value:.6g}") for name, value in values.items() if math.isfinite(value)}
        line = {"step": step, "seconds": round(time.monotonic() - self._begun, 1), **shown}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def has(self, step: int, name: str) -> bool:
        """Whether the log tells of this number at a step."""
        if not self._log.is_file():
            return False
        lines = map(json.loads, self._log.read_text(encoding="utf-8").splitlines())
        return any(line["step"] == step and name in line for line in lines)

    def say(self, words: str) -> None:
        """A line of words above the line that moves."""
        self._progress.console.print(words, highlight=False, soft_wrap=True)

    def show(self, step: int, said: str) -> None:
        """Moves the line on."""
        self._progress.update(self._live, completed=step, said=said)


def figures(groups: Sequence[Group]) -> dict[str, float]:
    """What a batch of attempts says in numbers: shares are of the attempts that were not spoilt, lengths in tokens."""
    every = [one for group in groups for one in group.rollouts]
    known = [one for one in every if not one.spoilt]
    programs = [step for one in known for step in one.attempt.steps if isinstance(step, Observation)]
    return {
        "attempts": len(every),
        "spoilt": len(every) - len(known),
        "reward": _mean([one.reward.total for one in known]),
        "right": _mean([one.right for one in known]),
        "answered": _mean([one.attempt.answer is not None for one in known]),
        "truncated": _mean([is_truncated(one.attempt) for one in known]),
        "void": _mean([is_void(one.attempt) for one in known]),
        "written": _mean([one.written for one in known]),
        "length": _mean([len(one.attempt.tokens.ids) for one in known]),
        "programs": len(programs) / max(1, len(known)),
        "failed_programs": _mean([not step.ok for step in programs]),
        "solved": _mean([_solved(group.rollouts) for group in groups]),
    }


def _solved(rollouts: Sequence[Rollout]) -> bool:
    """Whether one of the attempts at a problem is right."""
    return any(one.right for one in rollouts)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
