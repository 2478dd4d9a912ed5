"""How a contender is asked: a JSON list of programs on a line, and on a line back the seconds and what each printed.

Each contender is a process of its own, so that none carries another's imports, and takes its own time, so that none
pays for the pipe. Its first line says why it cannot take part; an empty text when it can.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence

Run = Callable[[Sequence[str]], list[str]]
"""Runs programs, several of them as far as the processors allow at once, each as if it were the only one."""


def serve(run: Run) -> None:
    """Answer until the benchmark hangs up."""
    for codes in asked():
        start = time.perf_counter()
        printed = run(codes)
        reply(time.perf_counter() - start, printed)


def asked() -> Iterator[list[str]]:
    """Say that all is ready, then every list of programs that is asked for."""
    print(json.dumps(""), flush=True)
    for line in sys.stdin:
        yield json.loads(line)


def reply(seconds: float, printed: Sequence[str]) -> None:
    """The answer to one list."""
    print(json.dumps([seconds, printed]), flush=True)


def leave_out(reason: str) -> None:
    """Say why this contender cannot take part, and end."""
    print(json.dumps(reason), flush=True)
    sys.exit()
