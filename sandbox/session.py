"""The interface of every sandbox: open a session, run programs in it, close it."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from .program import Limits, Observation, Program


class SandboxError(RuntimeError):
    """The sandbox cannot work here or any more; the message names the cause and the remedy."""


class Session(Protocol):
    """Runs the programs of one trajectory, one after the other; variables stay from one to the next."""

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program. Whatever it does becomes an observation; only a missing sandbox raises `SandboxError`."""
        ...

    async def close(self) -> None:
        """End the session and everything that it started. Closing twice is fine."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandbox(Protocol):
    """Opens sessions."""

    async def open(self, seed: int = 0) -> Session:
        """A new session, in which `random` starts from `seed`. Raises `SandboxError` when there is no safe way."""
        ...

    async def close(self) -> None:
        """End all sessions. Closing twice is fine."""
        ...
