"""The interface of every sandbox: open a session, run programs in it, close it."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, Protocol, Self

from .program import Limits, Observation, Program

Mode = Literal["stateful", "stateless", "replay"]
"""What a program of a session finds of those before it. `stateful`: every variable that they left. `stateless`: nothing.
`replay`: what the programs left that succeeded; the others leave no trace, as if each program ran in a fresh child after
the successful ones."""


class SandboxError(RuntimeError):
    """The sandbox cannot work here or any more; the message names the cause and the remedy."""


class Session(Protocol):
    """Runs the programs of one trajectory, one after the other; see `Mode` for what stays from one to the next."""

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

    async def open(self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = "") -> Session:
        """A new session, in which `random` starts from `seed`. Raises `SandboxError` when there is no safe way.

        `preset` is the name of how observations are put into words (see `PRESETS`). Sessions with the same `caller` share
        their turns, so that whoever has few programs does not wait for whoever has many.
        """
        ...

    async def close(self) -> None:
        """End all sessions. Closing twice is fine."""
        ...
