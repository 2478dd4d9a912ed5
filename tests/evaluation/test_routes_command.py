"""`mathsolve routes` as a user calls it: from samples in two modes to a file that `auto` reads."""

import json
from pathlib import Path

import pytest

from mathsolve.__main__ import run
from mathsolve.engine.routing import load_record

STORY = {"id": "s", "question": "Ann has 3 apples and buys 4 more. How many has she?", "answer": "7"}
SUM = {"id": "a", "question": "What is 12 + 30?", "answer": "42"}
OUTSIDE = {"id": "o", "question": "What is the capital of France?", "answer": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the embedded model in words and in programs."""
    home = tmp_path_factory.mktemp("routes")
    problems = home / "mine.jsonl"
    problems.write_text("\n".join(map(json.dumps, (STORY, SUM, OUTSIDE))))
    made = ["eval", str(problems), "--samples", "1", "--mode", "cot,mixed", "--out", str(home / "run")]
    assert run(made) == 0
    return home / "run"


def test_counts_are_shown_and_kept_beside_what_the_file_holds(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mathsolve.json"
    out.write_text('{"family": "qwen-tir"}')
    assert run(["routes", str(folder), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "arithmetic" in shown and "by rule (fewer than 20 answers)" in shown
    record = load_record(out)
    assert record["arithmetic"]["mixed"] == (1, 1)
    assert {mode: total for mode, (_, total) in record["story"].items()} == {"cot": 1, "mixed": 1}
    assert sum(total for tallies in record.values() for _, total in tallies.values()) == 4  # not those to decline
    assert json.loads(out.read_text())["family"] == "qwen-tir"


def test_the_same_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["routes", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["routes"]["arithmetic"]["mixed"] == [1, 1]


def test_what_cannot_be_compared_says_why(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*arguments: str) -> str:
        assert run(["routes", *arguments]) == 2
        return capsys.readouterr().err

    assert "name a run" in refused()
    assert "is no run" in refused(str(tmp_path))
    one = tmp_path / "one"
    one.mkdir()
    for name in ("run.json", "problems.jsonl"):
        (one / name).write_bytes((folder / name).read_bytes())
    lines = (folder / "records.jsonl").read_text().splitlines(keepends=True)
    (one / "records.jsonl").write_text("".join(line for line in lines if '"mode": "cot"' in line))
    assert "--mode cot,mixed" in refused(str(one))
    description = json.loads((one / "run.json").read_text())
    description["config"]["fingerprint"] = "another"
    (one / "run.json").write_text(json.dumps(description))
    assert "different models" in refused(str(folder), str(one))
    (tmp_path / "list.json").write_text("[1]")
    assert "holds no JSON object" in refused(str(folder), "--out", str(tmp_path / "list.json"))
    assert "choose another place" in refused(str(folder), "--out", str(tmp_path / "no" / "such.json"))
