"""Speed and memory of synthesis: questions a second, processor seconds, and peak memory as the number of questions grows.

    python benchmarks/synthesis_speed.py 1000 10000 [--installed DATA]

Each size runs in a process of its own, from the seed bank through every filter and the real sandbox into a new file; the
time does not count loading the bank and the benchmarks. Prints a line for each size, and the growth of memory per question
from the smallest to the largest. "own" is the processor time of this process, without the sandbox's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mathsolve.sandbox import ProcessSandbox
from mathsolve.training.synthesis.filters.chain import Criteria
from mathsolve.training.synthesis.measures import INSTALLED, measures
from mathsolve.training.synthesis.synthesise import synthesise
from mathsolve.training.synthesis.teachers.registry import Wishes, open_teacher


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="+", help="questions to keep")
    parser.add_argument("--installed", type=Path, help="folder of benchmarks to compare with as well")
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps(asyncio.run(measured(options.sizes[0], options.concurrency, options.installed))))
        return
    print(
        f"{'questions':>10} {'draws/s':>8} {'wall s':>8} {'own s':>7} {'sandbox s':>9} {'start MB':>9} {'peak MB':>8}"
    )
    memory = {}
    for size in options.sizes:
        words = [sys.executable, __file__, str(size), "--once", "--concurrency", str(options.concurrency)]
        words += ["--installed", str(options.installed)] if options.installed else []
        found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        memory[size] = found["peak_mb"]
        rate = found["draws"] / found["wall_s"]
        print(
            f"{size:>10} {rate:>8.0f} {found['wall_s']:>8.1f} {found['own_s']:>7.1f} {found['sandbox_s']:>9.1f} "
            f"{found['start_mb']:>9.0f} {found['peak_mb']:>8.0f}",
            flush=True,
        )
    small, large = min(memory), max(memory)
    if small < large:
        print(f"memory per question: {(memory[large] - memory[small]) * 1024 / (large - small):.2f} KiB")


async def measured(size: int, concurrency: int, installed: Path | None) -> dict[str, float]:
    """One synthesis of so many questions."""
    teacher = open_teacher("bank", Wishes(seed=1))
    criteria = Criteria(measures([INSTALLED] if installed else [], installed))
    start_mb = peak_mb()
    async with ProcessSandbox() as sandbox:
        with tempfile.TemporaryDirectory() as folder:
            began, own = time.monotonic(), time.process_time()
            out = Path(folder) / "data.jsonl"
            yields = await synthesise(teacher, out, {"train": size}, sandbox, criteria, concurrency=concurrency)
            wall_s, own_s = time.monotonic() - began, time.process_time() - own
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "draws": yields.draws,
        "wall_s": wall_s,
        "own_s": own_s,
        "sandbox_s": others.ru_utime + others.ru_stime,
        "start_mb": start_mb,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
