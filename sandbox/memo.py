"""Sessions that share results: the same programs in the same order run once, however many sessions ask for them.

Attempts at one question mostly write the same program. A session here runs nothing while others have already run what it
asks for; when its ways part from theirs, it opens a child and runs its earlier programs again, so that their variables
are there.

Promises: what a session shows is what a session of its own would have shown, for programs that depend on nothing but
their text and the seed. Does not promise to notice a program that reads the clock.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from .program import Limits, Observation, Program
from .session import Sandbox, Session

History = tuple[tuple[Program, Limits | None], ...]
"""Programs of one session in order, with their limits."""


class MemoSandbox:
    """A sandbox on top of another one. It lives as long as its results are worth keeping, such as for one question."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._results: dict[tuple[int | None, History], asyncio.Task[Observation]] = {}
        self._children: list[Session] = []

    async def open(self, seed: int = 0) -> MemoSession:
        """A session that has no child yet."""
        return MemoSession(self, seed)

    async def close(self) -> None:
        """Stop what still runs; the sandbox below stays open."""
        for task in self._results.values():
            task.cancel()
        await asyncio.gather(*self._results.values(), return_exceptions=True)
        self._results.clear()
        for child in self._children:
            await child.close()

    def result(self, session: MemoSession, history: History) -> asyncio.Task[Observation]:
        """What the last of these programs shows; `session` runs it if nobody has."""
        random = any("random" in program.code for program, _ in history)
        key = (session.seed if random else None), history
        known = self._results.get(key)
        if known is None or _failed(known):
            known = self._results[key] = session.running = asyncio.create_task(session.execute(history))
        return known

    async def child(self, seed: int) -> Session:
        """A session of the sandbox below."""
        child = await self._sandbox.open(seed)
        self._children.append(child)
        return child

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class MemoSession:
    """Programs that were asked for, and a child that has run the first few of them."""

    def __init__(self, sandbox: MemoSandbox, seed: int) -> None:
        self.seed = seed
        """Where `random` starts in this session."""
        self.running: asyncio.Task[Observation] | None = None
        """The latest run of its own child."""
        self._sandbox = sandbox
        self._history: History = ()
        self._child: Session | None = None
        self._executed = 0

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program, unless it is known what it shows; see `Session.run`."""
        self._history += ((program, limits),)
        task = self._sandbox.result(self, self._history)
        return await asyncio.shield(task)  # others may wait for it, too

    async def execute(self, history: History) -> Observation:
        """Run the programs that the child has not run yet; what the last one shows."""
        if self._child is None:
            self._child = await self._sandbox.child(self.seed)
        for program, limits in history[self._executed :]:
            observation = await self._child.run(program, limits)
        self._executed = len(history)
        return observation

    async def close(self) -> None:
        """End the child; one that others may be waiting for is left to `MemoSandbox.close`."""
        if self._child is not None and (self.running is None or self.running.done()):
            await self._child.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _failed(task: asyncio.Task[Observation]) -> bool:
    """Whether the sandbox, not the program, was what failed: then it is worth another try."""
    if not task.done():
        return False
    return task.cancelled() or task.exception() is not None or task.result().status == "infra_error"
