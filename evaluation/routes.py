"""A model's record by kind of question and mode, from its runs: what `engine.routing` chooses by.

Counts answers as the grader judged them. Leaves out samples that the machinery failed, problems that should be declined, and
votes (`auto`), which are no attempt in one mode.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.errors import UsageError
from ..engine.routing import Record, kind
from .run import Run

MODES = ("cot", "pot", "mixed")
"""Modes in the order in which they are shown."""


def tallied(runs: Sequence[Run]) -> Record:
    """By kind of question and mode: right answers, and all answers.

    Raises:
        UsageError: no run, runs of several models, or nothing that could be compared.
    """
    if not runs:
        raise UsageError("name a run, e.g. mathsolve routes runs/gsm8k-embedded-mixed-1f2e3d")
    models = {str(run.description.get("config", {}).get("fingerprint")): run for run in runs}
    if len(models) > 1:
        folders = " and ".join(str(run.folder) for run in models.values())
        raise UsageError(f"{folders} are runs of different models; name runs of one model")
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for run in runs:
        for record in run.records():
            item = run.items.get(record.problem)
            if item is None or item.gold is None or record.failed or record.mode not in MODES:
                continue
            tallies = found.setdefault(kind(item.question), {})
            right, total = tallies.get(record.mode, (0, 0))
            tallies[record.mode] = right + record.correct, total + 1
    known = {mode for tallies in found.values() for mode in tallies}
    if "cot" not in known or len(known) < 2:
        has = ", ".join(sorted(known)) or "none in one mode"
        raise UsageError(f"a comparison needs samples in cot and in mixed or pot, these runs have: {has}; {_REMEDY}")
    return found


_REMEDY = "make a run with mathsolve eval ... --mode cot,mixed --samples 1"
