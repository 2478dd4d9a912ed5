"""The file of records: one writer, whole lines, whatever happens to the process or the disk."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.engine.errors import MathsolveError, UsageError
from mathsolve.engine.solver import Solver
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run
from mathsolve.evaluation.running.configuration import Configuration
from mathsolve.evaluation.running.draw import draws
from mathsolve.evaluation.running.evaluate import evaluate
from mathsolve.evaluation.running.journal import Journal
from mathsolve.evaluation.running.tally import Tally


def test_two_writers_are_kept_apart(record: Record, tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(UsageError, match=f"process {os.getpid()} is writing"), Journal(tmp_path):
        pass
    with Journal(tmp_path) as journal:
        journal.add(record)
    assert list(Run(tmp_path).records()) == [record]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size`: what a full disk looks like."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_whole_lines(record: Record, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.add(replace(record, key="first"))
        room = journal.path.stat().st_size + 100
        with largest_file(room), pytest.raises(MathsolveError, match=r"records\.jsonl: File too large.*make room"):
            journal.add(replace(record, key="second"))
        journal.add(replace(record, key="third"))
    assert [one.key for one in Run(tmp_path).records()] == ["first", "third"]


@pytest.mark.parametrize("torn", ['{"key": "b', "\0" * 200_000, '{"key": "b"}\n{"half', "nonsense\n", "{"])
def test_what_is_torn_is_put_aside(record: Record, tmp_path: Path, torn: str) -> None:
    with Journal(tmp_path) as journal:
        journal.add(replace(record, key="first"))
    whole = journal.path.read_bytes()
    with journal.path.open("a") as file:
        file.write(torn)
    with Journal(tmp_path) as journal:
        journal.add(replace(record, key="second"))
    kept = '{"key": "b"}\n' if torn.startswith('{"key": "b"}') else ""
    assert journal.path.read_bytes().startswith(whole + kept.encode() + b'{"key": "second"')
    assert journal.path.with_suffix(".torn").read_bytes() == torn.removeprefix(kept).encode() + b"\n"


def test_an_error_while_writing_ends_the_run_at_once(solver: Solver, tmp_path: Path) -> None:
    endless = Configuration(("sums",), "embedded", "0123", ("mixed",), samples=20_000, temperature=0.7)
    many = draws(endless, [Item("sums/12", "sums", "What is 12 times 34?", "408")])
    with Journal(tmp_path) as journal, largest_file(3_000), pytest.raises(MathsolveError, match="make room"):
        solver.run(evaluate(solver, many, journal, Tally(1), concurrency=8, most_failures=0))
    assert list(Run(tmp_path).records())


def test_half_a_character_is_kept(record: Record, tmp_path: Path) -> None:
    half = replace(record, answer="\ud800")
    with Journal(tmp_path) as journal:
        journal.add(half)
    assert list(Run(tmp_path).records()) == [half]
