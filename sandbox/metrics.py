"""What a sandbox did so far, in numbers: for whoever runs it, never for a model."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal

from .program import Status

Reason = Literal["processor time", "wall time", "output", "crash", "idle", "outside", "server", "cancelled"]
"""Why a child ended before its session. `idle`: it ended while no program ran; `outside`: somebody else killed it;
`server`: it went down with the server."""

LATEST = 1_000
"""Programs that the percentiles are taken over."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts since the sandbox was made, and how things stand now."""

    programs: int
    """Programs that were observed."""
    by_status: dict[Status, int]
    """How they ended."""
    p50_ms: float
    """Median wall time of the latest programs, without the wait for their turn."""
    p99_ms: float
    """Wall time that 99 of 100 of them stayed below."""
    waited: int
    """Programs that had to wait for their turn."""
    waiting: int
    """Programs that wait now."""
    sessions: int
    """Sessions that have a child now."""
    parked: int
    """Idle sessions that lost their child to the time limit or to others."""
    restored: int
    """Times that a session's variables were brought back."""
    lost: int
    """Times that they could not be."""
    retried: int
    """Programs that ran once more because the sandbox, not they, had failed."""
    restarts: int
    """Servers that died and were replaced."""
    kills: dict[Reason, int]
    """Children that ended before their session did, by reason."""


class Meter:
    """Counts."""

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self.kills: Counter[Reason] = Counter()
        self.waited = self.parked = self.restored = self.lost = self.retried = self.restarts = 0
        self._walls: deque[float] = deque(maxlen=LATEST)

    def observed(self, status: Status, wall_s: float) -> None:
        """One more program."""
        self.statuses[status] += 1
        self._walls.append(wall_s)

    def metrics(self, waiting: int, sessions: int) -> Metrics:
        """Everything."""
        walls = sorted(self._walls) or [0.0]
        p50, p99 = (1000 * walls[int(share * (len(walls) - 1))] for share in (0.5, 0.99))
        return Metrics(
            programs=self.statuses.total(),
            by_status=dict(self.statuses),
            p50_ms=p50,
            p99_ms=p99,
            waited=self.waited,
            waiting=waiting,
            sessions=sessions,
            parked=self.parked,
            restored=self.restored,
            lost=self.lost,
            retried=self.retried,
            restarts=self.restarts,
            kills=dict(self.kills),
        )
