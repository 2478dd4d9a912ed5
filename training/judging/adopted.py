"""What other models wrote as a run: programs are executed, and every answer is graded here.

    mathsolve train adopt solutions.jsonl.gz --out runs/theirs

For the forms of a file see `published`. Promises: what a file says of results is not believed; every program runs in the
sandbox, and every answer is graded as all others are. The same question has the same name in every run, so that runs of several
files are pooled; samples are numbered by the names of their solutions, or by their order in the file. The same command goes on
where it was ended, and tries again what the machinery failed in.
"""

from __future__ import annotations

import ast
import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

from ...engine.errors import UsageError
from ...engine.grading.grade import VERSION
from ...engine.trajectory import Step, Stop, Thought
from ...evaluation.record import Record
from ...evaluation.run import Run, item_to_json, replace_file
from ...evaluation.running.claim import check_folder
from ...evaluation.running.journal import Journal, locked
from ...evaluation.running.verdicts import Verdicts
from ...sandbox import Observation, Program, Sandbox
from .published import Published

AT_ONCE = 8
"""Programs that run at the same time."""


def adopt(file: Path, solutions: Sequence[Published], folder: Path, sandbox: Sandbox) -> Run:
    """Makes the run of a file, or goes on with it.

    Args:
        file: that the solutions are of.
        solutions: all of them, see `read_published`.
        folder: of the run.
        sandbox: runs the programs; it is closed at the end.

    Raises:
        UsageError: the folder holds something else, or another process is at it.
    """
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error.strerror}; name another folder with --out") from error
    with locked(folder):
        _claim(Run(folder), file, solutions)
    asyncio.run(_carry_out(Run(folder), solutions, sandbox))
    return Run(folder)


def _claim(run: Run, file: Path, solutions: Sequence[Published]) -> None:
    """Writes what the run is a run of. Raises `UsageError` where that is something else."""
    items = {one.item.id: one.item for one in solutions}
    with file.open("rb") as opened:
        made_of: dict[str, Any] = {"model": file.name, "digest": file_digest(opened, "sha256").hexdigest()}
    made_of["bench"] = solutions[0].item.bench
    if names := _names(solutions):
        made_of |= {"solutions": names, "models": [name.partition("_")[0] for name in names]}
    if run.path("run.json").is_file() and run.description.get("config") != made_of:
        raise UsageError(f"{run.folder} is a run of something else; name another folder with --out")
    replace_file(run.path("problems.jsonl"), (item_to_json(item) + "\n" for item in items.values()))
    run.write("run.json", json.dumps({"config": made_of, "environment": {}}, indent=2) + "\n")


def _names(solutions: Sequence[Published]) -> list[str]:
    """The names of solutions by number of the sample; none where a line has one solution without a name."""
    return [name for name in dict.fromkeys(one.name for one in solutions) if name]


def _numbers(solutions: Iterable[Published], names: Sequence[str]) -> Iterator[int]:
    """The number of the sample of each solution: the place of its name, or after all names its place at its question."""
    nameless: Counter[str] = Counter()
    for one in solutions:
        if one.name:
            yield names.index(one.name)
        else:
            yield len(names) + nameless[one.item.id]
            nameless[one.item.id] += 1


async def _carry_out(run: Run, solutions: Sequence[Published], sandbox: Sandbox) -> None:
    verdicts, free = Verdicts(sandbox), asyncio.Semaphore(AT_ONCE)
    different = {solution.key: solution for solution in solutions}.values()
    numbered = list(zip(different, _numbers(different, _names(solutions)), strict=True))
    with Journal(run.folder) as journal:
        done = {record.key for record in run.records() if not record.failed}

        async def one(solution: Published, sample: int) -> None:
            async with free:
                journal.add(await _record(solution, sample, sandbox, verdicts))

        try:
            left = [(solution, sample) for solution, sample in numbered if solution.key not in done]
            await asyncio.gather(*(one(solution, sample) for solution, sample in left))
        finally:
            await sandbox.close()


async def _record(solution: Published, sample: int, sandbox: Sandbox, verdicts: Verdicts) -> Record:
    steps, answer, seconds = await _carried_out(solution, sandbox)
    verdict = await verdicts.of(solution.item, answer, given=answer is not None)
    return Record(
        key=solution.key,
        problem=solution.item.id,
        sample=sample,
        mode="pot" if isinstance(solution.step, Program) else "cot",
        answer=answer,
        given=answer is not None,
        verdict=verdict.verdict,
        reason=verdict.reason,
        method=verdict.method,
        grader=VERSION,
        stop=_stop(steps, answer),
        detail=None,
        steps=steps,
        prompt_tokens=0,
        sampled_tokens=0,
        observed_tokens=0,
        seconds=seconds,
    )


async def _carried_out(solution: Published, sandbox: Sandbox) -> tuple[tuple[Step, ...], str | None, float]:
    """The steps, the answer, and the wall seconds that a program took."""
    if not isinstance(solution.step, Program):
        return (solution.step,), solution.answer, 0.0
    async with await sandbox.open() as session:
        seen = await session.run(program := Program(asked(solution.step.code)))
    shown = seen.text.strip().splitlines() if seen.ok else []
    answer = shown[-1].strip() if shown else None
    said = (Thought(f"The answer is \\boxed{{{answer}}}."),) if answer is not None else ()
    return (program, Observation(**{name: getattr(seen, name) for name in _KEPT}), *said), answer, seen.wall_s


def _stop(steps: Sequence[Step], answer: str | None) -> Stop:
    broken = any(isinstance(step, Observation) and step.status == "infra_error" for step in steps)
    return "answered" if answer is not None else "sandbox_error" if broken else "no_answer"


_KEPT = ("status", "stdout", "value", "error", "cpu_s", "truncated", "tier")


def asked(code: str) -> str:
    """A program that only defines a function without parameters, asked for the function's value.

    >>> asked("def f():\\n    return 7").splitlines()[-1]
    'print(f())'
    """
    try:
        module = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    body = module.body if ast.get_docstring(module) is None else module.body[1:]
    own = [one for one in body if not isinstance(one, ast.Import | ast.ImportFrom)]
    functions = [one for one in own if isinstance(one, ast.FunctionDef)]
    if not functions or len(functions) < len(own) or any(told for _, told in ast.iter_fields(functions[-1].args)):
        return code
    return f"{code.rstrip()}\nprint({functions[-1].name}())"
