"""How fast the sandbox answers, beside six other ways to run a program, measured alternately in one run.

    python benchmarks/sandbox_speed.py [--rounds 200] [--batches 10] [--image NAME] [--beside WORD ...] [--json]

The contenders (see `contenders/`, a file each): ours with all layers, in a new session and in a live one; a bare fork of
the same warm process, which is the floor (for programs without sympy that is a small process; one with sympy is measured
for them, too); our docker backend; `python -c`; a pebble pool for each batch, as ToRA does it; smolagents'
LocalPythonExecutor; bubblewrap + python; `docker exec`. They need `pip install pebble smolagents`, bubblewrap, and a
docker daemon with the sandbox's image in it; who is missing is left out with a line. Each is a process of its own.

Latency is one program on an idle contender, round by round, the slow ones in every tenth round. Throughput is whole
batches of programs that differ, on all processors. Every output is compared with the bare fork's, and a line says where it
is another. Times depend on the machine and on what else it does; ratios between contenders are what to compare, and
processor time is steadier than wall time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from processes import cpu_s, wait_until_idle
from rich.console import Console
from rich.progress import Progress
from speed_report import FLOOR, FLOOR_SYMPY, LIVE, OURS, TORA, Batch, Latency, show

CASES = {
    "print": "print(NUMBER+1)",
    "function": """
def eggs(days):
    laid, eaten = 16 * days, 7 * days
    return (laid - eaten) * NUMBER
total = eggs(3)
print(total)
""",
    "sympy": "from sympy import symbols, solve\nx = symbols('x')\nprint(solve(x**2 - 5*x + NUMBER, x))",
    "numpy": "import numpy as np\nprint(np.linalg.solve(np.array([[2.0, 1.0], [1.0, NUMBER]]), [3.0, 4.0]))",
}
"""One program of each kind; `NUMBER` is another in every round, so that nobody answers from memory."""

SYMPY = (
    CASES["sympy"],
    "from sympy import *\nx, y = symbols('x y')\nprint(solve([x + y - NUMBER, x - y - 1], [x, y]))",
    "from sympy import *\nx = symbols('x')\nprint(factor(x**3 - NUMBER*x))",
    "from sympy import *\nx = symbols('x')\nprint(integrate(x**2 + NUMBER*x, (x, 0, 1)))",
    "from sympy import *\nx = symbols('x')\nprint(diff(x**NUMBER * sin(x), x))",
    "import sympy as sp\nprint(sp.simplify(sp.Rational(NUMBER, 3) + sp.sqrt(NUMBER)))",
    "from sympy import Eq, solve, symbols\nn = symbols('n')\nprint(solve(Eq(n * (n + 1) / 2, NUMBER), n))",
    "from sympy import Matrix\nprint(Matrix([[2, 1], [NUMBER, 3]]).det())",
)
"""What a batch of sympy programs is mixed from."""

BATCHES = {"function": (CASES["function"],), "sympy": SYMPY}
SMALL, LARGE = 4, 100
SLOW_EVERY = 10
MOST_IN_A_ROW = 20


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to run programs."""

    name: str
    """What the tables call it."""
    command: tuple[str, ...]
    """Its script and arguments."""
    cases: tuple[str, ...] = tuple(CASES)
    """What it is asked."""
    batches: tuple[int, ...] = (SMALL, LARGE)
    """Sizes of batches it is asked for."""
    slow: bool = False
    """Whether it starts an interpreter for each program, and is asked less often."""
    in_a_row: int = 1
    """How often each program is asked at once: the blocks of a live session follow one another. Their mean is taken."""


def contenders(image: str | None, beside: list[str]) -> list[Contender]:
    """Ours, the floor, and those of the others whose name contains one of the words."""
    light, heavy, only_small = ("print", "function"), ("sympy", "numpy"), (SMALL,)
    always = [
        Contender(OURS, ("ours.py", "new")),
        Contender(LIVE, ("ours.py", "live"), batches=(), in_a_row=MOST_IN_A_ROW),
        Contender(FLOOR, ("bare_fork.py", "lite"), light),
        Contender(FLOOR, ("bare_fork.py", "symbolic"), heavy),
        Contender(FLOOR_SYMPY, ("bare_fork.py", "symbolic"), light),
    ]
    others = [
        Contender("docker sandbox, new session", ("ours.py", "docker")),
        Contender(TORA, ("tora_pool.py",), slow=True),
        Contender("ToRA's pool, sympy imported", ("tora_pool.py", "imported"), slow=True),
        Contender("smolagents local", ("smolagents_local.py",)),
        Contender("python -c", ("commands.py", "python"), batches=only_small, slow=True),
        Contender("bwrap + python", ("commands.py", "bwrap"), batches=only_small, slow=True),
        Contender("docker exec", ("commands.py", "docker", *([image] if image else [])), batches=only_small, slow=True),
    ]
    return [*always, *(other for other in others if any(word in other.name for word in beside))]


class Running:
    """The process of a contender."""

    def __init__(self, contender: Contender) -> None:
        script, *arguments = contender.command
        self.contender = contender
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "contenders" / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
        )

    def missing(self) -> str:
        """Why it cannot take part; waits until it is ready."""
        return str(self._answer())

    def ask(self, codes: Sequence[str]) -> tuple[float, list[str]]:
        """Seconds, and what each program printed."""
        assert self._process.stdin is not None
        print(json.dumps(codes), file=self._process.stdin, flush=True)
        seconds, printed = self._answer()
        return seconds, [text.strip() for text in printed]

    def _answer(self) -> tuple[float, list[str]]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.contender.name} ended with exit status {self._process.wait()}")
        answer: tuple[float, list[str]] = json.loads(line)
        return answer

    def cpu_s(self) -> float:
        """Processor time of the process and of all below it, dead or alive."""
        return cpu_s(self._process.pid)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Start everybody, measure, show."""
    asked = _arguments()
    with ExitStack() as stack:
        started = [stack.enter_context(Running(contender)) for contender in contenders(asked.image, asked.beside)]
        running = []
        for process in started:
            if reason := process.missing():
                print(f"left out: {process.contender.name}: {reason}", file=sys.stderr)
            else:
                running.append(process)
        wait_until_idle(os.getpid())  # our idle server is filling sympy's caches
        latencies = measure_latency(running, asked.rounds, asked.pause)
        batches = measure_batches(running, asked.batches)
    show(latencies, batches, as_json=asked.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast the sandbox answers, beside other ways to run a program.")
    parser.add_argument("--rounds", type=int, default=200, help="programs of each kind; slow contenders get a tenth")
    parser.add_argument("--batches", type=int, default=10, help="batches of each size and kind")
    parser.add_argument("--pause", type=float, default=0.03, help="idle seconds before each measurement")
    parser.add_argument("--image", help="another image for `docker exec`; it needs python3, sympy, numpy")
    parser.add_argument("--beside", nargs="*", default=[""], help="words in the names of the others; all unless said")
    parser.add_argument("--json", action="store_true", help="print every number as JSON instead of tables")
    return parser.parse_args()


def measure_latency(running: list[Running], rounds: int, pause_s: float) -> list[Latency]:
    """One program at a time, everybody in turn."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for number in track(rounds, "one program at a time"):
        for case, template in CASES.items():
            codes = [template.replace("NUMBER", str(number + 2 + 1_000 * turn)) for turn in range(MOST_IN_A_ROW)]
            printed: dict[str, list[str]] = {}
            for process in running:
                contender = process.contender
                if case in contender.cases and not (contender.slow and number % SLOW_EVERY != 1):
                    time.sleep(pause_s)
                    taken, texts = process.ask(codes[: contender.in_a_row])
                    printed[contender.name] = texts[:1]
                    if number:  # the first round fills caches
                        seconds.setdefault((case, contender.name), []).append(taken / contender.in_a_row)
            compare(codes[:1], printed)
    return [Latency(*key, values) for key, values in seconds.items()]


def measure_batches(running: list[Running], batches: int) -> list[Batch]:
    """Whole batches, everybody in turn; large ones come half as often."""
    measured = []
    numbers = itertools.count(1_000)
    for turn in track(batches, "batches"):
        for (case, templates), size in itertools.product(BATCHES.items(), (SMALL, LARGE)):
            if size == LARGE and turn % 2:
                continue
            mixed = itertools.cycle(templates)
            codes = [next(mixed).replace("NUMBER", str(next(numbers))) for _ in range(size)]
            printed: dict[str, list[str]] = {}
            for process in running:
                contender = process.contender
                if case in contender.cases and size in contender.batches:
                    before = process.cpu_s()
                    taken, printed[contender.name] = process.ask(codes)
                    measured.append(Batch(case, contender.name, size, taken, process.cpu_s() - before))
            compare(codes, printed)
    return measured


def compare(codes: Sequence[str], printed: dict[str, list[str]]) -> None:
    """Say who printed something else than the bare fork did."""
    for name, texts in printed.items():
        for code, text, expected in zip(codes, texts, printed[FLOOR], strict=True):
            if text != expected:
                print(f"{name} printed {text!r} instead of {expected!r} for {code!r}", file=sys.stderr)


def track(rounds: int, label: str) -> itertools.chain[int]:
    """The numbers of the rounds, with a progress bar on the terminal."""
    progress = Progress(console=Console(stderr=True), transient=True)
    return itertools.chain(progress.track(range(rounds), description=label))


if __name__ == "__main__":
    main()
