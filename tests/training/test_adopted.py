"""Programs of other models as a run: executed and graded here, whatever the file says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.sandbox import ProcessSandbox
from mathsolve.training.judging.adopted import adopt, asked
from mathsolve.training.samples import pooled

FUNCTION = "def solution():\n    jars = 12 * 7\n    return jars"


def line(code: str, question: str = "How many jars are in 7 crates of 12?", **more: object) -> str:
    return json.dumps(
        {"question": question, "expected_answer": 84, "extracted_code": code, "status": "CORRECT", **more}
    )


def test_programs_are_executed_and_graded_and_files_pooled(tmp_path: Path) -> None:
    one, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    one.write_text("\n".join([line(FUNCTION), line("print(12 + 7)"), line("print(1 +")]) + "\n")
    with gzip.open(other, "wt") as file:
        file.write(line("print(84)") + "\n")
    runs = [adopt(path, tmp_path / path.name[0], "toy", ProcessSandbox()).folder for path in (one, other)]
    (problem,) = pooled(runs)
    assert [sample.record.verdict for sample in problem.samples].count("correct") == 2
    assert (len(problem.right), len(problem.wrong), len(problem.samples)) == (2, 2, 4)
    before = (tmp_path / "a" / "records.jsonl").read_bytes()
    adopt(one, tmp_path / "a", "toy", ProcessSandbox())
    assert (tmp_path / "a" / "records.jsonl").read_bytes() == before, "nothing is done twice"
    with pytest.raises(UsageError, match="is a run of something else"):
        adopt(other, tmp_path / "a", "toy", ProcessSandbox())


def test_a_function_that_nobody_calls_is_asked_for_its_value() -> None:
    assert asked(FUNCTION).endswith("\nprint(solution())")
    for code in (f"{FUNCTION}\nprint(solution())", "def f(x):\n    return x", "print(", "x = 1"):
        assert asked(code) == code


def test_what_is_no_solution_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(line(FUNCTION) + "\n" + '{"question": "?"}\n')
    with pytest.raises(UsageError, match=r"line 2, is no object .*expected_answer"):
        adopt(file, tmp_path / "run", "toy", ProcessSandbox())
    assert not (tmp_path / "run").exists()
    file.write_text("")
    with pytest.raises(UsageError, match="is empty"):
        adopt(file, tmp_path / "run", "toy", ProcessSandbox())
