"""Hostile programs, one per promise, run without a Python policy so that only the operating system protects.

A program prints ESCAPED when it got what it wanted. None may; and none may take the sandbox down for the next one.
"""

from __future__ import annotations

import platform
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from mathsolve.sandbox import Limits, Observation

Run = Callable[..., list[Observation]]

TRY = """
import os, sys, ctypes, socket, subprocess, signal, time, threading, errno
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *arguments):
    return libc.syscall(ctypes.c_long(number), *arguments)
def attempt(action):
    try:
        result = action()
    except BaseException as error:
        print('refused', type(error).__name__)
    else:
        print('ESCAPED', repr(result)[:80])
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile program."""

    name: str
    """What it tries."""
    code: str
    """The program; `attempt(f)` prints ESCAPED when `f()` raises nothing."""
    ends: tuple[str, ...] = ("ok", "error")
    """Statuses in which it may end."""
    tier: str = "B"
    """Weakest tier that stops it."""


def _tries(name: str, *actions: str, tier: str = "B") -> Attack:
    return Attack(name, "\n".join(f"attempt(lambda: {action})" for action in actions), tier=tier)


def _fails(name: str, *conditions: str) -> Attack:
    """Calls that report failure by their result: ESCAPED when the condition holds."""
    return Attack(name, "\n".join(f"print('ESCAPED' if {condition} else 'refused')" for condition in conditions))


FILES = [
    _tries("read the password file", "open('/etc/passwd').read()", "os.open('/etc/passwd', os.O_RDONLY)"),
    _tries(
        "list private folders", "os.listdir('/root')", "os.listdir('/home')", "os.listdir('/tmp')", "os.listdir('/etc')"
    ),
    _tries(
        "overwrite a library",
        "open(__import__('sympy').__file__, 'a')",
        "open(os.path.dirname(os.__file__) + '/evil.py', 'w')",
    ),
    _tries(
        "write anywhere",
        *(f"open('{d}/marker', 'w')" for d in ("/tmp", "/var/tmp", "/dev/shm", ".", "/", "/proc", "/run")),
    ),
    _tries(
        "make folders, links and pipes",
        "os.mkdir('/tmp/d')",
        "os.symlink('/etc/passwd', 'l')",
        "os.mkfifo('/tmp/f')",
        "os.mkdir('d')",
    ),
    _tries(
        "remove and rename",
        "os.remove(os.__file__)",
        "os.rename(os.__file__, '/tmp/os.py')",
        "os.chmod(os.__file__, 0o777)",
    ),
    _tries(
        "read process files",
        "open('/proc/1/environ').read()",
        "open('/proc/self/maps').read()",
        "open('/proc/self/mem', 'rb')",
    ),
    _tries(
        "open devices",
        "open('/dev/mem', 'rb')",
        "open('/dev/kmsg')",
        "open('/dev/sda', 'rb')",
        "open('/dev/kvm', 'rb')",
    ),
    _tries("change the root", "os.chroot('/')", "os.fchdir(os.open('/', os.O_RDONLY))"),
    _fails("mount", "libc.mount(b'none', b'/', b'tmpfs', 0, None) == 0", "libc.umount2(b'/', 2) == 0"),
    _fails(
        "make namespaces", "libc.unshare(0x10000000) == 0", "libc.unshare(0x00020000) == 0", "libc.setns(0, 0) == 0"
    ),
    _tries("see that host files exist", "os.stat('/etc/passwd')", "os.stat('/home')", "os.stat('/proc/1')", tier="A"),
    _tries("temporary files", "__import__('tempfile').TemporaryFile()", "__import__('tempfile').mkdtemp()"),
    _fails("files in memory", "syscall(319, b'x', 0) >= 0", "syscall(279, b'x', 0) >= 0"),
]
SECRETS = [
    Attack(
        "environment",
        "print('ESCAPED' if set(os.environ) - {'PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'PYTHONHASHSEED', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS'} else 'clean')",
    ),
    Attack(
        "inherited files",
        "found = []\nfor fd in range(4, 64):\n    try:\n        os.fstat(fd)\n        found.append(fd)\n    except OSError: pass\nprint('ESCAPED' if found else 'clean', found)",
    ),
    Attack("standard input", "attempt(input)"),
    Attack(
        "objects of the application",
        "import gc\nprint('ESCAPED' if any('mathsolve' == type(o).__module__.split('.')[0] for o in gc.get_objects()) else 'clean')",
    ),
]
NETWORK = [
    _tries("sockets of every family", *(f"socket.socket({n}, socket.SOCK_STREAM)" for n in (1, 2, 10, 16, 17, 40))),
    _tries(
        "connect",
        "socket.create_connection(('127.0.0.1', PORT), 1)",
        "socket.create_connection(('169.254.169.254', 80), 1)",
    ),
    _tries("names", "socket.getaddrinfo('example.com', 80)"),
    _tries("socket pairs", "socket.socketpair()"),
    _fails("io_uring", "syscall(425, 8, None) >= 0"),
    _tries("a server", "socket.create_server(('0.0.0.0', 0))"),
    _tries(
        "a descriptor over the session's socket", "socket.socket(fileno=3).sendmsg([b'x'], [(1, 1, b'\\0\\0\\0\\0')])"
    ),
]
PROCESSES = [
    Attack("shell", "print('ESCAPED' if os.system('echo hello') == 0 else 'refused')"),
    _tries(
        "processes",
        "subprocess.run(['/bin/true'])",
        "os.fork()",
        "os.forkpty()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.popen('true').read()",
    ),
    Attack("fork bomb", "while True:\n    os.fork()"),
    _tries(
        "multiprocessing",
        "__import__('multiprocessing').Process(target=print).start()",
        "__import__('multiprocessing').Pool(2)",
        "__import__('concurrent.futures').futures.ProcessPoolExecutor(1).submit(print).result()",
    ),
    _fails(
        "raw fork",
        "syscall(57) >= 0",
        "syscall(58) >= 0",
        "syscall(56, 17, 0, 0, 0, 0) >= 0",
        "syscall(435, None, 0) >= 0",
    ),
    _tries("execute", "os.execv('/bin/sh', ['sh'])", "os.execv(sys.executable, ['python'])"),
    _fails(
        "raw execute", "syscall(59, b'/bin/sh', None, None) >= 0", "syscall(322, 0, b'/bin/sh', None, None, 0) >= 0"
    ),
    _fails("32-bit numbers", "syscall(0x40000000 + 57) >= 0", "syscall(0x40000000 + 39) >= 0"),
    _tries(
        "signals to others",
        "os.kill(-1, 9)",
        "os.kill(os.getppid(), 9)",
        "os.kill(1, 9)",
        "os.killpg(0, 9)",
        "os.kill(os.getpid() - 1, 9)",
    ),
    _fails(
        "signals by other calls",
        "syscall(234, os.getppid(), os.getppid(), 9) == 0",
        "syscall(129, 1, 9, None) == 0",
        "syscall(424, 0, 9, None, 0) == 0",
        "syscall(434, 1, 0) >= 0",
    ),
    Attack(
        "a signal through a pipe's owner",
        "import fcntl\nr, w = os.pipe()\nattempt(lambda: fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid()))",
    ),
    _fails(
        "debug",
        "libc.ptrace(16, os.getppid(), 0, 0) == 0",
        "libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0) == 0",
        "syscall(312, os.getpid(), 1, 0, 0, 0) >= 0",
    ),
    _tries("more rights", "os.setuid(0)", "os.setgid(0)", "os.setgroups([0])", "os.setsid()"),
    Attack(
        "more limits",
        "import resource\nfor name in ('RLIMIT_AS', 'RLIMIT_NOFILE', 'RLIMIT_FSIZE', 'RLIMIT_CORE'):\n    attempt(lambda: resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))",
    ),
    Attack(
        "limits of others",
        "import resource\nattempt(lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)))",
    ),
    _tries("scheduling", "os.nice(-5)", "os.sched_setaffinity(0, {0})", "os.setpriority(os.PRIO_PROCESS, 1, 19)"),
    _fails(
        "kernel interfaces",
        "syscall(321, 0, None, 0) >= 0",
        "syscall(298, None, 0, -1, -1, 0) >= 0",
        "syscall(250, 0, 0, 0, 0, 0) >= 0",
        "syscall(323, 0) >= 0",
        "syscall(175, None, 0, b'') == 0",
        "syscall(169, 0) == 0",
        "syscall(155, b'/', b'/') == 0",
    ),
    _fails(
        "no new filter, no new dumpable",
        "libc.prctl(22, 1, 0, 0, 0) == 0",
        "libc.prctl(4, 1, 0, 0, 0) == 0",
        "syscall(317, 1, 0, None) == 0",
    ),
    _fails(
        "shared memory and queues",
        "syscall(29, 0, 4096, 0o1600) >= 0",
        "syscall(68, 0, 0o1600) >= 0",
        "syscall(240, b'/q', 0o102, 0o600, None) >= 0",
    ),
    Attack("typing into a terminal", "import fcntl\nattempt(lambda: fcntl.ioctl(0, 0x5412, b'x'))"),
    Attack("daemon", "attempt(lambda: os.fork() or os.setsid())"),
    Attack(
        "thread bomb",
        "import threading\nthreads = []\nfor _ in range(5000):\n    t = threading.Thread(target=time.sleep, args=(0.01,))\n    t.start()\n    threads.append(t)",
        ends=("ok", "error", "memory", "timeout", "crashed"),
    ),
]
ENDURANCE = [
    Attack("endless loop", "print('partial')\nwhile True: pass", ends=("timeout",)),
    Attack(
        "masked alarm", "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True: pass", ends=("timeout",)
    ),
    Attack("removed alarm", "signal.setitimer(signal.ITIMER_PROF, 0)\nwhile True: pass", ends=("timeout",)),
    Attack(
        "uninterruptible loop",
        "from collections import deque\nfrom itertools import count\ndeque(count(), 0)",
        ends=("timeout",),
    ),
    Attack("huge power", "9**10**9", ends=("timeout", "memory")),
    Attack("huge factorial", "import math\nmath.factorial(10**8)", ends=("timeout", "memory")),
    Attack("slow pattern", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')", ends=("timeout",)),
    Attack(
        "work in threads",
        "for _ in range(4):\n    threading.Thread(target=lambda: sum(range(10**12))).start()\nsum(range(10**12))",
        ends=("timeout", "crashed"),
    ),
    Attack(
        "memory that grows and is caught",
        "x = []\nwhile True:\n    try:\n        x.append(bytearray(10**7))\n    except MemoryError: pass",
        ends=("timeout", "memory"),
    ),
    Attack(
        "deep recursion",
        "sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        ends=("crashed", "memory", "timeout", "error"),
    ),
    Attack(
        "recursion in C",
        "sys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**6): x = [x]\nrepr(x)",
        ends=("crashed", "memory", "timeout", "error"),
    ),
    Attack("nested source", "eval('(' * 5000 + ')' * 5000)", ends=("error", "memory", "crashed")),
    Attack("long source", "eval('-' * 100000 + '1')", ends=("error", "memory", "crashed", "ok")),
    Attack("flood on standard error", "while True: sys.stderr.write('a' * 10**6)", ends=("output_limit", "timeout")),
    Attack("endless value", "class A:\n    def __repr__(self):\n        while True: pass\nA()", ends=("timeout",)),
    Attack("crash", "ctypes.string_at(0)", ends=("crashed",)),
    Attack("abort", "os.abort()", ends=("crashed",)),
    Attack("leaving", "os._exit(0)", ends=("exited",)),
    Attack("stopping itself", "os.kill(os.getpid(), signal.SIGSTOP)"),
    Attack("closing the session's socket", "os.close(3)", ends=("crashed", "exited")),
    Attack(
        "forged reply",
        "import json, struct\nd = json.dumps(['Done', '', 'ok', 'ESCAPED', None, 0.0]).encode()\nos.write(3, struct.pack('<I', len(d)) + d)",
    ),
    Attack(
        "forged death",
        "import json, struct\nd = json.dumps(['Exited', 0, 0.0, False]).encode()\nos.write(3, struct.pack('<I', len(d)) + d)",
        ends=("ok", "exited"),
    ),
    Attack("garbage on the session's socket", "os.write(3, b'\\xff' * 1000)", ends=("crashed",)),
    Attack("half a message", "os.write(3, b'\\x00\\x01')\nos._exit(1)", ends=("crashed", "exited")),
    Attack(
        "filling the session's socket",
        "import struct\nwhile True: os.write(3, struct.pack('<I', 2) + b'[]')",
        ends=("crashed", "timeout"),
    ),
    Attack("reading the session's socket", "os.set_blocking(3, False)\nattempt(lambda: os.read(3, 10))"),
]
PYTHON = [
    Attack("subclasses to Popen", "p = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen']\nattempt(lambda: p[0](['/bin/true']))"),
    Attack("sympify", "import sympy\nattempt(lambda: sympy.sympify('__import__(\"os\").fork()'))"),
    Attack("lambdify", "import sympy\nattempt(lambda: sympy.lambdify([], sympy.Symbol('__import__(\"os\").fork()'))())"),
    Attack("pickle", "import pickle\nattempt(lambda: pickle.loads(b'cos\\nfork\\n(tR.'))"),
    Attack("compilers behind sympy", "import sympy\nfrom sympy.utilities.autowrap import autowrap\nattempt(lambda: autowrap(sympy.Symbol('x')))", ends=("ok", "error", "timeout")),
]  # fmt: skip
ALL = [*FILES, *SECRETS, *NETWORK, *PROCESSES, *ENDURANCE, *PYTHON]


@dataclass(slots=True)
class Listener:
    """Counts who comes through the network."""

    port: int
    """Its TCP port."""
    visitors: int = 0
    """Connections so far."""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """A TCP server of the host."""
    server = socket.create_server(("127.0.0.1", 0))
    found = Listener(server.getsockname()[1])

    def accept() -> None:
        with suppress(OSError):
            while True:
                server.accept()[0].close()
                found.visitors += 1

    threading.Thread(target=accept, daemon=True).start()
    yield found
    server.close()


@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_nothing_gets_out(attack: Run, listener: Listener, hostile: Attack) -> None:
    if "syscall(" in hostile.code and platform.machine() != "x86_64":
        pytest.skip("written with the call numbers of x86_64")
    code = TRY + f"PORT = {listener.port}\n" + hostile.code
    seen, after = attack(code, "print('alive')", limits=Limits(cpu_s=0.3 if hostile in ENDURANCE else 2, memory_mb=512))
    if seen.tier > hostile.tier:
        pytest.skip(f"needs tier {hostile.tier}; this is {seen.tier}")
    assert "ESCAPED" not in seen.text, seen.text
    assert not any(mistake in seen.text for mistake in ("NameError", "invalid syntax", "AttributeError")), seen.text
    assert seen.status in hostile.ends, seen
    assert after.status in ("ok", "crashed", "error"), after
    assert listener.visitors == 0


def test_partial_output_survives_a_kill(attack: Run) -> None:
    (seen,) = attack("print('partial')\nimport signal\nsignal.setitimer(signal.ITIMER_PROF, 0)\nwhile True: pass")
    assert seen.status == "timeout" and seen.stdout == "partial\n"


def test_nothing_is_left_for_the_next_session(attack: Run, tmp_path: Path) -> None:
    attack("import sympy, builtins, random\nsympy.marker = builtins.marker = random.marker = 1")
    after = attack("import sympy, builtins, random\nany(hasattr(m, 'marker') for m in (sympy, builtins, random))")
    assert after[0].value == "False"
    assert not any((Path(folder) / "marker").exists() for folder in ("/tmp", "/var/tmp", "/dev/shm", "/", Path.cwd()))


def test_threads_work_within_the_limits(attack: Run) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(4).map(lambda n: n * n, range(5)))"
    )
    assert attack(code)[0].value == "[0, 1, 4, 9, 16]"


def test_programs_run_without_the_rights_of_root(attack: Run) -> None:
    seen = attack("import os\nprint(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())")[0]
    if seen.tier != "A":
        pytest.skip("without namespaces the user stays the one who started the sandbox")
    assert seen.stdout == "65534 65534 65534 []\n"
