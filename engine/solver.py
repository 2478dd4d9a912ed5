"""`Solver`: a question in, a `Solution` out; many questions in, many solutions out, in order.

A solver owns a model, a sandbox and a thread with an event loop on which everything runs, so it can be called from
plain code, from a notebook whose loop is busy, and from several threads.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future, wait
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from ..sandbox import ProcessSandbox, Sandbox
from .answers import equal
from .backend import Backend, Sampling
from .backends import find
from .errors import BackendError, MathsolveError, UsageError
from .loop import Attempt, Budget, Event, Listener
from .pace import in_order
from .routing import Record, load_record
from .selection import WITHOUT_SCORER, Scorer
from .settings import Settings, check_settings
from .trajectory import Problem, Solution, Trajectory
from .work import Work

MAX_QUESTION_CHARS = 20_000
PULSE_S = 0.2
"""Seconds after which a wait looks whether a signal has come."""
T = TypeVar("T")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while answering. `solution` holds what was done until then."""

    def __init__(self, solution: Solution) -> None:
        super().__init__()
        self.solution = solution


class Solver:
    """A model and a sandbox, ready for questions. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        sandbox: Sandbox | None = None,
        scorer: Scorer | None = None,
        backend: Backend | None = None,
    ) -> None:
        """Starts the sandbox worker, and loads the model in another thread meanwhile.

        Args:
            settings: how to answer.
            sandbox: what runs programs; by default a `ProcessSandbox`.
            scorer: judges attempts, where the settings select by scores; by default the one that the settings name.
            backend: a model of one's own, instead of the one that the settings name.

        Raises:
            BackendError: there is no such model.
            UsageError: a setting has no meaning, or what serves the model is not installed.
        """
        self.settings = settings or Settings()
        check_settings(self.settings)
        if scorer is None and self.settings.scorer is not None:
            from .judge import Judge

            scorer = Judge(self.settings.scorer)
        if self.settings.select not in WITHOUT_SCORER and scorer is None:
            raise UsageError(
                f"select is {self.settings.select!r}, which needs a scorer: name the folder of one (--scorer FOLDER), or "
                "Solver(settings, scorer=...)"
            )
        self._scorer = scorer
        self._source = _Given(backend) if backend else find(self.settings.model, self.settings.family)
        told = self.settings.routes
        self._record = load_record(Path(told)) if told else self._source.record()
        self.sandbox = sandbox or ProcessSandbox()
        self.sandbox.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mathsolve", daemon=True)
        self._thread.start()
        self._backend: Future[Backend] = Future()
        self._backend.set_running_or_notify_cancel()  # so that whoever waits and is called off cannot call it off
        threading.Thread(target=self._load, name="model", daemon=True).start()
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
        stream = _Stream(in_order(problems, self._answer, concurrency))
        try:
            while solutions := self.run(stream.next(self._backend)):
                yield from solutions
        finally:
            if not self._closed:
                self.run(stream.close())

    async def stream_many(self, problems: Iterable[str | Problem], concurrency: int = 16) -> AsyncIterator[Solution]:
        """`solve_many` for callers with an event loop of their own."""
        stream = _Stream(in_order(problems, self._answer, concurrency))
        try:
            while True:
                future = asyncio.run_coroutine_threadsafe(stream.next(self._backend), self._loop)
                solutions = await asyncio.wrap_future(future)
                if not solutions:
                    return
                for solution in solutions:
                    yield solution
        finally:
            if not self._closed:
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(stream.close(), self._loop))

    def close(self, *, keep_sandbox: bool = False) -> None:
        """Frees the model and stops the sandbox, unless another solver is to have it. Calling it twice does no harm."""
        if self._closed:
            return
        self._closed = True
        self.run(self._shut(keep_sandbox=keep_sandbox))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Solver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _load(self) -> None:
        try:
            self._backend.set_result(self._source.load())
        except MathsolveError as error:
            self._backend.set_exception(error)
        except Exception as error:  # of whatever kind a library has; those who wait must hear of it
            first = next(iter(str(error).splitlines()), "")
            told = f"cannot load the model {self.settings.model!r}: {type(error).__name__}: {first}; check its files"
            self._backend.set_exception(BackendError(told))

    def _start(self, question: str | Problem, listener: Listener | None) -> Work:
        work = self._work(question, listener)
        check_question(work.problem.question)
        return work

    def _work(self, question: str | Problem, listener: Listener | None = None) -> Work:
        problem = question if isinstance(question, Problem) else Problem(question)
        return Work(problem, self.settings, self._backend, self.sandbox, listener, self._scorer, self._record)

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
        """One of many: what is no question ends as data, too, so that it does not end the others."""
        work = self._work(question)
        try:
            check_question(work.problem.question)
        except (UsageError, TypeError) as error:
            return work.declined(str(error))
        return await work.run()

    def equal(self, a: str, b: str) -> bool:
        """Whether two answers are mathematically equal, decided in the sandbox where text does not tell."""
        return self.run(self._equal(a, b))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the solver's loop, the only one that its sandbox knows; Ctrl-C cancels it.

        The wait is in slices: the system may hand a signal to another thread, and then nothing wakes this one, in which
        Python obeys it.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            while not wait([future], PULSE_S).done:
                pass
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    async def _equal(self, a: str, b: str) -> bool:
        async with await self.sandbox.open() as session:
            return await equal(a, b, session)

    async def _shut(self, *, keep_sandbox: bool) -> None:
        loaded = asyncio.wrap_future(self._backend)
        await asyncio.wait([loaded])
        if loaded.exception() is None:  # else whoever asked has heard of it
            await loaded.result().close()
        if not keep_sandbox:
            await self.sandbox.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_asyncgens()


class _Stream:
    """Solutions as they come. Whoever closes it waits until those that are asked for have been called off."""

    def __init__(self, solutions: AsyncGenerator[list[Solution], None]) -> None:
        self._solutions = solutions
        self._turn = asyncio.Lock()

    async def next(self, model: Future[Backend]) -> list[Solution]:
        """The next ones, none at the end. Raises `BackendError` when there is no model: then nothing is begun."""
        async with self._turn:
            await asyncio.wrap_future(model)
            return await anext(self._solutions, [])

    async def close(self) -> None:
        """Calls off what still runs."""
        async with self._turn:
            await self._solutions.aclose()


class _Given:
    """A backend of the caller's own, where a `Source` is expected."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def load(self) -> Backend:
        """The backend."""
        return self._backend

    def record(self) -> Record:
        """Nothing is known of how it did before."""
        return {}

    def fingerprint(self) -> str:
        """A hash of what can be told of it: the names of its class and of its family."""
        kind = type(self._backend)
        told = f"{kind.__module__}.{kind.__qualname__} {self._backend.renderer.family.name}"
        return sha256(told.encode()).hexdigest()[:16]


def check_question(question: str) -> None:
    """Refuses what is no question.

    Raises:
        UsageError: empty, too long, or binary.
        TypeError: no text at all, which is a mistake in a program.
    """
    if not isinstance(question, str):
        raise TypeError(f"a question is text, not of type {type(question).__name__}")
    if not question.strip():
        raise UsageError('the question is empty; ask something, e.g. mathsolve "What is 15% of 80?"')
    if len(question) > MAX_QUESTION_CHARS:
        raise UsageError(
            f"the question has {len(question):,} characters, the limit is {MAX_QUESTION_CHARS:,}; shorten it"
        )
    if "\0" in question or "\ufffd" in question:
        raise UsageError("the question holds binary data; give plain text in UTF-8")
