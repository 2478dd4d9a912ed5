"""`mathsolve train synthesise` as a user meets it: formats, interruptions, errors."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mathsolve.__main__ import run
from mathsolve.training.sft.data import Source
from mathsolve.training.synthesis import formats
from mathsolve.training.synthesis.ledger import read_examples, rejects_of

QUICK = ["--domains", "ages,unsupported", "--benchmarks", "handwritten"]


def command(out: Path, *more: str) -> list[str]:
    return ["train", "synthesise", "--out", str(out), *QUICK, *more]


def until(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Wait for a file of a running command."""
    end = time.monotonic() + 120
    while not ready():
        assert process.poll() is None and time.monotonic() < end, "the command ended too early, or hangs"
        time.sleep(0.02)


def started(out: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mathsolve", *command(out, *more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_killed_and_interrupted_runs_go_on_to_the_same_bytes(tmp_path: Path) -> None:
    out, whole, size = tmp_path / "out.jsonl", tmp_path / "whole.jsonl", ("-n", "250", "--held-out", "20")
    first = started(out, *size)
    until(first, lambda: out.exists() and out.stat().st_size > 0)
    first.send_signal(signal.SIGINT)
    told = first.communicate(timeout=60)[1]
    assert first.returncode == 130 and "the same command goes on" in told and "Traceback" not in told
    kept = out.stat().st_size
    second = started(out, *size)
    until(second, lambda: out.stat().st_size > kept + 1000)
    second.kill()
    second.communicate()
    assert not (tmp_path / "out.jsonl.md").exists()
    assert run(command(out, *size)) == run(command(whole, *size, "--concurrency", "3")) == 0
    assert out.read_bytes() == whole.read_bytes()
    assert rejects_of(out).read_bytes() == rejects_of(whole).read_bytes()
    assert len(list(read_examples(out))) == 290


def test_problems_to_practise_on_are_no_training_data(tmp_path: Path) -> None:
    out = tmp_path / "problems.jsonl"
    assert run(command(out, "-n", "20", "--split", "practice")) == 0
    assert {one.split for one in read_examples(out)} == {"practice"}
    assert run(command(out, "-n", "25", "--split", "practice")) == 0 and len(list(read_examples(out))) == 25
    assert run(command(out, "-n", "30")) == 2 and len(list(read_examples(out))) == 25, "the file is no training data"


def test_parquet_and_datasets_hold_the_same_examples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    datasets = pytest.importorskip("datasets")
    table, folder = tmp_path / "data.parquet", tmp_path / "data"
    assert run(command(table, "-n", "20", "--held-out", "5", "--json")) == 0
    summary = json.loads(capsys.readouterr().out)
    examples = list(Source(table).examples())
    assert examples == list(read_examples(formats.working_file(table))) and len(examples) == 30
    assert summary["kept"] == {"numbers": 5, "phrasings": 5, "train": 20}
    assert run(command(folder, "-n", "20", "--held-out", "5")) == 0
    loaded = datasets.load_from_disk(str(folder))
    assert {name: len(part) for name, part in loaded.items()} == summary["kept"]
    assert [row["question"] for row in loaded["train"]] == [e.question for e in examples if e.split == "train"]
    assert run(command(folder, "-n", "20", "--held-out", "5")) == 0, "a finished run may be repeated"
    assert run(command(folder, "-n", "30", "--held-out", "5")) == 0, "and may grow"
    assert datasets.load_from_disk(str(folder))["train"].num_rows == 30


def test_the_data_card_says_what_is_in_the_data(tmp_path: Path) -> None:
    out = tmp_path / "data.jsonl"
    assert run(command(out, "-n", "40")) == 0
    card = (tmp_path / "data.jsonl.md").read_text(encoding="utf-8")
    assert "| bank | Apache-2.0 | 40 |" in card and "| handwritten | 120 |" in card
    yields: dict[str, Any] = json.loads((tmp_path / "data.jsonl.run.json").read_text(encoding="utf-8"))["yields"]
    for domain in ("ages", "unsupported"):
        modes = yields["domains"][domain]["modes"]
        assert f"| {domain} | {yields['domains'][domain]['kept']} | {modes['mixed']} | {modes['pot']} |" in card


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["-n", "0"], "the bank never ends"),
        (["-n", "-1"], "must be 0 or more"),
        (["--teacher", "corpora", "--split", "practice"], "keeps no wordings for practice"),
        (["--domains", "alchemy"], "no sub-domain 'alchemy'"),
        (["--teacher", "nobody"], "no teacher 'nobody'"),
        (["--set", "samples=8"], "no such setting"),
        (["--set", "samples"], "write NAME=VALUE"),
        (["--benchmarks", "gsm9k"], "did you mean 'gsm8k'"),
    ],
)
def test_mistakes_are_told_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], more: list[str], told: str
) -> None:
    assert run(["train", "synthesise", "--out", str(tmp_path / "out.jsonl"), *more]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert told in line
    assert not list(tmp_path.iterdir())


def test_a_format_that_is_not_known_is_told_before_anything_is_made(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(command(tmp_path / "out.csv")) == 2
    assert "write a .jsonl or .parquet file, or a folder" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["folder", "table.parquet", "lines.jsonl"])
def test_what_somebody_else_made_is_not_written_over(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    pytest.importorskip("datasets")
    mine = tmp_path / name if "." in name else tmp_path / name / "README.md"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine", encoding="utf-8")
    assert run(command(tmp_path / name, "-n", "1")) == 2
    assert "exists and is not a synthesis" in capfd.readouterr().err
    assert mine.read_text(encoding="utf-8") == "mine"


def test_the_folder_one_stands_in_is_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(command(Path())) == 2
    assert "or a folder" in capfd.readouterr().err
