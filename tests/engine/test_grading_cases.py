"""Verdicts on tables of cases: our own, and the suites of other graders where they lie beside this repository."""

import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.grading.grade import grade
from mathsolve.engine.solver import Solver

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "data"
DECISIONS = tomllib.loads((HERE / "grader_decisions.toml").read_text(encoding="utf-8"))
CASES = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "cases").glob("*.toml"))}
BY_RULES = [name for name in CASES if name not in ("symbolic", "completions")]


@pytest.mark.parametrize("name", BY_RULES)
def test_equal_answers_are_correct_in_both_directions(name: str) -> None:
    pairs = [pair for gold, pred in CASES[name]["equal"] for pair in ((gold, pred), (pred, gold))]
    assert [pair for pair in pairs if grade(*pair).verdict != "correct"] == []


@pytest.mark.parametrize("name", BY_RULES)
def test_different_answers_are_wrong_in_both_directions(name: str) -> None:
    pairs = [pair for gold, pred in CASES[name]["different"] for pair in ((gold, pred), (pred, gold))]
    assert [pair for pair in pairs if grade(*pair).verdict == "correct"] == []


@pytest.mark.parametrize(("gold", "pred"), CASES["symbolic"]["equal"])
def test_algebra_settles_what_is_equal(solver: Solver, gold: str, pred: str) -> None:
    assert solver.equal(gold, pred)


@pytest.mark.parametrize(("gold", "pred"), CASES["symbolic"]["different"])
def test_algebra_never_calls_different_answers_equal(solver: Solver, gold: str, pred: str) -> None:
    assert not solver.equal(gold, pred)


def test_completions_state_their_answer() -> None:
    cases = CASES["completions"]
    assert [case for case in cases["right"] if grade(*case, "completion").verdict != "correct"] == []
    assert [case for case in cases["wrong"] if grade(*case, "completion").verdict == "correct"] == []


@pytest.mark.skipif(
    not (SHARED / "grader").exists(), reason="the suites of other graders are not beside this repository"
)
@pytest.mark.parametrize(
    "suite",
    ["hard", "mathverify", "hendrycks", "qwen_grader", "prm800k_rules", "xwin_readme", "nemo_skills", "inspect_ai"],
)
def test_every_disagreement_with_a_suite_is_decided(suite: str) -> None:
    lines = (SHARED / "grader" / f"{suite}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "gold" in row and "expected" in row]
    found = {row["id"] for row in rows if _is_correct(row, suite) != row["expected"]}
    assert found == set(DECISIONS.get(suite, {}))


def _is_correct(row: dict[str, Any], suite: str) -> bool:
    context = row.get("context") or ("completion" if suite == "mathverify" else "answer")
    return grade(row["gold"], row["pred"], context).verdict == "correct"


@pytest.mark.skipif(not (SHARED / "eval").exists(), reason="the benchmarks are not beside this repository")
@pytest.mark.parametrize(
    "name", ["gsm8k", "math500", "minerva_ocw", "deepmind_mathematics", "asdiv_eval", "college_math"]
)
def test_right_answers_of_benchmarks_are_accepted_in_a_box(name: str) -> None:
    for path in (SHARED / "eval" / name).glob("*.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            golds = [row["answer"] for row in map(json.loads, lines) if isinstance(row.get("answer"), str)]
        short = [gold for gold in dict.fromkeys(golds) if 0 < len(gold) < 200][:800]
        assert [gold for gold in short if grade(gold, rf"\boxed{{ {gold} }}").verdict != "correct"] == []
