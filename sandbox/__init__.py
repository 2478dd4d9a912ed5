"""Runs model-written Python: `Program` in, `Observation` out, and nothing else gets through.

`ProcessSandbox` is the default backend. What protects is the operating system (see `inside.isolation` and
`inside.seccomp`); the Python policy only refuses early and says why.

The files of this folder are what every backend shares: what goes in and comes out (`program`, `preset`), the interface
(`session`), what is remembered (`past`, `memo`, `metrics`, `conditions`), whose turn it is (`turns`), and how it is put
into bytes (`frames`, `messages`). `process` is the application's side of the default backend, `inside` is what runs behind
its walls, `docker` puts all of that into containers.
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
