"""The floor: a process with the same modules and the same warm caches as the sandbox's own, that forks for each program.

No isolation, no limits, no policy, no echo; a pipe is all that a child gets. `lite` and `symbolic` as in the sandbox.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from serving import serve


def become_zygote(symbolic: bool) -> None:
    """Load what the sandbox's server has loaded, under the same name and without the package above it."""
    package = types.ModuleType("mathsolve_sandbox")
    package.__path__ = [str(Path(__file__).resolve().parents[2] / "sandbox")]
    sys.modules["mathsolve_sandbox"] = package
    importlib.import_module("mathsolve_sandbox.inside.server")
    if symbolic:
        importlib.import_module("sympy")
        for _ in importlib.import_module("mathsolve_sandbox.inside.warmup").warm_up("linux"):
            pass
    gc.collect()
    gc.freeze()


def run(codes: Sequence[str]) -> list[str]:
    """As many children at once as there are processors."""
    slots = len(os.sched_getaffinity(0))
    waiting, running, printed = list(enumerate(codes)), dict[int, tuple[int, int]](), [""] * len(codes)
    while waiting or running:
        while waiting and len(running) < slots:
            number, code = waiting.pop(0)
            pid, output = fork(code)
            running[pid] = number, output
        pid, _ = os.wait()
        number, output = running.pop(pid)
        printed[number] = os.read(output, 65_536).decode()
        os.close(output)
    return printed


def fork(code: str) -> tuple[int, int]:
    """A child that runs the program, and the pipe it prints to."""
    output, far = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(far, 1)
        execute(code)
    os.close(far)
    return pid, output


def execute(code: str) -> NoReturn:
    """In the child."""
    exec(code, {"__name__": "__main__"})
    sys.stdout.flush()
    os._exit(0)


become_zygote("symbolic" in sys.argv)
serve(run)
