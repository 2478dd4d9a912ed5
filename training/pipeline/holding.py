"""What the folder of a stage holds, known by its files, so that a new kind of stage needs no entry here.

    run.json, records.jsonl   an evaluation      FILE.run.json   a synthesis with its yields
    log.jsonl                 a training         report.json     numbers of whoever wrote it

A file that is torn or of another kind is passed over: a dashboard shows what there is.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from pydantic import BaseModel, ValidationError

from ...evaluation.run import Run

Points = tuple[tuple[float, float], ...]
"""Step and value."""
ROLES = ("loss_thought", "loss_program")
"""The losses that say most, where they are told apart."""
_EFFORT = ("step", "seconds", "epoch", "learning_rate", "grad_norm", "tokens", "tokens_per_s", "total_flos")
"""Numbers of a log that tell how, not how well."""


@dataclass(frozen=True, slots=True)
class Training:
    """The log of a training."""

    steps: int
    """The last step that it tells of."""
    series: dict[str, Points]
    """Values by name."""

    @property
    def losses(self) -> dict[str, Points]:
        """The losses of thoughts and programs, or else whatever losses there are."""
        roles = {name: self.series[name] for name in ROLES if name in self.series}
        return roles or {name: points for name, points in self.series.items() if "loss" in name}

    @property
    def others(self) -> dict[str, Points]:
        """What is no loss: accuracy, reward, distance from the reference, as the stage has them."""
        return {name: points for name, points in self.series.items() if "loss" not in name and len(points) > 1}


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What a synthesis gave."""

    file: str
    """Name of its file."""
    drawn: int
    """Questions drawn."""
    kept: int
    """Questions kept, in all splits."""
    solutions: dict[str, int]
    """Solutions kept, by mode."""
    rejected: dict[str, int]
    """Questions rejected, by filter."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a stage has made."""

    evaluation: Run | None
    """A run of `mathsolve eval`."""
    training: Training | None
    """A training."""
    syntheses: tuple[Synthesis, ...]
    """Files of questions."""
    numbers: dict[str, float]
    """What its `report.json` says at its top level."""


class _Domain(BaseModel):
    """What a run card says of a sub-domain: how often each filter rejected something, by its reasons."""

    rejected: dict[str, dict[str, int]] = {}


class _Yields(BaseModel):
    """What a run card says of its yields, as far as it is shown."""

    draws: int = 0
    kept: dict[str, int]
    solutions: dict[str, int] = {}
    domains: dict[str, _Domain] = {}


def holding(folder: Path) -> Holding:
    """What is in a folder, which need not be there."""
    return Holding(
        evaluation=Run(folder) if (folder / "records.jsonl").is_file() and (folder / "run.json").is_file() else None,
        training=training(folder / "log.jsonl"),
        syntheses=tuple(found for card in sorted(folder.glob("*.run.json")) if (found := synthesis(card))),
        numbers=numbers(folder / "report.json"),
    )


def training(log: Path) -> Training | None:
    """The numbers of a log; None where there are none."""
    series: dict[str, dict[float, float]] = {}
    last = 0
    for line in _lines(log):
        step = line.get("step")
        if not _is_number(step):
            continue
        last = max(last, int(step))
        for name, value in line.items():
            if _is_number(value) and name not in _EFFORT and not name.startswith("train_"):
                series.setdefault(name, {})[step] = value
    return Training(last, {name: tuple(sorted(found.items())) for name, found in series.items()}) if last else None


def synthesis(card: Path) -> Synthesis | None:
    """What a run card says; None while the synthesis is not complete, and where it is the card of something else."""
    try:
        yields = _Yields.model_validate(_object(card).get("yields"))
    except ValidationError:
        return None
    rejected: Counter[str] = Counter()
    for domain in yields.domains.values():
        rejected.update({name: sum(phrases.values()) for name, phrases in domain.rejected.items()})
    file, kept = card.name.removesuffix(".run.json"), sum(yields.kept.values())
    return Synthesis(file, yields.draws, kept, yields.solutions, dict(rejected))


def numbers(report: Path) -> dict[str, float]:
    """The numbers at the top level of a report; those one level below with both names."""
    found: dict[str, float] = {}
    for name, value in _object(report).items():
        below = value.items() if isinstance(value, dict) else ()
        parts = [(name, value), *((f"{name} {inner}", one) for inner, one in below)]
        found |= {one: float(number) for one, number in parts if _is_number(number)}
    return found


def _object(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a log; a torn line is left out."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                yield found


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
