"""Many problems through `solve_many`, some of them poisoned: does memory stay flat, and does poison reach the others?

    python benchmarks/solve_many.py [problems] [--poisoned 0.01] [--words]

The model is a replay of solutions made here; loop, sandbox and vote are the real ones. Poison is a program that kills its
interpreter, one that is refused, one that never ends, one that eats memory, a solution that never ends, and a model that
fails. Prints the memory of this process at each thousand, with the rate and the processor time that a problem takes in this
process (the programs run in others), how every kind of poison ended, and whether every other answer is right. With --words
the sound solutions have no programs, which leaves the loop alone.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mathsolve import Problem, Settings, Solver

SOUND = "The sum.\n```python\nprint({a} + {b})\n```\n```output\n{sum}\n```\nIt is \\boxed{{{sum}}}."
POISON = {
    "crash": "```python\nx = iter([1])\nfor _ in range(200_000): x = map(abs, x)\nnext(x)\n```\n```output\n\n```\nIt failed.",
    "refused": "```python\nimport ctypes\nctypes.string_at(0)\n```\n```output\n\n```\nIt failed.",
    "endless program": "```python\nwhile True: pass\n```\n```output\n\n```\nIt failed.",
    "memory": "```python\nx = [0] * 10**10\n```\n```output\n\n```\nIt failed.",
    "endless words": "and so on " * 3_000,
    "no model": None,
}


def lines(count: int, share: float, sound: str, kinds: random.Random) -> Iterator[tuple[Problem, str | None]]:
    """Problems, the kind of poison as `domain`, and their recorded solutions."""
    for number in range(count):
        a, b = number, 7 * number + 1
        kind = kinds.choice(list(POISON)) if kinds.random() < share else None
        text = sound.format(a=a, b=b, sum=a + b) if kind is None else POISON[kind]
        yield Problem(f"What is {a} + {b}?", str(number), str(a + b), kind), text


def memory_mb() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """Writes the recordings, solves, counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", type=int, nargs="?", default=10_000)
    parser.add_argument("--poisoned", type=float, default=0.01)
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()
    sound = SOUND.rpartition("\n")[2] if options.words else SOUND
    asked = list(lines(options.problems, options.poisoned, sound, random.Random(0)))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for problem, text in asked:
            if text is not None:
                file.write(json.dumps({"question": problem.question, "completions": [text]}) + "\n")
        file.flush()
        settings = Settings(f"replay:{file.name}", "mixed", 1, family="qwen-tir", max_tokens=1000)
        with Solver(settings) as solver:
            solver.solve(asked[0][0])
            print(f"{memory_mb():8.1f} MB before")
            start, used, wrong, ends = time.perf_counter(), time.process_time(), 0, Counter[tuple[str, str]]()
            solved = solver.solve_many((problem for problem, _ in asked), concurrency=64)
            for number, solution in enumerate(solved, 1):
                if solution.problem.domain is None:
                    wrong += solution.answer != solution.problem.answer
                else:
                    last = next((s.error for s in reversed(solution.steps) if hasattr(s, "error")), None)
                    ends[solution.problem.domain, f"{solution.stop}: {last or solution.detail}"] += 1
                if number % 1000 == 0:
                    rate = number / (time.perf_counter() - start)
                    each_ms = 1000 * (time.process_time() - used) / number
                    told = f"{memory_mb():8.1f} MB after {number:6,} problems, {rate:.0f} a second, {each_ms:.2f} ms each here"
                    print(told, flush=True)
    print(f"sound problems with a wrong answer: {wrong}")
    for (kind, end), count in sorted(ends.items()):
        print(f"  {count:4} x {kind:16} {end[:110]}")


if __name__ == "__main__":
    main()
