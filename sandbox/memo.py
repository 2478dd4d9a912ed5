"""Sessions that share results: the same programs in the same order run once, however many sessions ask for them.

Attempts at one question mostly write the same program. A session here runs nothing while others have already run what it
asks for; when its ways part from theirs, it opens a child and runs its earlier programs again, so that their variables
are there.

Promises: what a session shows is what a session of its own would have shown, for programs that depend on nothing but
their text and the seed. Who waits for a program that others asked for, too, gets what it shows, but nothing is kept for
later that the machine had a part in: what a limit ended, what the sandbox failed at, what was cancelled. A program that
nobody waits for any more is ended. Does not promise to notice a program that reads the clock.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import NamedTuple

from .conditions import Conditions
from .program import Limits, Observation, Program
from .session import Mode, Sandbox, Session, Setting
from .turns import Turns

_NUMBERS = itertools.count(1)
_FINAL = ("ok", "error", "policy")
"""Statuses that the program alone decides."""


class _Order(NamedTuple):
    """A program and what it may use."""

    program: Program
    limits: Limits | None


_Orders = tuple[_Order, ...]


class MemoSandbox(Sandbox):
    """A sandbox on top of another one. It lives as long as its results are worth keeping, such as for one question."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._results: dict[tuple[Setting, _Orders], _Result] = {}
        self._children: set[_Child] = set()
        self._caller = f"memo {next(_NUMBERS)}"

    def start(self) -> None:
        """Start the sandbox below."""
        self._sandbox.start()

    async def open(
        self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = ""
    ) -> MemoSession:
        """A session that has no child yet. Without a `caller`, all sessions of this sandbox share their turns."""
        return MemoSession(self, Setting(seed, mode, preset), caller or self._caller)

    async def conditions(self) -> Conditions:
        """Those of the sandbox below."""
        return await self._sandbox.conditions()

    async def close(self) -> None:
        """Stop what still runs; the sandbox below stays open."""
        running = [result.task for result in self._results.values() if not result.task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._results.clear()
        for child in list(self._children):
            await child.close()

    def result(self, session: MemoSession, order: _Order) -> _Result:
        """What the program shows in this session, whose child runs it if nobody has."""
        orders = (*session.kept, order)
        key = (session.setting if _random(orders) else replace(session.setting, seed=0)), orders
        known = self._results.get(key)
        if known is None or not known.shared:
            known = self._results[key] = _Result(session.child(), session.kept, order)
        return known

    async def below(self, setting: Setting, caller: str, child: _Child) -> Session:
        """A session of the sandbox below."""
        self._children.add(child)
        return await self._sandbox.open(setting.seed, mode=setting.mode, preset=setting.preset, caller=caller)

    def forget(self, child: _Child) -> None:
        """The child is closed."""
        self._children.discard(child)


class MemoSession(Session):
    """Programs that were asked for, and a child that has run the first few of them."""

    def __init__(self, sandbox: MemoSandbox, setting: Setting, caller: str) -> None:
        self.setting = setting
        """How it was opened."""
        self.kept: _Orders = ()
        """Programs that its variables come from."""
        self._sandbox = sandbox
        self._caller = caller
        self._child: _Child | None = None
        self._order = Turns(1, 1_000)

    def child(self) -> _Child:
        """A child that has run a part of what this session keeps, or nothing."""
        if self._child is None or self._child.kept != self.kept[: len(self._child.kept)]:
            self._child = _Child(self._sandbox, self.setting, self._caller)
        return self._child

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program, unless it is known what it shows; see `Session.run`."""
        await self._order.take("")
        try:
            return await self._run(_Order(program, limits))
        finally:
            self._order.give()

    async def _run(self, order: _Order) -> Observation:
        result = self._sandbox.result(self, order)
        try:
            observation = await result.wait()
        except BaseException:
            if result.child is self._child:  # it may go on for others, but not as a part of this session
                self._child = None
            raise
        self.kept = _after(self.kept, order, observation, self.setting.mode)
        return observation

    async def close(self) -> None:
        """End the child."""
        if self._child is not None:
            await self._child.close()


class _Child:
    """A session of the sandbox below, opened when it is needed."""

    def __init__(self, sandbox: MemoSandbox, setting: Setting, caller: str) -> None:
        self.kept: _Orders = ()
        """Programs that its variables come from."""
        self._sandbox = sandbox
        self._setting = setting
        self._caller = caller
        self._session: Session | None = None

    async def run(self, kept: _Orders, order: _Order) -> Observation:
        """Run what is missing of `kept`, then the program; what that shows."""
        if self._session is None:
            self._session = await self._sandbox.below(self._setting, self._caller, self)
        for one in (*kept[len(self.kept) :], order):
            try:
                observation = await self._session.run(*one)
            except asyncio.CancelledError:
                await self.close()
                raise
            self.kept = _after(self.kept, one, observation, self._setting.mode)
        return observation

    async def close(self) -> None:
        """End it."""
        self._sandbox.forget(self)
        if self._session is not None:
            await self._session.close()


class _Result:
    """What one program shows, or will show, and how many wait for it."""

    def __init__(self, child: _Child, kept: _Orders, order: _Order) -> None:
        self.child = child
        """Who runs it."""
        self.task = asyncio.create_task(child.run(kept, order))
        """The run."""
        self._waiting = 0

    @property
    def shared(self) -> bool:
        """Whether it is worth giving to others: it is to come, or the program alone has decided it."""
        if not self.task.done():
            return not self.task.cancelling()
        if self.task.cancelled() or self.task.exception() is not None:
            return False
        observation = self.task.result()
        return observation.status in _FINAL and observation.session == "kept"

    async def wait(self) -> Observation:
        """For the observation. The last one that gives up ends the program."""
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self.task.cancel()


def _after(kept: _Orders, order: _Order, observation: Observation, mode: Mode) -> _Orders:
    """The programs that a session's variables come from, after one more; the state of a session depends on nothing else."""
    if observation.session == "lost":
        kept = ()
    left = observation.status == "ok" or (mode == "stateful" and observation.status == "error")
    soft = mode == "stateful" and observation.session == "kept" and observation.status in ("timeout", "memory")
    return (*kept, order) if mode != "stateless" and (left or soft) else kept


def _random(orders: _Orders) -> bool:
    return any("rand" in order.program.code for order in orders)
