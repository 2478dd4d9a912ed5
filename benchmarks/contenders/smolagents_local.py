"""smolagents' LocalPythonExecutor: an interpreter of the syntax tree, in the process of the application.

It isolates nothing, and runs one program at a time; sympy and numpy are imported before. A new executor for each program.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from serving import leave_out, serve

ALLOWED = ["sympy", "sympy.*", "numpy", "numpy.*"]


def run(codes: Sequence[str]) -> list[str]:
    """One after the other."""
    return list(map(printed, codes))


def printed(code: str) -> str:
    """What the program prints."""
    executor = LocalPythonExecutor(ALLOWED)
    executor.send_tools({})
    try:
        return str(executor(code).logs)
    except InterpreterError as error:
        return str(error)


try:
    from smolagents.local_python_executor import InterpreterError, LocalPythonExecutor
except ImportError:
    leave_out("smolagents is not installed")
for library in ("sympy", "numpy"):
    importlib.import_module(library)
serve(run)
