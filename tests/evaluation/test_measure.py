"""Counts, intervals and files of problems."""

from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.solver import Solver
from mathsolve.engine.trajectory import Problem
from mathsolve.evaluation.measure import load_problems, markdown_table, measure, summarise, wilson


@pytest.mark.parametrize(("k", "n", "low", "high"), [(25, 30, 0.664, 0.927), (30, 30, 0.886, 1.0), (0, 10, 0.0, 0.278)])
def test_wilson_against_published_values(k: int, n: int, low: float, high: float) -> None:
    assert [round(x, 3) for x in wilson(k, n)] == [low, high]


def test_right_wrong_declined_and_lost_are_counted_apart(solver: Solver) -> None:
    problems = [
        Problem("What is 12 times 34?", answer="408", domain="arithmetic"),
        Problem("What is 12 times 34?", answer="409", domain="arithmetic"),
        Problem("Who painted the Mona Lisa?", answer=None, domain="facts"),
    ]
    results = list(measure(solver, problems))
    assert [r.right for r in results] == [True, False, False]
    summary = summarise(results)
    assert (summary.n, summary.right, summary.wrong, summary.lost) == (3, 1, 1, 0)
    assert "| arithmetic | 2 | 50.0% |" in markdown_table(results)


@pytest.mark.parametrize("line", ["{", "[]", '{"answer": "4"}', "7"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text('{"question": "2+2", "answer": "4"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 2"):
        load_problems(path)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        load_problems(Path("nowhere.jsonl"))
