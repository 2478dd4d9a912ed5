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

from . import child
from .messages import Exited, Frames, Kill, Open, Watch, pack
from .source import Prepare
from .system import System

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
    channel: socket.socket
    deadline_s: float = float("inf")
    overrun: bool = False


class Zygote:
    """Serves one control socket until it closes."""

    def __init__(
        self,
        control: socket.socket,
        prepare: Prepare,
        enter: Callable[[], None],
        warm: Iterator[None],
        system: System,
    ) -> None:
        self._control = control
        self._prepare = prepare
        self._enter = enter
        self._warm: Iterator[None] | None = warm
        self._system: System = system
        self._forks = -1  # the first child waits for the first session
        self._frames = Frames()
        self._lent: list[int] = []
        self._children: dict[int, _Child] = {}
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
        gc.collect()
        gc.freeze()
        while True:
            ready = {fd for fd, _ in poller.poll(self._timeout_ms())}
            if wake in ready:
                os.read(wake, 4096)
            if self._control.fileno() in ready:
                self._obey()
            self._reap()
            self._enforce()
            if not ready or self._forks >= BUSY_FORKS:
                self._warm_up()

    def _timeout_ms(self) -> float | None:
        waits = [c.deadline_s - _cpu_s(pid) for pid, c in self._children.items() if c.deadline_s < float("inf")]
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

    def _fork(self, number: int, channel: int, output: int) -> None:
        self._forks += 1
        try:
            pid = os.fork()
        except OSError:  # no room for a process: the application sees its ends closed, and tries again
            os.close(channel)
            os.close(output)
            return
        if pid == 0:
            self._become_child(channel, output)
        os.close(output)
        self._children[pid] = _Child(number, socket.socket(fileno=channel))

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
            child.serve(self._prepare, self._enter, self._system)
        finally:
            os._exit(code)

    def _watch(self, message: Watch) -> None:
        if self._system != "linux":  # elsewhere the child's own limit on processor time has to do
            return
        for pid, watched in self._children.items():
            if watched.id == message.id:
                watched.deadline_s = _cpu_s(pid) + message.cpu_s

    def _kill(self, number: int) -> None:
        for pid, doomed in self._children.items():
            if doomed.id == number:
                os.kill(pid, signal.SIGKILL)

    def _enforce(self) -> None:
        for pid, running in self._children.items():
            timed = running.deadline_s < float("inf") and not running.overrun
            if timed and _cpu_s(pid) > running.deadline_s:
                running.overrun = True
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
            if dead is not None:
                code = os.waitstatus_to_exitcode(status)
                _tell(dead.channel, Exited(code, usage.ru_utime + usage.ru_stime, dead.overrun))

    def _warm_up(self) -> None:
        """One step of cache warming; freezing keeps the collector from touching the pages that children share."""
        self._forks = min(self._forks, 1)
        if self._warm is None:
            return
        try:
            next(self._warm)
        except StopIteration:
            self._warm = None
            gc.collect()
            gc.freeze()

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


def _tell(channel: socket.socket, message: Exited) -> None:
    """Without ever waiting; not by a non-blocking socket, because the child's end would become non-blocking with it."""
    with (
        channel,
        suppress(OSError),
    ):  # the application has hung up, or the program filled the socket: the close tells it
        channel.send(pack(message), socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0))
