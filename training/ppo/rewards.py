"""What an attempt is worth: first the grader's verdict, then small amounts that can never turn it around.

Promises: whatever the parts say, a right attempt is worth at least 1, and any other one less than a half. A learned score only
orders attempts at one problem with the same verdict, and makes no difference between the problems: on average it gives the same
at each. Of the attempts at a problem that were scored together, a right one is never worth less than the mean.

An attempt that ran out of tokens is one without an answer, for the budget is part of the task: it loses what every attempt
without an answer loses, on the last token that it wrote, and no value is assumed beyond. Where `leave_out` names such attempts,
nothing is learnt from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...engine.trajectory import Thought, Trajectory
from ...sandbox import Observation, Program
from ..tables import Policy


@dataclass(frozen=True, slots=True)
class Reward:
    """The parts of a reward."""

    right: float
    """1 for a right answer."""
    answer: float
    """Negative where there is no answer."""
    tools: float
    """For programs that ran, or against those that failed, of an attempt that is not right."""
    score: float = 0.0
    """From a scorer."""

    @property
    def verified(self) -> float:
        """What does not rest on a learned score."""
        return self.right + self.answer + self.tools

    @property
    def total(self) -> float:
        """All of it."""
        return self.verified + self.score


def reward(attempt: Trajectory, policy: Policy, *, right: bool) -> Reward:
    """The reward of one attempt, without a scorer's part.

    Args:
        attempt: what was done.
        policy: the amounts.
        right: by the verdict of the grader.
    """
    if right:
        return Reward(1.0, 0.0, 0.0)
    return Reward(0.0, -policy.no_answer if attempt.answer is None else 0.0, policy.tools * balance(attempt))


def balance(attempt: Trajectory) -> float:
    """Programs that ran to their end minus those that did not, as a share of all that were run; 0 without any."""
    ran = [step.ok for step in attempt.steps if isinstance(step, Observation)]
    return (2 * sum(ran) - len(ran)) / len(ran) if ran else 0.0


def tie_broken(rewards: Sequence[Reward], scores: Sequence[float], most: float) -> list[Reward]:
    """The rewards of the attempts at one problem with the part of a scorer: `most / 2`, and more or less by the rank among the
    attempts with the same verdict, from 0 to `most` at the widest.

        most / 2 + most * other * (rank - 1/2)      other: share of the attempts with the other verdict
                                                    rank: share of the mates that are beaten; alone 1/2

    So the mean over the right ones, and over the others, is `most / 2` at every problem. A right attempt is never below the
    mean of its group: it is above by `other * (1 - w - most / 2)` at least, w the mean of the others without a scorer, at most
    0.2. Where all have one verdict the scores make no difference. A score that is not a number counts as the lowest.

    >>> told = tie_broken([Reward(1, 0, 0), Reward(0, 0, 0), Reward(1, 0, 0)], [5.0, 9.0, 7.0], 0.3)
    >>> [round(one.score, 9) for one in told]
    [0.1, 0.15, 0.2]
    """
    found = []
    known = [-math.inf if math.isnan(score) else score for score in scores]
    for one, score in zip(rewards, known, strict=True):
        mates = [other for mate, other in zip(rewards, known, strict=True) if mate.right == one.right]
        beaten = sum(other < score for other in mates) + 0.5 * (sum(other == score for other in mates) - 1)
        rank = beaten / (len(mates) - 1) if len(mates) > 1 else 0.5
        found.append(replace(one, score=most * (0.5 + (1 - len(mates) / len(rewards)) * (rank - 0.5))))
    return found


def is_truncated(attempt: Trajectory) -> bool:
    """Whether it ran out of tokens before it stated an answer."""
    return attempt.stop == "max_tokens" and attempt.answer is None


def is_void(attempt: Trajectory) -> bool:
    """Whether the model ended a turn of its own accord with neither a program nor an answer (Xue et al. 2025, "SimpleTIR",
    arXiv 2509.02479). In our loop such a turn is the last one: what comes after a thought alone is the end."""
    last = attempt.steps[-1] if attempt.steps else None
    return attempt.stop in ("no_answer", "refused") and attempt.answer is None and isinstance(last, Thought | None)


def fewest_failures(attempts: Sequence[Trajectory], right: Sequence[bool], keep: int) -> list[int]:
    """Which `keep` attempts at a problem to learn from, in their order: right and wrong ones in the proportion in which they
    came, of the right ones those with the smallest share of failed programs, of the wrong ones the first, so that all kinds
    of failure stay (the resampling of GRPO-RoC, Shang et al. 2025, "rStar2-Agent", arXiv 2508.20722, by rank instead of by
    chance).

    Neither kind is lost where there are both.
    """
    good = sorted((n for n, ok in enumerate(right) if ok), key=lambda n: _failed(attempts[n]))
    bad = [n for n, ok in enumerate(right) if not ok]
    if len(right) <= keep:
        return list(range(len(right)))
    share = round(keep * len(good) / len(right))
    share = min(max(share, bool(good)), keep - bool(bad))
    return sorted(good[:share] + bad[: keep - share])


def _failed(attempt: Trajectory) -> float:
    """Share of its programs that did not run to their end."""
    programs = sum(isinstance(step, Program) for step in attempt.steps)
    ran = sum(step.ok for step in attempt.steps if isinstance(step, Observation))
    return 1 - min(ran, programs) / programs if programs else 0.0
