"""How often answers have a receipt, and how often it is right: the embedded model on this project's own benchmarks.

    python benchmarks/receipts.py [--limit 600] [--seed 1] [--golds] [--data DIR]

Prints for each kind of check how many answers have it, and the share of right ones among those that passed and those that
failed, beside the answers that were not checked; for the answers that were given, and for those that were withheld. With
`--golds` no model is asked: right answers and those of other questions are checked instead, also of benchmarks in DIR. A right
answer that fails is a question that was misread, or a benchmark's mistake: both are printed.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from mathsolve import Solver
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.receipts.check import receipts
from mathsolve.engine.trajectory import Solution
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item
from mathsolve.sandbox import ProcessSandbox

THIRD_PARTY = {"math500": 500, "math": 2500, "deepmind": 3000, "college_math": 1500, "gaokao2023en": 300}
"""Benchmarks that are read from the user's folder, and how many problems of each."""


def solved(items: Sequence[Item]) -> list[tuple[Item, Solution]]:
    """What the embedded model answers."""
    with Solver() as solver:
        return list(zip(items, solver.solve_many([item.problem for item in items], 4), strict=True))


def table(name: str, pairs: Sequence[tuple[Item, Solution]]) -> None:
    """Prints one table."""
    rights: dict[str, list[bool]] = defaultdict(list)
    for item, solution in pairs:
        answer = solution.trajectory.answer
        right = item.gold is not None and answer is not None and grade(item.gold, answer).verdict == "correct"
        rights["all"].append(right)
        for check in solution.checks:
            rights[
                f"{check.kind}: {'undecided' if check.passed is None else 'passed' if check.passed else 'failed'}"
            ].append(right)
        if not solution.checks:
            rights["not checked"].append(right)
    print(f"{name}: {len(pairs)}")
    for what, seen in sorted(rights.items()):
        print(f"  {what:24} {len(seen):5} ({len(seen) / len(pairs):6.1%})   right {sum(seen) / len(seen):.1%}")


async def golds(name: str, items: Sequence[Item]) -> None:
    """Checks right answers, and for each the right answer of the question before it."""
    counts: Counter[tuple[str, str, bool | None]] = Counter()
    async with ProcessSandbox() as sandbox:
        for before, item in zip([items[-1], *items], items, strict=False):
            for which, answer in (("right", item.gold), ("another", before.gold)):
                if answer is None or (which == "another" and answer == item.gold):
                    continue
                for check in await receipts(item.question, answer, [], sandbox):
                    counts[which, check.kind, check.passed] += 1
                    if check.passed is (which == "another"):
                        print(
                            f"    {which} answer {answer[:60]!r}: {check.detail} | {' '.join(item.question.split())[:160]}"
                        )
    print(f"{name}: {len(items)}")
    for (which, kind, passed), count in sorted(counts.items(), key=str):
        print(f"  {which:8} {kind:12} {'undecided' if passed is None else 'passed' if passed else 'failed':10} {count}")


def main() -> None:
    """Runs one of the two measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=600, help="problems of the built-in benchmark")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--golds", action="store_true", help="check right answers instead of a model's")
    parser.add_argument("--data", type=Path, help="folder of further benchmarks, for --golds")
    options = parser.parse_args()
    items = load("handwritten/inside") + load("builtin", seed=options.seed, limit=options.limit)
    if options.golds:
        asyncio.run(golds("builtin and handwritten", items))
        for name, limit in THIRD_PARTY.items() if options.data else ():
            asyncio.run(golds(name, load(name, folder=options.data, seed=3, limit=limit)))
        return
    pairs = [(item, solution) for item, solution in solved(items) if solution.trajectory.answer is not None]
    table("answers that were given", [pair for pair in pairs if pair[1].answer is not None])
    table("answers that were withheld", [pair for pair in pairs if pair[1].answer is None])


if __name__ == "__main__":
    main()
