"""Recorded runs of other systems graded again: agreement with their own verdicts, and every difference.

    python benchmarks/replay_grading.py [folder of replays] [--all]

Reads a run of ToRA-Code-34B on GSM8K (published accuracy: 80.7%), by the answers that its own extraction found and by ours from
the full text, and solutions of GPT-3 with a label of correctness each. They lie beside this repository, not in it; what is
missing is left out. `--all` prints each difference, with numbers of the rows and no text of the problems.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mathsolve.engine.grading.extraction import Style, extract
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.grading.rules import Rules

REPLAY = Path(__file__).parents[2] / "shared" / "data" / "replay"
PUBLISHED = 80.7
"""Per cent, of ToRA-Code-34B on GSM8K."""
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a packed JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def stated(text: str, style: Style) -> str | None:
    """The answer of a completion."""
    found = extract(text, style)
    return found.answer if found is not None else None


def tora(path: Path, *, show: bool) -> None:
    """Accuracy by three ways to find the answer, and where they differ."""
    ways: dict[str, list[bool]] = {"their answer": [], "strict": [], "flexible": []}
    shares: list[bool] = []
    start = time.perf_counter()
    for row in rows(path):
        gold, answers = (
            row["gt"],
            [row["pred"][0], stated(row["code"][0], "strict"), stated(row["code"][0], "flexible")],
        )
        right = [grade(gold, answer).verdict == "correct" for answer in answers]
        for verdicts, one in zip(ways.values(), right, strict=True):
            verdicts.append(one)
        if show and len(set(right)) > 1:
            print(
                f"  row {row['idx']}: gold {gold!r}, theirs {answers[0]!r}, strict {answers[1]!r}, flexible {answers[2]!r}"
            )
        shares.append(grade(gold, answers[0], rules=Rules(percent=True)).verdict == "correct")
        if shares[-1] != right[0]:
            print(f"  row {row['idx']}: gold {gold!r}, theirs {answers[0]!r}: theirs counts a share as its percentage")
    n = len(ways["flexible"])
    print(f"ToRA-Code-34B on GSM8K, {n} rows, {time.perf_counter() - start:.1f} s; published {PUBLISHED}%")
    for name, verdicts in ways.items():
        same = sum(one == other for one, other in zip(verdicts, ways["their answer"], strict=True))
        print(f"  {name:13} {sum(verdicts) / n:.2%}  ({sum(verdicts)} right; {same} of {n} as with their answer)")
    print(
        f"  with x100     {sum(shares) / n:.2%}  (their answer, as their grader counts it; ours does so only for percentages)"
    )


def gpt3(path: Path, *, show: bool) -> None:
    """Agreement with the labels, for each model."""
    counts: Counter[str] = Counter()
    for number, row in enumerate(rows(path)):
        gold = row["ground_truth"].rpartition("A: ")[2]
        for model in MODELS:
            text, label = row[model]["solution"], row[model]["is_correct"]
            verdict = grade(gold, text, "completion")
            kind = "agree" if (verdict.verdict == "correct") == label else "label right" if label else "label wrong"
            counts[kind] += 1
            if show and kind != "agree":
                print(
                    f"  row {number} {model}: gold {gold!r}, ours {stated(text, 'flexible')!r}, {kind}: {verdict.reason}"
                )
    n = sum(counts.values())
    print(f"GPT-3 on GSM8K, {n} solutions: {counts['agree'] / n:.3%} as labelled; {dict(counts)}")


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:] if argument != "--all"]
    folder = given[0] if given else REPLAY
    for pattern, replay in (("tora_outputs/*.jsonl.gz", tora), ("gsm8k/*.jsonl.gz", gpt3)):
        for path in sorted(folder.glob(pattern)):
            replay(path, show="--all" in sys.argv)
