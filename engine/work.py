"""One question being answered: its attempts, the choice among their answers, how it was checked, and whether to trust it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import replace

from ..sandbox import MemoSandbox, Sandbox, SandboxError
from .backend import Backend, Sampling
from .errors import BackendError, bug
from .loop import Attempt, Budget, Listener
from .pace import as_they_end
from .receipts.check import failure, is_proved, is_shown, prepare, receipts
from .receipts.programs import agreements
from .routing import Record, fallback, routed
from .selection import WITHOUT_SCORER, Ballot, Scorer, Vote, select, settled
from .settings import Settings, plan
from .trajectory import Candidate, Check, Problem, Solution, Stop, Trajectory
from .trust import Trust, objection, signals

SPARE_S = 0.2
"""Seconds at the end of the time limit in which no check goes on."""
MOST_OTHERS = 4
"""Other answers that are looked at where the chosen one cannot be given."""
_Standing = list[tuple[Candidate, list[Trajectory]]]
"""Each answer with the attempts that gave it."""


class Work:
    """One question being answered."""

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        model: Future[Backend],
        sandbox: Sandbox,
        listener: Listener | None,
        scorer: Scorer | None,
        record: Record,
    ) -> None:
        self.problem = problem
        """What was asked."""
        self._settings = settings
        self._model = model
        self._sandbox = sandbox
        self._listener = listener
        self._scorer = scorer
        self._record = record
        self._attempts: list[Attempt] = []
        self._begun = time.perf_counter()

    async def run(self) -> Solution:
        """Attempts within the time limit, then the choice among their answers, then the question of trust."""
        settings = self._settings
        backend = await asyncio.wrap_future(self._model)
        prompt = backend.renderer.encode(backend.renderer.prompt(self.problem.question, "mixed"))
        if len(prompt.ids) > backend.profile.context // 2:
            return self.declined(f"the question is longer than this model reads ({len(prompt.ids)} tokens)")
        trust = backend.profile.trust
        preparing = asyncio.ensure_future(asyncio.to_thread(prepare, self.problem.question))
        scoring = asyncio.ensure_future(backend.score(prompt.ids)) if trust else None
        try:
            async with MemoSandbox(self._sandbox) as sandbox:
                ballot = await self._within(backend, sandbox)
                await preparing
                if ballot is None:
                    return self.partial("timeout", f"ran out of time ({settings.timeout_s:g} s)")
                return await self._decide(ballot, await scoring if scoring else (), trust, sandbox)
        except BackendError as error:
            return self.partial("backend_error", str(error))
        except SandboxError as error:
            return self.partial("sandbox_error", str(error))
        except Exception as error:  # a bug, such as one of a scorer: it ends this question, and no other
            return self.partial("internal_error", bug(error))
        finally:  # whoever is called off leaves nothing behind
            preparing.cancel()
            if scoring:
                scoring.cancel()

    async def _within(self, backend: Backend, sandbox: Sandbox) -> Ballot | None:
        """The votes within the time limit, those that came too late among them without an answer; None when none came."""
        ballot = Ballot(sandbox)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                await self._sample(backend, sandbox, ballot)
        except TimeoutError:
            for number, attempt in enumerate(self._attempts):
                if number not in ballot:
                    await ballot.add(number, attempt.trajectory("timeout"))
            return ballot if ballot.classes else None
        return ballot

    async def _sample(self, backend: Backend, sandbox: Sandbox, ballot: Ballot) -> None:
        """Runs the planned attempts until all are done or the vote is settled; the others are called off."""
        settings, with_trust = self._settings, backend.profile.trust is not None
        routes = settings.mode == "auto" and not with_trust and "cot" in backend.renderer.family.prompts
        usual = backend.profile.samples if with_trust or routes else 1
        planned = settings if with_trust or routes or settings.mode != "auto" else replace(settings, mode="mixed")
        ways = plan(planned, settings.samples or usual, with_trust=with_trust)
        ways = routed(ways, self.problem.question, self._record) if routes else ways
        self._attempts = [self._attempt(number, *way, backend, sandbox) for number, way in enumerate(ways)]
        width = len(ways) if with_trust else settings.width
        async with aclosing(as_they_end(self._attempts, width, 2 if routes else 0)) as ended:
            async for number, attempt in ended:
                await ballot.add(number, attempt.trajectory())
                if not with_trust and settings.select in WITHOUT_SCORER and self._settled(ballot, len(ways)):
                    break
        if routes and (mode := fallback(ballot.cast, [mode for mode, _ in ways])) is not None:
            self._attempts.append(last := self._attempt(len(ways), mode, 0.0, backend, sandbox))
            await last.run()
            await ballot.add(len(ways), last.trajectory())

    def _settled(self, ballot: Ballot, planned: int) -> bool:
        """Whether more attempts would change nothing: an answer that was reasoned and computed, or one far ahead. Where a
        model comes with a trust, that is fitted with all attempts, so all are made."""
        cast = ballot.cast
        if self._settings.mode == "auto" and len(cast) == 2 and ballot.counts == [2]:
            return any(check.kind == "agreement" for check in agreements(cast))
        return settled(ballot.counts, planned - len(cast), self._settings.risk)

    def _attempt(self, number: int, mode: str, temperature: float, backend: Backend, sandbox: Sandbox) -> Attempt:
        settings = self._settings
        most = settings.max_tokens or backend.renderer.family.max_tokens
        return Attempt(
            self.problem,
            mode,
            backend,
            sandbox,
            budget=Budget(settings.max_programs, most),
            sampling=Sampling(temperature, 1.0, most, settings.seed * 1000 + number),
            listener=self._listener if number == 0 else None,
        )

    def partial(self, stop: Stop, detail: str = "stopped") -> Solution:
        """What was done when the question was ended from outside."""
        trajectories = tuple(attempt.trajectory(stop) for attempt in self._attempts)
        return self._solution(trajectories, None, stop, 0.0, detail=detail)

    async def _decide(
        self, ballot: Ballot, question_logprobs: Sequence[float], trust: Trust | None, sandbox: Sandbox
    ) -> Solution:
        """The answer that was chosen. Where it cannot be given, another one that a check proves."""
        standing = _standing(ballot, question_logprobs, trust)
        vote = await self._vote(ballot, trust, standing)
        if vote.winner.stop != "answered":
            return self._solution(ballot.cast, None, vote.winner.stop, 0.0, detail=vote.winner.detail)
        first = await self._judged(vote, standing, ballot.cast, trust, sandbox)
        if first.answer is not None:
            return first
        for candidate, members in standing[: 1 + MOST_OTHERS]:
            if all(one is not vote.winner for one in members):
                other = Vote(members[0], candidate.agreement)
                solution = await self._judged(other, standing, ballot.cast, trust, sandbox)
                if solution.answer is not None and is_proved(solution.checks):
                    return replace(solution, confidence=None)  # what was estimated no longer counts
        return first

    async def _vote(self, ballot: Ballot, trust: Trust | None, standing: _Standing) -> Vote:
        """Which answer was chosen."""
        if self._settings.select == "trust" and trust is not None and trust.fitted and standing:
            candidate, members = standing[0]
            return Vote(members[0], candidate.agreement)
        return await select(ballot, self._settings.select, self._scorer)

    async def _judged(
        self, vote: Vote, standing: _Standing, cast: Sequence[Trajectory], trust: Trust | None, sandbox: Sandbox
    ) -> Solution:
        """An answer that was chosen, if it stands its checks and is trusted."""
        own, agreeing = next(pair for pair in standing if any(one is vote.winner for one in pair[1]))
        winner = next((one for one in (vote.winner, *agreeing) if objection(one) is None), vote.winner)
        trajectories = sorted(cast, key=lambda one: one is not winner)
        checks = await self._checked(agreeing, winner, sandbox)
        doubt = objection(winner) or failure(checks)
        if doubt is None and trust is not None and not is_shown(checks):
            doubt = _too_low(own, trust.threshold)
        answer = winner.answer if doubt is None else None
        stop: Stop = "answered" if doubt is None else "untrusted"
        solution = self._solution(trajectories, answer, stop, vote.agreement, own.confidence, doubt)
        candidates = tuple(candidate for candidate, _ in standing)
        return replace(solution, candidates=candidates, checks=checks, tied=vote.tied)

    async def _checked(self, agreeing: Sequence[Trajectory], winner: Trajectory, sandbox: Sandbox) -> tuple[Check, ...]:
        """How the answer was checked, within the time that is left; a check that cannot be done never costs the answer."""
        left = self._settings.timeout_s - (time.perf_counter() - self._begun) - SPARE_S
        if left <= 0:
            return ()
        try:
            async with asyncio.timeout(left):
                return await receipts(self.problem.question, winner.answer or "", agreeing, sandbox)
        except (TimeoutError, SandboxError):
            return ()

    def declined(self, detail: str) -> Solution:
        """A question that was not tried, and why."""
        return self._solution(
            [Trajectory(self.problem, (), None, "refused", detail=detail)], None, "refused", 0.0, detail=detail
        )

    def _solution(
        self,
        trajectories: Sequence[Trajectory],
        answer: str | None,
        stop: Stop,
        agreement: float,
        confidence: float | None = None,
        detail: str | None = None,
    ) -> Solution:
        first = trajectories[0] if trajectories else Trajectory(self.problem, (), None, stop)
        seconds = time.perf_counter() - self._begun
        return Solution(
            self.problem, answer, stop, first, tuple(trajectories), agreement, confidence, detail, seconds=seconds
        )


def _standing(ballot: Ballot, question_logprobs: Sequence[float], trust: Trust | None) -> _Standing:
    """What is known of each answer: the most trusted one first, of equal ones that with more votes, then the earliest."""
    cast, found = ballot.cast, []
    for members in ballot.classes:
        seen = signals(members, cast, question_logprobs) if trust else {}
        confidence = trust.confidence(seen) if trust and trust.fitted else None
        agreement = len(members) / len(cast)
        found.append((Candidate(members[0].answer or "", agreement, confidence, seen), members))
    return sorted(found, key=lambda one: (one[0].confidence or 0.0, one[0].agreement), reverse=True)


def _too_low(candidate: Candidate, threshold: float) -> str | None:
    """Why an answer without a check is not given, or None."""
    sure = candidate.confidence
    if sure is None or sure >= threshold:
        return None
    return f"confidence {sure:.0%} is below the {threshold:.0%} that this model needs; {_reason(candidate.signals)}"


def _reason(seen: Mapping[str, float]) -> str:
    """The most telling signal, in words."""
    if seen["implausible"]:
        return "such an answer is hardly what was asked for"
    if seen["agreement"] < 0.5:
        return f"only {seen['agreement']:.0%} of the attempts agree"
    if seen["unused"] > 0.3:
        return "its program leaves out numbers of the question"
    return "the question is unlike those it has learnt"
