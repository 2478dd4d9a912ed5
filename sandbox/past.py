"""What a session has run so far, as far as running it again brings its variables back.

A program that ended with an error left variables, too, so it is run again like those that succeeded. What a limit ended
is not: it would cost the limit once more. Does not promise the same variables to programs that read the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from .program import Limits, Program, Status

REPLAY_S = 10.0
"""Most CPU seconds, and most wall seconds, that bringing back a session's variables may take."""
SLACK_S = 0.5
"""What it may take at least: the time of very short programs cannot be told well."""


@dataclass(frozen=True, slots=True)
class Past:
    """A program of the session that ran to its end."""

    number: int
    """Its place in the session."""
    program: Program
    """What was run."""
    limits: Limits
    """What it could use."""
    status: Status
    """How it ended: `ok` or `error`."""
    cpu_s: float
    """CPU seconds that it used."""


def budget_s(past: list[Past]) -> float:
    """CPU seconds that running all of this again may take: twice what it took, within bounds.

    >>> budget_s([])
    0.5
    """
    return min(REPLAY_S, SLACK_S + 2 * sum(one.cpu_s for one in past))
