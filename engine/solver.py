"""`Solver`: a question in, a `Solution` out; many questions in, many solutions out, in order.

A solver owns a model, a sandbox and a thread with an event loop on which everything runs, so it can be called from
plain code, from a notebook whose loop is busy, and from several threads.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

from ..sandbox import ProcessSandbox, Sandbox
from .answers import equal
from .backend import Backend, Sampling
from .backends import find
from .errors import UsageError
from .loop import Attempt, Budget, Event, Listener
from .selection import Scorer
from .settings import Settings, check_settings
from .trajectory import Problem, Solution, Trajectory
from .work import Work

MAX_QUESTION_CHARS = 20_000
T = TypeVar("T")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while answering. `solution` holds what was done until then."""

    def __init__(self, solution: Solution) -> None:
        super().__init__()
        self.solution = solution


class Solver:
    """A model and a sandbox, ready for questions. Use it as a context manager, or call `close`."""

    def __init__(
        self, settings: Settings | None = None, *, sandbox: Sandbox | None = None, scorer: Scorer | None = None
    ) -> None:
        """Starts the sandbox worker, and loads the model in another thread meanwhile.

        Raises:
            BackendError: there is no such model.
            UsageError: a setting has no meaning, or what serves the model is not installed.
        """
        self.settings = settings or Settings()
        check_settings(self.settings)
        if self.settings.select != "majority" and scorer is None:
            raise UsageError(f"select is {self.settings.select!r}, which needs a scorer: Solver(settings, scorer=...)")
        self._scorer = scorer
        self._source = find(self.settings.model, self.settings.family)
        self.sandbox = sandbox or ProcessSandbox()
        self.sandbox.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mathsolve", daemon=True)
        self._thread.start()
        self._backend = asyncio.run_coroutine_threadsafe(asyncio.to_thread(self._source.load), self._loop)
        self._closed = False

    @property
    def backend(self) -> Backend:
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

    async def asample(self, problem: Problem, mode: str, sampling: Sampling) -> Trajectory:
        """One attempt at a problem, without a vote and without a question of trust.

        What the model and the sandbox do is data: the trajectory's `stop` says how it ended. The same arguments give the
        same trajectory, whatever else is being answered.

        Args:
            problem: what to ask.
            mode: `cot`, `pot` or `mixed`.
            sampling: how to choose tokens; `max_tokens` bounds all tokens after the prompt, observations included.
        """
        future = asyncio.run_coroutine_threadsafe(self._sample(problem, mode, sampling), self._loop)
        return await asyncio.wrap_future(future)

    def fingerprint(self) -> str:
        """A hash of the model: the same for the same model, wherever it lies."""
        return self._source.fingerprint()

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

    def _start(self, question: str | Problem, listener: Listener | None) -> Work:
        work = self._work(question, listener)
        check_question(work.problem.question)
        return work

    def _work(self, question: str | Problem, listener: Listener | None = None) -> Work:
        problem = question if isinstance(question, Problem) else Problem(question)
        return Work(problem, self.settings, self._backend, self.sandbox, listener, self._scorer)

    async def _sample(self, problem: Problem, mode: str, sampling: Sampling) -> Trajectory:
        try:
            check_question(problem.question)
        except UsageError as error:
            return Trajectory(problem, (), None, "refused", detail=str(error))
        backend = await asyncio.wrap_future(self._backend)
        budget = Budget(self.settings.max_programs, sampling.max_tokens)
        attempt = Attempt(problem, mode, backend, self.sandbox, budget=budget, sampling=sampling)
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                await attempt.run()
        except TimeoutError:
            return attempt.trajectory("timeout")
        return attempt.trajectory()

    async def _answer(self, question: str | Problem) -> Solution:
        """One of many: what is no question ends as data, so that it does not end the others."""
        work = self._work(question)
        try:
            check_question(work.problem.question)
        except UsageError as error:
            return work.declined(str(error))
        return await work.run()

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
        source = iter(problems)
        try:
            # The next problem may be slow to come: it is waited for in a thread, while the others are being answered.
            while (problem := await asyncio.to_thread(next, source, None)) is not None:
                running.append(asyncio.create_task(self._answer(problem)))
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
        loaded = asyncio.wrap_future(self._backend)
        await asyncio.wait([loaded])
        if loaded.exception() is None:  # else whoever asked has heard of it
            await loaded.result().close()
        await self.sandbox.close()


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


async def _next(stream: AsyncGenerator[Solution, None]) -> Solution | None:
    return await anext(stream, None)


async def _finish(stream: AsyncGenerator[Solution, None]) -> None:
    await stream.aclose()
