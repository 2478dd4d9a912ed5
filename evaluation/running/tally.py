"""`Tally`: the figures of a run while it goes on, kept up to date record by record in constant time each."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...sandbox import Observation
from ..metrics.intervals import wilson
from ..record import Record

WINDOW_S = 30.0
"""Rates are those of the last so many seconds."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Totals of this session at some time."""

    at: float = 0.0
    samples: int = 0
    tokens: int = 0
    programs: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """Things per second."""

    samples: float
    """Samples that ended."""
    tokens: float
    """Tokens that the model chose in them."""
    programs: float
    """Programs that ran in them."""


@dataclass(slots=True)
class Accuracy:
    """Mean share of correct samples over problems, and its interval, without a look at any problem twice."""

    n: int = 0
    """Problems with at least one sample."""
    total: float = 0.0
    """Sum of the problems' shares."""
    squares: float = 0.0
    """Sum of their squares."""
    samples: int = 0
    """Samples of all problems."""

    @property
    def mean(self) -> float:
        """Accuracy."""
        return self.total / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% score interval over problems; samples of one problem count as one observation.

        Wilson's interval with the effective number of samples (Kish 1965): as many as would give the variance between
        problems if all samples were independent. With one sample a problem that is their number.
        """
        variance = self.squares / self.n - self.mean**2 if self.n else 0.0
        if variance <= 1e-12:
            return wilson(self.mean, self.n) if self.n else (0.0, 1.0)
        effective = min(self.n * self.mean * (1 - self.mean) / variance, self.samples)
        return wilson(self.mean, effective)

    def move(self, before: float | None, after: float) -> None:
        """A problem's share has changed, or there is a first one."""
        self.n += before is None
        self.samples += 1
        self.total += after - (before or 0.0)
        self.squares += after * after - (before or 0.0) ** 2


@dataclass(slots=True)
class Tally:
    """The figures of a run so far."""

    planned: int
    """Samples when it is complete."""
    done: int = 0
    """Samples that there are, failed ones left out."""
    failed: Counter[str] = field(default_factory=Counter)
    """Samples that the machinery failed in, by stop, in this session."""
    trouble: str = ""
    """What the last of them met."""
    stops: Counter[str] = field(default_factory=Counter)
    """Samples that end without an answer, by stop."""
    undecided: int = 0
    """Answers that the grader could not decide on."""
    withheld: int = 0
    """Answers that were not given."""
    accuracy: Accuracy = field(default_factory=Accuracy)
    """Over all problems and modes."""
    voting: bool = False
    """Whether samples are votes, whose answers may be withheld."""
    parts: dict[tuple[str, str], Accuracy] = field(default_factory=dict)
    """Accuracy of each benchmark in each mode."""
    clock: Callable[[], float] = time.monotonic
    """Where time comes from."""
    _shares: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Samples, and right ones, of each problem in each mode."""
    _moments: deque[_Moment] = field(default_factory=deque)
    """One for each of the last seconds."""
    _now: _Moment = field(default_factory=_Moment)

    def __post_init__(self) -> None:
        self._now = replace(self._now, at=self.clock())
        self._moments.append(self._now)

    @property
    def left(self) -> int:
        """Samples to take."""
        return max(0, self.planned - self.done)

    @property
    def per_second(self) -> Rates:
        """What happened lately."""
        first, now = self._moments[0], self.clock()
        span = max(now - first.at, 1e-3)
        last = self._now
        return Rates(
            (last.samples - first.samples) / span,
            (last.tokens - first.tokens) / span,
            (last.programs - first.programs) / span,
        )

    @property
    def left_s(self) -> float | None:
        """Seconds until it is complete at the rate of late; None while nothing is known."""
        rate = self.per_second.samples
        return self.left / rate if rate else None

    def add(self, record: Record) -> None:
        """A sample of this session."""
        self.recall(record)
        if record.failed:
            self.failed[record.stop] += 1
            self.trouble = record.detail or ""
        programs = sum(isinstance(step, Observation) for step in record.steps)
        last, now = self._now, self.clock()
        self._now = _Moment(now, last.samples + 1, last.tokens + record.sampled_tokens, last.programs + programs)
        if now - self._moments[-1].at >= 1:
            self._moments.append(self._now)
        while now - self._moments[0].at > WINDOW_S and len(self._moments) > 1:
            self._moments.popleft()

    def recall(self, record: Record) -> None:
        """A sample of an earlier session."""
        if record.failed:
            return
        self.done += 1
        self.undecided += record.verdict == "undecided"
        self.withheld += record.answer is not None and not record.given
        if record.answer is None:
            self.stops[record.stop] += 1
        place, part = (record.problem, record.mode), (record.problem.partition("/")[0], record.mode)
        n, right = self._shares.get(place, (0, 0))
        for accuracy in (self.accuracy, self.parts.setdefault(part, Accuracy())):
            accuracy.move(right / n if n else None, (right + record.right) / (n + 1))
        self._shares[place] = n + 1, right + record.right
