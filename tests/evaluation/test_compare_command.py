"""`mathsolve compare` as a user calls it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mathsolve.__main__ import run
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record

Compare = Callable[..., CompletedProcess[str]]


def made(folder: Path, right: dict[str, Sequence[int]], **config: object) -> Path:
    """A run with these samples, 1 for right, of problems `bench/number`."""
    folder.mkdir()
    items = [Item(name, name.partition("/")[0], f"What is {name}?", "4") for name in right]
    records = [
        Record(
            key=f"{number:02x}{sample:030x}",
            problem=name,
            sample=sample,
            mode="cot",
            answer=("4", "8/2")[sample % 2] if yes else "5",
            given=True,
            verdict="correct" if yes else "wrong",
            reason="",
            method="exact",
            grader=1,
            stop="answered",
            detail=None,
            steps=(),
            prompt_tokens=1,
            sampled_tokens=1,
            observed_tokens=0,
            seconds=0.1,
        )
        for number, (name, samples) in enumerate(right.items())
        for sample, yes in enumerate(samples)
    ]
    (folder / "run.json").write_text(json.dumps({"config": {"model": folder.name, "temperature": 0.0, **config}}))
    (folder / "problems.jsonl").write_text("".join(json.dumps(asdict(item)) + "\n" for item in items))
    (folder / "records.jsonl").write_text("".join(record.to_json() + "\n" for record in records))
    return folder


@pytest.fixture
def compare(capfd: pytest.CaptureFixture[str]) -> Compare:
    """The command line, in this process."""

    def call(*arguments: object) -> CompletedProcess[str]:
        code = run(["compare", *map(str, arguments)])
        out, err = capfd.readouterr()
        return CompletedProcess(arguments, code, out, err)

    return call


def greedy(bench: str, right: int, n: int) -> dict[str, list[int]]:
    return {f"{bench}/{i}": [int(i < right)] for i in range(n)}


def test_a_clear_difference_is_stated_with_its_test_and_its_problems(compare: Compare, tmp_path: Path) -> None:
    a, b = made(tmp_path / "a", greedy("m", 10, 60)), made(tmp_path / "b", greedy("m", 30, 60))
    found = json.loads(compare(a, b, "--json").stdout)
    part = found["benches"]["m"]
    assert (part["wins"], part["losses"], part["ties"], part["test"]) == (20, 0, 40, "mcnemar")
    assert part["p"] == pytest.approx(2 / 2**20)
    assert [flip["problem"] for flip in found["better"]] == [f"m/{i}" for i in range(10, 30)]
    told = compare(a, b, "--flips", 2).stdout
    assert "m: B is better by 33.3 points" in told
    assert "m/10  0.00 -> 1.00\n  m/11  0.00 -> 1.00\n" in told
    assert "m/12" not in told


def test_a_tie_is_called_a_tie_and_says_what_could_not_be_seen(compare: Compare, tmp_path: Path) -> None:
    a, b = made(tmp_path / "a", greedy("m", 10, 20)), made(tmp_path / "b", greedy("m", 11, 20))
    told = compare(a, b).stdout
    assert "m: tied: the data cannot tell a difference smaller than 14.0 points" in told
    assert "20 problems cannot support a claim" in told


def test_a_regression_can_end_the_command_with_4(compare: Compare, tmp_path: Path) -> None:
    a, b = made(tmp_path / "a", greedy("m", 30, 60)), made(tmp_path / "b", greedy("m", 10, 60))
    assert [compare(a, b).returncode, compare(a, b, "--fail-on-regression").returncode] == [0, 4]
    assert compare(b, a, "--fail-on-regression").returncode == 0


def test_benchmarks_are_corrected_for_their_number(compare: Compare, tmp_path: Path) -> None:
    before = greedy("m", 0, 30) | greedy("n", 5, 30)
    a = made(tmp_path / "a", before)
    b = made(tmp_path / "b", greedy("m", 6, 30) | greedy("n", 5, 30))
    found = json.loads(compare(a, b, "--json").stdout)
    assert found["benches"]["m"]["p"] == pytest.approx(2 / 2**6)
    assert found["benches"]["m"]["adjusted"] == pytest.approx(4 / 2**6)
    assert "tied" in found["verdicts"]["m"]
    assert found["total"]["n"] == 60


def test_what_else_differs_is_named(compare: Compare, tmp_path: Path) -> None:
    a = made(tmp_path / "a", greedy("m", 5, 10), seed=1)
    b = made(tmp_path / "b", greedy("m", 5, 8) | {"m/9": [1]}, seed=2)
    changed = (b / "problems.jsonl").read_text().replace("What is m/0?", "What else?")
    (b / "problems.jsonl").write_text(changed)
    told = " ".join(json.loads(compare(a, b, "--json").stdout)["warnings"])
    assert "seed is 1 in A and 2 in B" in told
    assert "model" not in told.replace("More than the model differs", "")
    assert "Only the 8 common problems are compared: 1 are only in A, 0 only in B" in told
    assert "1 problems with the same id but another question" in told


def test_many_samples_are_compared_by_any_metric_and_votes_are_by_equal_answers(
    compare: Compare, tmp_path: Path
) -> None:
    a = made(tmp_path / "a", {f"m/{i}": [1, 1, 0, 0] for i in range(8)} | {"m/8": [0, 1, 1, 1]})
    b = made(tmp_path / "b", {f"m/{i}": [1, 1, 1, 0] for i in range(8)} | {"m/8": [0, 1, 1, 1]})
    values = {
        name: json.loads(compare(a, b, "--json", "--metric", name).stdout)["total"] for name in ("pass@4", "maj@4")
    }
    assert (values["pass@4"]["value"], values["maj@4"]["value"]) == (0, pytest.approx(8 * 0.5 / 9))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("a", "nowhere"), "nowhere' is no run"),
        (("a", "other"), "no problem in common"),
        (("a", "empty"), "has no samples yet"),
        (("a", "a", "--metric", "pass@2"), "problem 'm/0' has 1 of"),
        (("a", "a", "--metric", "elo"), "unknown metric 'elo'"),
        (("a", "a", "--metric", "best@1:judge"), "no scores of 'judge'"),
    ],
)
def test_bad_input_is_named_in_one_line(compare: Compare, tmp_path: Path, options: tuple[str, ...], named: str) -> None:
    made(tmp_path / "a", greedy("m", 1, 2))
    made(tmp_path / "other", greedy("x", 1, 2))
    made(tmp_path / "empty", {"m/0": []})
    done = compare(
        *(tmp_path / word if "@" not in word and word[0] != "-" and word != "elo" else word for word in options)
    )
    assert (done.returncode, done.stdout, named in done.stderr) == (2, "", True), done.stderr
    assert len(done.stderr.splitlines()) == 1
