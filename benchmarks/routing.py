"""Five attempts spent on words, programs, both, the present `auto`, or plans that are routed by the kind of the question.

    python benchmarks/routing.py [--limit 500] [--seed 1] [--keep attempts.jsonl]

The embedded model makes five attempts in each mode at problems of this project's own benchmarks; every plan then votes among
five of the same attempts. Prints for each plan the share of right answers and the mean number of sampled tokens, in all and by
sub-domain. The routed plan has the record of the other half of the problems, so it is never told about its own. `--keep` keeps
the attempts, and a second call with the same file makes only those that are missing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from mathsolve import Problem, Solver, Thought, Trajectory
from mathsolve.engine.backend import Sampling
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.routing import Record, kind, modes, share
from mathsolve.engine.selection import Ballot
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item
from mathsolve.sandbox import ProcessSandbox

MODES = ("mixed", "pot", "cot")
FIXED = {
    "cot x 5": [("cot", k) for k in range(5)],
    "pot x 5": [("pot", k) for k in range(5)],
    "mixed x 5": [("mixed", k) for k in range(5)],
    "auto (now)": [("mixed", 0), ("pot", 0), ("mixed", 2), ("mixed", 3), ("mixed", 4)],
}
"""Modes and seeds of the attempts of each plan that is the same for all problems; seed 0 is greedy."""

Row = dict[str, Any]
"""One problem and its attempts by mode and seed, as kept in the file."""


async def attempts(solver: Solver, item: Item) -> Row:
    """Five attempts in each mode."""
    made = {}
    for mode in MODES:
        for seed in range(5):
            done = await solver.asample(item.problem, mode, Sampling(0.7 if seed else 0.0, max_tokens=1024, seed=seed))
            made[f"{mode} {seed}"] = [done.answer if done.stop == "answered" else None, len(done.tokens.sampled())]
    return {"id": item.id, "question": item.question, "gold": item.gold, "domain": item.subject, "made": made}


async def record(items: list[Item], keep: Path) -> None:
    """Adds what the file does not have yet."""
    known = {row["id"] for row in rows(keep)}
    gate = asyncio.Semaphore(4)
    with Solver() as solver, keep.open("a", encoding="utf-8") as file:

        async def one(item: Item) -> None:
            async with gate:
                file.write(json.dumps(await attempts(solver, item)) + "\n")
                file.flush()

        await asyncio.gather(*(one(item) for item in items if item.id not in known))


def rows(keep: Path) -> list[Row]:
    """What the file has."""
    return [json.loads(line) for line in keep.read_text(encoding="utf-8").splitlines()] if keep.exists() else []


def is_right(row: Row, answer: str | None) -> bool:
    """Whether an answer is the right one."""
    return answer is not None and grade(row["gold"], answer).verdict == "correct"


def records_of(known: list[Row]) -> Record:
    """How the greedy attempts in each mode did, by kind of question."""
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in known:
        about = kind(row["question"])
        for mode in MODES:
            right, total = found[about].get(mode, (0, 0))
            found[about][mode] = right + is_right(row, row["made"][f"{mode} 0"][0]), total + 1
    return found


def routed_plan(row: Row, known: Record, *, best: bool) -> list[tuple[str, int]]:
    """The plan of `engine.routing`; with `best` the two modes with the best record, whichever they are."""
    first, other = modes(row["question"], known)
    if best:
        tallies = known.get(kind(row["question"]), {})
        first, other = sorted(MODES, key=lambda mode: -share(tallies.get(mode, (0, 0))))[:2]
    return [(first, 0), (other, 0), (first, 2), (first, 3), (first, 4)]


async def vote(row: Row, plan: list[tuple[str, int]], sandbox: ProcessSandbox) -> tuple[bool, int]:
    """Whether the plan's answer is right, and what it cost in tokens."""
    ballot = Ballot(sandbox)
    for number, (mode, seed) in enumerate(plan):
        answer = row["made"][f"{mode} {seed}"][0]
        stop = "no_answer" if answer is None else "answered"
        await ballot.add(number, Trajectory(Problem(row["question"]), (Thought(mode),), answer, stop))
    return is_right(row, ballot.majority().winner.answer), sum(row["made"][f"{m} {s}"][1] for m, s in plan)


async def compare(known: list[Row]) -> None:
    """Votes by every plan, and prints the table."""
    halves = [records_of(known[1::2]), records_of(known[::2])]
    results: dict[str, dict[str, list[tuple[bool, int]]]] = defaultdict(lambda: defaultdict(list))
    async with ProcessSandbox() as sandbox:
        for number, row in enumerate(known):
            plans = FIXED | {
                "routed by rule": routed_plan(row, {}, best=False),
                "routed by record": routed_plan(row, halves[number % 2], best=False),
                "best two modes": routed_plan(row, halves[number % 2], best=True),
            }
            for name, plan in plans.items():
                result = await vote(row, plan, sandbox)
                results[row["domain"]][name].append(result)
                results["all"][name].append(result)
    names = list(results["all"])
    print(f"{'':18}{'n':>5}" + "".join(f"{name:>18}" for name in names))
    for domain in sorted(results, key=lambda one: (one != "all", one)):
        cells = [results[domain][name] for name in names]
        shares = "".join(f"{sum(right for right, _ in one) / len(one):18.3f}" for one in cells)
        print(f"{domain:18}{len(cells[0]):5}{shares}")
    costs = [results["all"][name] for name in names]
    print(f"{'sampled tokens':23}" + "".join(f"{sum(cost for _, cost in one) / len(one):18.1f}" for one in costs))


def main() -> None:
    """Records and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=500, help="problems of the built-in benchmark")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--keep", type=Path, default=Path("routing_attempts.jsonl"), help="file of the attempts")
    options = parser.parse_args()
    items = load("handwritten/inside") + load("builtin", seed=options.seed, limit=options.limit)
    asyncio.run(record([item for item in items if item.gold is not None], options.keep))
    asyncio.run(compare(rows(options.keep)))


if __name__ == "__main__":
    main()
