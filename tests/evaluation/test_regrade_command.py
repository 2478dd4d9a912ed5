"""`mathsolve regrade`: verdicts anew, without the model."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.engine.grading.grade import VERSION
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run, item_to_json

ITEMS = [
    Item("sums/1", "sums", "1/4 + 1/4?", "1/2"),
    Item("sums/2", "sums", "2 + 2?", "4"),
    Item("sums/3", "sums", "?", None),
]
HALF = Record("a", "sums/1", 0, "mixed", "0.5", True, "wrong", "old rule", "old", 0, "answered", None, (), 1, 1, 0, 0.1)
FOUR = replace(
    HALF,
    key="b",
    problem="sums/2",
    answer="4",
    verdict="correct",
    grader=VERSION,
    reason="the same text",
    method="text",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run with a wrong verdict, a right one, a failed sample and an answer where none was due."""
    failed = replace(HALF, key="c", problem="sums/2", sample=1, answer=None, stop="backend_error", verdict="undecided")
    invented = replace(HALF, key="d", problem="sums/3", answer="7", verdict="correct")
    (tmp_path / "run.json").write_text('{"config": {}, "environment": {}}')
    (tmp_path / "problems.jsonl").write_text("".join(item_to_json(item) + "\n" for item in ITEMS))
    lines = [record.to_json() for record in (HALF, FOUR, failed, invented)]
    (tmp_path / "records.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def regrade(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mathsolve", "regrade", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_changed_verdicts_are_shown_and_the_old_ones_kept(folder: Path) -> None:
    before = (folder / "records.jsonl").read_bytes()
    done = regrade(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 wrong to correct\n  sums/1: 0.5 for 1/2 (old rule -> " in done.stdout
    assert "1 correct to wrong\n  sums/3: 7 for should be declined" in done.stdout
    found = {record.key: record for record in Run.load(folder).records()}
    assert {key: record.verdict for key, record in found.items()} == {
        "a": "correct",
        "b": "correct",
        "c": "undecided",
        "d": "wrong",
    }
    assert found["a"].grader == VERSION and found["a"].method != "old"
    assert (folder / f"records.{VERSION}.jsonl").read_bytes() == before
    assert json.loads((folder / "metrics.json").read_text())["groups"][0]["samples"] == 3


def test_nothing_is_written_where_nothing_changes(folder: Path) -> None:
    told = json.loads(regrade(folder, "--json").stdout)
    assert (told["records"], told["changed"]) == (3, {"wrong to correct": 1, "correct to wrong": 1})
    assert (told["right_before"], told["right_after"]) == (2, 2)
    again = json.loads(regrade(folder, "--json").stdout)
    assert (again["changed"], again["kept"]) == ({}, None)


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    done = regrade(tmp_path / "none")
    assert (done.returncode, "is no run" in done.stderr) == (2, True)


def test_a_damaged_record_stops_it_and_changes_nothing(folder: Path) -> None:
    path = folder / "records.jsonl"
    path.write_text('{"key": "x"}\n' + path.read_text())
    before = path.read_bytes()
    done = regrade(folder)
    assert (done.returncode, "line 1" in done.stderr) == (2, True)
    assert path.read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == ["problems.jsonl", "records.jsonl", "run.json", "run.lock"]
