"""The schedules that `scheduling.py` compares with ours, for the same attempts, model and sandbox.

`Rounds` is how ToRA (`src/infer/inference.py`) and Qwen2.5-Math (`evaluation/math_eval.py`) go about it: a completion for
every unfinished sample, then every program, then the next round. An attempt that wants something waits until all unfinished
ones want something; programs go before completions, and nobody goes on before the last of his round is done. `Recorder`
keeps what was asked and answered; `Echo` answers programs from that record at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mathsolve import Observation, Program
from mathsolve.engine.backend import Backend, Completion, Context, Sampling
from mathsolve.sandbox import Sandbox

T = TypeVar("T")
Request = tuple[Context, Sampling]


class Rounds:
    """A barrier for `count` attempts."""

    def __init__(self, count: int) -> None:
        self._unfinished = count
        self._waiting: dict[str, list[tuple[Callable[[], Awaitable[Any]], asyncio.Future[Any]]]]
        self._waiting = {"program": [], "completion": []}
        self._rounds: set[asyncio.Task[None]] = set()

    async def want(self, kind: str, work: Callable[[], Awaitable[T]]) -> T:
        """The outcome of `work`, in its round."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting[kind].append((work, answer))
        self._look()
        return await answer

    def finished(self) -> None:
        """One attempt has ended."""
        self._unfinished -= 1
        self._look()

    def _look(self) -> None:
        if sum(map(len, self._waiting.values())) == self._unfinished > 0:
            kind = "program" if self._waiting["program"] else "completion"
            batch, self._waiting[kind] = self._waiting[kind], []
            task = asyncio.create_task(self._round(batch))
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)

    async def _round(self, batch: list[tuple[Callable[[], Awaitable[Any]], asyncio.Future[Any]]]) -> None:
        outcomes = await asyncio.gather(*(work() for work, _ in batch))
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            answer.set_result(outcome)


class LockStepBackend:
    """A backend whose completions come in rounds."""

    def __init__(self, backend: Backend, rounds: Rounds) -> None:
        self.renderer, self.profile = backend.renderer, backend.profile
        self._backend, self._rounds = backend, rounds

    async def generate(self, context: Context, sampling: Sampling, on_text: Any = None) -> Completion:
        """See `Backend.generate`."""
        return await self._rounds.want("completion", lambda: self._backend.generate(context, sampling))

    async def score(self, ids: Any) -> list[float]:
        """Nothing."""
        return []

    async def close(self) -> None:
        """Nothing to free."""


class LockStepSandbox:
    """A sandbox whose programs run in rounds."""

    def __init__(self, sandbox: Sandbox, rounds: Rounds) -> None:
        self._sandbox, self._rounds = sandbox, rounds

    async def open(self, seed: int = 0, **options: Any) -> Any:
        """See `Sandbox.open`."""
        return _LockStepSession(await self._sandbox.open(seed, **options), self._rounds)


class _LockStepSession:
    def __init__(self, session: Any, rounds: Rounds) -> None:
        self._session, self._rounds = session, rounds
        self.close = session.close

    async def run(self, program: Program) -> Observation:
        return await self._rounds.want("program", lambda: self._session.run(program))


class Recorder:
    """A backend and a sandbox that keep what was asked of them, by the seed of the attempt."""

    def __init__(self, backend: Backend, sandbox: Sandbox) -> None:
        self.renderer, self.profile, self.score, self.close = (
            backend.renderer,
            backend.profile,
            backend.score,
            backend.close,
        )
        self._backend, self._sandbox = backend, sandbox
        self.requests: dict[int, list[Request]] = {}
        self.observations: dict[int, list[Observation]] = {}

    async def generate(self, context: Context, sampling: Sampling, on_text: Any = None) -> Completion:
        """See `Backend.generate`."""
        self.requests.setdefault(sampling.seed, []).append((context, sampling))
        return await self._backend.generate(context, sampling)

    async def open(self, seed: int = 0, **options: Any) -> Any:
        """See `Sandbox.open`."""
        return _RecordedSession(await self._sandbox.open(seed, **options), self.observations.setdefault(seed, []))


class _RecordedSession:
    def __init__(self, session: Any, kept: list[Observation]) -> None:
        self._session, self._kept = session, kept
        self.close = session.close

    async def run(self, program: Program) -> Observation:
        self._kept.append(await self._session.run(program))
        return self._kept[-1]


class Echo:
    """A sandbox that knows every observation before."""

    def __init__(self, observations: dict[int, list[Observation]]) -> None:
        self._observations = observations

    async def open(self, seed: int = 0, **_: Any) -> Any:
        """See `Sandbox.open`."""
        return _EchoSession(list(self._observations[seed]))


class _EchoSession:
    def __init__(self, left: list[Observation]) -> None:
        self._left = left

    async def run(self, _: Program) -> Observation:
        return self._left.pop(0)

    async def close(self) -> None:
        """Nothing to free."""
