"""Memory of an evaluation while it goes through many problems.

    python benchmarks/eval_memory.py [--problems 10000] [--concurrency 64] [--nice 0]

Asks the embedded model sums, one greedy sample each, and prints the resident memory of `mathsolve eval` at 1,000, 2,000,
5,000 and 10,000 records, and what is loaded before the first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MARKS = (1, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def main() -> None:
    """Runs it and watches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("problems", 10_000), ("concurrency", 64), ("nice", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    os.nice(options.nice)
    with tempfile.TemporaryDirectory(prefix="eval_memory.") as name:
        folder = Path(name)
        with (folder / "sums.jsonl").open("w", encoding="utf-8") as file:
            for n in range(options.problems):
                a, b = n + 1_000, 7 * n + 13
                file.write(json.dumps({"id": n, "question": f"What is {a} + {b}?", "answer": str(a + b)}) + "\n")
        command = [sys.executable, "-m", "mathsolve", "eval", str(folder / "sums.jsonl"), "--samples", "1"]
        command += ["--concurrency", str(options.concurrency), "--out", str(folder / "run")]
        watch(command, folder / "run" / "records.jsonl", [mark for mark in MARKS if mark <= options.problems])


def watch(command: list[str], path: Path, marks: list[int]) -> None:
    """Prints the memory whenever the run has come to the next mark."""
    begun, read, held = time.monotonic(), 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
        while marks and run.poll() is None:
            time.sleep(0.1)
            if path.exists():
                with path.open("rb") as file:
                    file.seek(read)
                    data = file.read()
                read, held = read + len(data), held + data.count(b"\n")
            if held >= marks[0]:
                print(
                    f"{marks.pop(0):6} records: {resident_mb(run.pid):6.1f} MB, {time.monotonic() - begun:6.0f} s",
                    flush=True,
                )


def resident_mb(process: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
