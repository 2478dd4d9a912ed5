"""Recorded solutions of other models through the real loop: replay backend, sandbox, extraction and equality.

    python benchmarks/replay_loop.py [--limit 100] [--show 20]

Reads ../shared/data/replay (no part of this repository): the GSM8K solutions of ToRA-Code-34B, whose authors publish 80.7%,
and the programs of Codex (program of thoughts). The programs run again in our sandbox, and what follows an output in the
recording follows our own output. Prints how many outputs are the recorded ones, how many answers are right by our
extraction and equality, and every difference.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathsolve import Observation, Problem, Settings, Solver, Trajectory
from mathsolve.engine.backend import Sampling
from mathsolve.engine.grading.grade import grade

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "replay"


@dataclass(frozen=True, slots=True)
class Solved:
    """A recorded solution."""

    problem: Problem
    """The question, and the right answer."""
    text: str
    """The whole solution in the family's format."""
    outputs: tuple[str, ...]
    """What its programs had printed."""
    pred: str | None
    """The answer that its authors took from it."""


def tora(line: dict[str, Any]) -> Solved | None:
    """ToRA's own format."""
    text = line["code"][0]
    outputs = tuple(part.split("\n```", 1)[0] for part in text.split("```output\n")[1:])
    return Solved(Problem(line["question"], str(line["idx"]), line["gt"]), text, outputs, line["pred"][0])


def codex(line: dict[str, Any]) -> Solved | None:
    """A program that leaves its answer in `ans`; nothing follows it."""
    if "generated" not in line:  # the prompt
        return None
    output = repr(line["executed"])
    text = f"```python\n{line['generated'][0].strip()}\nans\n```\n```output\n{output}\n```\n"
    return Solved(Problem(line["question"], None, str(line["answer"])), text, (output,), output)


CORPORA: dict[str, tuple[str, str, Callable[[dict[str, Any]], Solved | None]]] = {
    "ToRA-Code-34B": ("tora_outputs/*.jsonl.gz", "tora", tora),
    "Codex": ("pot_outputs_codex/*.jsonl.gz", "base", codex),
}


def lines(pattern: str) -> Iterator[dict[str, Any]]:
    """All lines of the files."""
    for path in sorted(DATA.glob(pattern)):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


async def replay(solver: Solver, solved: list[Solved]) -> list[Trajectory]:
    """Every solution through the loop, all at once."""
    sampling = Sampling(max_tokens=100_000)
    return await asyncio.gather(*(solver.asample(one.problem, "mixed", sampling) for one in solved))


def report(name: str, solved: list[Solved], done: list[Trajectory], seconds: float, show: int) -> None:
    """Counts, and the differences."""
    equal = ran = right = as_theirs = 0
    rules: Counter[str] = Counter()
    differences = []
    for one, trajectory in zip(solved, done, strict=True):
        seen = [step for step in trajectory.steps if isinstance(step, Observation)]
        ran += len(seen)
        for observation, recorded in zip(seen, one.outputs, strict=False):
            same = grade(recorded, observation.text).verdict == "correct" or observation.text == recorded
            equal += same
            if not same:
                differences.append(f"{one.problem.id}: output {observation.text!r}, recorded {recorded!r}")
        verdict = grade(one.problem.answer or "", trajectory.answer).verdict
        theirs = grade(one.problem.answer or "", one.pred).verdict
        right += verdict == "correct"
        as_theirs += verdict == theirs
        rules[trajectory.rule or trajectory.stop] += 1
        if verdict != theirs:
            gold = one.problem.answer
            differences.append(
                f"{one.problem.id}: {verdict} with {trajectory.answer!r} ({trajectory.rule or trajectory.stop}); "
                f"their {one.pred!r} is {theirs}; right is {gold!r}"
            )
    n = len(solved)
    print(
        f"{name}: {n} solutions in {seconds:.1f} s, {ran} programs run, {equal} outputs as recorded ({equal / ran:.2%})"
    )
    print(
        f"  right {right} ({right / n:.1%}); same verdict as on their own extraction {as_theirs} ({as_theirs / n:.2%})"
    )
    print("  answers by rule:", ", ".join(f"{rule} {count}" for rule, count in rules.most_common()))
    for difference in differences[:show]:
        print("  -", difference)


def main() -> None:
    """Runs both corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, help="only this many solutions of each")
    parser.add_argument("--show", type=int, default=40, help="differences to print")
    options = parser.parse_args()
    for name, (pattern, family, read) in CORPORA.items():
        solved = [one for line in lines(pattern) if (one := read(line)) is not None][: options.limit]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            for one in solved:
                file.write(json.dumps({"question": one.problem.question, "completions": [one.text]}) + "\n")
            file.flush()
            settings = Settings(f"replay:{file.name}", timeout_s=3600, max_tokens=1_000_000, family=family)
            with Solver(settings) as solver:
                start = time.perf_counter()
                done = asyncio.run(replay(solver, solved))
                report(name, solved, done, time.perf_counter() - start, options.show)


if __name__ == "__main__":
    main()
