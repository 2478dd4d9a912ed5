"""`mathsolve eval` as a user calls it, and as machines treat it: killed, interrupted, out of room."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mathsolve.__main__ import run as mathsolve
from mathsolve.evaluation.run import Run
from mathsolve.evaluation.running.environment import commit
from mathsolve.evaluation.running.options import Options, problems

from ..engine.tiny_judge import tiny_judge

QUESTIONS = [{"id": n, "question": f"What is {n} times 34?", "answer": str(34 * n)} for n in range(12, 32)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Twenty problems."""
    path = tmp_path / "sums.jsonl"
    path.write_text("\n".join(map(json.dumps, QUESTIONS)))
    return path


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "mathsolve", "eval", *map(str, words)]


def run(*words: str | Path, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=120, **how)


def counted(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def lasting(folder: Path) -> dict[str, dict[str, Any]]:
    """The records of a run by key, without times."""
    found = {}
    for line in (folder / "records.jsonl").read_text().splitlines():
        record = json.loads(line)
        steps = [{name: value for name, value in step.items() if name != "cpu_s"} for step in record["steps"]]
        found[record["key"]] = {**record, "seconds": 0, "steps": steps}
    return found


def children(process: int) -> Iterator[int]:
    """Processes that a process has started itself."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == process:
                yield int(path.parent.name)
        except (OSError, IndexError):  # it has just ended
            continue


def test_a_limit_draws_from_the_whole_file_and_a_smaller_one_from_the_same_draw(tmp_path: Path) -> None:
    path = tmp_path / "sorted.jsonl"
    path.write_text("".join(json.dumps({"question": f"{n}?", "answer": str(n)}) + "\n" for n in range(100)))
    chosen = [
        [int(item.gold or 0) for item in problems((str(path),), Options(limit=n), None)] for n in (20, 20, 5, 100)
    ]
    assert chosen[0] == chosen[1] and chosen[0][:5] == chosen[2]
    assert max(chosen[0]) > 50, "the file is sorted, and its beginning stands for its beginning only"
    assert sorted(chosen[3]) == list(range(100))
    assert [item.gold for item in problems((str(path),), Options(), None)] == [str(n) for n in range(100)]


def test_a_run_prints_its_figures_and_the_same_command_takes_nothing_twice(file: Path, tmp_path: Path) -> None:
    done = run(file, "--limit", "4", "--samples", "2", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["done"], told["planned"], told["halted"]) == (8, 8, "")
    assert told["metrics"]["groups"][0]["accuracy"]["value"] > 0.5
    folder = tmp_path / told["run"]
    assert json.loads((folder / "metrics.json").read_text()) == told["metrics"]
    description = json.loads((folder / "run.json").read_text())
    assert description["config"]["temperature"] == 0.7
    assert {"python", "libraries", "sandbox", "grader", "commit"} <= set(description["environment"])
    assert description["environment"]["commit"] == commit(Path(__file__).parents[2])
    before = (folder / "records.jsonl").read_bytes()
    again = run(file, "--limit", "4", "--samples", "2", cwd=tmp_path)
    assert (folder / "records.jsonl").read_bytes() == before
    assert again.stdout.splitlines()[1].split()[:4] == ["sums", "mixed", "4", "2"]
    assert f"everything is in {told['run']}" in again.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "name what to measure on"),
        (["nowhere.jsonl"], "nowhere.jsonl"),
        (["FILE", "--samples", "0"], "--samples is 0"),
        (["FILE", "--limit", "-1"], "--limit is -1"),
        (["FILE", "--mode", "fast"], "unknown mode 'fast'"),
        (["FILE", "--mode", "cot,pot"], "add --samples"),
        (["FILE", "--mode", "auto", "--samples", "2"], "leave --samples out"),
        (["FILE", "--temperature", "0.5"], "add --samples"),
        (["FILE", "--temperature", "-1", "--samples", "2"], "--temperature is -1"),
        (["FILE", "--temperature", "0", "--samples", "2"], "all samples are equal"),
        (["FILE", "--top-p", "0", "--samples", "2"], "--top-p is 0"),
        (["FILE", "--max-errors", "many"], "--max-errors is 'many'"),
        (["FILE", "--ids", "sums/99"], "no problem 'sums/99'"),
        (["FILE", "OTHER"], "different problems with the id 'sums/12'"),
        (["FILE", "--model", "nowhere"], "nowhere"),
        (["FILE", "--out", "FILE"], "is a file"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    file: Path, words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = file.parent / "other" / file.name
    other.parent.mkdir()
    other.write_text('{"id": 12, "question": "1 + 1?", "answer": "2"}')
    places = {"FILE": str(file), "OTHER": str(other)}
    code = mathsolve(["eval", *(places.get(word, word) for word in words)])
    told = capsys.readouterr()
    assert named in told.err
    assert (code in (1, 2), told.out, told.err.count("\n")) == (True, "", 1)


def test_ctrl_c_keeps_what_there_is_and_says_how_to_go_on(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen(
        command(file, "--samples", "200", "--out", out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: counted(out / "records.jsonl") >= 5)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted: " in stderr and "the same command goes on" in stderr and "Traceback" not in stderr
    assert stdout.splitlines()[1].startswith("sums")
    assert len(list(Run.load(out).records())) == counted(out / "records.jsonl") >= 5


def test_a_killed_run_goes_on(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = command(file, "--samples", "3", "--out", out)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: counted(out / "records.jsonl") >= 10)
        process.kill()
    held = (out / "records.jsonl").read_bytes()
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (out / "records.jsonl").read_bytes().startswith(held[: held.rfind(b"\n") + 1])
    assert len({record.key for record in Run.load(out).records()}) == counted(out / "records.jsonl") == 60


def test_a_second_writer_is_told_who_the_first_is(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = command(file, "--samples", "200", "--out", out)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: counted(out / "records.jsonl"))
        second = subprocess.run(words, capture_output=True, text=True, timeout=60)
        process.kill()
    assert (second.returncode, f"process {process.pid} is writing" in second.stderr) == (2, True)


def test_a_sandbox_server_killed_on_the_way_changes_no_record(file: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "run", tmp_path / "whole"
    words = command(file, "--samples", "4", "--out", out, "--max-errors", "100%")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: counted(out / "records.jsonl") >= 10)
        servers = list(children(process.pid))
        for server in servers:
            os.kill(server, signal.SIGKILL)
        _, stderr = process.communicate(timeout=120)
    assert servers
    assert (process.returncode, "Traceback" in stderr) == (0, False), stderr
    assert counted(out / "records.jsonl") == 80
    run(file, "--samples", "4", "--out", whole)
    assert lasting(out) == lasting(whole)


def test_a_full_disk_is_one_line_and_nothing_is_lost(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))

    words = command(file, "--samples", "3", "--out", out)
    full = subprocess.run(words, capture_output=True, text=True, timeout=120, preexec_fn=little_room)
    assert full.returncode == 1
    assert full.stderr.splitlines()[-1].startswith("mathsolve: cannot write to ") and "make room" in full.stderr
    assert "Traceback" not in full.stderr
    held = counted(out / "records.jsonl")
    assert 0 < held == len(list(Run.load(out).records())) < 60
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert (done.returncode, counted(out / "records.jsonl")) == (0, 60)


def replayed(folder: Path, programs: dict[int, str]) -> list[str]:
    """A recording that answers `What is N times 34?` with these programs, as options of a run."""
    lines = [
        {
            "question": f"What is {n} times 34?",
            "completions": [f"```python\n{code}\n```\n```output\n{34 * n}\n```\nSo \\boxed{{{34 * n}}}."],
        }
        for n, code in programs.items()
    ]
    (folder / "known.jsonl").write_text("\n".join(map(json.dumps, lines)))
    options = f"--model replay:{folder / 'known.jsonl'} --family tora --samples 1 --out {folder / 'run'}"
    return options.split()


def test_too_many_failures_end_the_run_and_fewer_are_told(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["eval", str(file), *replayed(tmp_path, {n: f"print({n} * 34)" for n in range(12, 31)})]
    assert mathsolve([*words, "--max-errors", "0%"]) == 4
    assert "too many samples failed: " in capsys.readouterr().err
    assert mathsolve(words) == 0
    told = capsys.readouterr()
    assert "1 sample failed, the last with: " in told.err and "tries it again" in told.err
    assert told.out.splitlines()[1].split()[2:5] == ["19", "1", "100.0%"]


def test_a_slow_sample_holds_up_no_other(file: Path, tmp_path: Path) -> None:
    programs = {n: "while True: pass" if n == 12 else f"print({n} * 34)" for n in range(12, 32)}
    assert mathsolve(["eval", str(file), *replayed(tmp_path, programs), "--concurrency", "2"]) == 0
    *others, last = Run.load(tmp_path / "run").records()
    assert (len(others), last.problem, last.steps[-2].status) == (19, "sums/12", "timeout")  # type: ignore[union-attr]


def test_a_dry_run_shows_a_sample_and_records_nothing(file: Path, tmp_path: Path) -> None:
    done = run(file, "--samples", "100", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2,000 samples" in done.stdout and "What is 12 times 34?" in done.stdout and "408" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["sums.jsonl"]


def test_what_a_judge_chooses_stands_beside_the_majority_and_is_scored_once(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge, out = tiny_judge(tmp_path / "judge"), tmp_path / "run"
    words = ["eval", str(file), "--limit", "3", "--samples", "2", "--out", str(out), "--scorer", str(judge)]
    assert mathsolve(words) == 0
    told = capsys.readouterr().out
    assert all(part in told for part in ("maj@k", "best of 2", "vote weighed by", "6 samples got a score of reward"))
    assert mathsolve([*words, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["scores"]["scored"], again["scores"]["known"]) == (0, 6)
    assert again["metrics"]["groups"][0]["chosen"][0]["scorer"] == "reward"
    assert json.loads((out / "metrics.json").read_text()) == again["metrics"]


def test_a_scorer_that_is_none_is_told_before_anything_is_sampled(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        words = ["eval", str(file), "--samples", "2", "--out", str(tmp_path / "run"), "--scorer", str(folder)]
        assert mathsolve(words) == 2
        told = capsys.readouterr().err
        assert "holds no judge.json" in told and told.count("\n") == 1
    assert not (tmp_path / "run").exists()
