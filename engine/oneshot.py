"""One question, one answer: the engine's outcome on the two standard streams, and the exit code that says it.

Promises: standard output carries the answer (or one JSON object) and nothing else; the trace and every message go to
standard error.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass, replace

from ..sandbox import Conditions, Limits, Observation, Program, Sandbox, SandboxError
from .console import Trace, no_answer, pen_for, show_answer, show_support
from .errors import BackendError, MathsolveError
from .solver import Solver
from .trajectory import step_to_dict
from .typeset import Typeset, typeset

FAILURES = {"backend_error": BackendError, "sandbox_error": SandboxError, "internal_error": MathsolveError}
"""Stop reasons that are the machine's fault or ours, not the question's."""


@dataclass(frozen=True, slots=True)
class View:
    """What of an answer is shown."""

    json: bool = False
    """One JSON object instead of the answer."""
    quiet: bool = False
    """Nothing but the answer."""
    verbose: bool = False
    """The trace even where standard error is no terminal."""
    plain: bool = False
    """No styles, no drawing."""

    @property
    def traced(self) -> bool:
        """Whether reasoning and programs are shown: on a terminal, or when asked for."""
        terminal = sys.stdout.isatty() and sys.stderr.isatty()
        return not self.quiet and (self.verbose or (terminal and not self.json))


def answer(solver: Solver, question: str, view: View) -> int:
    """Answers one question and returns the exit code: 0 answered, 3 no answer that can be trusted."""
    pen = pen_for(sys.stderr, plain=view.plain)
    trace = Trace(pen) if view.traced else None
    try:
        solution = solver.solve(question, trace)
    finally:
        if trace:
            trace.close()
    if solution.stop in FAILURES:
        raise FAILURES[solution.stop](solution.detail or solution.stop)
    if view.json:
        print(json.dumps(solution.to_dict(), ensure_ascii=False), flush=True)
    elif solution.answer is not None:
        show(solver, solution.answer, plain=view.plain)
    if trace and solution.answer is not None:
        show_support(pen, solution)
    if solution.answer is None:
        sys.stderr.write(f"{no_answer(solution)}\n")
        return 3
    return 0


def execute(sandbox: Sandbox, code: str, *, timeout_s: float, memory_mb: int, as_json: bool) -> int:
    """Runs one program in the sandbox, prints what it showed, and returns 0 when it ran to its end, else 1.

    As JSON, `conditions` says what the result depends on: versions, limits, policy, isolation.
    """
    limits = Limits(cpu_s=timeout_s, memory_mb=memory_mb)
    observation, conditions = asyncio.run(_execute(sandbox, Program(code), limits, explained=as_json))
    if conditions is not None:
        shown = {**step_to_dict(observation), "conditions": asdict(conditions)}
        print(json.dumps(shown, ensure_ascii=False))
    else:
        sys.stdout.write(observation.stdout)
        if observation.value is not None:
            print(observation.value)
        if observation.error is not None:
            sys.stdout.flush()
            print(observation.error, file=sys.stderr)
    return 0 if observation.ok else 1


def show(solver: Solver, answer: str, *, plain: bool) -> None:
    """Writes an answer to standard output: drawn on a terminal, letter for letter anywhere else."""
    if plain or not sys.stdout.isatty():
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
        return
    pen = pen_for(sys.stdout)
    show_answer(pen, answer, drawing(solver, answer, unicode=pen.unicode))


def drawing(solver: Solver, answer: str, *, unicode: bool) -> Typeset | None:
    """The answer drawn; None when there is nothing to draw or the sandbox cannot do it now."""
    try:
        return solver.run(typeset(solver.sandbox, answer, unicode=unicode))
    except SandboxError:  # the answer is known: a failure to make it prettier must not hide it
        return None


async def _execute(
    sandbox: Sandbox, program: Program, limits: Limits, *, explained: bool
) -> tuple[Observation, Conditions | None]:
    try:
        async with await sandbox.open() as session:
            observation = await session.run(program, limits)
        return observation, replace(await sandbox.conditions(), limits=limits) if explained else None
    finally:
        await sandbox.close()
