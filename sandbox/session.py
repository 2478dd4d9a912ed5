"""The interface of every sandbox: open a session, run programs in it, close it.

Both backends inherit from these protocols, so that the type checker holds them to all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self, get_args

from .frames import LARGEST
from .preset import PRESETS
from .program import Limits, Observation, Program

if TYPE_CHECKING:
    from .conditions import Conditions

Mode = Literal["stateful", "stateless", "replay"]
"""What a program of a session finds of those before it. `stateful`: every variable that they left. `stateless`: nothing.
`replay`: what the programs left that succeeded; the others leave no trace, as if each program ran in a fresh child after
the successful ones."""

CODE_CHARS = 200_000
"""Longest program that is looked at."""


class SandboxError(RuntimeError):
    """The sandbox cannot work here or any more; the message names the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What `Sandbox.open` is told. Raises `ValueError` on a seed, mode or preset that there is not."""

    seed: int
    """Where `random` starts in the session."""
    mode: Mode
    """What stays from one program to the next."""
    preset: str
    """How observations are put into words, a name in `PRESETS`."""

    def __post_init__(self) -> None:
        if not -LARGEST < self.seed < LARGEST:
            raise ValueError(f"seed {self.seed} is too large; use one of at most 63 bits")
        for name, value, known in (("mode", self.mode, get_args(Mode)), ("preset", self.preset, PRESETS)):
            if value not in known:
                raise ValueError(f"{name} {value!r} is unknown; use one of {', '.join(known)}")

    def objection(self, program: Program) -> Observation | None:
        """What is shown of a program that is too long to be looked at; None for any other."""
        if len(program.code) <= CODE_CHARS:
            return None
        error = f"SyntaxError: the program has {len(program.code)} characters; at most {CODE_CHARS} are allowed"
        return Observation("error", error=error, preset=self.preset)


class Session(Protocol):
    """Runs the programs of one trajectory, one after the other; see `Mode` for what stays from one to the next."""

    async def run(self, program: Program, limits: Limits | None = None) -> Observation:
        """Run one program. Whatever it does becomes an observation; only a missing sandbox raises `SandboxError`."""
        ...

    async def close(self) -> None:
        """End the session and everything that it started. Closing twice is fine."""
        ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Sandbox(Protocol):
    """Opens sessions, for one event loop at a time. After `close`, `start` and `open` begin anew."""

    def start(self) -> None:
        """Start what takes long and return at once; `open` does it too, but later. What fails is heard of by `open`."""
        ...

    async def open(self, seed: int = 0, *, mode: Mode = "stateful", preset: str = "plain", caller: str = "") -> Session:
        """A new session, in which `random` starts from `seed`. Raises `SandboxError` when there is no safe way.

        `preset` is the name of how observations are put into words (see `PRESETS`). Sessions with the same `caller` share
        their turns, so that whoever has few programs does not wait for whoever has many.
        """
        ...

    async def conditions(self) -> Conditions:
        """Everything that results depend on, for whoever has to explain a run; starts what there is to start."""
        ...

    async def close(self) -> None:
        """End all sessions; returns when nothing is left of them. Closing twice is fine."""
        ...

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
