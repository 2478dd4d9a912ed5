"""Documents: what is exported reads back, is valid, and runs again to the same outputs."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mathsolve.engine.document import export, json_text, markdown, notebook, prose, read
from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Candidate, Problem, Solution, Thought, Trajectory
from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program

QUESTION = "What is 2*3*x, and x_1?"
CODE = "x = 6\nprint('x is', x)\nx * 7"


def solved(*steps: Thought | Program | Observation, answer: str | None = "42") -> Solution:
    """A hand-made solution of three attempts, two of which agree."""
    problem = Problem(QUESTION, id="7")
    stop = "answered" if answer else "no_answer"
    attempt = Trajectory(problem, steps, answer, stop)
    return Solution(
        problem, answer, stop, attempt, (attempt,) * 3, 2 / 3, 0.5, None if answer else "nothing fits", seconds=1.5
    )


def worked() -> Solution:
    """A solution with two programs that share a variable, and a failing third."""
    return solved(
        Thought("Multiply."),
        Program(CODE),
        Observation("ok", stdout="x is 6\n", value="42", cpu_s=0.001, tier="A"),
        Program("print(x + 1)"),
        Observation("ok", stdout="7\n"),
        Program("1 / 0"),
        Observation("error", error="ZeroDivisionError: division by zero"),
        Thought("The answer is \\boxed{42}."),
    )


def test_markdown_shows_every_step_and_the_answer() -> None:
    text = markdown(worked())
    assert f"```python\n{CODE}\n```" in text
    assert "```text\nx is 6\n42\n```" in text
    assert "ZeroDivisionError" in text
    assert "**Answer:** `42`" in text
    assert "2 of 3 attempts agree" in text


def test_markdown_typesets_an_answer_given_in_latex() -> None:
    assert r"$\frac{1}{2}$" in markdown(solved(answer="1/2"), latex=r"\frac{1}{2}")


def test_markdown_says_why_there_is_no_answer() -> None:
    assert "**No answer I trust:** nothing fits" in markdown(solved(answer=None))


def test_a_program_with_backticks_cannot_leave_its_block() -> None:
    assert '````python\nprint("```")\n````' in markdown(solved(Program('print("```")')))


def test_prose_keeps_mathematics_and_escapes_markup() -> None:
    assert prose("2*3*x <b> $a*b*c$ `c*d`") == r"2\*3\*x \<b\> $a*b*c$ `c*d`"


def test_jupyter_shows_the_markdown() -> None:
    assert worked()._repr_markdown_() == markdown(worked())


def test_json_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    candidates = (Candidate("4", 0.6, 0.9), Candidate("5", 0.4))
    solutions = [worked(), solved(answer=None), replace(worked(), candidates=candidates)]
    export(solutions, path)
    assert [s.to_dict() for s in read(path)] == [s.to_dict() for s in solutions]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"solutions": [{}]}', '{"solutions": [{"question": 1}]}', "\x00"])
def test_a_file_that_is_no_session_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"other\.json"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.json.*No such file"):
        read(tmp_path / "nowhere.json")


def test_export_refuses_an_unknown_ending_and_an_empty_session(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.md, \.json, \.ipynb"):
        export([worked()], tmp_path / "session.docx")
    with pytest.raises(UsageError, match="ask something first"):
        export([], tmp_path / "session.md")
    with pytest.raises(UsageError, match="choose another place"):
        export([worked()], tmp_path / "no" / "such" / "session.md")


def test_notebook_has_the_form_of_nbformat_4_5() -> None:
    book = json.loads(notebook([worked(), worked()]))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    allowed = {"code": {"id", "cell_type", "metadata", "source", "outputs", "execution_count"}}
    for cell in book["cells"]:
        assert set(cell) == allowed.get(cell["cell_type"], {"id", "cell_type", "metadata", "source"})
    first, _, failing = [cell for cell in book["cells"] if cell["cell_type"] == "code"][:3]
    assert [output["output_type"] for output in first["outputs"]] == ["stream", "execute_result"]
    assert failing["outputs"][0]["ename"] == "ZeroDivisionError"


def test_notebook_runs_again_to_the_recorded_outputs() -> None:
    cells = [cell for cell in json.loads(notebook([worked()]))["cells"] if cell["cell_type"] == "code"]
    observed = asyncio.run(_run([cell["source"] for cell in cells]))
    for cell, observation in zip(cells, observed, strict=True):
        recorded = {output["output_type"]: output for output in cell["outputs"]}
        assert observation.stdout == recorded.get("stream", {}).get("text", "")
        assert observation.value == recorded.get("execute_result", {}).get("data", {}).get("text/plain")
        assert (observation.error or "").partition(":")[0] == recorded.get("error", {}).get("ename", "")


async def _run(programs: list[str]) -> list[Observation]:
    async with ProcessSandbox() as sandbox, await sandbox.open() as session:
        return [await session.run(Program(code), Limits(cpu_s=2)) for code in programs]


def test_json_text_is_readable_json() -> None:
    assert json.loads(json_text([worked()]))["schema_version"] == 1
