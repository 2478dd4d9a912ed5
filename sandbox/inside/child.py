"""Runs the blocks of one session inside the sandbox: captures output, echoes the last value, keeps the soft limits.

Promises: a soft limit that fires leaves the variables of the session in place; whatever a block does to `sys.stdout`,
to signal handlers or to the last `repr` ends with that block. Does not promise to survive: a block that can only be
stopped from outside is killed by the server, with this process.
"""

from __future__ import annotations

import builtins
import gc
import os
import random
import re
import resource
import select
import signal
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any, NoReturn

from ..messages import Done, Frames, Ready, Run, pack
from ..system import System
from .source import Block, Prepare, Refused, named, traced
from .warmup import Rehearsal

CHANNEL = 3
"""File descriptor of the child's socket to the application."""
ERROR_CHARS = 1_000
"""Characters of an error line that are kept."""
DIGITS = 100_000
"""Digits of an integer that may be printed; Python's own limit is too low for mathematics."""
PRELOADED = ("sympy", "numpy")
"""Libraries that are imported before the clock starts, when the block's text names them."""

_Result = tuple[str, str | None, str | None, str | None]
"""Status, value, error and trace of a block."""
_cpu_s = time.process_time  # before a program can put something else in its place
_HOST_PATH = re.compile(r" \(/[^()]*\)")


class SoftLimit(BaseException):
    """The block used up its processor time. Not an `Exception`, so that `except Exception` does not swallow it."""


class Interpreter:
    """The namespace of one session and the way a block runs in it. Made before the fork, for any child to use."""

    def __init__(self, prepare: Prepare, system: System) -> None:
        self._compile = prepare
        self._system: System = system
        self._module = types.ModuleType("__main__")
        self._sources: dict[str, list[str]] = {}
        self._armed = False
        self._fresh = True
        self._stdout = open_output()
        sys.modules["__main__"] = self._module
        sys.set_int_max_str_digits(DIGITS)
        builtins.exit = builtins.quit = _leave  # type: ignore[assignment]
        sys.unraisablehook = threading.excepthook = _mention

    def begin(self) -> None:
        """In the child: what is written goes to its pipe."""
        sys.stdout = sys.stderr = self._stdout

    def rehearse(self, code: str) -> None:
        """Do what a block does, and leave nothing behind: after a fork, the first use of a page of memory is the slow one."""
        (order,) = Frames().feed(pack(Run("", code, 0.0, 0, 0, 0)))
        module = types.ModuleType("__main__")
        block = self._compile(code, module)
        exec(block.body, module.__dict__)
        if block.last is not None:
            eval(block.last, module.__dict__)
        pack(Done(str(order), "ok", None, None, _cpu_s()))

    def run(self, order: Run) -> Done:
        """Run one block and say how it went."""
        self._prepare(order)
        start = _cpu_s()
        status, value, error, trace = self._guarded(order)
        self._restore()
        return Done(order.ticket, status, value, error, _cpu_s() - start, trace)

    def _prepare(self, order: Run) -> None:
        for name in PRELOADED:
            if name in order.code and name not in sys.modules:
                __import__(name)
                _seed(order.seed, name)
        if self._fresh:
            _seed(order.seed, *PRELOADED, "random")
            self._fresh = False
        if self._system == "linux":  # macOS does not enforce it, and refuses what is below its own address space
            _limit_memory(order.memory_mb)
        cpu = int(_cpu_s() + order.cpu_s) + 3
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, resource.RLIM_INFINITY))
        signal.signal(signal.SIGPROF, self._expire)
        signal.setitimer(signal.ITIMER_PROF, order.cpu_s, 0.2)

    def _restore(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout = sys.stderr = self._stdout
        sys.setrecursionlimit(1_000)
        self._flush()

    def _flush(self) -> None:
        try:
            self._stdout.flush()
        except (OSError, ValueError):  # the block closed it: write to the pipe through a new one
            self._stdout = sys.stdout = sys.stderr = open_output()

    def _expire(self, signum: int, frame: object) -> None:
        if self._armed:
            raise SoftLimit

    def _guarded(self, order: Run) -> _Result:
        """Status, value, error and trace. The alarm may fire anywhere inside; the outer `try` is what it cannot miss."""
        try:
            try:
                self._armed = True
                return self._execute(order)
            finally:
                self._armed = False
        except SoftLimit:
            self._armed = False
            return "timeout", None, f"TimeoutError: execution exceeded {order.cpu_s:g} s of CPU time", None
        except MemoryError:
            gc.collect()
            return "memory", None, f"MemoryError: the program needed more than {order.memory_mb} MB", None
        except BaseException as error:  # raised by the program's own `__str__` while its first error was described
            return "error", None, type(error).__name__, None

    def _execute(self, order: Run) -> _Result:
        try:
            block = self._compiled(order)
            exec(block.body, self._module.__dict__)
            if block.last is None:
                return "ok", None, None, None
            return "ok", self._echo(eval(block.last, self._module.__dict__), order.value_chars), None, None
        except SystemExit:
            return "ok", None, None, None
        except Refused as refused:
            return "policy", None, str(refused), None
        except (SoftLimit, MemoryError):
            raise
        except BaseException as error:  # a program may raise anything; whatever it is becomes an observation
            return "error", None, describe(error), traced(error, self._sources) if order.trace else None

    def _compiled(self, order: Run) -> Block:
        block = self._compile(order.code, self._module)
        if not order.trace:
            return block
        name = f"<block {order.number}>"
        self._sources[name] = order.code.splitlines()
        return Block(named(block.body, name), block.last and named(block.last, name))

    def _echo(self, value: object, limit: int) -> str | None:
        if value is None:
            return None
        self._module.__dict__["_"] = value
        if limit == 0:
            return None
        text = repr(value)
        if len(text) <= limit:
            return text
        half = limit // 2
        return f"{text[:half]}... {len(text) - 2 * half} characters cut ...{text[-half:]}"


def describe(error: BaseException) -> str:
    """`Type: message` on one line, without paths of the host."""
    name = type(error).__name__
    if isinstance(error, SyntaxError):
        message = f"{error.msg} (line {error.lineno})" if error.lineno else str(error.msg)
    else:
        message = _HOST_PATH.sub("", " ".join(str(error).split()))
    if len(message) > ERROR_CHARS:
        message = message[:ERROR_CHARS] + "..."
    return f"{name}: {message}" if message else name


def open_output() -> Any:
    """Text that goes to the output pipe line by line, so that a kill loses one unfinished line at most."""
    return open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _mention(trouble: sys.UnraisableHookArgs | threading.ExceptHookArgs) -> None:
    """An error that nobody can catch, in a line; a traceback would show the machine's own folders."""
    print(f"{trouble.exc_type.__name__}: {trouble.exc_value}", file=sys.stderr)


def serve(interpreter: Interpreter, enter: Callable[[], None], rehearsal: Rehearsal | None) -> NoReturn:
    """Take the last privileges away with `enter`, then run blocks until the application hangs up."""
    interpreter.begin()
    frames = Frames()
    enter()
    os.write(CHANNEL, pack(Ready()))
    if rehearsal is not None and not select.select([CHANNEL], [], [], rehearsal.after_s)[0]:
        interpreter.rehearse(rehearsal.code)
    while data := os.read(CHANNEL, 65_536):
        for message in frames.feed(data):
            if isinstance(message, Run):
                _send(pack(interpreter.run(message)))
    os._exit(0)


def _send(data: bytes) -> None:
    while data:
        data = data[os.write(CHANNEL, data) :]


def _leave(code: object = None) -> NoReturn:
    raise SystemExit(code)


def _seed(seed: int, *loaded: str) -> None:
    """Start the global generators of these modules, as far as they are imported, from `seed`."""
    if "random" in loaded:
        random.seed(seed)
    if "numpy" in loaded and "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)


def _limit_memory(memory_mb: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = memory_mb * 2**20
    if hard == resource.RLIM_INFINITY:
        hard = wanted
    resource.setrlimit(resource.RLIMIT_AS, (min(wanted, hard), hard))
