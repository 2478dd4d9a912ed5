"""Where a run was made: what its figures depend on besides its configuration, written down once for each run."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ... import __version__
from ...engine.grading.grade import VERSION
from ...engine.solver import Solver

LIBRARIES = ("ctranslate2", "tokenizers", "sympy", "numpy")
"""Libraries whose versions can change a figure."""


def environment(solver: Solver) -> dict[str, Any]:
    """Versions, machine, and the sandbox's conditions, ready for JSON.

    Raises:
        BackendError: the model cannot be loaded.
        SandboxError: there is no sandbox.
    """
    profile = solver.backend.profile
    return {
        "mathsolve": __version__,
        "commit": commit(Path(__file__).parents[2]),
        "grader": VERSION,
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "model": {"context": profile.context, "attempts": profile.samples},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "sandbox": asdict(solver.run(solver.sandbox.conditions())),
    }


def commit(folder: Path) -> str | None:
    """The git commit of the checkout `folder`, with a plus sign when files were changed since; None when it is none."""
    if not (folder / ".git").exists():
        return None
    try:
        told = [
            subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True).stdout
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return told[0].strip() + ("+" if told[1].strip() else "")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
