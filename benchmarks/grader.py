"""The grader beside math-verify: agreement with collected verdicts, and answers graded a second.

    python benchmarks/grader.py [folder of suites] [folder of benchmarks]

Suites are JSONL with `gold`, `pred`, `context`, `expected` (rows with `policy` are counted apart). For the speed, ToRA's
recorded answers are graded, and those of MATH in another spelling. All lie beside this repository, not in it; what is
missing is left out. math-verify takes part when it is installed.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from mathsolve.engine.grading.extraction import extract
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.grading.parser import forget

SHARED = Path(__file__).parents[2] / "shared" / "data"
Grader = Callable[[str, str], bool]


def rows(path: Path) -> Iterator[dict[str, object]]:
    """The objects of a JSONL file, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def agreement(folder: Path) -> None:
    """One line for each suite: verdicts like the expected one, false positives, false negatives, slowest row."""
    print(f"{'suite':16} {'rows':>5} {'agree':>7} {'false +':>8} {'false -':>8} {'slowest s':>10}")
    for path in sorted(folder.glob("*.jsonl")):
        counts: dict[str, Counter[str]] = {"": Counter(), " (policy)": Counter()}
        slowest = 0.0
        for row in rows(path):
            if "gold" not in row or "expected" not in row:
                continue
            context = row.get("context") or ("completion" if path.stem == "mathverify" else "answer")
            start = time.perf_counter()
            correct = grade(str(row["gold"]), row["pred"], context).verdict == "correct"  # type: ignore[arg-type]
            slowest = max(slowest, time.perf_counter() - start)
            kind = "agree" if correct == row["expected"] else "false +" if correct else "false -"
            counts[" (policy)" if row.get("policy") else ""][kind] += 1
        for name, found in counts.items():
            if n := sum(found.values()):
                share = f"{found['agree'] / n:.1%}"
                print(
                    f"{path.stem + name:16} {n:5} {share:>7} {found['false +']:8} {found['false -']:8} {slowest:10.2f}"
                )


def math_verify() -> Grader | None:
    """math-verify's comparison of two bare answers, if it is installed."""
    try:
        from math_verify import parse, verify  # type: ignore[import-not-found]
    except ImportError:
        return None
    return lambda gold, pred: bool(verify(parse(f"${gold}$"), parse(f"${pred}$")))


def speed(benchmarks: Path, count: int = 600, rounds: int = 3) -> None:
    """Gradings a second of ToRA's answers to GSM8K, and of MATH answers written in another way than the right ones."""
    graders: dict[str, Grader] = {"mathsolve": lambda gold, pred: grade(gold, pred).verdict == "correct"}
    if (other := math_verify()) is not None:
        graders["math-verify"] = other
    boxed = ((answer, f"\\boxed{{{answer}}} ") for answer in hendrycks(benchmarks))
    for name, answers in (("ToRA", tora(benchmarks.parent / "replay")), ("MATH", boxed)):
        pairs = list(islice(answers, count))
        rates: dict[str, list[float]] = {grader: [] for grader in graders}
        for _ in range(rounds):
            for grader, function in graders.items():
                forget()
                start = time.perf_counter()
                right = sum(function(gold, pred) for gold, pred in pairs)
                rates[grader].append(len(pairs) / (time.perf_counter() - start))
        for grader, values in rates.items():
            ratio = statistics.median(rates["mathsolve"]) / statistics.median(values)
            print(
                f"{name:8} {grader:12} {statistics.median(values):9.0f}/s   {ratio:5.1f}x   {right} of {len(pairs)} right"
            )


def tora(replay: Path) -> Iterator[tuple[str, str]]:
    """Right answers, and those of ToRA-Code-34B."""
    for path in replay.glob("tora_outputs/*.jsonl.gz"):
        yield from ((str(row["gt"]), str(row["pred"][0])) for row in rows(path))


def hendrycks(benchmarks: Path) -> Iterator[str]:
    """The boxed answers of MATH."""
    path = benchmarks / "math" / "test.jsonl.gz"
    if path.exists():
        for row in rows(path):
            if (found := extract(str(row["solution"]))) is not None:
                yield found.answer


if __name__ == "__main__":
    places = [Path(argument) for argument in sys.argv[1:]]
    agreement(places[0] if places else SHARED / "grader")
    speed(places[1] if len(places) > 1 else SHARED / "eval")
