"""Attempts at problems by the model as it is now, through the engine and the sandbox that serve it, graded and rewarded.

Promises: ids, roles and log-probabilities are those of sampling, at temperature 1 from all tokens; nothing is encoded again.
The random numbers of an attempt depend on the seed, the step, the problem and its number alone. What the machinery spoils, and
what the grader cannot decide, is counted and never rewarded.

Does not promise the same attempts from the same weights to the last token: in other company a product rounds differently, and
may tip the scales between two tokens.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...engine.backend import Sampling
from ...engine.grading.verdict import Outcome
from ...engine.selection import Scorer
from ...engine.solver import Solver
from ...engine.trajectory import Mode, Trajectory
from ...evaluation.item import Item
from ...evaluation.record import FAILURES
from ...evaluation.running.verdicts import Verdicts
from ..tables import Modes, Policy
from .problems import drawn_mode
from .rewards import Reward, fewest_failures, is_truncated, is_void, reward, tie_broken

AT_ONCE = 64
"""Attempts in progress at the same time."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One attempt, and what it is worth."""

    item: Item
    """The problem."""
    mode: Mode
    """How it was asked."""
    attempt: Trajectory
    """What was done, with every token."""
    verdict: Outcome
    """Whether its answer is right."""
    reward: Reward
    """What it is worth."""

    @property
    def right(self) -> bool:
        """Whether its answer is right."""
        return self.verdict == "correct"

    @property
    def spoilt(self) -> bool:
        """Whether it says nothing about the model: the machinery failed, it took too long, or nobody can tell whether it is
        right."""
        stopped = self.attempt.stop in (*FAILURES, "timeout", "cancelled")
        return stopped or self.verdict == "undecided" or not self.written

    @property
    def written(self) -> int:
        """Tokens that the model wrote."""
        return len(self.attempt.tokens.sampled())


@dataclass(frozen=True, slots=True)
class Group:
    """The attempts at one problem in one batch, all asked in the same mode."""

    rollouts: tuple[Rollout, ...]
    """All of them, spoilt ones too."""
    learnt: tuple[Rollout, ...]
    """Those to learn from."""


async def rollouts(
    solver: Solver,
    items: Sequence[Item],
    step: int,
    row: int,
    modes: Modes,
    policy: Policy,
    seed: int,
    scorer: Scorer | None,
) -> list[Group]:
    """A batch of attempts, on the solver's own loop.

    Args:
        solver: the model as it is now, and a sandbox.
        items: the problems.
        step: number of the batch.
        row: most tokens of an attempt, its prompt included.
        modes: shares of the ways of asking.
        policy: how many attempts, and what they are worth.
        seed: of everything.
        scorer: breaks ties.
    """
    verdicts, turns = Verdicts(solver.sandbox), asyncio.Semaphore(AT_ONCE)

    async def one(item: Item, mode: Mode, number: int) -> Rollout:
        async with turns:
            return await roll_out(solver, item, mode, row, 1.0, _seed(seed, step, item, number), verdicts, policy)

    async def group(item: Item, numbers: range) -> Group:
        mode = drawn_mode(modes, f"{seed} {step} {item.id}")
        found = await asyncio.gather(*(one(item, mode, number) for number in numbers))
        return Group(tuple(found), tuple(await _scored(learnable(found, policy), scorer, policy)))

    return list(await asyncio.gather(*(group(item, numbers) for item, numbers in numbered(items, policy.samples))))


def numbered(items: Sequence[Item], samples: int) -> Iterator[tuple[Item, range]]:
    """Each problem with the numbers of its attempts. Where problems are few, one comes again in the same batch: its numbers go
    on, for equal numbers would make the same attempts."""
    earlier: Counter[str] = Counter()
    for item in items:
        first = samples * earlier[item.id]
        earlier[item.id] += 1
        yield item, range(first, first + samples)


async def roll_out(
    solver: Solver, item: Item, mode: Mode, row: int, temperature: float, seed: int, verdicts: Verdicts, policy: Policy
) -> Rollout:
    """One attempt, graded. It may use what is left of a row after its prompt."""
    renderer = solver.backend.renderer
    room = row - len(renderer.encode(renderer.prompt(item.question, mode)).ids)
    attempt = await solver.asample(item.problem, mode, Sampling(temperature, 1.0, max(room, 0), seed))
    verdict = await verdicts.of(item, attempt.answer, given=attempt.answer is not None)
    return Rollout(item, mode, attempt, verdict.verdict, reward(attempt, policy, right=verdict.verdict == "correct"))


def learnable(found: Sequence[Rollout], policy: Policy) -> list[Rollout]:
    """The attempts at a problem that are learnt from."""
    kept = [one for one in found if not one.spoilt and not _left_out(one, policy)]
    if policy.keep is None:
        return kept
    chosen = fewest_failures([one.attempt for one in kept], [one.right for one in kept], policy.keep)
    return [kept[number] for number in chosen]


def _left_out(one: Rollout, policy: Policy) -> bool:
    void = "void" in policy.leave_out and is_void(one.attempt)
    truncated = "truncated" in policy.leave_out and is_truncated(one.attempt)
    return (void or truncated) and not one.right


async def _scored(found: Sequence[Rollout], scorer: Scorer | None, policy: Policy) -> list[Rollout]:
    """The attempts at a problem with a scorer's part in their rewards."""
    known = [one for one in found if not one.spoilt]
    if scorer is None or not policy.tie_break or not known:
        return list(found)
    scores = await scorer.score([one.attempt for one in known])
    rewards = iter(tie_broken([one.reward for one in known], scores, policy.tie_break))
    return [one if one.spoilt else replace(one, reward=next(rewards)) for one in found]


def _seed(seed: int, step: int, item: Item, number: int) -> int:
    named = f"{seed} {step} {item.id} {number}".encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:4], "big") % 2**31
