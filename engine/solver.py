"""`Solver`: a question in, a `Solution` out; many questions in, many solutions out, in order.

A solver owns a model, a sandbox and a thread with an event loop on which everything runs, so it can be called from
plain code, from a notebook whose loop is busy, and from several threads.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..sandbox import ProcessSandbox
from .answers import equal
from .backend import Sampling
from .embedded import EMBEDDED_FOLDER, EmbeddedBackend, check_folder
from .errors import UsageError
from .loop import Attempt, Budget, Event, Listener
from .selection import vote
from .trajectory import Mode, Problem, Solution, Stop, Trajectory
from .trust import Trust, objection, signals

MAX_QUESTION_CHARS = 20_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to answer."""

    model: str = "embedded"
    """`embedded`, or the folder of an exported model."""
    mode: Mode = "auto"
    """`cot`, `pot`, `mixed`, or `auto`: mixed, with one attempt in pot as a check."""
    samples: int | None = None
    """Attempts per question; None takes what the model was calibrated with."""
    seed: int = 0
    """Seed of every random choice."""
    timeout_s: float = 60.0
    """Wall seconds per question."""
    max_programs: int = 4
    """Programs per attempt."""
    max_tokens: int = 1024
    """Tokens per attempt after the prompt, observations included."""
    temperature: float = 0.7
    """Temperature of every attempt after the first, which is greedy."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while answering. `solution` holds what was done until then."""

    def __init__(self, solution: Solution) -> None:
        super().__init__()
        self.solution = solution


class Solver:
    """A model and a sandbox, ready for questions. Use it as a context manager, or call `close`."""

    def __init__(self, settings: Settings | None = None, *, sandbox: ProcessSandbox | None = None) -> None:
        """Starts the sandbox worker, and loads the model in another thread meanwhile.

        Raises:
            BackendError: there is no such model.
            UsageError: a setting has no meaning.
        """
        self.settings = settings or Settings()
        check_settings(self.settings)
        folder = model_folder(self.settings.model)
        check_folder(folder)
        self.sandbox = sandbox or ProcessSandbox()
        self.sandbox.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mathsolve", daemon=True)
        self._thread.start()
        self._backend = asyncio.run_coroutine_threadsafe(asyncio.to_thread(EmbeddedBackend, folder), self._loop)
        self._closed = False

    @property
    def backend(self) -> EmbeddedBackend:
        """The model; waits until it is loaded."""
        return self._backend.result()

    def solve(self, question: str | Problem, on_event: Callable[[Event], None] | None = None) -> Solution:
        """Answers one question.

        Args:
            question: the text, or a `Problem`.
            on_event: hears the first attempt as it is written, from the solver's thread.

        Raises:
            UsageError: the question is empty or too long.
            Interrupted: Ctrl-C; it carries what was done.
        """
        work = self._start(question, on_event)
        try:
            return self.run(work.run())
        except KeyboardInterrupt as stopped:
            raise Interrupted(work.partial("cancelled")) from stopped

    async def asolve(self, question: str | Problem, on_event: Callable[[Event], None] | None = None) -> Solution:
        """`solve` for callers with an event loop of their own; cancelling it stops everything."""
        future = asyncio.run_coroutine_threadsafe(self._start(question, on_event).run(), self._loop)
        return await asyncio.wrap_future(future)

    def solve_many(self, problems: Iterable[str | Problem], concurrency: int = 16) -> Iterator[Solution]:
        """Answers problems as they come, `concurrency` at a time, and yields solutions in the order of the problems."""
        stream = self._stream(problems, concurrency)
        try:
            while (solution := self.run(_next(stream))) is not None:
                yield solution
        finally:
            self.run(_finish(stream))

    async def stream_many(self, problems: Iterable[str | Problem], concurrency: int = 16) -> AsyncIterator[Solution]:
        """`solve_many` for callers with an event loop of their own."""
        stream = self._stream(problems, concurrency)
        try:
            while True:
                future = asyncio.run_coroutine_threadsafe(_next(stream), self._loop)
                solution = await asyncio.wrap_future(future)
                if solution is None:
                    return
                yield solution
        finally:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_finish(stream), self._loop))

    def close(self) -> None:
        """Stops the sandbox and frees the model. Calling it twice does no harm."""
        if self._closed:
            return
        self._closed = True
        self.run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Solver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, question: str | Problem, listener: Listener | None) -> _Work:
        problem = question if isinstance(question, Problem) else Problem(question)
        check_question(problem.question)
        return _Work(self, problem, listener)

    def equal(self, a: str, b: str) -> bool:
        """Whether two answers are mathematically equal, decided in the sandbox where text does not tell."""
        return self.run(self._equal(a, b))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the solver's loop, the only one that its sandbox knows; Ctrl-C cancels it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    async def _stream(self, problems: Iterable[str | Problem], concurrency: int) -> AsyncGenerator[Solution, None]:
        running: deque[asyncio.Task[Solution]] = deque()
        try:
            for problem in problems:
                running.append(asyncio.create_task(self._start(problem, None).run()))
                if len(running) >= concurrency:
                    yield await running.popleft()
            while running:
                yield await running.popleft()
        finally:
            for task in running:
                task.cancel()

    async def _equal(self, a: str, b: str) -> bool:
        async with await self.sandbox.open() as session:
            return await equal(a, b, session)

    async def _shut(self) -> None:
        try:
            await (await asyncio.wrap_future(self._backend)).close()
        finally:
            await self.sandbox.close()


class _Work:
    """One question being answered."""

    def __init__(self, solver: Solver, problem: Problem, listener: Listener | None) -> None:
        self._solver = solver
        self._problem = problem
        self._listener = listener
        self._attempts: list[Attempt] = []
        self._begun = time.perf_counter()

    async def run(self) -> Solution:
        """All attempts within the time limit, then the vote, then the question of trust."""
        settings = self._solver.settings
        backend = await asyncio.wrap_future(self._solver._backend)
        prompt = backend.renderer.encode(backend.renderer.family.ask(self._problem.question, "mixed"))
        if len(prompt.ids) > backend.context // 2:
            return self._no_answer(
                "refused", f"the question is longer than this model reads ({len(prompt.ids)} tokens)"
            )
        samples = settings.samples or int(backend.settings["samples"])
        for number, (mode, temperature) in enumerate(plan(settings, samples)):
            sampling = Sampling(temperature, 1.0, settings.max_tokens, settings.seed * 1000 + number)
            budget = Budget(settings.max_programs, settings.max_tokens)
            listener = self._listener if number == 0 else None
            self._attempts.append(
                Attempt(
                    self._problem,
                    mode,
                    backend,
                    self._solver.sandbox,
                    budget=budget,
                    sampling=sampling,
                    listener=listener,
                )
            )
        try:
            async with asyncio.timeout(settings.timeout_s):
                attempts = asyncio.gather(*(attempt.run() for attempt in self._attempts))
                scores, _ = await asyncio.gather(backend.score(prompt.ids), attempts)
                return await self._decide(scores, _trust(backend))
        except TimeoutError:
            return self.partial("timeout")

    def partial(self, stop: Stop) -> Solution:
        """What was done when the question was ended from outside."""
        trajectories = tuple(attempt.trajectory(stop) for attempt in self._attempts)
        detail = f"ran out of time ({self._solver.settings.timeout_s:g} s)" if stop == "timeout" else "stopped"
        return self._solution(trajectories, None, stop, 0.0, detail=detail)

    async def _decide(self, question_logprobs: Sequence[float], trust: Trust | None) -> Solution:
        trajectories = [attempt.trajectory() for attempt in self._attempts]
        result = await vote(trajectories, self._solver.sandbox)
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

    def _no_answer(self, stop: Stop, detail: str) -> Solution:
        return self._solution(
            [Trajectory(self._problem, (), None, stop, detail=detail)], None, stop, 0.0, detail=detail
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
        first = trajectories[0] if trajectories else Trajectory(self._problem, (), None, stop)
        seconds = time.perf_counter() - self._begun
        return Solution(
            self._problem, answer, stop, first, tuple(trajectories), agreement, confidence, detail, seen or {}, seconds
        )


def plan(settings: Settings, samples: int) -> list[tuple[str, float]]:
    """Mode and temperature of each attempt: the first is greedy; in `auto` the second is a program without words.

    >>> plan(Settings(), 3)
    [('mixed', 0.0), ('pot', 0.0), ('mixed', 0.7)]
    """
    mode: str = "mixed" if settings.mode == "auto" else settings.mode
    attempts = [(mode, 0.0)] + [(mode, settings.temperature)] * (samples - 1)
    if settings.mode == "auto" and samples > 1:
        attempts[1] = ("pot", 0.0)
    return attempts


def check_question(question: str) -> None:
    """Refuses what is no question.

    Raises:
        UsageError: empty, too long, or binary.
    """
    if not question.strip():
        raise UsageError('the question is empty; ask something, e.g. mathsolve "What is 15% of 80?"')
    if len(question) > MAX_QUESTION_CHARS:
        raise UsageError(
            f"the question has {len(question):,} characters, the limit is {MAX_QUESTION_CHARS:,}; shorten it"
        )
    if "\0" in question or "\ufffd" in question:
        raise UsageError("the question holds binary data; give plain text in UTF-8")


def model_folder(model: str) -> Path:
    """The folder of a model: `embedded` or a path."""
    return EMBEDDED_FOLDER if model == "embedded" else Path(model).expanduser()


def check_settings(settings: Settings) -> None:
    """Refuses settings without meaning.

    Raises:
        UsageError: names the value and what may stand there.
    """
    if settings.mode not in ("auto", "cot", "pot", "mixed"):
        raise UsageError(f"unknown mode {settings.mode!r}; choose auto, cot, pot or mixed")
    if settings.samples is not None and not 1 <= settings.samples <= 256:
        raise UsageError(f"samples is {settings.samples}; choose a number from 1 to 256")
    if not settings.timeout_s > 0:
        raise UsageError(f"timeout is {settings.timeout_s:g} s; choose a positive number of seconds")


async def _next(stream: AsyncGenerator[Solution, None]) -> Solution | None:
    return await anext(stream, None)


async def _finish(stream: AsyncGenerator[Solution, None]) -> None:
    await stream.aclose()


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
