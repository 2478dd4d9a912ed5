"""What a program's result depends on besides its text: recorded once per run, so that a result can be explained."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from .program import Limits

LIBRARIES = ("sympy", "mpmath", "numpy", "RestrictedPython")
"""What the server needs."""
OPTIONAL = ("gmpy2",)
"""What sympy uses when it is there."""
ENVIRONMENT = {
    "PATH": "/nonexistent",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
}
"""All that programs can ever see of the environment."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which the programs of a sandbox run. Together with the text and the seed of a session they fix the result."""

    python: str
    """Version of the interpreter."""
    libraries: dict[str, str]
    """Versions of what programs can import and of the policy's reader."""
    machine: str
    """Operating system and processor."""
    environment: dict[str, str]
    """Every environment variable that a program sees: hash seed, time zone, threads."""
    limits: Limits
    """What a program may use unless its call says otherwise."""
    policy: str
    """Python-level rules in force."""
    tier: str
    """Isolation in force."""


def conditions(tier: str, policy: str, limits: Limits) -> Conditions:
    """The conditions of a sandbox; the libraries are asked for their versions without being imported."""
    found = {name: _version(name) for name in (*LIBRARIES, *OPTIONAL)}
    return Conditions(
        python=platform.python_version(),
        libraries={name: number for name, number in found.items() if number},
        machine=f"{platform.system()} {platform.machine()}",
        environment=dict(ENVIRONMENT),
        limits=limits,
        policy=policy,
        tier=tier,
    )


def _version(library: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow, and seldom needed

    try:
        return version(library)
    except PackageNotFoundError:
        return ""
