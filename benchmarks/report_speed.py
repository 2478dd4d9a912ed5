"""Speed of the report on a large run: 12,500 problems with 16 samples each, of one to two kilobytes a step.

    python benchmarks/report_speed.py [PROBLEMS [SAMPLES]]

Makes such a run (the making is not measured), then runs `mathsolve report` on it in a process of its own and prints wall
time, CPU time, peak memory and the size of the page. Deterministic; the run lies in a temporary folder and is removed.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mathsolve.engine.trajectory import Step, Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import item_to_json
from mathsolve.sandbox.program import Observation, Program

WORDS = (
    *("we", "let", "the", "sum", "of", "both", "sides", "equal", "since", "therefore", "each", "factor", "divides"),
    *("term", "by", "product", "integer", "angle", "length", "total", "number", "ways", "remaining", "first", "second"),
    *("because", "prime", "even", "odd", "value", "minus", "then", "check", "that", "holds", "for", "all"),
)
SUBJECTS = ("algebra", "geometry", "number theory", "counting", "precalculus", "probability", "functions")


def main(problems: int, samples: int) -> None:
    """Makes a run, measures the report, prints what it took."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), problems, samples)
        records = Path(folder, "records.jsonl").stat().st_size
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "mathsolve", "report", folder], check=True, stdout=subprocess.DEVNULL, timeout=600
        )
        seconds = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        html = Path(folder, "report.html").stat().st_size
        print(f"{problems * samples:,} records, {records / 1e6:.0f} MB")
        cpu = used.ru_utime + used.ru_stime
        print(
            f"{seconds:.1f} s ({cpu:.1f} s of CPU), {used.ru_maxrss / 1024:.0f} MB at most, page of {html / 1e6:.1f} MB"
        )


def make(folder: Path, problems: int, samples: int) -> None:
    """A run with random words, numbers and programs; random words compress worse than what models write."""
    dice = random.Random(0)
    (folder / "run.json").write_text('{"config": {"model": "random words"}, "environment": {}}', encoding="utf-8")
    items = [
        Item(f"made/{i}", "made", words(dice, 40), str(i), subject=dice.choice(SUBJECTS), level=str(dice.randint(1, 5)))
        for i in range(problems)
    ]
    (folder / "problems.jsonl").write_text("".join(f"{item_to_json(item)}\n" for item in items), encoding="utf-8")
    order = [(item, sample) for item in items for sample in range(samples)]
    dice.shuffle(order)  # samples end in any order
    with (folder / "records.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{record(dice, item, sample).to_json()}\n" for item, sample in order)


def record(dice: random.Random, item: Item, sample: int) -> Record:
    """One sample: words, a program, what it printed, and words with the answer."""
    right = dice.random() < 0.6
    answer = item.gold if right else str(dice.randint(0, 99))
    lines = "\n".join(f"x{i} = {dice.randint(1, 999)} * {dice.randint(1, 999)}  # {words(dice, 5)}" for i in range(12))
    steps: tuple[Step, ...] = (
        Thought(words(dice, 150)),
        Program(f"{lines}\nprint(x0)"),
        Observation("ok", f"{dice.randint(1, 10**6)}\n", cpu_s=dice.random(), tier="A"),
        Thought(f"{words(dice, 60)} The answer is $\\boxed{{{answer}}}$."),
    )
    return Record(
        key=f"{dice.getrandbits(128):032x}",
        problem=item.id,
        sample=sample,
        mode="mixed",
        answer=answer,
        given=True,
        verdict="correct" if right else "wrong",
        reason="the same text" if right else "different numbers",
        method="text",
        grader=1,
        stop="answered",
        detail=None,
        steps=steps,
        prompt_tokens=dice.randint(50, 200),
        sampled_tokens=dice.randint(100, 900),
        observed_tokens=dice.randint(0, 50),
        seconds=dice.expovariate(1),
    )


def words(dice: random.Random, count: int) -> str:
    """Random words with a formula here and there."""
    return " ".join(
        f"$x_{{{dice.randint(1, 99)}}}^2$" if dice.random() < 0.05 else dice.choice(WORDS) for _ in range(count)
    )


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], *("12500", "16")[len(sys.argv) - 1 :]]))
