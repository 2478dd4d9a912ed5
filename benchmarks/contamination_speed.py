"""Contamination check and near-duplicates: questions a second and memory, beside a plain 13-gram check.

    python benchmarks/contamination_speed.py TRAIN.jsonl [folder of benchmarks] [rows]

The plain check is what most published scripts do: runs of 13 words of [a-z0-9] in a set of tuples, nothing else. Times are
of the processor, for one core, so that other work on the machine does not count; rates are medians of three rounds on a
tenth of the rows, and one round on all. Memory is the peak of a process of its own for each line, above what it had
after its first 100 rows.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from mathsolve.evaluation.benchmarks.entry import entries
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.contamination.check import contaminated
from mathsolve.evaluation.contamination.duplicates import NearDuplicates
from mathsolve.evaluation.contamination.index import Index
from mathsolve.evaluation.item import Item

SHARED = Path(__file__).parents[2] / "shared" / "data" / "eval"
Check = Callable[[Iterable[str]], object]


def benchmarks(folder: Path) -> list[Item]:
    """The questions of every benchmark that can be loaded without a download."""
    return [item for name, bench in entries().items() if not bench.packaged for item in load(name, folder=folder)]


def thirteen_grams(items: list[Item]) -> Check:
    """The plain check: the number of questions that share a run of 13 words."""

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return {tuple(words[begin : begin + 13]) for begin in range(len(words) - 12)}

    known = {run for item in items for run in runs(item.question)}
    return lambda questions: sum(not known.isdisjoint(runs(question)) for question in questions)


def full_check(items: list[Item]) -> Check:
    """Every kind of match."""
    index = Index(items)
    return lambda questions: contaminated(questions, index)


def near_duplicates(_: list[Item]) -> Check:
    """Near-duplicates among the training questions themselves."""
    return lambda questions: sum(twin is None for twin in NearDuplicates().sift(questions))


def near_duplicates_but_templates(_: list[Item]) -> Check:
    """The same, where other numbers make another question."""
    return lambda questions: sum(twin is None for twin in NearDuplicates(other_numbers_are_new=True).sift(questions))


def questions(train: Path, rows: int | None) -> Iterable[str]:
    """Training questions, one after the other."""
    with train.open(encoding="utf-8") as lines:
        for line in islice(lines, rows):
            yield json.loads(line)["question"]


def measured(
    make: Callable[[list[Item]], Check], folder: Path, train: Path, rows: int, rounds: int
) -> tuple[float, float, float]:
    """Seconds to prepare, questions a second, and MB that the questions took; runs in a process of its own."""
    items = benchmarks(folder)
    begin = time.process_time()
    check = make(items)
    prepared = time.process_time() - begin
    check(questions(train, 100))
    before, rates = _peak_mb(), []
    for _ in range(rounds):
        begin = time.process_time()
        check(questions(train, rows))
        rates.append(rows / (time.process_time() - begin))
    return prepared, statistics.median(rates), _peak_mb() - before


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(train: Path, folder: Path, rows: int) -> None:
    """One line for each check and number of rows."""
    print(f"{'check':32} {'rows':>8} {'prepared s':>11} {'rows/s':>8} {'relative':>9} {'s in all':>9} {'MB more':>8}")
    plain = None
    for make in (thirteen_grams, full_check, near_duplicates, near_duplicates_but_templates):
        for count, rounds in ((rows // 10, 3), (rows, 1)):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                prepared, rate, memory = pool.submit(measured, make, folder, train, count, rounds).result()
            plain = plain or rate
            print(
                f"{make.__name__:32} {count:8} {prepared:11.1f} {rate:8.0f} {rate / plain:9.2f} "
                f"{count / rate:9.1f} {memory:8.0f}",
                flush=True,
            )


if __name__ == "__main__":
    words = sys.argv[1:]
    if not words:
        raise SystemExit(__doc__)
    train = Path(words[0])
    with train.open(encoding="utf-8") as lines:
        there = sum(1 for _ in lines)
    main(train, Path(words[1]) if len(words) > 1 else SHARED, min(there, int(words[2])) if len(words) > 2 else there)
