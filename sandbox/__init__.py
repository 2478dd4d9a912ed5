"""Runs model-written Python: `Program` in, `Observation` out, and nothing else gets through.

`ProcessSandbox` is the default backend. What protects is the operating system (see `isolation` and `seccomp`); the
Python policy only refuses early and says why.
"""

from .memo import MemoSandbox
from .process import ProcessSandbox
from .program import Limits, Observation, Program, Status
from .session import Sandbox, SandboxError, Session

__all__ = [
    "Limits",
    "MemoSandbox",
    "Observation",
    "ProcessSandbox",
    "Program",
    "Sandbox",
    "SandboxError",
    "Session",
    "Status",
]
