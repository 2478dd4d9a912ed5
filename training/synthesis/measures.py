"""The benchmarks that training data must not contain. Fails closed: what is named must be there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...engine.errors import UsageError
from ...evaluation.benchmarks.choose import Selection, choose, expanded
from ...evaluation.benchmarks.entry import entries
from ...evaluation.benchmarks.loading import load
from ...evaluation.benchmarks.sources import place
from ...evaluation.contamination.index import Index
from ...evaluation.item import Item
from ..calibration import calibration_problems

ALWAYS = tuple(name for name, bench in entries().items() if bench.packaged)
"""Benchmarks of this package: never trained on, whatever else is named."""
CALIBRATION = "calibration"
"""The questions that the trust in answers is fitted on: never trained on, too."""
INSTALLED = "installed"
"""Stands for every benchmark that can be read without a download."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Benchmarks, loaded."""

    counts: dict[str, int]
    """Questions of each."""
    digest: str
    """Hash of all questions."""
    index: Index
    """Finds them in other texts."""


def measures(names: Sequence[str] = (), folder: Path | None = None) -> Measures:
    """These benchmarks, and those of the package.

    names: as on the command line; `installed` is every one that is at hand.
    Raises `UsageError` where one cannot be read: data that could not be compared with it would pass as clean.
    """
    chosen = dict.fromkeys((*ALWAYS, *_resolved(names, folder)))
    questions: list[Item] = []
    counts: dict[str, int] = {}
    for name in (*chosen, CALIBRATION):
        try:
            found = load(name, folder=folder) if name != CALIBRATION else _calibration()
        except UsageError as error:
            raise UsageError(f"the data cannot be compared with benchmark {name!r}: {error}") from error
        counts[name] = len(found)
        questions += found
    digest = hashlib.sha256("\n".join(item.question for item in questions).encode("utf-8", "surrogatepass"))
    return Measures(counts, digest.hexdigest(), Index(questions))


def _calibration() -> list[Item]:
    problems = enumerate(calibration_problems())
    return [Item(f"{CALIBRATION}/{number}", CALIBRATION, one.question, one.answer) for number, one in problems]


def _resolved(names: Sequence[str], folder: Path | None) -> list[str]:
    found: list[str] = []
    for name in expanded(names):
        found += installed(folder) if name == INSTALLED else [choose(name).spelling]
    return found


def installed(folder: Path | None = None) -> list[str]:
    """Every benchmark whose records are on this machine."""
    return [name for name, bench in entries().items() if place(Selection(bench), folder).files]
