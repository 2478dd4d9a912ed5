"""What the kernel knows about a process and those below it: processor time, and whether they still do anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

QUIET_S = 1.5
"""Longer than the idle server waits between two steps of filling its caches."""
PATIENCE_S = 60.0


def below(root: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield root
    try:
        children = [(task / "children").read_text() for task in Path(f"/proc/{root}/task").iterdir()]
    except OSError:  # it has ended meanwhile
        return
    for child in " ".join(children).split():
        yield from below(int(child))


def cpu_s(root: int) -> float:
    """Processor time of all of them, and of the dead that their parents have waited for."""
    return sum(map(_ticks, below(root))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return 0
    return sum(map(int, fields[11:15]))


def wait_until_idle(root: int) -> None:
    """Until none of them has used the processor for a while."""
    end = time.monotonic() + PATIENCE_S
    used, now = -1.0, cpu_s(root)
    while used < now and time.monotonic() < end:
        time.sleep(QUIET_S)
        used, now = now, cpu_s(root)
