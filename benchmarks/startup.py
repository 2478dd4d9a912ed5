"""Cold start of `mathsolve "..."`, whole process, against `python -c "import sympy"`, alternately in one run.

    python benchmarks/startup.py [runs]

Prints medians in seconds and their ratio, of wall time and of user CPU time, in which all processes of the sandbox count: those
go on beside the model, so it is more than the wall time of an idle machine, but the same on a busy one. Neither is a first
run: byte-code is compiled and files are cached.
"""

import resource
import statistics
import subprocess
import sys
import time

QUESTION = "What is the derivative of x**3*sin(x)?"
COMMANDS = {
    "mathsolve": [sys.executable, "-m", "mathsolve", QUESTION],
    "import sympy": [sys.executable, "-c", "import sympy"],
}


def seconds(command: list[str]) -> tuple[float, float]:
    """Wall time and user CPU time of one process and its children."""
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used


def main() -> None:
    """Alternates the commands and prints their medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, command in COMMANDS.items():
            took = seconds(command)
            if run:  # the first round only fills the caches
                times[name].append(took)
    for number, kind in enumerate(("wall", "user CPU")):
        medians = {name: statistics.median(pair[number] for pair in pairs) for name, pairs in times.items()}
        for name, pairs in times.items():
            values = [pair[number] for pair in pairs]
            spread = f"min {min(values):.3f}   max {max(values):.3f}   n {len(values)}"
            print(f"{kind:9} {name:14} median {medians[name]:.3f} s   {spread}")
        print(f"{kind:9} ratio {medians['mathsolve'] / medians['import sympy']:.2f}")


if __name__ == "__main__":
    main()
