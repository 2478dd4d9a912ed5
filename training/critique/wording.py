"""What a generative critique model writes of held-out attempts, beside what the rules say of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ...engine.console import harmless
from ...engine.judge import Critique, Judge
from ...engine.trajectory import Problem, Trajectory
from ...evaluation.report.table import Row, Table, percent
from ..judging.labels import Labelled, taught
from ..samples import Sampled

LOOKED_AT, SHOWN = 64, 8
"""Attempts whose critiques are written, and those of them that the report shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A held-out attempt and what was written of it."""

    due: Labelled
    """The attempt, with what the rules say."""
    critique: Critique
    """What the model says."""

    @property
    def same(self) -> bool:
        """Whether it is word for word what the rules say."""
        return self.critique.words == self.due.remark


def shown(judge: Judge, problems: Sequence[Sampled], seed: int) -> list[Shown]:
    """Critiques of some attempts at held-out problems, drawn by the seed. Raises `BackendError`."""
    everything = [one for attempts in taught(problems, "critique") for one in attempts]
    drawn = random.Random(seed).sample(everything, min(LOOKED_AT, len(everything)))
    attempts = [Trajectory(Problem(one.question), one.steps, None, "answered") for one in drawn]
    return [Shown(one, critique) for one, critique in zip(drawn, judge.critiques(attempts), strict=True)]


def figures(found: Sequence[Shown]) -> dict[str, float]:
    """How many were looked at, and the shares with the mark of the rubric and with the words of the rules."""
    marks = sum(one.critique.mark == one.due.mark for one in found)
    return {"attempts": len(found), "mark": marks / len(found), "words": sum(one.same for one in found) / len(found)}


def table(found: Sequence[Shown]) -> Table:
    """The first of them."""
    rows: list[Row] = [
        (one.due.remark, _on_a_line(one.critique.words), f"{one.due.mark:.0f}", str(one.critique.mark))
        for one in found[:SHOWN]
    ]
    marks, words = (percent(figures(found)[name]) for name in ("mark", "words"))
    note = f"Of {len(found):,} critiques {marks} have the mark that is due, and {words} the words."
    return Table("Critiques", ("due", "written", "mark", "read"), tuple(rows), names=2, note=note)


def _on_a_line(text: str) -> str:
    return " ".join(harmless(text).split())
