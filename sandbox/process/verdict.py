"""What the death of a child says about its program: a status, a line for its author, and whether the program is to blame."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from ..messages import Exited
from ..metrics import Reason
from ..program import Limits, Status
from .channel import Ending

WALL_S = 10.0
"""Wall seconds that every program gets, however small its limit is."""
TRIES = 4
"""Times that a program is run when the sandbox fails it each time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """On a program that ended without a reply of its own."""

    status: Status
    """How it ended."""
    error: str
    """One line for its author."""
    reason: Reason
    """One word for the metrics."""
    tries: int = 1
    """How often it is run before this is believed: more than once where the program may not be to blame."""


def wall_limit_s(limits: Limits) -> float:
    """The backstop for programs that wait instead of computing; wide, because a busy machine makes every program wait."""
    return max(WALL_S, 3 * limits.cpu_s + 1)


def verdict(ending: Ending, limits: Limits, alive: bool) -> Verdict:
    """On a program whose child ended like this, under a server that is `alive`."""
    if ending == "wall":
        error = f"TimeoutError: execution exceeded {wall_limit_s(limits):g} s of wall time"
        return Verdict("timeout", error, "wall time")
    if ending == "flood":
        return Verdict("output_limit", "OutputLimitError: the program printed far too much", "output")
    if not alive:
        return Verdict("infra_error", "SandboxError: the sandbox server died", "server", TRIES)
    if ending == "gone":  # the programs before it may be to blame, and running them again brings that to light
        return Verdict("crashed", "SystemError: the session's process ended before the program ran", "idle", TRIES)
    if not isinstance(ending, Exited):
        error = "SystemError: the program broke its process"
        return Verdict("crashed", error, "crash", 2 if ending == "lost" else 1)
    return _of_exit(ending, limits)


def _of_exit(ending: Exited, limits: Limits) -> Verdict:
    if ending.overrun or ending.code == -signal.SIGXCPU:
        error = f"TimeoutError: execution exceeded {limits.cpu_s:g} s of CPU time and could not be interrupted"
        return Verdict("timeout", error, "processor time")
    if ending.code == -signal.SIGKILL:
        error = "MemoryError: the system killed the program, most likely for its memory"
        return Verdict("memory", error, "outside", 3)
    if ending.code < 0:
        error = f"SystemError: the program crashed with {_name(-ending.code)}"
        return Verdict("crashed", error, "crash")
    error = f"SystemExit: the program left the interpreter with exit code {ending.code}"
    return Verdict("exited", error, "crash")


def _name(number: int) -> str:
    """Of a signal. Real-time signals have none, and neither has what a forged notice says."""
    return next((known.name for known in signal.Signals if known == number), f"signal {number}")
