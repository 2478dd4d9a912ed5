"""Scores of a judge in the records of a run that is there.

Promises: a record is written whole as soon as it is scored, so a command that was ended goes on where it was; a second call
scores only what is new, but everything when the judge is another one. `scores.json` in the run says which judge gave which
scores. At the end the file of records is written anew, with one line for each.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...engine.judge import Critique, Judge
from ...engine.trajectory import Trajectory
from ..metrics.calibrated import Drift, drift
from ..record import ESCAPED, Record, keys
from ..run import Run, replace_file
from ..scorers import SCORES, scorers
from .journal import RECORDS, Journal, locked, repair

AT_ONCE = 128
"""Samples that are read together; the judge divides them further, by their tokens."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """What became of a run."""

    name: str
    """What the scores are called."""
    scored: int
    """Samples that got a score now."""
    known: int
    """Samples that had one from the same judge."""
    drifts: Mapping[tuple[str, str], Drift] = field(default_factory=dict)
    """Of probabilities: beside what is true, by benchmark and mode."""


def score(
    run: Run, judge: Judge, name: str, on_progress: Callable[[int, int], None] = lambda done, of: None
) -> Scoring:
    """Gives every sample that says something about its model a score, unless it has one.

    Args:
        run: whose records.
        judge: that scores.
        name: what its scores are to be called.
        on_progress: hears how many samples have a score, of how many.

    Raises:
        UsageError: another process is writing to the run, or a record is damaged.
        MathsolveError: the disk is full; what is scored is kept.
        BackendError: the judge cannot be loaded.
    """
    path = run.path(RECORDS)
    with locked(run.folder):
        repair(path)
        _make_room(run, judge, name)
    to_do, known = _counts(run, name)
    scored = 0
    with Journal(run.folder) as journal:
        for batch in _batches(run, name):
            attempts = [_trajectory(run, record) for record in batch]
            for record, found in zip(batch, judge.scores(attempts), strict=True):
                journal.add(replace(record, scores={**record.scores, name: found}))
            scored += len(batch)
            on_progress(known + scored, known + to_do)
        journal.sync()
        if _repeats(path):
            _rewrite(run, lambda record: record)
    return Scoring(name, scored, known, drifts(run, name) if judge.manifest.kind == "critique" else {})


def in_words(run: Run, judge: Judge, most: int) -> list[tuple[Record, Critique]]:
    """What a generative judge writes of samples of a run.

    Args:
        run: whose samples.
        judge: that writes.
        most: of how many; of different problems as long as there are more.

    Raises:
        UsageError: the judge writes nothing.
        BackendError: the judge cannot be loaded.
    """
    chosen = by_turns(run)[:most]
    return list(zip(chosen, judge.critiques([_trajectory(run, record) for record in chosen]), strict=True))


def by_turns(run: Run) -> list[Record]:
    """One sample of every problem, in the run's order, then another of each, and so on."""
    usable = [record for record in run.records() if _scorable(run, record)]
    places, turns = {name: place for place, name in enumerate(run.items)}, Counter[str]()
    ordered: list[tuple[int, int, Record]] = []
    for record in sorted(usable, key=lambda record: (record.sample, record.mode, record.key)):
        ordered.append((turns[record.problem], places[record.problem], record))
        turns[record.problem] += 1
    return [record for _, _, record in sorted(ordered, key=lambda one: one[:2])]


def drifts(run: Run, name: str) -> dict[tuple[str, str], Drift]:
    """Mean probability and accuracy of the samples with a verdict, by benchmark and mode."""
    found: dict[tuple[str, str], tuple[list[float], list[bool]]] = {}
    for record in run.records():
        if name in record.scores and record.verdict != "undecided" and record.problem in run.items:
            said, right = found.setdefault((run.items[record.problem].bench, record.mode), ([], []))
            said.append(record.scores[name])
            right.append(record.correct)
    return {place: drift(said, right) for place, (said, right) in found.items()}


def _make_room(run: Run, judge: Judge, name: str) -> None:
    """Takes away the scores of that name that another judge gave, and writes down whose they will be."""
    known = scorers(run.folder)
    print_ = judge.fingerprint()
    if known.get(name, {}).get("judge") == print_:
        return
    if any(name in record.scores for record in run.records()):
        _rewrite(run, lambda record: replace(record, scores={k: v for k, v in record.scores.items() if k != name}))
    known[name] = {"judge": print_, "folder": str(judge.folder), "kind": judge.manifest.kind}
    replace_file(run.folder / SCORES, [json.dumps(known, indent=2) + "\n"])


def _counts(run: Run, name: str) -> tuple[int, int]:
    """Samples without and with a score."""
    had = [name in record.scores for record in run.records() if _scorable(run, record)]
    return len(had) - sum(had), sum(had)


def _batches(run: Run, name: str) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in run.records():
        if _scorable(run, record) and name not in record.scores:
            batch.append(record)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _scorable(run: Run, record: Record) -> bool:
    return bool(record.steps) and not record.failed and record.problem in run.items


def _trajectory(run: Run, record: Record) -> Trajectory:
    return Trajectory(run.items[record.problem].problem, record.steps, record.answer, record.stop)


def _repeats(path: Path) -> bool:
    """Whether a record stands in several lines, of which the last one counts."""
    found = list(keys(path)) if path.is_file() else []
    return len(found) > len(set(found))


def _rewrite(run: Run, changed: Callable[[Record], Record]) -> None:
    """Writes all records anew, whole or not at all. The caller holds the run's lock."""
    path: Path = run.path(RECORDS)
    if not path.is_file():
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", errors=ESCAPED) as file:
            file.writelines(changed(record).to_json() + "\n" for record in run.records())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
