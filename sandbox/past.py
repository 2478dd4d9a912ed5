"""What a session has run so far, as far as running it again brings its variables back.

A program that ended with an error left variables, too, so it is run again like those that succeeded. What a limit ended
is not: it would cost the limit once more. Does not promise the same variables to programs that read the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from .program import Kept, Limits, Program, Status
from .session import Mode

REPLAY_S = 10.0
"""Most CPU seconds, and most wall seconds, that bringing back a session's variables may take."""
SLACK_S = 0.5
"""What it may take at least: the time of very short programs cannot be told well."""

RESTORED = "; the session was restarted and its variables were restored"
LOST = "; the session was restarted and its variables are gone"
KEPT: dict[str, Kept] = {"": "kept", RESTORED: "restored", LOST: "lost"}
"""What each of these notes means for `Observation.session`."""

_LEAVES: dict[Mode, tuple[Status, ...]] = {"stateful": ("ok", "error"), "replay": ("ok",), "stateless": ()}
"""Programs that leave variables which running them again brings back."""


@dataclass(frozen=True, slots=True)
class Past:
    """A program of the session."""

    number: int
    """Its place in the session."""
    program: Program
    """What was run."""
    limits: Limits
    """What it could use."""
    status: Status
    """How it ended."""
    cpu_s: float
    """CPU seconds that it used."""


class History:
    """The programs that a session's variables come from."""

    def __init__(self, mode: Mode) -> None:
        self.past: list[Past] = []
        """Those that ran to their end, in order."""
        self._mode = mode
        self._exact = True

    @property
    def left(self) -> bool:
        """Whether there are variables that a fresh child does not have."""
        return bool(self.past) or not self._exact

    @property
    def note(self) -> str:
        """What the author of a failing program has to know once all of them were run again."""
        return "" if self._exact else RESTORED

    def add(self, latest: Past) -> None:
        """One more program has run. What a limit ended may have left variables that nothing brings back."""
        if latest.status in _LEAVES[self._mode]:
            self.past.append(latest)
        elif self._mode == "stateful" and latest.status in ("timeout", "memory"):
            self._exact = False

    def clear(self) -> None:
        """The variables are gone."""
        self.past.clear()
        self._exact = True


def budget_s(past: list[Past]) -> float:
    """CPU seconds that running all of this again may take: twice what it took, within bounds.

    >>> budget_s([])
    0.5
    """
    return min(REPLAY_S, SLACK_S + 2 * sum(one.cpu_s for one in past))
