"""A fresh interpreter for each program: `python`, or behind bubblewrap (`bwrap`), or in a running container (`docker`).

The container is of the sandbox's own image unless another is named, which needs `python3` with sympy and numpy. It has no
network and no rights, and is removed at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from serving import leave_out, serve

from mathsolve.sandbox.docker.image import image_name

BWRAP = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-all", "--die-with-parent", "--new-session"]
CONTAINER = [
    "docker",
    "run",
    "--detach",
    "--rm",
    "--pull",
    "never",
    "--network",
    "none",
    "--cap-drop",
    "ALL",
    "--entrypoint",
    "python3",
]

IDLE = "import time; time.sleep(1e9)"


def main() -> None:
    """Find the command, then answer."""
    kind, *image = sys.argv[1:]
    if kind == "docker":
        container = start_container(*image)
        try:
            serve_command(["docker", "exec", container, "python3"])
        finally:
            subprocess.run(["docker", "rm", "--force", container], stdout=subprocess.DEVNULL)
    elif kind == "bwrap" and not shutil.which("bwrap"):
        leave_out("bubblewrap is not installed")
    else:
        serve_command([*(BWRAP if kind == "bwrap" else []), sys.executable, "-I"])


def start_container(image: str = "") -> str:
    """The number of a running container of this image."""
    if not shutil.which("docker"):
        leave_out("docker is not installed")
    started = subprocess.run([*CONTAINER, image or image_name(), "-c", IDLE], capture_output=True, text=True)
    if started.returncode:
        leave_out(started.stderr.strip().split("\n")[0])
    return started.stdout.strip()


def serve_command(command: list[str]) -> None:
    """Programs as an argument of this command."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        run = partial(printed, command)
        serve(lambda codes: list(threads.map(run, codes) if len(codes) > 1 else map(run, codes)))


def printed(command: Sequence[str], code: str) -> str:
    """What the program prints."""
    return subprocess.run([*command, "-c", code], stdout=subprocess.PIPE, text=True).stdout


main()
