"""Takes one sample: a `Draw` in, a `Record` out. Whatever the model, the sandbox or the grader do, there is a record."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ...engine.errors import BackendError, UsageError, bug
from ...engine.grading.grade import VERSION
from ...engine.grading.verdict import Verdict
from ...engine.solver import Solver
from ...engine.trajectory import Role, Solution, Stop, Tokens, Trajectory
from ...sandbox import SandboxError
from ..record import FAILURES, Record
from .draw import Draw
from .verdicts import Verdicts

TRIES = 2
"""How often a sample is tried when the machinery fails."""


async def take(solver: Solver, draw: Draw, verdicts: Verdicts, *, keep_tokens: bool = False) -> Record:
    """Takes and grades one sample; what fails is tried once more."""
    for _ in range(TRIES):
        solution = await solve(solver, draw)
        if solution.stop not in FAILURES:
            break
    return await graded(draw, solution, verdicts, keep_tokens=keep_tokens)


async def solve(solver: Solver, draw: Draw) -> Solution:
    """The engine's answer, or a solution that says how it failed."""
    begun = time.perf_counter()
    try:
        if draw.sampling is None:
            return await solver.asolve(draw.item.problem)
        attempt = await solver.asample(draw.item.problem, draw.mode, draw.sampling)
    except UsageError as error:
        attempt = _nothing(draw, "refused", str(error))
    except SandboxError as error:
        attempt = _nothing(draw, "sandbox_error", str(error))
    except BackendError as error:
        attempt = _nothing(draw, "backend_error", str(error))
    except Exception as error:  # a bug met by one problem must not end a run of hours; it is recorded and counted
        attempt = _nothing(draw, "internal_error", bug(error))
    return _alone(attempt, time.perf_counter() - begun)


async def graded(draw: Draw, solution: Solution, verdicts: Verdicts, *, keep_tokens: bool = False) -> Record:
    """The record of a solution."""
    first = solution.trajectory
    given = solution.answer is not None
    verdict = Verdict("undecided", "the machinery failed", "failure")
    if solution.stop not in FAILURES:
        verdict = await verdicts.of(draw.item, first.answer, given=given)
    voted = draw.sampling is None
    return Record(
        key=draw.key,
        problem=draw.item.id,
        sample=draw.sample,
        mode=draw.mode,
        answer=first.answer,
        given=given,
        verdict=verdict.verdict,
        reason=verdict.reason,
        method=verdict.method,
        grader=VERSION,
        stop=solution.stop,
        detail=solution.detail,
        steps=first.steps,
        prompt_tokens=_count(solution, "prompt"),
        sampled_tokens=_count(solution, "thought", "program", "stop")
        + sum(attempt.unseen for attempt in solution.trajectories),
        observed_tokens=_count(solution, "observation"),
        seconds=round(solution.seconds, 4),
        rule=first.rule,
        agreement=round(solution.agreement, 6) if voted else None,
        confidence=None if solution.confidence is None else round(solution.confidence, 6),
        checks=solution.checks,
        tokens=first.tokens if keep_tokens else None,
    )


def _alone(attempt: Trajectory, seconds: float) -> Solution:
    """One attempt as a solution: what it states is given."""
    stated = attempt.answer is not None
    return Solution(
        attempt.problem,
        attempt.answer,
        attempt.stop,
        attempt,
        (attempt,),
        float(stated),
        detail=attempt.detail,
        seconds=seconds,
    )


def _nothing(draw: Draw, stop: Stop, detail: str) -> Trajectory:
    return Trajectory(draw.item.problem, (), None, stop, detail=detail)


def _count(solution: Solution, *roles: Role) -> int:
    """Tokens with these roles in all attempts."""
    return sum(role in roles for tokens in _tokens(solution) for role in tokens.roles)


def _tokens(solution: Solution) -> Iterator[Tokens]:
    return (attempt.tokens for attempt in solution.trajectories)
