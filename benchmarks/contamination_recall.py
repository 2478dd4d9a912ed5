"""Contamination check: how many planted copies it finds, by the kind of edit, and overlaps that others have listed.

    python benchmarks/contamination_recall.py [folder of shared data]

Planted: questions of every benchmark, edited, looked up among the questions of all benchmarks. Found means a match that
counts as contamination in the same benchmark; `template` is counted apart. Listed: the manifest beside the data names rows
of training files that share words with an evaluation set (runs of 13 words of [a-z0-9], all text lower-cased); those that
the check does not flag are counted by reason: `drawing` (the common run lies in Asymptote code), `masked` (it is only there
when the numbers of a file that masks them are filled in), or `markup` (it is one only with commands of TeX as words).
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mathsolve.evaluation.benchmarks.entry import entries
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.contamination.check import COUNTED, Finding, check
from mathsolve.evaluation.contamination.index import Index, Match
from mathsolve.evaluation.contamination.reading import read_rows
from mathsolve.evaluation.item import Item

SHARED = Path(__file__).parents[2] / "shared" / "data"
SAMPLE = 150
"""Questions of each benchmark that are planted."""
CALLED = {"gsm8k_test": "gsm8k", "math_test": "math"}
"""Names in the manifest that differ from ours."""
OTHERS = ("really", "house", "after", "green", "very", "perhaps")


def replaced(share: float, others: tuple[str, ...] = OTHERS) -> Callable[[str, random.Random], str]:
    """Other words, or none, in place of a share of those that are no numbers or formulas."""

    def edit(text: str, rng: random.Random) -> str:
        words = text.split()
        plain = [place for place, word in enumerate(words) if re.fullmatch(r"[^\W\d_]{2,}[.,?!:;]?", word)]
        for place in rng.sample(plain, round(share * len(plain))):
            words[place] = rng.choice(others)
        return " ".join(words)

    return edit


EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "as it is": lambda text, rng: text,
    "capitals, spaces": lambda text, rng: "  ".join(text.upper().split()),
    "no $, no full stops": lambda text, rng: re.sub(r"\$|[.?!](?=\s|$)", "", text),
    "inside a prompt": lambda text, rng: f"Solve step by step and box the answer.\nProblem: {text}\nSolution:",
    "a sentence more": lambda text, rng: f"{text} Explain each of your steps to a friend who has missed the lesson.",
    "second half only": lambda text, rng: " ".join(text.split()[len(text.split()) // 2 :]),
    "first sentence last": lambda text, rng: re.sub(r"^(.*?[.?!])\s+(.*)$", r"\2 \1", text, count=1, flags=re.DOTALL),
    **{f"{share:.0%} of words replaced": replaced(share) for share in (0.05, 0.1, 0.2, 0.3, 0.4)},
    "20% of words dropped": replaced(0.2, ("",)),
    "other numbers": lambda text, rng: re.sub(r"(?<![\w.])\d+(?![\w.])", lambda _: str(rng.randint(2, 999)), text),
}


def planted(index: Index, items: list[Item]) -> None:
    """Share of edited questions that are found, by edit."""
    rng = random.Random(0)
    benches = sorted({item.bench for item in items})
    chosen = [
        item
        for bench in benches
        for of in [[item for item in items if item.bench == bench]]
        for item in rng.sample(of, min(SAMPLE, len(of)))
    ]
    print(f"{'planted':24} {'found':>7} {'template':>9}   of {len(chosen)}; least found in")
    for name, edit in EDITS.items():
        found = index.matches([edit(item.question, rng) for item in chosen])
        best = [
            next((m for m in ms if m.item.bench == item.bench), None) for item, ms in zip(chosen, found, strict=True)
        ]
        hits = Counter(item.bench for item, match in zip(chosen, best, strict=True) if counts(match))
        templates = sum(match is not None and not counts(match) for match in best)
        worst = sorted((hits[bench] / min(SAMPLE, index.counts[bench]), bench) for bench in benches)[:3]
        shares = ", ".join(f"{bench} {share:.0%}" for share, bench in worst)
        print(f"{name:24} {hits.total() / len(chosen):7.1%} {templates / len(chosen):9.1%}   {shares}")


def counts(match: Match | None) -> bool:
    """Whether it is contamination."""
    return match is not None and match.kind in COUNTED


def listed(index: Index, items: list[Item], shared: Path) -> None:
    """Rows that the manifest lists, and what became of them; rows that are flagged in all."""
    runs = {bench: _runs_of(items, bench) for bench in ("gsm8k", "math", "math500", "svamp")}
    print(f"\n{'listed':60} {'kind':16} {'rows':>5} {'found':>6} {'drawing':>8} {'masked':>7} {'markup':>7}")
    for entry in json.loads((shared / "MANIFEST.json").read_text(encoding="utf-8")):
        overlap = entry.get("checks", {}).get("overlap")
        if not entry["file"].startswith("train/") or overlap is None:
            continue
        findings = list(check(read_rows(str(shared / entry["file"])), index))
        for source, kinds in overlap.items():
            bench = CALLED.get(source, source)
            for kind, rows in kinds.items():
                if rows:
                    fates = Counter(_fate(findings[row], bench, runs[bench]) for row in rows)
                    cells = [
                        f"{fates[fate]:{width}}"
                        for fate, width in (("found", 6), ("drawing", 8), ("masked", 7), ("markup", 7))
                    ]
                    print(f"{entry['file'] + ' / ' + bench:60} {kind:16} {len(rows):5} {' '.join(cells)}")
        flagged = Counter(finding.matches[0].kind for finding in findings if finding.matches)
        named = ", ".join(f"{count} {kind}" for kind, count in flagged.most_common()) or "nothing"
        print(f"{entry['file']:60} {len(findings)} rows: {named}")


def _fate(finding: Finding, bench: str, runs: set[tuple[str, ...]]) -> str:
    if any(match.item.bench == bench and match.kind in COUNTED for match in finding.matches):
        return "found"
    text = finding.row.question or ""
    if not _runs(text) & runs:
        return "masked"
    parts = re.split(r"\[asy\].*?\[/asy\]", text, flags=re.DOTALL)
    return "markup" if any(_runs(part) & runs for part in parts) else "drawing"


def _runs_of(items: list[Item], bench: str) -> set[tuple[str, ...]]:
    return {run for item in items if item.bench == bench for run in _runs(item.question)}


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[begin : begin + 13]) for begin in range(len(words) - 12)}


def main(shared: Path) -> None:
    """Both tables."""
    items = [
        item for name, bench in entries().items() if not bench.packaged for item in load(name, folder=shared / "eval")
    ]
    index = Index(items)
    planted(index, items)
    listed(index, items, shared)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)
