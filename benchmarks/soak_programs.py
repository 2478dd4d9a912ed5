# ruff: noqa: E501  (programs are kept on one line)
"""The programs of the soak: good ones with their answers, hostile ones with the statuses in which they may end.

Each good program carries a number of its own into its answer, so an answer that went to another program is noticed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from mathsolve.sandbox import Limits
from mathsolve.sandbox.messages import Done, Exited, pack


@dataclass(frozen=True, slots=True)
class Block:
    """One program and the only ways in which it may end."""

    code: str
    """The source text."""
    text: str | None = None
    """What a model must be told; None when it is not fixed."""
    ends: tuple[str, ...] = ("ok",)
    """Statuses."""
    limits: Limits = Limits(cpu_s=10)  # noqa: RUF009 (frozen)
    """What it may use."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A program that means harm."""

    code: str
    """The source text."""
    ends: str
    """The statuses in which it may end."""
    cpu_s: float = 0.1
    """Its limit of processor time."""
    memory_mb: int = 256
    """Its limit of memory."""
    weight: float = 1.0
    """How often it is drawn."""


def one(code: str, text: object) -> list[Block]:
    """A session of one program."""
    return [Block(code, str(text))]


SYMPY = "from sympy import *\nx = symbols('x')\n"
NUMPY = "import numpy as np\n"
GOOD: list[Callable[[int], list[Block]]] = [
    lambda n: one(f"print({n} * {n})", n * n),
    lambda n: one(f"total = 0\nfor i in range({n % 1000}):\n    total += i\ntotal + {n}", (n % 1000) * (n % 1000 - 1) // 2 + n),
    lambda n: one(f"def f(k):\n    return 1 if k < 2 else k * f(k - 1)\nprint(f({n % 50}) // f({n % 50}), {n})", f"1 {n}"),
    lambda n: one(f"from fractions import Fraction\nFraction({n}, 1) + Fraction(1, 2)", f"Fraction({2 * n + 1}, 2)"),
    lambda n: one(f"import math\nmath.isqrt({n} ** 2)", n),
    lambda n: one(f"print('x' * {n % 5000})\n{n}", ("x" * (n % 5000) + f"\n{n}").lstrip("\n")),
    lambda n: [Block(f"print({n})\n1 / 0", f"{n}\nZeroDivisionError: division by zero", ("error",))],
    lambda n: [Block(f"x{n} = 1\ny{n}", f"NameError: name 'y{n}' is not defined", ("error",))],
    lambda n: [Block(f"print({n}", "SyntaxError: '(' was never closed (line 1)", ("error",))],
    lambda n: one(f"{SYMPY}print(expand((x + {n})**2))", f"x**2 + {2 * n}*x + {n * n}"),
    lambda n: one(f"{SYMPY}solve(x**2 - {n * n}, x)", f"[-{n}, {n}]"),
    lambda n: one(f"{SYMPY}diff({n} * x**3, x)", f"{3 * n}*x**2"),
    lambda n: one(f"import sympy\nsympy.Rational({2 * n + 1}, 2)", f"{2 * n + 1}/2"),
    lambda n: one(f"{NUMPY}print(int(np.arange({n % 1000}).sum()), {n})", f"{(n % 1000) * (n % 1000 - 1) // 2} {n}"),
    lambda n: one(f"{NUMPY}print(int(np.linalg.det(np.eye(3)) * {n} + 0.5))", n),
    lambda n: [Block(f"x = {n}", ""), Block("x += 1\nx", str(n + 1)), Block("_ * 2", str(2 * n + 2))],
    lambda n: [Block(f"x = {n}", ""), Block("import sympy\nsympy.Integer(x) * 2", str(2 * n)), Block("import numpy as np\nint(np.int64(x))", str(n))],
    lambda n: [Block(f"import sympy\ny = sympy.Symbol('y') + {n}", ""), *(Block(f"y.subs('y', {k})", str(n + k)) for k in range(4))],
    lambda n: [Block(f"x = {n}", ""), Block("1 / 0", None, ("error",)), Block("x", str(n))],
    lambda n: [Block(f"x = {n}", ""), Block("while True: x + 1", None, ("timeout",), Limits(cpu_s=0.1)), Block("x", str(n))],
]  # fmt: skip
FORGED_REPLY = pack(Done("", "ok", "FORGED", None, 0.0))
FORGED_DEATH = pack(Exited(5, 0.0, False))
STRANGE_DEATH = pack(Exited(-1000, 0.0, False))
HOSTILE = [
    # time
    Hostile("print('partial')\nwhile True: pass", "timeout"),
    Hostile("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "timeout"),
    Hostile("sum(range(10**12))", "timeout"),
    Hostile("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True: pass", "timeout"),
    Hostile("import signal\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\nwhile True: pass", "timeout"),
    Hostile("9**10**9", "timeout"),
    Hostile("import re\nre.match('(a+)+$', 'a' * 40 + 'b')", "timeout"),
    Hostile("from sympy import *\nfactorint(2**467 - 1)", "timeout", 0.3),
    Hostile("class A:\n    def __repr__(self):\n        while True: pass\nA()", "timeout"),
    Hostile("import threading\nfor _ in range(3): threading.Thread(target=lambda: sum(range(10**12))).start()\nsum(range(10**12))", "timeout"),
    Hostile("import time\ntime.sleep(600)", "timeout", weight=0.02),
    Hostile("import signal\nsignal.raise_signal(signal.SIGSTOP)", "timeout", weight=0.02),
    # memory
    Hostile("[0] * 10**11", "memory", 2),
    Hostile("x = []\nwhile True: x.append(bytearray(10**6))", "memory", 5, 128),
    Hostile("x = 'a'\nwhile True: x += x", "memory", 5, 128),
    Hostile("import numpy as np\nnp.ones((10**5, 10**5))", "memory", 5),
    Hostile("x = []\nwhile True:\n    try: x.append(bytearray(10**7))\n    except MemoryError: pass", "timeout", 0.3),
    Hostile("import sys\nsys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**6): x = [x]\nrepr(x)", "crashed", 5),
    Hostile("def f(): f()\nf()", "error", 2),
    # processes
    Hostile("import os\nwhile True: os.fork()", "error", 2),
    Hostile("import os\nos.kill(os.getppid(), 9)", "error", 2),
    Hostile("import os\nos.kill(-1, 9)", "error", 2),
    Hostile("import os\nos.kill(1, 9)", "error", 2),
    Hostile("import subprocess\nsubprocess.run(['/bin/true'])", "error", 2),
    Hostile("import threading\nlock = threading.Event()\nwhile True: threading.Thread(target=lock.wait, daemon=True).start()", "error memory", 2),
    Hostile("import threading\nthreading.Thread(target=lambda: sum(range(10**12)), daemon=True).start()", "ok timeout", 2),
    # output
    Hostile("while True: print('a' * 10**6)", "output_limit", 30),
    Hostile("import os\nwhile True: os.write(2, b'a' * 65536)", "output_limit", 30),
    Hostile("print('a' * 10**7)", "ok", 5),
    Hostile("print('\\0\\x1b[31m\\ud800' * 1000)", "ok", 2),
    # ways to leave
    Hostile("import os\nos._exit(0)", "exited", 2),
    Hostile("import os\nprint('partial')\nos._exit(3)", "exited", 2),
    Hostile("import ctypes\nctypes.string_at(0)", "crashed", 2),
    Hostile("import os\nos.abort()", "crashed", 2),
    Hostile("import signal\nsignal.raise_signal(40)", "crashed", 2),
    Hostile("import signal\nsignal.raise_signal(signal.SIGKILL)", "memory", 2),
    Hostile("import os\nos.close(3)", "exited", 2),
    Hostile("import os\nos.closerange(0, 64)", "exited", 2),
    Hostile("import os\nos.dup2(1, 3)", "exited", 2),
    Hostile("import sys\nsys.modules['mathsolve_sandbox.frames']._encode = lambda body: '[]'", "crashed", 2),
    Hostile("import builtins\nbuiltins.getattr = None", "exited", 2),
    # frames
    Hostile(f"import os\nos.write(3, {FORGED_REPLY!r})\n2", "ok", 2),
    Hostile(f"import os\nos.write(3, {FORGED_DEATH!r})", "exited", 2),
    Hostile(f"import os\nos.write(3, {STRANGE_DEATH!r})", "crashed", 2),
    Hostile("import os\nos.write(3, b'\\xff' * 1000)", "crashed", 2),
    Hostile("import os\nos.write(3, b'\\0\\1')\nos._exit(1)", "crashed", 2),
    Hostile("import os\nos.write(3, b'[' * 3 + b'\\0' + b'[' * 2**16)", "crashed timeout", 2, weight=0.02),
    Hostile("import os, struct\nwhile True: os.write(3, struct.pack('<I', 2) + b'[]')", "crashed", 2),
    # source
    Hostile("#" * 300_000, "error", 2),
    Hostile("x = " + "-" * 90_000 + "1", "error memory crashed", 2),
    Hostile("(" * 5_000 + ")" * 5_000, "error memory", 2),
    Hostile("a\0b", "error", 2),
]  # fmt: skip


def plans(programs: int, seed: int) -> list[list[Block]]:
    """Sessions with that many programs in all, a fifth of them hostile; half of the hostile ones are followed by a good one."""
    draw = random.Random(seed)
    sessions, made, hostile = list[list[Block]](), 0, 0
    while made < programs:
        number = len(sessions) + 10_000
        if hostile < made // 5:
            (bad,) = draw.choices(HOSTILE, [row.weight for row in HOSTILE])
            session = [Block(bad.code, None, tuple(bad.ends.split()), Limits(bad.cpu_s, bad.memory_mb))]
            if bad.ends != "ok timeout" and draw.random() < 0.5:
                session.append(Block(f"print({number})", str(number)))
            hostile += 1
        else:
            session = draw.choice(GOOD)(number)
        made += len(session)
        sessions.append(session)
    return sessions
