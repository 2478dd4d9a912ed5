"""What trust is worth: the answer that is trusted most against the one with the most votes, and what a threshold costs.

    python benchmarks/trust.py MODEL ordinary handwritten svamp ...

MODEL is a folder with a fitted trust, such as that of `mathsolve train export`, or `embedded` for the one that ships. Prints
Markdown: for each benchmark how many problems are right by votes and by trust, with a paired test, and, for several thresholds,
how many answers would be given rightly and wrongly. Problems that should be declined count among the wrong ones when they are
answered. Checks, which show some answers to be right and refute others, are not looked at: this is the trust alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import numpy as np

from mathsolve import Settings, Solution, Solver
from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.judge import judge
from mathsolve.evaluation.metrics.paired import difference
from mathsolve.evaluation.metrics.rows import markdown_table

THRESHOLDS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def main(model: str, benchmarks: Sequence[str]) -> None:
    """Prints both tables."""
    settings = Settings(seed=1) if model == "embedded" else Settings(model=model, seed=1)
    chosen, given = [], []
    with Solver(settings) as solver:
        for benchmark in benchmarks:
            items = load(benchmark)
            solutions = list(solver.solve_many([item.problem for item in items], concurrency=32))
            chosen.append(choices(benchmark, items, solutions))
            given.append((benchmark, *thresholds(items, solutions)))
    heads = ("benchmark", "problems", "right by votes", "by trust", "points", "95%", "better / worse", "p")
    print(markdown_table([heads, *chosen]), end="\n\n")
    print(markdown_table([("right / wrong from", *(f"{one:.0%}" for one in THRESHOLDS)), *given]))


def choices(benchmark: str, items: Sequence[Item], solutions: Sequence[Solution]) -> tuple[str, ...]:
    """How many of the problems that have an answer each way gets right."""
    pairs = [pair for pair in zip(items, solutions, strict=True) if pair[0].gold is not None]
    votes = np.array([by_votes(item, solution) for item, solution in pairs])
    trust = np.array([float(right(item, most_trust(solution))) for item, solution in pairs])
    gain = difference(votes, trust)
    numbers = (f"{votes.mean():.1%}", f"{trust.mean():.1%}", f"{100 * gain.value:+.1f}")
    interval = f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
    return (benchmark, str(len(pairs)), *numbers, interval, f"{gain.wins} / {gain.losses}", f"{gain.p:.3f}")


def thresholds(items: Sequence[Item], solutions: Sequence[Solution]) -> Iterator[str]:
    """Answers that are right and wrong among those that are trusted by so much."""
    for least in THRESHOLDS:
        sure = [pair for pair in zip(items, solutions, strict=True) if confident(pair[1], least)]
        good = sum(right(item, most_trust(solution)) for item, solution in sure)
        yield f"{good} / {len(sure) - good}"


def by_votes(item: Item, solution: Solution) -> float:
    """Whether the answer that most attempts gave is right; of several with as many votes, the share that is."""
    most = max((one.agreement for one in solution.candidates), default=0.0)
    top = [one.answer for one in solution.candidates if one.agreement == most]
    return sum(right(item, answer) for answer in top) / len(top) if top else 0.0


def most_trust(solution: Solution) -> str | None:
    """The answer that is trusted most."""
    return solution.candidates[0].answer if solution.candidates else None


def confident(solution: Solution, least: float) -> bool:
    """Whether an answer is trusted by so much."""
    return bool(solution.candidates) and (solution.candidates[0].confidence or 0.0) >= least


def right(item: Item, answer: str | None) -> bool:
    """Whether an answer is right; undecided counts as not."""
    return answer is not None and item.gold is not None and judge(item, answer).verdict == "correct"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2:])
    except UsageError as error:
        sys.exit(f"trust: {error}")
