"""mathsolve: mathematics questions answered by reasoning in words and running programs.

>>> from mathsolve import solve
>>> solve("What is 15% of 80?").answer
'12'

Importing the package is cheap: nothing heavy is loaded before the first question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .engine.errors import MathsolveError as MathsolveError
    from .engine.settings import Settings as Settings
    from .engine.solver import Solver as Solver
    from .engine.trajectory import Problem as Problem
    from .engine.trajectory import Solution as Solution
    from .engine.trajectory import Thought as Thought
    from .engine.trajectory import Trajectory as Trajectory
    from .sandbox.program import Observation as Observation
    from .sandbox.program import Program as Program

_HOMES = {
    "MathsolveError": "errors",
    "Settings": "settings",
    "Solver": "solver",
    **dict.fromkeys(("Observation", "Problem", "Program", "Solution", "Thought", "Trajectory"), "trajectory"),
}
__all__ = [
    "MathsolveError",
    "Observation",
    "Problem",
    "Program",
    "Settings",
    "Solution",
    "Solver",
    "Thought",
    "Trajectory",
]
__all__ += ["asolve", "solve", "solve_many"]


def solve(question: str | Problem, **settings: Any) -> Solution:
    """Answers a question.

    Calls without settings share one solver, which is made by the first and lives as long as the process. A call with
    settings makes its own; for many questions make a `Solver` yourself or call `solve_many`.

    Args:
        question: the text, or a `Problem`.
        settings: fields of `Settings`, e.g. `model`, `mode`, `samples`, `seed`, `timeout_s`.

    Raises:
        MathsolveError: the question is empty, or the model or the sandbox is missing. "No answer" is not an error.
    """
    if not settings:
        return _shared().solve(question)
    with _solver(settings) as solver:
        return solver.solve(question)


async def asolve(question: str | Problem, **settings: Any) -> Solution:
    """`solve` for code with an event loop."""
    import asyncio

    if not settings:
        return await _shared().asolve(question)
    solver = _solver(settings)
    try:
        return await solver.asolve(question)
    finally:
        await asyncio.to_thread(solver.close)


def solve_many(problems: Iterable[str | Problem], *, concurrency: int = 16, **settings: Any) -> Iterator[Solution]:
    """Answers problems as they come, `concurrency` at a time; yields solutions in the order of the problems."""
    with _solver(settings) as solver:
        yield from solver.solve_many(problems, concurrency)


@cache
def _shared() -> Solver:
    return _solver({})


def _solver(settings: dict[str, Any]) -> Solver:
    from .engine.settings import Settings
    from .engine.solver import Solver

    return Solver(Settings(**settings))


def __getattr__(name: str) -> Any:
    """Loads the nouns on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mathsolve' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".engine.{_HOMES[name]}", __name__), name)
