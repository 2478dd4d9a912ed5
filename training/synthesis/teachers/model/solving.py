"""Solutions of a new question: attempts in words and by programs through the engine's own loop, and what they agree on.

The two are votes apart from each other. An attempt in words that ran a program has no vote, else the two would be one; nor
has one by program of which no program ran to its end, or whose program only prints a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from .....engine.answers import equal
from .....engine.backend import Backend, Sampling
from .....engine.errors import BackendError, MathsolveError
from .....engine.loop import Attempt, Budget
from .....engine.pace import as_they_end
from .....engine.selection import Ballot
from .....engine.trajectory import Problem, Trajectory
from .....evaluation.contamination.words import words
from .....sandbox import MemoSandbox, Observation, Program, Sandbox, SandboxError
from ...filters.constant import printed_literal

MOST_PROGRAMS = 4
"""Programs of one attempt."""
MAJORITY = 0.5
"""Least share of the attempts in words, and of those by program, that must have the answer."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A question on whose answer the attempts agree."""

    answer: str
    """The answer."""
    attempts: tuple[Trajectory, ...]
    """Those that have it, words first."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """How one question is tried."""

    backend: Backend
    """The model that solves."""
    sandbox: Sandbox
    """Runs the programs."""
    each: int
    """Attempts in words, and as many by program."""
    sampling: Sampling
    """Of the first attempt; the others have the seeds after its own."""

    async def solve(self, question: str, known: str | None) -> Solved | str:
        """The answer on which the attempts agree, or why there is none, beginning with a fixed phrase up to a colon.

        Args:
            question: what to solve.
            known: the answer, where it is known.

        Raises:
            BackendError: the model failed.
            SandboxError: the sandbox cannot work.
        """
        async with MemoSandbox(self.sandbox) as sandbox:
            in_words, by_program = await self._ballots(question, sandbox)
            if known is None:
                return await _agreed(in_words, by_program, sandbox)
            return await _confirmed(in_words, by_program, known, sandbox)

    async def _ballots(self, question: str, sandbox: Sandbox) -> tuple[Ballot, Ballot]:
        in_words, by_program = Ballot(sandbox), Ballot(sandbox)
        modes = ["cot"] * self.each + [("pot", "mixed")[number % 2] for number in range(self.each)]
        planned = [self._attempt(question, mode, number, sandbox) for number, mode in enumerate(modes)]
        async with aclosing(as_they_end(planned, len(planned))) as ended:
            async for number, attempt in ended:
                done = _sound(attempt.trajectory())
                if number < self.each:
                    await in_words.add(number, done if not _observed(done) else _voteless(done))
                else:
                    await by_program.add(number, done if _computed(done) else _voteless(done))
        return in_words, by_program

    def _attempt(self, question: str, mode: str, number: int, sandbox: Sandbox) -> Attempt:
        sampling = replace(self.sampling, seed=self.sampling.seed + number)
        budget = Budget(MOST_PROGRAMS, sampling.max_tokens)
        return Attempt(Problem(question), mode, self.backend, sandbox, budget=budget, sampling=sampling)


async def _agreed(in_words: Ballot, by_program: Ballot, sandbox: Sandbox) -> Solved | str:
    """The answer that most attempts of either kind have, where it is the same."""
    if missing := " and ".join(
        name for name, one in (("words", in_words), ("programs", by_program)) if not one.classes
    ):
        return f"unanswered: no answer by {missing}"
    said, ran = in_words.majority(), by_program.majority()
    one, other = said.winner.answer or "", ran.winner.answer or ""
    decided = not (said.tied or ran.tied) and min(said.agreement, ran.agreement) >= MAJORITY
    if not decided or not await _equal(one, other, sandbox):
        return f"hard: words say {one!r} ({said.agreement:.0%}), programs say {other!r} ({ran.agreement:.0%})"
    found = (
        next(c for c in ballot.classes if vote.winner in c) for ballot, vote in ((in_words, said), (by_program, ran))
    )
    return Solved(other, tuple(attempt for members in found for attempt in members))


async def _confirmed(in_words: Ballot, by_program: Ballot, known: str, sandbox: Sandbox) -> Solved | str:
    """The known answer, where at least half of all attempts have it, and a program among them."""
    right = [await _with_answer(ballot, known, sandbox) for ballot in (in_words, by_program)]
    share = sum(map(len, right)) / (len(in_words.cast) + len(by_program.cast))
    if share < MAJORITY or not right[1]:
        others = sorted({members[0].answer or "" for ballot in (in_words, by_program) for members in ballot.classes})
        phrase = "hard" if share else "answer differs"
        return f"{phrase}: it must be {known!r}, which {share:.0%} of the attempts have; they say {others}"
    return Solved(known, (*right[0], *right[1]))


async def _with_answer(ballot: Ballot, answer: str, sandbox: Sandbox) -> Sequence[Trajectory]:
    for members in ballot.classes:
        if await _equal(answer, members[0].answer or "", sandbox):
            return members
    return ()


async def _equal(a: str, b: str, sandbox: Sandbox) -> bool:
    async with await sandbox.open() as session:
        return await equal(a, b, session)


def _sound(attempt: Trajectory) -> Trajectory:
    """The attempt, unless it ended because something is out of order: that is nothing which the model has done."""
    if attempt.stop == "backend_error":
        raise BackendError(attempt.detail or "the model failed")
    if attempt.stop == "sandbox_error":
        raise SandboxError(attempt.detail or "the sandbox failed")
    if attempt.stop == "internal_error":
        raise MathsolveError(attempt.detail or "the engine failed")
    return attempt


def _observed(attempt: Trajectory) -> list[Observation]:
    return [step for step in attempt.steps if isinstance(step, Observation)]


def _computed(attempt: Trajectory) -> bool:
    """Whether a program ran to its end and worked something out that the question does not state."""
    if not any(one.ok for one in _observed(attempt)):
        return False
    literal = printed_literal("\n".join(step.code for step in attempt.steps if isinstance(step, Program)))
    return literal is None or not set(words(literal)).isdisjoint(words(attempt.problem.question))


def _voteless(attempt: Trajectory) -> Trajectory:
    return replace(attempt, answer=None, stop="no_answer")
