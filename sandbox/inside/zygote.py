"""The server inside the sandbox: forks one child per session, kills what overruns, reaps, and imports sympy only once.

It runs no model code itself. It obeys one socket; when that closes, everything it started dies with it. It never
waits for a child: all waiting is one `poll`.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from ..frames import BadFrame
from ..messages import Exited, Frames, Kill, Open, Watch, pack
from ..system import System
from . import child, kernel
from .warmup import Rehearsal

IDLE_S = 0.3
"""Silence after the first session before the caches are warmed."""
BUSY_FORKS = 16
"""Sessions after which one warming step is taken even without silence."""
LONGEST_S = 3600.0
"""Longest wait; `poll` does not take just any number."""

_CPUCLOCK_SCHED = 2


@dataclass(slots=True)
class _Child:
    """A live child, as the server sees it."""

    id: int
    """The application's number for the child."""
    channel: int
    """Descriptor of its end of the socket to the application."""
    deadline_s: float = 0.0
    """Its processor time at which it is killed, once it is watched."""
    overrun: bool = False
    """Whether it was killed for that."""


class Zygote:
    """Serves one control socket until it closes."""

    def __init__(
        self,
        control: socket.socket,
        interpreter: child.Interpreter,
        enter: Callable[[], None],
        warm: Iterator[None] | None,
        rehearsal: Rehearsal,
        system: System,
    ) -> None:
        self._control = control
        self._interpreter = interpreter
        self._enter = enter
        self._warm = warm
        self._rehearsal = rehearsal
        self._system: System = system
        self._forks = -1  # the first child waits for the first session
        self._frames = Frames()
        self._lent: list[int] = []
        self._children: dict[int, _Child] = {}
        self._pids: dict[int, int] = {}
        self._watched: dict[int, _Child] = {}
        self.essential: set[int] = set()
        """Processes without which serving makes no sense."""

    def serve(self) -> NoReturn:
        """Loop until the application hangs up."""
        wake, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda signum, frame: None)
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(wake, select.POLLIN)
        self._settle()
        while True:
            ready = {fd for fd, _ in poller.poll(self._timeout_ms())}
            if self._control.fileno() in ready:
                self._obey()
            if wake in ready:
                os.read(wake, 4096)
                self._reap()
            self._enforce()
            if not ready or self._forks >= BUSY_FORKS:
                self._warm_up()

    def _timeout_ms(self) -> float | None:
        waits = [watched.deadline_s - _cpu_s(pid) for pid, watched in self._watched.items()]
        if self._warm is not None and self._forks > 0:
            waits.append(IDLE_S)
        return max(5.0, min(*waits, LONGEST_S) * 1000) if waits else None

    def _obey(self) -> None:
        data, fds, _, _ = socket.recv_fds(self._control, 65_536, 64)
        if not data:
            self._end()
        self._lent += fds  # they come with the first byte of their frame, whose end may come later
        for message in self._frames.feed(data):
            if isinstance(message, Open):
                channel, output, *self._lent = self._lent
                self._fork(message.id, channel, output)
            elif isinstance(message, Watch):
                self._watch(message)
            elif isinstance(message, Kill):
                self._kill(message.id)
        if self._lent and not self._frames.waiting:  # another child would be given them
            raise BadFrame(f"{len(self._lent)} descriptors that belong to no message")

    def _fork(self, number: int, channel: int, output: int) -> None:
        self._forks += 1
        try:
            pid = kernel.fork() if self._system == "linux" else os.fork()
        except OSError:  # no room for a process: the application sees its ends closed, and tries again
            os.close(channel)
            os.close(output)
            return
        if pid == 0:
            self._become_child(channel, output)
        os.close(output)
        self._children[pid] = _Child(number, channel)
        self._pids[number] = pid

    def _become_child(self, channel: int, output: int) -> NoReturn:
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.dup2(channel, child.CHANNEL)
            os.closerange(child.CHANNEL + 1, 1 << 16)
            os.set_blocking(child.CHANNEL, True)
            child.serve(self._interpreter, self._enter, self._rehearsal if self._warm is None else None)
        finally:
            os._exit(code)

    def _watch(self, message: Watch) -> None:
        pid = self._pids.get(message.id)
        if pid is not None and self._system == "linux":  # elsewhere the child's own limit on processor time has to do
            self._watched[pid] = self._children[pid]
            self._watched[pid].deadline_s = _cpu_s(pid) + message.cpu_s

    def _kill(self, number: int) -> None:
        pid = self._pids.get(number)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def _enforce(self) -> None:
        for pid, running in list(self._watched.items()):
            if _cpu_s(pid) > running.deadline_s:
                running.overrun = True
                del self._watched[pid]
                os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children or self.essential:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid in self.essential:
                self.essential.discard(pid)
                self._end()
            dead = self._children.pop(pid, None)
            self._watched.pop(pid, None)
            if dead is not None:
                self._pids.pop(dead.id, None)
                code = os.waitstatus_to_exitcode(status)
                _tell(dead.channel, Exited(code, usage.ru_utime + usage.ru_stime, dead.overrun))

    def _warm_up(self) -> None:
        """One step of cache warming."""
        self._forks = min(self._forks, 1)
        if self._warm is None:
            return
        try:
            next(self._warm)
        except StopIteration:
            self._warm = None
            self._settle()

    def _settle(self) -> None:
        """Keep the collector from touching the pages that children share, and make them quick to share.

        Raises `RuntimeError` when a library has started a thread: a child would have its locks without it.
        """
        if self._system == "linux" and not kernel.single_threaded():
            raise RuntimeError("a library has started a thread, so that no child can be forked safely")
        gc.unfreeze()
        gc.collect()
        here = {id(thing) // kernel.HUGE for thing in gc.get_objects()}
        gc.freeze()
        if self._system == "linux":
            kernel.join_pages(here)

    def _end(self) -> NoReturn:
        if self._system == "darwin":  # no kernel ends what is below: end all that the application started, and this
            os.killpg(0, signal.SIGKILL)
        for pid in (*self._children, *self.essential):
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while True:
                os.wait()
        os._exit(0)


def _cpu_s(pid: int) -> float:
    """CPU seconds of another process, through its POSIX clock: it needs no /proc."""
    try:
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    except OSError:  # already dead, or a system without such clocks: the reaper or the wall clock decides
        return 0.0


def _tell(channel: int, message: Exited) -> None:
    """Without ever waiting; not by a non-blocking socket, because the child's end would become non-blocking with it."""
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=channel) as said,
        suppress(OSError),
    ):  # the application has hung up, or the program filled the socket: the close tells it
        said.send(pack(message), socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0))
