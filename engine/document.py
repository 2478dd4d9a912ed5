"""Solutions as documents: Markdown to read, JSON to keep, and a notebook that runs again.

Promises: what is written is what happened: programs letter for letter, outputs as recorded; `read` of what `json_text`
wrote gives the same solutions, but for the attempts that were not chosen, of which only the number is kept. Does not
promise that programs are run: a notebook shows recorded outputs, and re-running it shows whether they hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..sandbox.program import Observation, Program
from .errors import UsageError
from .receipts.check import line
from .trajectory import Candidate, Check, Problem, Solution, Step, Thought, Trajectory

_MATHS = re.compile(r"(\$\$.+?\$\$|\$[^$\n]+\$|`[^`\n]+`)", re.DOTALL)
_SPECIAL = re.compile(r"([\\*_<>\[\]#|~])")


def markdown(solution: Solution, latex: str | None = None) -> str:
    """One solution as Markdown; `latex` is the answer in LaTeX, when it was typeset."""
    parts = [f"**Question.** {prose(solution.problem.question)}"]
    parts += [_markdown_step(step) for step in solution.steps]
    parts.append(_markdown_answer(solution, latex))
    return "\n\n".join(part for part in parts if part) + "\n"


def transcript(solutions: Iterable[Solution]) -> str:
    """Several solutions as one Markdown document."""
    return "\n---\n\n".join(["# mathsolve session\n", *(markdown(solution) for solution in solutions)])


def prose(text: str) -> str:
    """`text` with what Markdown would take for markup escaped; `$...$` and code stay as they are.

    >>> prose("3*4*5 and $x_1*x_2$")
    '3\\\\*4\\\\*5 and $x_1*x_2$'
    """
    pieces = _MATHS.split(text.strip())
    return "".join(piece if i % 2 else _SPECIAL.sub(r"\\\1", piece) for i, piece in enumerate(pieces))


def json_text(solutions: Iterable[Solution]) -> str:
    """A session as JSON, to be read again by `read`."""
    session = {"schema_version": 1, "mathsolve": __version__, "solutions": [s.to_dict() for s in solutions]}
    return json.dumps(session, ensure_ascii=False, indent=1) + "\n"


def read(path: Path) -> list[Solution]:
    """The solutions that `json_text` wrote to a file.

    Raises:
        UsageError: the file cannot be read or holds something else.
    """
    try:
        session = json.loads(path.read_text(encoding="utf-8"))
        return [solution_from_dict(item) for item in session["solutions"]]
    except OSError as error:
        raise UsageError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{str(path)!r} is not a session saved by /save or /export ...json ({error})") from error


def solution_from_dict(data: dict[str, Any]) -> Solution:
    """The solution that `Solution.to_dict` described."""
    problem = Problem(data["question"], id=data.get("id"))
    steps = tuple(_step_from_dict(step) for step in data["steps"])
    chosen = Trajectory(problem, steps, data["answer"], data["stop"], detail=data["detail"])
    return Solution(
        problem,
        answer=data["answer"],
        stop=data["stop"],
        trajectory=chosen,
        trajectories=(chosen,) * data["samples"],
        agreement=data["agreement"],
        confidence=data["confidence"],
        detail=data["detail"],
        candidates=tuple(Candidate(**candidate) for candidate in data.get("candidates", ())),
        seconds=data["seconds"],
        checks=tuple(Check(**check) for check in data.get("checks", ())),
        tied=tuple(data.get("tied", ())),
    )


def notebook(solutions: Sequence[Solution]) -> str:
    """A Jupyter notebook (nbformat 4.5): thoughts as text, programs as cells with their recorded outputs."""
    cells = [_text_cell(f"# mathsolve session\n\nProgram outputs as recorded by mathsolve {__version__}.")]
    count = 0
    for number, solution in enumerate(solutions, start=1):
        cells.append(_text_cell(f"## {number}. {prose(solution.problem.question)}"))
        for step in solution.steps:
            if isinstance(step, Thought):
                cells.append(_text_cell(prose(step.text)))
            elif isinstance(step, Program):
                count += 1
                cells.append(_code_cell(step.code, count))
            else:
                cells[-1]["outputs"] = _outputs(step, count)
        cells.append(_text_cell(_markdown_answer(solution, None)))
    return json.dumps(
        {
            "cells": [{"id": f"cell-{i}", **cell} for i, cell in enumerate(cells)],
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        ensure_ascii=False,
        indent=1,
    )


FORMS = {".md": transcript, ".json": json_text, ".ipynb": notebook}
"""What a session can be exported as, by the ending of the file's name."""


def export(solutions: Sequence[Solution], path: Path) -> None:
    """Writes a session in the form that the file's ending names.

    Raises:
        UsageError: nothing to write, an unknown ending, or a place that cannot be written to.
    """
    if path.suffix not in FORMS:
        raise UsageError(f"cannot export to {str(path)!r}: its name must end in {', '.join(FORMS)}")
    if not solutions:
        raise UsageError("nothing to export yet: ask something first")
    try:
        path.write_text(FORMS[path.suffix](solutions), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {str(path)!r}: {error.strerror}; choose another place") from error


def _markdown_step(step: Step) -> str:
    if isinstance(step, Thought):
        return prose(step.text)
    if isinstance(step, Program):
        return _fenced(step.code, "python")
    return _fenced(step.text, "text") if step.text else ""


def _fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def _markdown_answer(solution: Solution, latex: str | None) -> str:
    if solution.answer is None:
        return f"**No answer I trust:** {prose(solution.detail or solution.stop)}"
    attempts = len(solution.trajectories)
    support = f"{round(solution.agreement * attempts)} of {attempts} attempts agree" if attempts > 1 else "one attempt"
    shown = f"${latex}$" if latex else _inline(solution.answer)
    return f"**Answer:** {shown}  \n*{prose(line(solution.checks))}; {support}, {solution.seconds:.1f} s*"


def _inline(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _step_from_dict(data: dict[str, Any]) -> Step:
    if data["kind"] == "thought":
        return Thought(data["text"])
    if data["kind"] == "program":
        return Program(data["code"])
    kept = {name: value for name, value in data.items() if name != "kind"}
    return Observation(**kept)


def _text_cell(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code_cell(code: str, count: int) -> dict[str, Any]:
    code = code.strip("\n")
    return {"cell_type": "code", "metadata": {}, "source": code, "execution_count": count, "outputs": []}


def _outputs(observation: Observation, count: int) -> list[dict[str, Any]]:
    """What a kernel would have recorded: printed text, the last value, the error."""
    outputs: list[dict[str, Any]] = []
    if observation.stdout:
        outputs.append({"output_type": "stream", "name": "stdout", "text": observation.stdout})
    if observation.value is not None:
        data = {"text/plain": observation.value}
        outputs.append({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": count})
    if observation.error is not None:
        name, _, message = observation.error.partition(": ")
        outputs.append({"output_type": "error", "ename": name, "evalue": message, "traceback": [observation.error]})
    return outputs
