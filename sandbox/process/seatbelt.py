"""The application's side of the macOS profile: writes it, tries it out, and puts `sandbox-exec` before the server.

Promises: a profile with which Python does not start is not used, and the server finds out whether it stands behind one.
Does not promise that Apple keeps `sandbox-exec`, which it has called deprecated for years.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from ..system import System

_TOOL = "/usr/bin/sandbox-exec"
_PRIVATE = ("/Users", "/Volumes", "/private/tmp", "/private/var/folders")
_TRIAL_S = 10.0


def launcher(system: System, libraries: list[str]) -> list[str]:
    """What stands before the server's command line: the profile on a Mac on which it works, otherwise nothing."""
    if system == "linux" or not Path(_TOOL).exists():
        return []
    command = [_TOOL, "-p", profile([*libraries, str(Path(__file__).parent.parent)])]
    return command if _starts_python(tuple(command)) else []


def profile(libraries: list[str]) -> str:
    """The profile, in Apple's language, where the last rule that matches decides."""
    python = [sys.prefix, sys.base_prefix]
    interpreters = [sys.executable, f"{sys.base_prefix}/Resources/Python.app/Contents/MacOS/Python"]
    shelves = sorted({str(Path(library).parent) for library in libraries})
    return "\n".join(
        (
            "(version 1)",
            "(allow default)",
            "(deny network*)",
            "(deny file-write*)",
            "(deny mach-lookup)",
            "(deny signal)",
            "(allow signal (target same-sandbox))",
            "(deny process-exec*)",
            f"(allow process-exec* {_paths('literal', interpreters)})",
            f"(deny file-read-data {_paths('subpath', _PRIVATE)})",
            f"(allow file-read-data {_paths('subpath', [*python, *libraries])} {_paths('literal', shelves)})",
        )
    )


def _paths(kind: str, paths: list[str] | tuple[str, ...]) -> str:
    return " ".join(f"({kind} {json.dumps(os.path.realpath(path), ensure_ascii=False)})" for path in paths)


@cache
def _starts_python(command: tuple[str, ...]) -> bool:
    """Whether Python starts behind this; a profile cannot be had inside of another one."""
    trial = [*command, sys.executable, "-I", "-S", "-c", ""]
    try:
        return subprocess.run(trial, capture_output=True, cwd="/", env={}, timeout=_TRIAL_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False
