"""Which operating system the walls are built for, and the one wall that macOS has: a profile under `sandbox-exec`.

Linux is described in `inside.isolation`. On macOS the server is started under a profile (see `process.seatbelt`), the
children get resource limits, and every program runs under the `restricted` policy; that adds up to tier C and is meant for
programs that go wrong, not for attackers. It was written without a Mac and never run on one; the tests run it on Linux,
without the profile.

Covered by the profile: network, files (nothing is written; of the homes, the other volumes and the temporary folders
only Python's own directories are read), other programs, system services, signals to others. Covered by resource limits:
processor time, new processes, open files.
Not covered: memory, which macOS does not limit per process, so that the time limits alone end a program that fills it.
Where the profile cannot be had, only the policy stands between a program and the user's files and network.
"""

from __future__ import annotations

import socket
import sys
from typing import Literal

System = Literal["linux", "darwin"]
"""Named as in `sys.platform`."""

HERE: System | None = "linux" if sys.platform == "linux" else "darwin" if sys.platform == "darwin" else None
"""The system that programs are isolated on; None where there is no isolation."""

NOWHERE = (
    "the process sandbox isolates programs with the kernel of Linux or macOS, and this is "
    f"{sys.platform}; remedy: run mathsolve in a Linux container or virtual machine"
)
"""What is said then."""


def profile_holds() -> bool:
    """Whether this process is refused the network, found by trying to reach its own machine."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.connect(("127.0.0.1", 9))
    except PermissionError:
        return True
    return False
