"""Runs the stages of a pipeline that are not done, one after the other, each as a process of its own.

Promises: what a stage made is never mixed with what another command, setting, parent or companion file would make; a stage is
done when its command ended with exit code 0, and is then never run again; a signal reaches the running command, which ends in
its own resumable way, and the same command goes on. Does not promise that a command can be resumed: those of this project can.
"""

from __future__ import annotations

import os
import platform
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from ...engine.errors import MathsolveError
from ...evaluation.running.environment import commit
from . import account
from .account import Account
from .lock import told
from .recipe import Pipeline
from .standing import Standing

INTERRUPTED = 130
"""Exit code after Ctrl-C."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LIBRARIES = ("mathsolve", "torch", "transformers", "ctranslate2", "sympy", "numpy")
"""Whose versions are kept."""


class Relay:
    """Hands every signal on to the command that is running, as Ctrl-C: what all of them end well by."""

    def __init__(self) -> None:
        self.heard = False
        """Whether one came."""
        self._child: subprocess.Popen[bytes] | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside it signals do not end this process; who is meant to outlive the terminal (nohup) still does."""
        heard = [number for number in SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """The exit code of a command, once it has ended."""
        self._child = child
        if self.heard:
            child.send_signal(signal.SIGINT)
        try:
            return child.wait()
        finally:
            self._child = None

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.heard = True
        if self._child is not None:
            self._child.send_signal(signal.SIGINT)


def carry_out(
    pipeline: Pipeline,
    stages: Sequence[Standing],
    folder: Path,
    lock: TextIO,
    *,
    begun: Callable[[Account], None],
    ended: Callable[[Account], None],
) -> None:
    """Runs stages in this order.

    Args:
        pipeline: what they belong to.
        stages: those that are to be run; their parents are done or among them.
        folder: of the pipeline.
        lock: what the commands inherit.
        begun: hears of every start.
        ended: hears of every end.

    Raises:
        MathsolveError: a stage failed; it says which, and where its messages and its output are.
        KeyboardInterrupt: a signal ended it; what was done is kept.
    """
    relay = Relay()
    with relay.listening():
        for one in stages:
            if relay.heard:
                raise KeyboardInterrupt
            found = _run(pipeline, one, folder, lock, relay, begun)
            ended(found)
            if found.state == "stopped":
                raise KeyboardInterrupt
            if found.state == "failed":
                raise MathsolveError(
                    f"stage {found.name!r} {found.ending}; its messages are above{account.printed(folder, found.name)}, "
                    f"its command: {found.command}"
                )


def _run(
    pipeline: Pipeline, one: Standing, folder: Path, lock: TextIO, relay: Relay, begun: Callable[[Account], None]
) -> Account:
    """Runs one stage, or goes on with it."""
    words = account.resolved(pipeline, one.stage, folder)
    found = _begun(one, shlex.join(["mathsolve", *words]))
    account.write(folder, found)
    one.folder.mkdir(exist_ok=True)
    begun(found)
    output, since, used = account.output_of(folder, found.name), time.monotonic(), _cpu_s()
    with output.open("wb") as printed:
        child = subprocess.Popen(
            [sys.executable, "-m", "mathsolve", *words],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            process_group=0,  # Ctrl-C on a terminal reaches it once, through the relay
            pass_fds=(lock.fileno(),),
        )
        try:
            told(lock, f"process {os.getpid()} with stage {found.name!r} as process {child.pid}")
        finally:  # whatever happens here, the stage is not left alone
            code = relay.wait(child)
    state: account.State = "done" if code == 0 else "stopped" if relay.heard or code == INTERRUPTED else "failed"
    spent = {"wall_s": found.wall_s + time.monotonic() - since, "cpu_s": found.cpu_s + _cpu_s() - used}
    found = found.model_copy(update={"state": state, "exit_code": code, "ended": _now(), **spent})
    account.write(folder, found)
    return found


def _begun(one: Standing, command: str) -> Account:
    """The account of a stage that starts now; times of earlier starts are kept."""
    was = one.account if one.state != "waiting" else None
    new: dict[str, Any] = {"state": "running", "command": command, "exit_code": None, "ended": None}
    new |= {"key": one.made_of.key, "made_of": one.made_of, "versions": _versions(), "commit": _commit()}
    if was is not None:
        return was.model_copy(update={**new, "starts": was.starts + 1})
    return Account(name=one.stage.name, started=_now(), **new)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    return commit(Path(__file__).parents[2])


def _cpu_s() -> float:
    """Processor seconds of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
