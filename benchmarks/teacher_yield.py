"""What comes of a model teacher's draws, by maker of questions and by sub-domain, before the filters see them.

    python benchmarks/teacher_yield.py 200 --model http://localhost:8000/v1 [--solver MODEL] [--set samples=4] [--domains money]

Prints two tables of shares, the number of solutions of each mode, and the draws a second. A column is a reason for which a draw
came to nothing, in the order of the stages: reply, question, solutions.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from mathsolve.training.synthesis.candidate import Candidate
from mathsolve.training.synthesis.teacher import NoCandidate
from mathsolve.training.synthesis.teachers.model.options import options_of
from mathsolve.training.synthesis.teachers.model.plan import Plan
from mathsolve.training.synthesis.teachers.model.teacher import ModelTeacher, model_teacher
from mathsolve.training.synthesis.teachers.registry import Wishes, settings

STAGES = (
    "kept", "prompt too long", "reply cut off", "empty reply", "unreadable reply", "unsolvable question", "wrong language",
    "copy of a seed question", "lost unknown", "numbers changed", "unanswered", "answer differs", "hard",
)  # fmt: skip
"""What may become of a draw, in order; other reasons come after these."""
Drawn = tuple[Plan, Candidate | NoCandidate]


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("draws", type=int)
    parser.add_argument("--model", required=True)
    parser.add_argument("--domains", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="NAME=VALUE")
    told = parser.parse_args()
    domains = tuple(filter(None, told.domains.split(",")))
    wishes = Wishes(told.seed, domains=domains, model=told.model, settings=settings(told.settings))
    teacher = model_teacher(options_of(wishes))
    begun = time.perf_counter()
    drawn = asyncio.run(draws(teacher, told.draws))
    seconds = time.perf_counter() - begun
    console = Console(width=200)
    console.print(table("maker", drawn, lambda plan: plan.maker.name))
    console.print(table("sub-domain", drawn, lambda plan: plan.root.domain))
    kept = [one for _, one in drawn if isinstance(one, Candidate)]
    modes = Counter(proposal.mode for one in kept for proposal in one.proposals)
    console.print(
        f"{len(drawn)} draws, {len(kept)} questions, {dict(modes)} solutions; {len(drawn) / seconds:.2f} draws a second"
    )


async def draws(teacher: ModelTeacher, count: int) -> list[Drawn]:
    """The first draws, with their plans."""
    planned = [plan for number in range(count) if (plan := teacher.plan("train", number)) is not None]
    try:
        made = await asyncio.gather(*(teacher.draw("train", number) for number in range(len(planned))))
    finally:
        await teacher.close()
    return [(plan, one) for plan, one in zip(planned, made, strict=True) if one is not None]


def table(name: str, drawn: list[Drawn], group: Callable[[Plan], str]) -> Table:
    """Shares of what became of the draws of each group."""
    counts = Counter((group(plan), outcome(one)) for plan, one in drawn)
    seen = Counter(outcome(one) for _, one in drawn)
    columns = [stage for stage in STAGES if seen[stage]] + sorted(set(seen) - set(STAGES))
    grid = Table(box=None, pad_edge=False)
    for title in (name, "draws", *columns):
        grid.add_column(title, justify="left" if title == name else "right")
    for one in (*sorted({group for group, _ in counts}), None):
        of = seen if one is None else Counter({column: counts[one, column] for column in columns})
        shares = (f"{of[column] / of.total():.0%}" if of[column] else "·" for column in columns)
        grid.add_row(one or "all", str(of.total()), *shares)
    return grid


def outcome(one: Candidate | NoCandidate) -> str:
    """`kept`, or the fixed phrase of the reason."""
    return "kept" if isinstance(one, Candidate) else one.reason.partition(":")[0]


if __name__ == "__main__":
    main()
