"""Programs that other models wrote as a run, so that judges can learn from them: each is executed and graded here.

    mathsolve train adopt solutions.jsonl.gz --out runs/theirs

A line is a JSON object with `question`, `expected_answer` and `extracted_code`. Promises: what a file says of results is not
believed; every program runs in the sandbox, and its answer is graded as all others are. The same question has the same name
in every run, so that runs of several files are pooled; the same command goes on where it was ended.
"""

from __future__ import annotations

import ast
import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from ...engine.errors import UsageError
from ...engine.grading.grade import VERSION
from ...engine.trajectory import Step, Thought
from ...evaluation.item import Item
from ...evaluation.record import Record
from ...evaluation.run import Run, item_to_json, replace_file
from ...evaluation.running.claim import check_folder
from ...evaluation.running.journal import Journal
from ...evaluation.running.verdicts import Verdicts
from ...sandbox import Observation, Program, Sandbox

AT_ONCE = 8
"""Programs that run at the same time."""


@dataclass(frozen=True, slots=True)
class Written:
    """A line of the file."""

    item: Item
    """The problem."""
    code: str
    """The program."""
    key: str
    """Of its record."""


def adopt(file: Path, folder: Path, bench: str, sandbox: Sandbox) -> Run:
    """Makes the run of a file, or goes on with it.

    Args:
        file: JSONL, also compressed (.gz).
        folder: of the run.
        bench: what its problems are called.
        sandbox: runs the programs; it is closed at the end.

    Raises:
        UsageError: the file cannot be read, or the folder holds something else.
    """
    lines = list(_lines(file, bench))
    if not lines:
        raise UsageError(f"{file} is empty: a line is an object with question, expected_answer and extracted_code")
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("rb") as opened:
        made_of = {"model": file.name, "digest": file_digest(opened, "sha256").hexdigest(), "bench": bench}
    run = Run(folder)
    if run.path("run.json").is_file() and run.description.get("config") != made_of:
        raise UsageError(f"{folder} is a run of something else; name another folder with --out")
    items = {line.item.id: line.item for line in lines}
    replace_file(run.path("problems.jsonl"), (item_to_json(item) + "\n" for item in items.values()))
    run.write("run.json", json.dumps({"config": made_of, "environment": {}}, indent=2) + "\n")
    asyncio.run(_carry_out(Run(folder), lines, sandbox))
    return Run(folder)


async def _carry_out(run: Run, lines: list[Written], sandbox: Sandbox) -> None:
    verdicts, free = Verdicts(sandbox), asyncio.Semaphore(AT_ONCE)
    with Journal(run.folder) as journal:
        done = {record.key for record in run.records()}

        async def one(line: Written) -> None:
            async with free:
                journal.add(await _record(line, sandbox, verdicts))

        try:
            left = {line.key: line for line in lines if line.key not in done}
            await asyncio.gather(*(one(line) for line in left.values()))
        finally:
            await sandbox.close()


async def _record(line: Written, sandbox: Sandbox, verdicts: Verdicts) -> Record:
    async with await sandbox.open() as session:
        seen = await session.run(program := Program(asked(line.code)))
    shown = seen.text.strip().splitlines() if seen.ok else []
    answer = shown[-1].strip() if shown else None
    said: tuple[Step, ...] = (Thought(f"The answer is \\boxed{{{answer}}}."),) if answer is not None else ()
    verdict = await verdicts.of(line.item, answer, given=answer is not None)
    return Record(
        key=line.key,
        problem=line.item.id,
        sample=0,
        mode="pot",
        answer=answer,
        given=answer is not None,
        verdict=verdict.verdict,
        reason=verdict.reason,
        method=verdict.method,
        grader=VERSION,
        stop="answered" if answer is not None else "sandbox_error" if seen.status == "infra_error" else "no_answer",
        detail=None,
        steps=(program, Observation(**{name: getattr(seen, name) for name in _KEPT}), *said),
        prompt_tokens=0,
        sampled_tokens=0,
        observed_tokens=0,
        seconds=seen.wall_s,
    )


_KEPT = ("status", "stdout", "value", "error", "cpu_s", "truncated", "tier")


def asked(code: str) -> str:
    """A program that only defines a function without parameters, asked for the function's value.

    >>> asked("def f():\\n    return 7").splitlines()[-1]
    'print(f())'
    """
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
    own = [one for one in body if not isinstance(one, ast.Import | ast.ImportFrom)]
    functions = [one for one in own if isinstance(one, ast.FunctionDef)]
    if not functions or len(functions) < len(own) or functions[-1].args.args:
        return code
    return f"{code.rstrip()}\nprint({functions[-1].name}())"


def _lines(file: Path, bench: str) -> Iterator[Written]:
    for number, text in enumerate(_texts(file), 1):
        try:
            yield _line(json.loads(text), bench)
        except (ValueError, KeyError, TypeError) as error:
            told = f"{type(error).__name__}: {error}"
            raise UsageError(
                f"{file}, line {number}, is no object with question, expected_answer and extracted_code ({told})"
            ) from error


def _texts(file: Path) -> Iterator[str]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}; make or copy it again") from error


def _line(told: dict[str, object], bench: str) -> Written:
    question, gold, code = str(told["question"]), str(told["expected_answer"]), str(told["extracted_code"])
    name = sha256(question.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    key = sha256(f"{question}\0{gold}\0{code}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Written(Item(f"{bench}/{name}", bench, question, gold), code, key)
