"""The zygote forks without Python's own preparations, which only a process with a single thread may do: it makes sure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the zygote forks with Python's preparations")

HERE = Path(__file__).parent
COUNTING = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from machines import deny
from mathsolve.sandbox.inside import kernel
deny(tuple(sys.argv[2:]))
end = threading.Event()
others = [threading.Thread(target=end.wait) for _ in range(2)]
print(kernel.single_threaded())
for other in others:
    other.start()
    print(kernel.single_threaded())
end.set()
for other in others:
    other.join()
"""
SERVING = """
import socket, threading
from mathsolve.sandbox.inside import child, policy, warmup, zygote
application, control = socket.socketpair()
application.close()
threading.Thread(target=threading.Event().wait, daemon=True).start()
interpreter = child.Interpreter(policy.policy("off"), "linux")
zygote.Zygote(control, interpreter, lambda: None, None, warmup.LITE, "linux").serve()
"""


@pytest.mark.parametrize("denied", [(), ("unshare",)], ids=["allowed", "without namespaces"])
def test_every_thread_is_counted(denied: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(HERE), *denied], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["True", "False", "False"], done.stderr


def test_a_zygote_with_a_second_thread_does_not_serve() -> None:
    done = subprocess.run([sys.executable, "-c", SERVING], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "RuntimeError: a library has started a thread, so that no child can be forked safely"
    )


def test_a_zygote_with_one_thread_serves_until_the_application_hangs_up() -> None:
    alone = "\n".join(line for line in SERVING.splitlines() if "Thread(" not in line)
    assert subprocess.run([sys.executable, "-c", alone], timeout=60, check=False).returncode == 0
