"""One question being answered: its attempts, the vote among them, and whether the winner is to be trusted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from ..sandbox import MemoSandbox, Sandbox
from .backend import Sampling
from .embedded import EmbeddedBackend
from .loop import Attempt, Budget, Listener
from .selection import vote
from .settings import Settings, plan
from .trajectory import Problem, Solution, Stop, Trajectory
from .trust import Trust, objection, signals


class Work:
    """One question being answered."""

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        model: Future[EmbeddedBackend],
        sandbox: Sandbox,
        listener: Listener | None,
    ) -> None:
        self.problem = problem
        """What was asked."""
        self._settings = settings
        self._model = model
        self._sandbox = sandbox
        self._listener = listener
        self._attempts: list[Attempt] = []
        self._begun = time.perf_counter()

    async def run(self) -> Solution:
        """All attempts within the time limit, then the vote, then the question of trust."""
        settings = self._settings
        backend = await asyncio.wrap_future(self._model)
        prompt = backend.renderer.encode(backend.renderer.family.ask(self.problem.question, "mixed"))
        if len(prompt.ids) > backend.context // 2:
            return self.declined(f"the question is longer than this model reads ({len(prompt.ids)} tokens)")
        try:
            async with asyncio.timeout(settings.timeout_s), MemoSandbox(self._sandbox) as sandbox:
                self._attempts = list(self._planned(backend, sandbox))
                attempts = asyncio.gather(*(attempt.run() for attempt in self._attempts))
                scores, _ = await asyncio.gather(backend.score(prompt.ids), attempts)
                return await self._decide(scores, _trust(backend), sandbox)
        except TimeoutError:
            return self.partial("timeout")

    def _planned(self, backend: EmbeddedBackend, sandbox: Sandbox) -> Iterator[Attempt]:
        settings = self._settings
        budget = Budget(settings.max_programs, settings.max_tokens)
        samples = settings.samples or int(backend.settings["samples"])
        for number, (mode, temperature) in enumerate(plan(settings, samples)):
            sampling = Sampling(temperature, 1.0, settings.max_tokens, settings.seed * 1000 + number)
            heard = self._listener if number == 0 else None
            yield Attempt(self.problem, mode, backend, sandbox, budget=budget, sampling=sampling, listener=heard)

    def partial(self, stop: Stop) -> Solution:
        """What was done when the question was ended from outside."""
        trajectories = tuple(attempt.trajectory(stop) for attempt in self._attempts)
        detail = f"ran out of time ({self._settings.timeout_s:g} s)" if stop == "timeout" else "stopped"
        return self._solution(trajectories, None, stop, 0.0, detail=detail)

    async def _decide(self, question_logprobs: Sequence[float], trust: Trust | None, sandbox: Sandbox) -> Solution:
        trajectories = [attempt.trajectory() for attempt in self._attempts]
        result = await vote(trajectories, sandbox)
        winner = result.winner
        if winner.stop != "answered":
            return self._solution(trajectories, None, winner.stop, 0.0, detail=winner.detail)
        trajectories.sort(key=lambda t: t is not winner)
        seen = signals(result, trajectories, question_logprobs)
        confidence = None if trust is None else trust.confidence(seen)
        doubt = objection(winner)
        if doubt is None and trust is not None and confidence is not None and confidence < trust.threshold:
            doubt = (
                f"confidence {confidence:.0%} is below the {trust.threshold:.0%} that this model needs; {_reason(seen)}"
            )
        if doubt is not None:
            return self._solution(trajectories, None, "untrusted", result.agreement, confidence, doubt, seen)
        return self._solution(trajectories, winner.answer, "answered", result.agreement, confidence, None, seen)

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
        seen: dict[str, float] | None = None,
    ) -> Solution:
        first = trajectories[0] if trajectories else Trajectory(self.problem, (), None, stop)
        seconds = time.perf_counter() - self._begun
        return Solution(
            self.problem, answer, stop, first, tuple(trajectories), agreement, confidence, detail, seen or {}, seconds
        )


def _trust(backend: EmbeddedBackend) -> Trust | None:
    fitted = backend.settings.get("trust")
    return Trust(**fitted) if fitted else None


def _reason(seen: dict[str, float]) -> str:
    """The most telling signal, in words."""
    if seen["agreement"] < 0.5:
        return f"only {seen['agreement']:.0%} of the attempts agree"
    if seen["unused"] > 0.3:
        return "its program leaves out numbers of the question"
    return "the question is unlike those it has learnt"
