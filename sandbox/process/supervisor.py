"""The application's side of the server: start it, greet it, ask it for children, end it.

The application never forks. It executes a fresh interpreter with an empty environment that inherits nothing but two
sockets and runs `inside/server.py` by path, so neither the application's memory nor the package reaches the sandbox.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..conditions import ENVIRONMENT, LIBRARIES, OPTIONAL
from ..frames import BadFrame
from ..messages import Frames, Hello, Message, Open, pack
from ..session import SandboxError
from ..system import System
from .channel import Channel, Kind
from .line import Line
from .seatbelt import launcher

START_S = 60.0
"""How long the server may take to start; a first start may have to compile sympy."""

_BOOT = """
import os, sys, types
sys.path[:] = [*map(os.path.realpath, sys.path), *sys.argv.pop(1).split(os.pathsep)]
package = types.ModuleType("mathsolve_sandbox")
package.__path__ = [sys.argv.pop(1)]
sys.modules["mathsolve_sandbox"] = package
__package__ = "mathsolve_sandbox"
from .inside.server import main
main()
"""
"""Makes the folder above a package under another name, so that `inside/server.py` runs without the package above it."""


class ServerDied(SandboxError):
    """The server ended before it said hello; another one may do better."""


class Supervisor:
    """One running server."""

    def __init__(self, policy: str, min_tier: str, system: System, probe: bool = False) -> None:
        lite, lite_far = socket.socketpair()
        symbolic, symbolic_far = socket.socketpair()
        self._lines: dict[Kind, Line] = {"lite": Line(lite), "symbolic": Line(symbolic)}
        self._system: System = system
        self._hello: Hello | None = None
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        folders = library_folders()
        asked = {"policy": policy, "min_tier": min_tier, "libraries": folders, "probe": probe, "system": system}
        command = [*launcher(system, folders), sys.executable, "-I", "-S", "-c", _BOOT]
        paths = os.pathsep.join(dict.fromkeys(str(Path(folder).parent) for folder in folders))
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the server)
        with lite_far, symbolic_far:
            far = (lite_far.fileno(), symbolic_far.fileno())
            self._process = subprocess.Popen(
                [*command, paths, str(Path(__file__).parent.parent), *map(str, far), json.dumps(asked)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=far,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )

    async def hello(self) -> Hello:
        """What the server said when it started. Raises `SandboxError` when it cannot serve, `ServerDied` without a word."""
        hello: Hello = self._hello if self._hello is not None else await asyncio.to_thread(self._greeting)
        if hello.refusal:
            raise SandboxError(hello.refusal)
        return hello

    def _greeting(self) -> Hello:
        """In a thread, so that any number of event loops may wait for it."""
        with self._lock:
            if self._hello is None:
                self._hello = self._receive_hello()
            return self._hello

    def _receive_hello(self) -> Hello:
        frames, messages = Frames(), list[Message]()
        try:
            with self._lines["lite"].sock.dup() as control:
                control.settimeout(START_S)
                while not messages and (data := control.recv(65_536)):
                    messages = frames.feed(data)
        except TimeoutError:
            raise SandboxError(f"the sandbox server did not start within {START_S:g} s: {self.last_words()}") from None
        except (OSError, BadFrame) as error:
            raise ServerDied(f"the sandbox server did not start: {error}") from None
        if not messages or not isinstance(messages[0], Hello):
            raise ServerDied(f"the sandbox server ended at once: {self.last_words()}")
        return messages[0]

    @property
    def tier(self) -> str:
        """The isolation in force; empty before the server has said hello."""
        return self._hello.tier if self._hello is not None else ""

    @property
    def alive(self) -> bool:
        """Whether the server still holds its ends of the sockets."""
        return self._process.poll() is None and all(_open(line.sock) for line in self._lines.values())

    async def outlived(self) -> bool:
        """Whether the server outlived a child whose socket closed without a word: it may be about to go down itself."""
        for _ in range(60):
            if not self.alive:
                return False
            await asyncio.sleep(0.05)
        return True

    def last_words(self) -> str:
        """The last line that the server complained with, for people."""
        try:
            self._complaints.seek(0)
            lines = self._complaints.read().decode("utf-8", "replace").split("\n")
        except ValueError:  # another thread may close it at any moment
            return "it was closed"
        return next((line for line in reversed(lines) if line.strip()), "it did not say why")

    def spawn(self, kind: Kind) -> Channel:
        """Ask for a child; it says `Ready` on its channel when it is there."""
        near, far = socket.socketpair()
        output, output_far = os.pipe()
        number = next(self._numbers)
        lent = [far.detach(), output_far]
        kept = () if self._system == "linux" else [*map(os.dup, lent)]  # macOS may lose what is closed on its way
        self._lines[kind].say(pack(Open(number)), lent)
        return Channel(number, kind, near, output, kept, partial(self._tell, kind))

    def _tell(self, kind: Kind, message: Message) -> None:
        self._lines[kind].say(pack(message))

    async def close(self) -> None:
        """End the server and all its children, and wait until they are gone."""
        for line in self._lines.values():
            with suppress(OSError):  # the server has gone first
                line.sock.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._reap)
        for line in self._lines.values():
            line.close()
        self._complaints.close()

    def _reap(self) -> None:
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _open(control: socket.socket) -> bool:
    """Whether the other end of a socket is still there. Only asks: a `recv`, even one that peeks, may find that another
    thread has just taken what there was, and would wait."""
    if control.fileno() < 0:  # closed on this side
        return False
    state = select.poll()
    state.register(control, 0)  # a hang-up is always reported
    return not state.poll(0)


def library_folders() -> list[str]:
    """Where each library lies, found without importing it. Raises `SandboxError` when one is missing."""
    found = []
    for name in (*LIBRARIES, *OPTIONAL):
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            if name in OPTIONAL:
                continue
            raise SandboxError(f"the sandbox needs {name}, which is not installed; remedy: pip install {name}")
        found.append(str(Path(spec.submodule_search_locations[0]).resolve()))
    return found
