"""What goes into the sandbox and what comes out: `Program` in, `Observation` out, within `Limits`.

Nothing here runs anything; these are the nouns that every floor above shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .preset import PRESETS

Status = Literal["ok", "error", "timeout", "memory", "output_limit", "policy", "crashed", "exited", "infra_error"]
"""How a program ended. `infra_error` is the sandbox's own failure: it is never shown to a model."""

Kept = Literal["kept", "restored", "lost"]
"""`kept`: they are there. `restored`: the session's process had to be replaced, and the programs before were run again.
`lost`: it had to be replaced, and the variables of the programs before are gone."""


@dataclass(frozen=True, slots=True)
class Program:
    """One block of Python, as a model wrote it."""

    code: str
    """The source text."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may use."""

    cpu_s: float = 5.0
    """CPU seconds; wall time is only a backstop, at 3 x this + 1 s but at least 10 s, and more on a crowded machine."""
    memory_mb: int = 1024
    """Address space in MiB."""
    output_chars: int = 65_536
    """Characters of output that are kept; the rest is counted and dropped."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What running a program showed."""

    status: Status
    """How it ended."""
    stdout: str = ""
    """What it printed (stdout and stderr in order), kept even when it was killed."""
    value: str | None = None
    """`repr` of the last expression, when the program ended in one that is not None."""
    error: str | None = None
    """One line, `Type: message`, when the status is not `ok`."""
    cpu_s: float = 0.0
    """CPU seconds used."""
    wall_s: float = 0.0
    """Wall seconds from request to reply."""
    truncated: int = 0
    """Characters of output that were left out."""
    tier: str = ""
    """Isolation in force, `A` (strongest) to `D`."""
    session: Kept = "kept"
    """What became of the session's variables."""
    trace: str | None = None
    """The lines that led to the error, when the preset asks for them; frames of the session's own blocks only."""
    preset: str = "plain"
    """How `text` puts it, a name in `PRESETS`."""

    @property
    def ok(self) -> bool:
        """Whether the program ran to its end."""
        return self.status == "ok"

    @property
    def text(self) -> str:
        """What a model is told; in `plain` the output, then the last value, then the error, each on lines of its own."""
        return PRESETS[self.preset].words(self.stdout, self.value, self.trace, self.error)
