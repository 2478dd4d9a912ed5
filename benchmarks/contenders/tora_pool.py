"""Programs in worker processes, the way ToRA and its many descendants do it.

A new pebble pool for each batch, as many workers as processors, an alarm in the worker and pebble's own time limit
around it, output through `redirect_stdout`, the result pickled, the last line of a traceback as the error. Workers are
used again within a batch: what one program changes, the next one sees. With `imported` the parent has imported sympy
beforehand, which ToRA does not do.
"""

from __future__ import annotations

import importlib
import io
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial

from serving import leave_out, serve

TIMEOUT_S = 60
"""ToRA gives five seconds, in which a busy machine does not even import sympy."""


def run(codes: Sequence[str]) -> list[str]:
    """A pool, a batch, and the pool's end."""
    with pebble.ProcessPool(max_workers=min(len(codes), len(os.sched_getaffinity(0)))) as pool:
        results = pool.map(partial(execute, timeout_s=TIMEOUT_S), codes, timeout=TIMEOUT_S).result()
        return [printed or error for printed, error in results]


def execute(code: str, timeout_s: int) -> tuple[str, str]:
    """In a worker: what the program printed, or its error."""
    try:
        signal.signal(signal.SIGALRM, _expire)
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
        try:
            with redirect_stdout(io.StringIO()) as output:
                exec(code, {})
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        pickle.dumps(output.getvalue())
        return output.getvalue(), "Done"
    except BaseException:
        return "", traceback.format_exc().split("\n")[-2]


def _expire(signum: int, frame: object) -> None:
    raise TimeoutError("Timed Out")


try:
    import pebble
except ImportError:
    leave_out("pebble is not installed")
if "imported" in sys.argv:
    importlib.import_module("sympy")
serve(run)
