"""Runs for tests of judges: sums with right and wrong attempts that differ in what they say, and a recipe for a tiny judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mathsolve.engine.grading.verdict import Outcome
from mathsolve.engine.trajectory import Step, Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.run import item_to_json
from mathsolve.sandbox import Observation, Program

RECIPE = """
seed = 1
family = "embedded"
row = 96
vocabulary = 512

[shape]
hidden = 32
layers = 2
heads = 4
feed_forward = 48
context = 96

[schedule]
epochs = 3
rows_per_step = 8
learning_rate = 5e-3
warmup_steps = 2
checkpoint_steps = 5
bf16 = false

[judge]
attempts = 6
held_out = 0.25
"""


def item(number: int) -> Item:
    """One sum; two problems share a lineage."""
    a, b = 11 + 7 * number % 83, 12 + 5 * number % 71
    return Item(f"sums/{number}", "sums", f"What is {a} plus {b}?", str(a + b), cluster=f"pair-{number // 2}")


def numbers(item: Item) -> tuple[int, int]:
    words = item.question.rstrip("?").split()
    return int(words[2]), int(words[4])


def right(item: Item, said: str = "The sum") -> tuple[Step, ...]:
    a, b = numbers(item)
    return (Program(f"print({a} + {b})"), Observation("ok", stdout=f"{a + b}\n"), boxed(said, a + b))


def wrong(item: Item, said: str = "The sum") -> tuple[Step, ...]:
    a, b = numbers(item)
    return (Program(f"print({a} - {b})"), Observation("ok", stdout=f"{a - b}\n"), boxed(said, a - b))


def failed(item: Item) -> tuple[Step, ...]:
    a, b = numbers(item)
    error = Observation("error", error="NameError: name 'x' is not defined")
    return (Program(f"print(x + {b})"), error, boxed("Perhaps", a * b))


def boxed(said: str, value: int) -> Thought:
    return Thought(f"{said} is \\boxed{{{value}}}.")


def record(item: Item, sample: int, steps: tuple[Step, ...], verdict: Outcome, **more: object) -> Record:
    last = steps[-1].text if steps and isinstance(steps[-1], Thought) else ""
    answer = last.partition("{")[2].partition("}")[0] or None
    fields = {"given": True, "reason": "", "method": "text", "grader": 3, "stop": "answered", "detail": None}
    counts = {"prompt_tokens": 1, "sampled_tokens": 1, "observed_tokens": 0, "seconds": 0.1}
    key = f"{item.id}/{sample}"
    return Record(key, item.id, sample, "mixed", answer, verdict=verdict, steps=steps, **{**fields, **counts, **more})  # type: ignore[arg-type]


def attempts(item: Item, shares: int = 4) -> list[Record]:
    """Eight attempts, of which so many are right; the wrong ones agree with each other."""
    said = ("The sum", "It", "Together that", "The total", "All in all it", "So it", "That", "The answer")
    made = [right(item, words) if n < shares else wrong(item, words) for n, words in enumerate(said)]
    return [record(item, n, steps, "correct" if n < shares else "wrong") for n, steps in enumerate(made)]


def write_run(folder: Path, items: Sequence[Item], records: Sequence[Record], model: str = "m") -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"config": {"model": model}}))
    (folder / "problems.jsonl").write_text("".join(item_to_json(one) + "\n" for one in items))
    (folder / "records.jsonl").write_text("".join(one.to_json() + "\n" for one in records))
    return folder


def sums(folder: Path, count: int = 48) -> Path:
    """A run on so many sums, of which a third are hard: two of eight attempts are right."""
    items = [item(number) for number in range(count)]
    records = [one for number, it in enumerate(items) for one in attempts(it, 3 if number % 3 else 1)]
    return write_run(folder, items, records)


def recipe_file(folder: Path) -> Path:
    file = folder / "judge.toml"
    file.write_text(RECIPE)
    return file
