"""`mathsolve grade` as a user calls it."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest


def run(data: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mathsolve", "grade", "-", *options]
    return subprocess.run(command, input=data, capture_output=True, text=True, timeout=120)


def test_one_verdict_a_line_in_order() -> None:
    records = [
        {"id": 7, "gold": "1/2", "pred": "0.5"},
        {"id": "b", "gold": "3", "pred": "The answer is 4.", "context": "completion"},
        {"gold": "x", "pred": None},
        {"id": 8, "gold": "2", "pred": "10^{10^{10^{10}}}"},
    ]
    done = run("\n".join(map(json.dumps, records)) + "\n\n", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["id"], line["verdict"]) for line in found] == [
        (7, "correct"),
        ("b", "wrong"),
        (None, "wrong"),
        (8, "undecided"),
    ]
    assert all({"reason", "method", "version"} <= set(line) for line in found)
    assert done.returncode == 0


def test_a_completion_says_where_its_answer_comes_from() -> None:
    pred = "<think>It is 5.</think>First \\boxed{6}, no: \\boxed{7}."
    done = run(json.dumps({"gold": "7", "pred": pred, "context": "completion"}), "--json")
    found = json.loads(done.stdout)["extracted"]
    begin, end = found["flexible"]["span"]
    assert (found["flexible"]["answer"], found["flexible"]["rule"]) == ("7", "boxed")
    assert pred[begin:end] == "\\boxed{7}"
    assert found["flexible"]["flags"] == ["several boxes"]
    assert found["strict"] == found["flexible"]
    assert [one["answer"] for one in found["candidates"] if one["rule"] == "box"] == ["6", "7"]


def test_algebra_settles_a_line_and_holds_up_no_other() -> None:
    records = [
        {"id": 1, "gold": "1", "pred": r"\int_0^1 x^{x^{x^{x}}} dx + \int_0^1 \Gamma(x+1)^{x} dx"},
        {"id": 2, "gold": r"\frac{n(n+1)}{2}", "pred": r"\sum_{k=1}^{n} k"},
        {"id": 3, "gold": "2", "pred": "2"},
    ]
    found = [json.loads(line) for line in run("\n".join(map(json.dumps, records)), "--json").stdout.splitlines()]
    assert [line["id"] for line in found] == [1, 2, 3]
    assert found[0]["verdict"] != "correct"
    assert [(line["verdict"], line["method"]) for line in found[1:]] == [("correct", "algebra"), ("correct", "text")]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("nonsense", "line 2 is not JSON"),
        ('{"gold": "1"}', 'line 2 lacks a text "gold" or a "pred"'),
        ('{"gold": 1, "pred": "1"}', "line 2 lacks"),
        ('{"gold": "1", "pred": 1}', '"pred" is 1'),
        ('{"gold": "1", "pred": "1", "context": "essay"}', "context 'essay'"),
        ("[]", "line 2 lacks"),
        ("[" * 100_000, "line 2 is not JSON"),
    ],
)
def test_a_bad_line_is_named_and_what_came_before_is_kept(line: str, named: str) -> None:
    done = run('{"gold": "1", "pred": "1"}\n' + line + "\n")
    assert done.stdout.startswith("correct")
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_a_closed_standard_input_is_told() -> None:
    command = f"{shlex.quote(sys.executable)} -m mathsolve grade - <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert (done.returncode, "standard input is closed" in done.stderr) == (2, True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mathsolve", "grade", str(tmp_path / "none.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, "none.jsonl" in done.stderr) == (2, True)
