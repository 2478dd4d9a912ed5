"""Held-out problems answered greedily by the policy as it is now, through the engine that serves it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...engine.solver import Solver
from ...engine.trajectory import Mode
from ...evaluation.item import Item
from ...evaluation.running.verdicts import Verdicts
from ..recipe import PolicyTraining
from ..tables import Modes
from .rollouts import AT_ONCE, roll_out


async def accuracy(solver: Solver, items: Sequence[Item], recipe: PolicyTraining) -> float:
    """The share of problems that are answered right, in the mode that most problems are asked in; on the solver's own loop."""
    verdicts, turns, mode = Verdicts(solver.sandbox), asyncio.Semaphore(AT_ONCE), usual(recipe.modes)

    async def one(item: Item) -> bool:
        async with turns:
            return (await roll_out(solver, item, mode, recipe.row, 0.0, 0, verdicts, recipe.policy)).right

    found = await asyncio.gather(*(one(item) for item in items))
    return sum(found) / len(found)


def usual(modes: Modes) -> Mode:
    """The mode with the largest share.

    >>> usual(Modes(mixed=0.2, pot=0.7, cot=0.1))
    'pot'
    """
    shares: dict[Mode, float] = {"mixed": modes.mixed, "pot": modes.pot, "cot": modes.cot}
    return max(shares, key=lambda mode: shares[mode])
