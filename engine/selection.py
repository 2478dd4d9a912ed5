"""Choosing among attempts: by votes of mathematically equal answers, by scores, or by both.

An attempt without an answer has no vote. A tie is won by the answer of the attempt that was planned first, and reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal, Protocol, runtime_checkable

from ..sandbox import Sandbox
from .answers import decide, equal
from .trajectory import Trajectory

Method = Literal["trust", "majority", "weighted", "best"]
"""`trust`: the answer that is trusted most, where the model comes with a fitted trust, else `majority`; `majority`: most votes;
`weighted`: the largest sum of votes weighted by scores; `best`: the highest score."""
WITHOUT_SCORER: tuple[Method, ...] = ("trust", "majority")
"""Those that need no scorer."""


class Scorer(Protocol):
    """Judges attempts; a higher score is better, and any finite number is one."""

    name: str
    """What its scores are called."""

    async def score(self, attempts: Sequence[Trajectory]) -> Sequence[float]:
        """One score for each attempt."""
        ...


@runtime_checkable
class Weighing(Protocol):
    """A scorer that knows how much a vote of a score is worth, such as one whose scores are probabilities."""

    def weight(self, score: float) -> float:
        """A positive weight."""
        ...


@dataclass(frozen=True, slots=True)
class Vote:
    """The result of a vote."""

    winner: Trajectory
    """The earliest attempt with the winning answer (by score: the best one), or the first attempt when none answered."""
    agreement: float
    """Attempts with the winner's answer divided by all attempts, 0 to 1."""
    tied: tuple[str, ...] = ()
    """Other answers that did as well, in the order in which they were planned."""


class Ballot:
    """Attempts in classes of equal answers. The result does not depend on the order in which they ended."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.classes: list[list[Trajectory]] = []
        """Attempts by answer."""
        self._cast: dict[int, Trajectory] = {}
        self._numbers: dict[int, int] = {}
        self._sandbox = sandbox

    async def add(self, number: int, attempt: Trajectory) -> None:
        """One more attempt, the `number`-th that was planned."""
        self._cast[number] = attempt
        self._numbers[id(attempt)] = number
        if attempt.stop == "answered":
            await self._join(attempt)
            for members in self.classes:
                members.sort(key=self._number)
            self.classes.sort(key=lambda members: self._number(members[0]))

    def __contains__(self, number: int) -> bool:
        """Whether the `number`-th attempt was cast."""
        return number in self._cast

    @property
    def cast(self) -> list[Trajectory]:
        """All attempts in the order in which they were planned."""
        return [self._cast[number] for number in sorted(self._cast)]

    @property
    def counts(self) -> list[int]:
        """Votes of each answer."""
        return [len(members) for members in self.classes]

    def majority(self) -> Vote:
        """The answer with the most votes."""
        return self._elect(len, itemgetter(0))

    def weighted(self, scores: Mapping[int, float], weight: Callable[[float], float] | None = None) -> Vote:
        """The answer with the largest sum of weights.

        Args:
            scores: by `id` of the attempt.
            weight: makes a positive weight of a score; by default the logistic function, so that a negative score is a
                small vote and never counts against its own answer.
        """
        by = weight or logistic
        return self._elect(
            lambda members: sum(by(scores[id(attempt)]) for attempt in members),
            lambda members: max(members, key=lambda attempt: scores[id(attempt)]),
        )

    def best(self, scores: Mapping[int, float]) -> Vote:
        """The attempt with the highest score."""
        return self._elect(
            lambda members: max(scores[id(attempt)] for attempt in members),
            lambda members: max(members, key=lambda attempt: scores[id(attempt)]),
        )

    def _elect(
        self, worth: Callable[[list[Trajectory]], float], chosen: Callable[[list[Trajectory]], Trajectory]
    ) -> Vote:
        if not self.classes:
            return Vote(self.cast[0], 0.0)
        worths = [worth(members) for members in self.classes]
        top = max(worths)
        members, *equals = [members for members, reached in zip(self.classes, worths, strict=True) if reached == top]
        tied = tuple(chosen(others).answer or "" for others in equals)
        return Vote(chosen(members), len(members) / len(self.cast), tied)

    def _number(self, attempt: Trajectory) -> int:
        return self._numbers[id(attempt)]

    async def _join(self, attempt: Trajectory) -> None:
        answer = attempt.answer or ""
        known = [(members, decide(answer, members[0].answer or "")) for members in self.classes]
        for members, same in known:
            if same:
                members.append(attempt)
                return
        for members, same in known:
            if same is None and await self._equal(answer, members[0].answer or ""):
                members.append(attempt)
                return
        self.classes.append([attempt])

    async def _equal(self, a: str, b: str) -> bool:
        async with await self._sandbox.open() as session:
            return await equal(a, b, session)


async def select(ballot: Ballot, method: Method, scorer: Scorer | None) -> Vote:
    """The winner among attempts, by votes or scores. A scorer is needed for all methods but those `WITHOUT_SCORER`."""
    answered = [attempt for attempt in ballot.cast if attempt.stop == "answered"]
    if method in WITHOUT_SCORER or scorer is None or not answered:
        return ballot.majority()
    given = await scorer.score(answered)
    scores = {id(attempt): score for attempt, score in zip(answered, given, strict=True)}
    if method == "best":
        return ballot.best(scores)
    return ballot.weighted(scores, scorer.weight if isinstance(scorer, Weighing) else None)


def logistic(score: float) -> float:
    """1 / (1 + exp(-score)), without overflow.

    >>> logistic(0.0)
    0.5
    """
    return 1 / (1 + math.exp(-score)) if score >= 0 else math.exp(score) / (1 + math.exp(score))


def settled(counts: Sequence[int], left: int, risk: float) -> bool:
    """Whether the leading answer can no longer plausibly lose.

    It cannot lose at all when it leads by more than the attempts that are left. It is unlikely to when, after the votes
    so far, the probability that the runner-up is really the more frequent answer is at most `risk`: with a uniform prior
    over the share of the leader among the two, that is P(Beta(v1 + 1, v2 + 1) < 1/2), a binomial tail (Aggarwal et al.
    2023, "Let's Sample Step by Step: Adaptive-Consistency", section 3).

    The risk is that belief about one look, averaged over problems whose shares are as the prior says. It is no bound on how
    often the leader is wrong on problems of a given share, because every vote is another look and sampling ends at the first
    that suffices. With two answers, at most 64 votes and a risk of 0.05, the wrong one is chosen in 24% of problems where
    the better one has a share of 55% (21% by the vote of all 64), 8.9% at 60% (5.4%), 1.2% at 70% (0.0%).

    Args:
        counts: votes of each answer.
        left: attempts that may still come.
        risk: the largest such probability at which sampling ends, 0 to 1.

    >>> settled([4, 0], 12, 0.05), settled([4, 1], 12, 0.05), settled([4, 1], 2, 0.0)
    (True, False, True)
    """
    first, second = (*sorted(counts, reverse=True), 0, 0)[:2]
    if first - second > left:
        return True
    n = first + second + 1
    tail = sum(math.comb(n, k) for k in range(first + 1, n + 1))
    return first > 0 and tail <= risk * 2**n
