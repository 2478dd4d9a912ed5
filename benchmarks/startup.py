"""Cold start of `mathsolve "..."`, whole process, against `python -c "import sympy"`, alternately in one run.

    python benchmarks/startup.py [runs]

Prints medians in seconds and their ratio. Neither is a first run: byte-code is compiled and files are cached.
"""

import statistics
import subprocess
import sys
import time

QUESTION = "What is the derivative of x**3*sin(x)?"
COMMANDS = {
    "mathsolve": [sys.executable, "-m", "mathsolve", QUESTION],
    "import sympy": [sys.executable, "-c", "import sympy"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Alternates the commands and prints their medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, command in COMMANDS.items():
            took = seconds(command)
            if run:  # the first round only fills the caches
                times[name].append(took)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        print(
            f"{name:14} median {medians[name]:.3f} s   min {min(values):.3f}   max {max(values):.3f}   n {len(values)}"
        )
    print(f"ratio {medians['mathsolve'] / medians['import sympy']:.2f}")


if __name__ == "__main__":
    main()
