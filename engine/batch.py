"""Many questions from a stream: one a line or JSON objects in, one line out for each, in order, as soon as it is known.

Promises: a line that cannot be read costs that line and nothing else; answers do not wait for the end of the input; at
most `CONCURRENCY` questions are held in memory.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, TextIO

from .console import no_answer
from .errors import UsageError
from .oneshot import FAILURES
from .question import checked, decoded
from .solver import Solver
from .trajectory import Problem, Solution

_OBJECT = re.compile(r'\{\s*["}]')
"""How a JSON object starts, and no set in braces."""
CONCURRENCY = 16
"""Questions that are answered at the same time."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: a problem, or what is wrong with the line."""

    number: int
    """Counted from 1, blank lines included."""
    id: object = None
    """The caller's `id`, of whatever JSON type it was."""
    problem: Problem | None = None
    """The problem, when the line holds one."""
    error: str | None = None
    """What is wrong with the line, when it does not."""


def problem_lines(stdin: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a batch, one at a time as they arrive; blank lines are skipped.

    A line that starts like a JSON object is one, with `question` and an optional `id`; any other line is a question.
    """
    for number, raw in enumerate(stdin, start=1):
        if not raw.strip():
            continue
        identity: object = None
        try:
            question = decoded(raw, f"line {number}").strip()
            if _OBJECT.match(question):
                question, identity = _from_object(question)
            yield Line(number, identity, Problem(checked(question), id=None if identity is None else str(identity)))
        except UsageError as error:
            yield Line(number, identity, error=str(error))


def answer_all(solver: Solver, stdin: BinaryIO, out: TextIO, err: TextIO, *, as_json: bool) -> int:
    """Answers a batch and returns the exit code, the first that applies: 1 something failed, 2 a line could not be
    read, 3 a question has no answer, 0 all are answered."""
    return asyncio.run(_answer_all(solver, stdin, out, err, as_json))


async def _answer_all(solver: Solver, stdin: BinaryIO, out: TextIO, err: TextIO, as_json: bool) -> int:
    codes = {0}
    async for line, solution in _answered(solver, problem_lines(stdin)):
        out.write((_json(line, solution) if as_json else _text(solution)) + "\n")
        out.flush()
        if solution is None or solution.answer is None:
            codes.add(2 if solution is None else 1 if solution.stop in FAILURES else 3)
            if not as_json:
                err.write(f"line {line.number}: {line.error if solution is None else no_answer(solution)}\n")
    return next(code for code in (1, 2, 3, 0) if code in codes)


async def _answered(solver: Solver, lines: Iterator[Line]) -> AsyncIterator[tuple[Line, Solution | None]]:
    """Every line with its solution, in order. A thread of its own waits for input, so that answers never do."""
    loop = asyncio.get_running_loop()
    room = threading.Semaphore(CONCURRENCY)
    begun: asyncio.Queue[tuple[Line, asyncio.Task[Solution] | None] | None] = asyncio.Queue()

    def begin(line: Line) -> None:
        task = loop.create_task(solver.asolve(line.problem)) if line.problem else None
        if task is not None:  # when one fails for want of a model, all do: that is told once
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        begun.put_nowait((line, task))

    def read() -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody waits for answers any more
            for line in lines:
                room.acquire()
                loop.call_soon_threadsafe(begin, line)
            loop.call_soon_threadsafe(begun.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (item := await begun.get()) is not None:
        line, task = item
        yield line, await task if task else None
        room.release()


def _from_object(text: str) -> tuple[str, object]:
    """The question and the id in one JSON line."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f'not a JSON object ({error}): write {{"question": "..."}}') from None
    question = record.get("question") if isinstance(record, dict) else None
    if not isinstance(question, str):
        raise UsageError('the line needs a text under "question": write {"question": "..."}')
    return question, record.get("id")


def _json(line: Line, solution: Solution | None) -> str:
    identity: dict[str, Any] = {} if line.id is None else {"id": line.id}
    if solution is None:
        empty: dict[str, Any] = {"question": None, "answer": None, "stop": "unreadable", "steps": []}
        told = {"schema_version": 1, **identity, "line": line.number, **empty, "error": line.error}
        return json.dumps(told, ensure_ascii=False)
    return json.dumps({**solution.to_dict(), **identity}, ensure_ascii=False)


def _text(solution: Solution | None) -> str:
    """The answer on one line; an empty line where there is none, so that lines in and out stay side by side."""
    return " ".join(((solution and solution.answer) or "").split())
