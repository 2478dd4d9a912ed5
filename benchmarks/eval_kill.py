"""Kills a real evaluation with SIGKILL at random moments, resumes it each time, and compares it with one left in peace.

    python benchmarks/eval_kill.py [--kills 20] [--samples 40] [--problems 50] [--seed 0] [--out FOLDER] [--nice 0]

Takes 50 x 40 = 2,000 samples of the embedded model at temperature 0.7 on handwritten questions, twice. Prints the moments
of the kills, torn lines, processes left behind, and the keys whose records differ in anything but time. Exit code 1 when
any does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> int:
    """Runs both and compares them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (
        ("kills", 20),
        ("samples", 40),
        ("problems", 50),
        ("seed", 0),
        ("nice", 0),
        ("concurrency", 32),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    os.nice(options.nice)
    out = options.out or Path(tempfile.mkdtemp(prefix="eval_kill."))
    command = [
        sys.executable,
        "-m",
        "mathsolve",
        "eval",
        "handwritten/inside",
        "--mode",
        "mixed",
        "--temperature",
        "0.7",
    ]
    command += ["--samples", str(options.samples), "--limit", str(options.problems)]
    command += ["--concurrency", str(options.concurrency)]
    total = options.samples * options.problems
    begun = time.monotonic()
    subprocess.run([*command, "--out", str(out / "whole")], check=True, stdout=subprocess.DEVNULL)
    print(f"uninterrupted: {total} samples in {time.monotonic() - begun:.0f} s")
    draw = random.Random(options.seed)
    for number, target in enumerate(sorted(draw.randrange(total) for _ in range(options.kills)), 1):
        seen, torn = killed([*command, "--out", str(out / "killed")], target, draw.uniform(0, 0.3))
        print(f"kill {number:2}: at {seen:5} records" + (f", {torn} bytes of a torn line" if torn else ""))
    subprocess.run([*command, "--out", str(out / "killed")], check=True, stdout=subprocess.DEVNULL)
    return compared(records(out / "whole"), records(out / "killed"), total)


def killed(command: list[str], target: int, patience_s: float) -> tuple[int, int]:
    """Starts a run and kills it a moment after it holds `target` records. Its records, and bytes after the last of them."""
    path = Path(command[-1]) / "records.jsonl"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < target):
            time.sleep(0.02)
        time.sleep(patience_s)
        run.send_signal(signal.SIGKILL)
    data = path.read_bytes() if path.exists() else b""
    return data.count(b"\n"), len(data) - data.rfind(b"\n") - 1


def records(run: Path) -> dict[str, list[dict[str, Any]]]:
    """The lines of a run by key, without times."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (run / "records.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        del record["seconds"]
        for step in record["steps"]:
            step.pop("cpu_s", None)
        found.setdefault(record["key"], []).append(record)
    return found


def compared(whole: dict[str, list[dict[str, Any]]], resumed: dict[str, list[dict[str, Any]]], total: int) -> int:
    """Prints what differs and returns the exit code."""
    missing, extra = whole.keys() - resumed.keys(), resumed.keys() - whole.keys()
    twice = sum(len(lines) > 1 for lines in (*whole.values(), *resumed.values()))
    differing = [key for key in whole.keys() & resumed.keys() if whole[key][-1] != resumed[key][-1]]
    for key in differing[:5]:
        one, other = whole[key][-1], resumed[key][-1]
        names = [name for name in one if one[name] != other.get(name)]
        print(f"  {key}: " + "; ".join(f"{name} {one[name]!r:.200} / {other.get(name)!r:.200}" for name in names))
    print(
        f"{len(resumed)} of {total} records: {len(missing)} missing, {len(extra)} strange, {twice} written twice, "
        f"{len(differing)} differ"
    )
    return int(bool(missing or extra or twice or differing or len(resumed) != total))


if __name__ == "__main__":
    sys.exit(main())
