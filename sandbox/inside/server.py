"""Entry of the server process, started by path: wall itself in, then become the zygotes.

Process tree: this process (outside, waits) > a process that owns the namespaces (waits) > the lite zygote, first
process of its PID namespace > the sympy zygote, and below both the children. Each dies when the one above it dies; on
macOS, where the kernel does not see to that, a zygote whose socket closes kills the whole process group.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal, NoReturn

from ..messages import Hello, pack
from ..system import System
from . import isolation, kernel
from .child import Interpreter
from .isolation import Layer, Plan
from .policy import policy
from .warmup import LITE, SYMBOLIC, warm_up
from .zygote import Zygote

SYMPY_MB = 34
"""Python objects that sympy, numpy and their warm caches consist of."""
_KEPT: list[bytes] = []


@dataclass(frozen=True, slots=True)
class Settings:
    """What the application asked for."""

    policy: Literal["check", "restricted", "off"]
    """Mode of the Python policy."""
    min_tier: str
    """Weakest tier that may serve."""
    libraries: list[str]
    """Folders of the libraries that programs may read."""
    probe: bool
    """Say hello and leave."""
    system: System
    """What the walls are built from."""


def main() -> NoReturn:
    """`argv`: socket of the lite zygote, socket of the sympy zygote, `Settings` as JSON."""
    lite, symbolic = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    settings = Settings(**json.loads(sys.argv[3]))
    del sys.argv[1:], sys.orig_argv[1:]  # programs see them
    if settings.system == "linux":
        _die_with_application()
        _cache_bytecode(settings.libraries)
    trouble: list[str] = []
    for plan in isolation.plans(settings.system):
        trouble.append(_attempt(plan, settings, lite, symbolic, trouble))
    lite.sendall(pack(Hello("D", [], f"no isolation works here: {'; '.join(trouble)}")))
    sys.exit(1)


def _die_with_application() -> None:
    """End when the application does, and not when only the thread of it ends that started this process."""
    application = os.getppid()

    def look(*_: object) -> None:
        kernel.die_with_parent(signal.SIGUSR1)  # of the thread that is the parent from now on
        if os.getppid() != application:
            os._exit(1)

    signal.signal(signal.SIGUSR1, look)
    look()


def _attempt(plan: Plan, settings: Settings, lite: socket.socket, symbolic: socket.socket, past: list[str]) -> str:
    """Try a plan. When it works, wait until the server ends and never return; otherwise return what failed."""
    news, tell = os.pipe()
    owner = os.fork()
    if owner == 0:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        os.close(news)
        _own(plan, settings, lite, symbolic, tell, past)
    os.close(tell)
    problem = os.read(news, 4096)
    if problem == b"ok":
        lite.close()
        symbolic.close()
        os._exit(_wait(owner))
    os.close(news)
    _wait(owner)
    return f"{plan}: {problem.decode() or 'ended at once'}"


def _own(
    plan: Plan, settings: Settings, lite: socket.socket, symbolic: socket.socket, tell: int, past: list[str]
) -> NoReturn:
    """In the process that owns the namespaces: make them, start the first process inside, wait for it."""
    try:
        readable: list[str] = []
        if settings.system == "linux":
            kernel.die_with_parent()
            _prefer_for_killing()
            readable = isolation.readable_directories(settings.libraries)
        isolation.separate(plan)
        inside = os.fork()
        if inside == 0:
            layers = isolation.confine(plan, readable)
            os.write(tell, b"ok")
            os.close(tell)
            _serve(settings, lite, symbolic, _explained(layers, past))
    except OSError as error:
        os.write(tell, str(error.strerror or error).encode())
        os._exit(1)
    os.close(tell)
    lite.close()
    symbolic.close()
    os._exit(_wait(inside))


def _serve(settings: Settings, lite: socket.socket, symbolic: socket.socket, layers: list[Layer]) -> NoReturn:
    """Say hello, then be the two zygotes."""
    layers = [*layers, isolation.filter_layer(settings.system)]
    tier = isolation.tier(layers)
    refusal = isolation.refusal(tier, settings.min_tier, layers)
    lite.sendall(pack(Hello(tier, [list(astuple(layer)) for layer in layers], refusal)))
    if refusal or settings.probe:
        os._exit(0)
    enter = isolation.child_entry(layers[-1].ok, settings.system)
    _plug_output()
    interpreter = Interpreter(policy(settings.policy if tier in ("A", "B") else "restricted"), settings.system)
    other = os.fork()
    if other == 0:
        lite.close()
        if settings.system == "linux":
            kernel.die_with_parent()
        _reserve(SYMPY_MB)
        importlib.import_module("sympy")
        Zygote(symbolic, interpreter, enter, warm_up(settings.system), SYMBOLIC, settings.system).serve()
    symbolic.close()
    zygote = Zygote(lite, interpreter, enter, None, LITE, settings.system)
    zygote.essential.add(other)
    zygote.serve()


def _plug_output() -> None:
    """Make standard output what it is in a child, a pipe, so that the stream for it can be opened before the fork."""
    nobody, pipe = os.pipe()
    os.dup2(pipe, 1)
    os.close(nobody)
    os.close(pipe)


def _reserve(megabytes: int) -> None:
    """Have Python's allocator take memory in one piece, which huge pages fit into; a few objects in it keep it there."""
    crowd = [bytes(470) for _ in range(megabytes * 2_000)]
    _KEPT.extend(crowd[::500])


def _explained(layers: list[Layer], past: list[str]) -> list[Layer]:
    """Tell with each missing layer what the stronger plans ran into."""
    why = "; ".join(past)
    return [x if x.ok or not why else Layer(x.name, x.ok, f"{x.detail} ({why})", x.remedy) for x in layers]


def _cache_bytecode(libraries: list[str]) -> None:
    """Have a fresh installation compiled once, while its folders can still be written to; inside they cannot."""
    sources = (f"{folder}/__init__.py" for folder in libraries)
    if all(Path(importlib.util.cache_from_source(source)).exists() for source in sources):
        return
    pid = os.fork()
    if pid == 0:
        for folder in libraries:
            importlib.import_module(Path(folder).name)
        os._exit(0)
    _wait(pid)


def _prefer_for_killing() -> None:
    """When memory runs out, the system shall end programs rather than the application."""
    Path("/proc/self/oom_score_adj").write_text("1000")


def _wait(pid: int) -> int:
    return max(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
