"""What works on this machine: one line for each check, with the remedy where something is missing.

Promises: runs what it reports on where that is cheap, and names what this version does not have. Does not promise
speed: it starts a sandbox and loads the model.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from .. import __version__
from ..sandbox import ProcessSandbox, Program, SandboxError
from ..sandbox.docker.daemon import IMAGE_COMMAND, describe
from ..sandbox.docker.image import image_exists
from ..sandbox.process.probe import probe
from .backends.embedded import EMBEDDED_FOLDER, EmbeddedBackend
from .backends.source import NEEDS, install
from .errors import BackendError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What."""
    ok: bool
    """Whether it is there."""
    detail: str
    """What was found."""
    remedy: str = ""
    """How to get it, when it is not there."""
    needed: bool = False
    """Whether questions cannot be answered without it."""


def checks() -> Iterator[Check]:
    """Every check, in the order of what a question needs first."""
    yield Check(
        "mathsolve",
        True,
        f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    )
    yield asyncio.run(_sandbox())
    yield from _isolation()
    yield _model()
    yield from _backends()
    yield _docker()
    yield _gpu()
    yield _compiled()
    yield _terminal()


def report(out: TextIO, *, as_json: bool) -> int:
    """Writes the checks; returns 0 when questions can be answered, else 1."""
    found = list(checks())
    if as_json:
        out.write(json.dumps([asdict(check) for check in found], ensure_ascii=False) + "\n")
    else:
        width = max(len(check.name) for check in found)
        for check in found:
            mark = "ok" if check.ok else "MISSING" if check.needed else "--"
            out.write(f"{mark:<8}{check.name:<{width}}  {check.detail}\n")
            if check.remedy and not check.ok:
                out.write(f"{'':<8}{'':<{width}}  remedy: {check.remedy}\n")
    return 1 if any(check.needed and not check.ok for check in found) else 0


async def _sandbox() -> Check:
    """Runs a program; the layers, which are listed after this, decide the tier."""
    try:
        async with ProcessSandbox() as sandbox, await sandbox.open() as session:
            observation = await session.run(Program("6 * 7"))
    except SandboxError as error:
        return Check("sandbox", False, "refuses to run programs", str(error), needed=True)
    detail = f"runs programs in tier {observation.tier} (A is the strongest), {observation.wall_s * 1000:.0f} ms"
    return Check("sandbox", observation.value == "42", detail, observation.error or "", needed=True)


def _isolation() -> Iterator[Check]:
    for layer in probe():
        yield Check(f"sandbox {layer.name}", layer.ok, layer.detail, layer.remedy)


def _model() -> Check:
    try:
        backend = EmbeddedBackend(EMBEDDED_FOLDER)
    except BackendError as error:
        return Check(
            "model embedded", False, str(error), "install the published package, which carries it", needed=True
        )
    size = sum(path.stat().st_size for path in EMBEDDED_FOLDER.iterdir()) / 2**20
    return Check(
        "model embedded", True, f"{size:.1f} MB, reads {backend.profile.context} tokens, runs on the CPU", needed=True
    )


def _backends() -> Iterator[Check]:
    for name, packages in NEEDS.items():
        missing = [package for package in packages if importlib.util.find_spec(package) is None]
        found = "installed" if not missing else f"needs {' and '.join(missing)}"
        yield Check(f"backend {name}", not missing, found, f"for other models than the embedded one: {install(name)}")


def _docker() -> Check:
    """Looks, but starts no container: that takes seconds."""
    try:
        found, ready = describe(), image_exists()
    except SandboxError as error:
        trouble, _, remedy = str(error).partition("; remedy: ")
        return Check("sandbox docker", False, trouble, f"none is needed; for containers: {remedy}")
    image = "the image is there: mathsolve exec --sandbox docker FILE" if ready else "the image is not built"
    return Check("sandbox docker", ready, f"{found}, {image}", IMAGE_COMMAND)


def _gpu() -> Check:
    present = Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
    remedy = "nothing to do: the embedded model runs on the CPU; so does training, for about an hour"
    return Check("GPU", present, "an NVIDIA GPU; answering does not use it" if present else "none found", remedy)


def _compiled() -> Check:
    """Sympy takes six times as long to start without byte-code, which package installers may not write."""
    spec = importlib.util.find_spec("sympy")
    source = Path(spec.origin) if spec and spec.origin else None
    done = source is not None and Path(importlib.util.cache_from_source(str(source))).exists()
    folder = source.parent if source else "sympy"
    remedy = f"{sys.executable} -m compileall -q {folder}"
    return Check(
        "byte-code", done, "sympy is compiled" if done else "sympy is not compiled: every start is slow", remedy
    )


def _terminal() -> Check:
    encoding = sys.stdout.encoding or "unknown"
    remedy = "export PYTHONUTF8=1 (mathematics is drawn in ASCII until then)"
    return Check("terminal encoding", "utf" in encoding.lower(), encoding, remedy)
