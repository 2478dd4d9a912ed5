"""Adaptive stopping on recorded samples: how many attempts does it save, and what does that cost?

    python benchmarks/adaptive_stopping.py SAMPLES.jsonl [--problems 300] [--orders 50]

Records 32 samples of each problem with the embedded model, half of them mixed, a quarter programs, a quarter words, unless
SAMPLES.jsonl holds them already: a line is a problem, so a recording that was cut short goes on. Then replays the rules of
`engine.selection.settled` and of agreement between words and a program over random orders of the samples, against the vote
of all n. Prints for each rule the samples saved, the accuracy beside that of the full vote with the 95% interval of the
paired difference over problems, and how often the answer is another than that of the full vote: of all votes, and of those
that were stopped early. Samples are counted, not seconds.

The embedded model can hardly answer in words alone, so agreement says little of it. Where ../shared/data/replay (no part of
this repository) is there, the same is done with six recorded solutions of each GSM8K problem: programs of ToRA-Code-34B and
of Codex, and words of four GPT-3 models.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np

from mathsolve import Program, Solver
from mathsolve.engine.backend import Sampling
from mathsolve.engine.grading.extraction import extract
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.selection import settled
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.judge import judge
from mathsolve.evaluation.metrics.classes import answer_classes
from mathsolve.evaluation.metrics.intervals import standard_error

SAMPLES = 32
TEMPERATURE = 0.8
MODES = ("mixed", "pot", "mixed", "cot")
"""Modes of the samples, again and again."""
REPLAY = Path(__file__).parents[1].parent / "shared" / "data" / "replay"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
"""GPT-3 models whose solutions of GSM8K are there."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recorded attempt."""

    mode: str
    """How it was asked for."""
    answer: str | None
    """What it states."""
    right: bool
    """Whether that is right."""
    computed: bool
    """Whether it ran a program."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """The samples of one problem with the class of equal answers of each, -1 for none."""

    samples: tuple[Sample, ...]
    """In the order of recording."""
    classes: tuple[int, ...]
    """Numbers of classes."""


@dataclass(frozen=True, slots=True)
class End:
    """How one vote ended."""

    used: int
    """Samples that were taken."""
    winner: int
    """Class of the winner, -1 for none."""


Rule = Callable[[Ballot, Sequence[int]], End]
"""A vote among samples in an order."""


async def record(solver: Solver, item: Item) -> list[Sample]:
    """The samples of one problem."""

    async def one(number: int) -> Sample:
        mode = MODES[number % len(MODES)]
        done = await solver.asample(item.problem, mode, Sampling(TEMPERATURE, max_tokens=400, seed=number))
        computed = any(isinstance(step, Program) for step in done.steps)
        return Sample(mode, done.answer, judge(item, done.answer).verdict == "correct", computed)

    return await asyncio.gather(*(one(number) for number in range(SAMPLES)))


def recorded(path: Path, problems: int) -> list[Ballot]:
    """All samples, those that are missing being made first."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    known = {found["problem"]: [Sample(**one) for one in found["samples"]] for found in map(json.loads, lines)}
    items = [item for item in load("builtin", seed=0) if item.gold is not None][:problems]
    missing = [item for item in items if item.id not in known]
    if missing:
        with Solver() as solver, path.open("a", encoding="utf-8") as file:
            for number, item in enumerate(missing, 1):
                known[item.id] = asyncio.run(record(solver, item))
                file.write(json.dumps({"problem": item.id, "samples": list(map(asdict, known[item.id]))}) + "\n")
                file.flush()
                print(f"\r{number} of {len(missing)} problems recorded", end="", flush=True)
        print()
    return [ballot(known[item.id]) for item in items]


def ballot(samples: Sequence[Sample]) -> Ballot:
    """Samples with their classes."""
    numbers = answer_classes(one.answer for one in samples if one.answer)
    return Ballot(tuple(samples), tuple(numbers[one.answer] if one.answer else -1 for one in samples))


def lines(folder: str) -> Iterator[dict[str, Any]]:
    """What is recorded in a folder."""
    for path in sorted((REPLAY / folder).glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def others() -> Iterator[Ballot]:
    """Two programs and four solutions in words of every problem of GSM8K."""
    words = {line["question"].strip(): line for line in lines("gsm8k")}
    codex = {line["question"].strip(): line for line in lines("pot_outputs_codex") if "executed" in line}
    for line in lines("tora_outputs"):
        question = line["question"].strip()
        if question not in words or question not in codex:
            continue
        programs = [line["pred"][0], codex[question]["executed"]]
        stated = [extract(words[question][model]["solution"]) for model in MODELS]
        answers = [("pot", str(one)) for one in programs] + [("cot", one.answer if one else None) for one in stated]
        yield ballot(
            [Sample(mode, one, grade(line["gt"], one).verdict == "correct", mode == "pot") for mode, one in answers]
        )


def leader(classes: Iterable[int]) -> End:
    """The vote of all of them; a tie goes to the answer that was given first."""
    cast = list(classes)
    votes = [one for one in cast if one >= 0]
    return End(len(cast), max(dict.fromkeys(votes), key=votes.count, default=-1))


def always(ballot: Ballot, order: Sequence[int]) -> End:
    """The vote of all."""
    return leader(ballot.classes[i] for i in order)


def fewer(share: float) -> Rule:
    """The vote of a fixed share of them."""
    return lambda ballot, order: always(ballot, order[: round(share * len(order))])


def adaptive(risk: float) -> Rule:
    """The vote until it is settled."""

    def rule(ballot: Ballot, order: Sequence[int]) -> End:
        counts: dict[int, int] = {}
        for used, i in enumerate(order, 1):
            if ballot.classes[i] >= 0:
                counts[ballot.classes[i]] = counts.get(ballot.classes[i], 0) + 1
            if settled(list(counts.values()), len(order) - used, risk):
                return leader(ballot.classes[i] for i in order[:used])
        return always(ballot, order)

    return rule


def agreement(then: Rule, modes: tuple[str, str]) -> Rule:
    """One sample of each of two modes, which is enough when they agree; else the other rule, those two included."""

    def rule(ballot: Ballot, order: Sequence[int]) -> End:
        first, second = (ballot.samples[i] for i in order[:2])
        classes = [ballot.classes[i] for i in order[:2]]
        in_two_ways = {first.mode, second.mode} == {*modes} and (
            "cot" not in modes or first.computed != second.computed
        )
        return End(2, classes[0]) if in_two_ways and classes[0] == classes[1] >= 0 else then(ballot, order)

    return rule


def led(ballot: Ballot, order: Sequence[int], modes: Sequence[str]) -> list[int]:
    """The order with one sample of each of these modes first, as far as there is one."""
    first = [next((i for i in order if ballot.samples[i].mode == mode), None) for mode in modes]
    kept = [i for i in first if i is not None]
    return [*kept, *(i for i in order if i not in kept)]


RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "half of them": (fewer(0.5), ()),
    "a quarter": (fewer(0.25), ()),
    "cannot be overtaken": (adaptive(0.0), ()),
    "risk 0.01": (adaptive(0.01), ()),
    "risk 0.05": (adaptive(0.05), ()),
    "risk 0.10": (adaptive(0.10), ()),
    "risk 0.20": (adaptive(0.20), ()),
    "words = program, all": (agreement(always, ("mixed", "cot")), ("mixed", "cot")),
    "words = program, 0.05": (agreement(adaptive(0.05), ("mixed", "cot")), ("mixed", "cot")),
    "two programs, 0.05": (agreement(adaptive(0.05), ("mixed", "pot")), ("mixed", "pot")),
}
"""Rules, and the modes of the samples that come first; the vote of all n has the same order, which decides ties."""
OTHERS: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "half of them": (fewer(0.5), ()),
    "cannot be overtaken": (adaptive(0.0), ()),
    "risk 0.05": (adaptive(0.05), ()),
    "risk 0.20": (adaptive(0.20), ()),
    "words = program, all": (agreement(always, ("pot", "cot")), ("pot", "cot")),
}
"""Rules for the solutions of other models."""


def right(ballot: Ballot, end: End) -> float:
    """Share of right samples in the winner's class."""
    members = [
        one.right for one, number in zip(ballot.samples, ballot.classes, strict=True) if number == end.winner >= 0
    ]
    return sum(members) / len(members) if members else 0.0


def row(name: str, rule: Rule, first: Sequence[str], ballots: Sequence[Ballot], n: int, orders: int) -> str:
    """The figures of one rule."""
    used, gain, mine, other, early, early_other = [], [], [], 0, 0, 0
    for number, one in enumerate(ballots):
        chance = random.Random(number)
        gains = []
        for _ in range(orders):
            order = led(one, chance.sample(range(len(one.samples)), n), first)
            full, end = always(one, order), rule(one, order)
            used.append(end.used)
            mine.append(right(one, end))
            gains.append(right(one, end) - right(one, full))
            other += end.winner != full.winner
            early += end.used < n
            early_other += end.used < n and end.winner != full.winner
        gain.append(sum(gains) / orders)
    votes, error = len(used), 1.96 * (standard_error(np.array(gain)) or 0.0)
    spread = 1.96 * sqrt(other / votes * (1 - other / votes) / len(ballots))
    change = f"{100 * np.mean(gain):+6.2f} ± {100 * error:.2f}"
    return (
        f"| {n:2} | {name:22} | {1 - np.mean(used) / n:6.1%} | {np.mean(mine):6.1%} | {change:14} "
        f"| {other / votes:6.2%} ± {spread:.2%} | {early_other / early if early else 0.0:6.2%} |"
    )


def only(one: Ballot, modes: Sequence[str]) -> Ballot:
    """The samples of some modes."""
    kept = [i for i, sample in enumerate(one.samples) if sample.mode in modes]
    return Ballot(tuple(one.samples[i] for i in kept), tuple(one.classes[i] for i in kept))


def table(
    ballots: Sequence[Ballot], rules: dict[str, tuple[Rule, tuple[str, ...]]], orders: int, *numbers: int
) -> None:
    """All rules at several numbers of samples."""
    print("| n  | rule                   | saved  | right  | less all n, pp | other answer    | if early |")
    print("|----|------------------------|--------|--------|----------------|-----------------|----------|")
    for n in numbers:
        for name, (rule, first) in {"always n": (always, ()), **rules}.items():
            print(row(name, rule, first, ballots, n, orders))


def main() -> None:
    """Records what is missing, then replays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--orders", type=int, default=50)
    options = parser.parse_args()
    ballots = recorded(options.samples, options.problems)
    unanimous = sum(len(set(one.classes)) == 1 for one in ballots)
    print(f"{len(ballots)} problems of {SAMPLES} samples; all samples of {unanimous} agree")
    for mode in dict.fromkeys(MODES):
        chosen = [sample.right for one in ballots for sample in one.samples if sample.mode == mode]
        print(f"  {mode}: {np.mean(chosen):.1%} of the samples are right")
    print("\nAll samples:\n")
    table(ballots, RULES, options.orders, 8, 16, SAMPLES)
    print("\nWithout those in words alone:\n")
    computed = [only(one, ("mixed", "pot")) for one in ballots]
    table(computed, {name: rule for name, rule in RULES.items() if "words" not in name}, options.orders, 8, 16, 24)
    if recordings := list(others()):
        print(f"\n{len(recordings)} problems of GSM8K, 2 programs and 4 solutions in words by other models:\n")
        table(recordings, OTHERS, options.orders, 6)


if __name__ == "__main__":
    main()
