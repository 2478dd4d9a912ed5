"""Figures of a large run: time and peak memory, each in a process of its own.

    python benchmarks/metrics_speed.py [problems] [samples] [modes]

Makes up a run of 12,500 problems x 16 samples, records of 1 to 2 KB with words, programs and outputs, answers of which some
are written in several ways. Prints the size of its records, the seconds that reading alone takes, and the seconds and the
peak memory of `metrics` and of `mathsolve compare` of the run with itself. On a busy machine the processor time tells.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from mathsolve.engine.trajectory import Step, Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.metrics import headline_rows, metrics, text_table
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import Run
from mathsolve.sandbox import Observation, Program

WORDS = ("first", "we", "find", "how", "many", "are", "left", "and", "then", "the", "rest", "is", "taken", "away", "so")
SUBJECTS = ("algebra", "geometry", "number theory", "counting", "calculus")
FORMS = ("{}", "{}.0", "\\frac{{{}}}{{1}}", "x={}", "${}$")


def prose(generator: random.Random, words: int) -> str:
    """A thought without a meaning."""
    return " ".join(generator.choice(WORDS) for _ in range(words))


def steps(generator: random.Random, answer: str) -> tuple[Step, ...]:
    """A thought, a program, its output, and a last thought."""
    lines = [f"value_{i} = {generator.randrange(999)} * {generator.randrange(99)}" for i in range(10)]
    ok = generator.random() < 0.9
    shown = Observation("ok", f"{answer}\n", cpu_s=0.01) if ok else Observation("error", "", error="NameError: x")
    code = "\n".join([*lines, f"print({answer!r})"])
    return Thought(prose(generator, 90)), Program(code), shown, Thought(f"The answer is \\boxed{{{answer}}}.")


def record(generator: random.Random, item: Item, number: int, mode: str, skill: float) -> Record:
    """A sample that is right with probability `skill`, else one of a few wrong answers."""
    right = generator.random() < skill
    value = int(item.gold or 0) if right else generator.randrange(1000, 1000 + generator.choice((2, 5, 50)))
    stated = generator.random() < 0.97
    answer = generator.choice(FORMS if generator.random() < 0.3 else FORMS[:1]).format(value) if stated else None
    return Record(
        key=f"{generator.getrandbits(128):032x}",
        problem=item.id,
        sample=number,
        mode=mode,
        answer=answer,
        given=stated,
        verdict="correct" if stated and right else "wrong",
        reason="equal numbers",
        method="exact",
        grader=1,
        stop="answered" if stated else "max_tokens",
        detail=None,
        steps=steps(generator, answer or "0"),
        prompt_tokens=120,
        sampled_tokens=generator.randrange(150, 600),
        observed_tokens=20,
        seconds=round(generator.random() * 9, 4),
        scores={"reward": round(generator.gauss(1.0 if right else 0.0, 1.0), 4)},
    )


def make(folder: Path, problems: int, samples: int, modes: int) -> None:
    """Writes the run."""
    generator = random.Random(0)
    items = [
        Item(
            f"b{i % 3}/{i}",
            f"b{i % 3}",
            f"Question {i}?",
            str(i % 997),
            subject=SUBJECTS[i % 5],
            level=f"Level {i % 4}",
        )
        for i in range(problems)
    ]
    (folder / "run.json").write_text(json.dumps({"config": {"model": "made up"}, "environment": {}}), encoding="utf-8")
    with (folder / "problems.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(item)) + "\n" for item in items)
    skills = [generator.betavariate(0.7, 0.7) for _ in items]
    with (folder / "records.jsonl").open("w", encoding="utf-8") as file:
        for number in range(samples):
            for mode in ("cot", "pot", "mixed")[:modes]:
                for item, skill in zip(items, skills, strict=True):
                    file.write(record(generator, item, number, mode, skill).to_json() + "\n")


def measured(name: str, *command: str) -> None:
    """One line about a process: its wall time, its processor time and its peak memory."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / 1024  # of the largest process so far
    print(f"{name:24} {took:7.1f} s wall {cpu:7.1f} s processor   peak {peak:6.0f} MB", flush=True)


def main() -> None:
    """Makes the run and measures."""
    if sys.argv[1:2] == ["--read"]:
        sum(1 for _ in Run(Path(sys.argv[2])).records())
    elif sys.argv[1:2] == ["--metrics"]:
        print(text_table(headline_rows(metrics(Run(Path(sys.argv[2]))))))
    else:
        problems, samples, modes = (*map(int, sys.argv[1:]), *(12_500, 16, 1)[len(sys.argv) - 1 :])
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), problems, samples, modes)
            size = (Path(name) / "records.jsonl").stat().st_size
            count = problems * samples * modes
            print(f"{count} records, {size / 2**20:.0f} MB, {size / count:.0f} bytes each", flush=True)
            measured("records read", __file__, "--read", name)
            measured("metrics", __file__, "--metrics", name)
            measured("mathsolve compare", "-m", "mathsolve", "compare", name, name)


if __name__ == "__main__":
    main()
