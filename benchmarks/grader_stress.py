"""The slowest gradings: answers made to hang a grader, with the computer algebra system asked about what is left over.

    python benchmarks/grader_stress.py [folder of suites]

Prints wall seconds of the slowest rows of the category `hang` in hard.jsonl, which lies beside this repository, and of a few
answers that no rule decides. Each should be far below the two seconds of CPU that one question to the sandbox may take.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from mathsolve.engine.answers import settle
from mathsolve.sandbox import ProcessSandbox

SHARED = Path(__file__).parents[2] / "shared" / "data" / "grader"
HARD = [
    r"\sum_{k=1}^{10^9} \frac{1}{k^k}",
    r"\prod_{k=1}^{10^8} k",
    "(10^8)! + x",
    r"\binom{10^9}{5 \cdot 10^8}",
    r"\int_0^1 x^{x^{x^{x}}} dx",
    r"\lim_{x \to 0} \frac{\sin(\tan x) - \tan(\sin x)}{x^7}",
    r"9^{9^{9^{9}}}",
    r"\sum_{n=1}^{\infty} \frac{\sin n}{n^3 \cos n}",
]


async def main(folder: Path) -> None:
    """One line for each of the slowest rows."""
    path = folder / "hard.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    pairs = [(row["gold"], row["pred"]) for row in rows if row.get("category") == "hang" and "gold" in row]
    pairs += [("1", answer) for answer in HARD]
    sandbox, taken = ProcessSandbox(), []
    try:
        for gold, pred in pairs:
            start = time.perf_counter()
            async with await sandbox.open() as session:
                verdict = await settle(gold, pred, session)
            taken.append((time.perf_counter() - start, verdict, pred))
    finally:
        await sandbox.close()
    for seconds, verdict, pred in sorted(taken, key=lambda row: -row[0])[:10]:
        print(f"{seconds:6.2f} s  {verdict.verdict:9}  {verdict.method:8}  {verdict.reason[:50]:50}  {pred[:60]}")
    print(f"{len(taken)} rows, the first of which waits for the sandbox to start")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED))
