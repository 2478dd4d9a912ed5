"""Runs model-written Python: `Program` in, `Observation` out, and nothing else gets through.

`ProcessSandbox` is the default backend. What protects is the operating system (see `isolation` and `seccomp`); the
Python policy only refuses early and says why.
"""

from .conditions import Conditions
from .memo import MemoSandbox
from .metrics import Metrics
from .preset import PRESETS, Preset
from .process import ProcessSandbox
from .program import Limits, Observation, Program, Status
from .session import Mode, Sandbox, SandboxError, Session

__all__ = [
    "PRESETS",
    "Conditions",
    "Limits",
    "MemoSandbox",
    "Metrics",
    "Mode",
    "Observation",
    "Preset",
    "ProcessSandbox",
    "Program",
    "Sandbox",
    "SandboxError",
    "Session",
    "Status",
]
