"""The sandbox as a part of an application: start, stop, several event loops, and every process that can die."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from mathsolve.sandbox import Limits, ProcessSandbox, Program, SandboxError
from mathsolve.sandbox.process import supervisor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")


def descendants(pid: int) -> dict[int, str]:
    """Every living process below `pid`, with its state."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            parents[int(entry.name)] = (int(parent), state)
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        above = todo.pop()
        for child, (parent, state) in parents.items():
            if parent == above:
                found[child] = state
                todo.append(child)
    return found


def gone(pids: set[int], within_s: float = 5.0) -> bool:
    """Whether these processes end in time; a zombie counts as ended."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@dataclass(frozen=True, slots=True)
class Own:
    """A sandbox of the test's own, told apart from the others that live in this process."""

    sandbox: ProcessSandbox
    """The sandbox."""
    before: set[int]
    """Processes that were there already."""

    def processes(self) -> dict[int, str]:
        """Its processes, server first, with their states."""
        return {pid: state for pid, state in sorted(descendants(os.getpid()).items()) if pid not in self.before}

    def descriptors(self) -> int:
        """Open files, without the two of each child that waits for a session: their number changes."""
        assert self.sandbox._spares is not None
        return len(list(Path("/proc/self/fd").iterdir())) - 2 * len(self.sandbox._spares)


@pytest.fixture
def own() -> Iterator[Own]:
    """A sandbox that has served one program."""
    own = Own(ProcessSandbox(Limits(cpu_s=0.1), policy="off"), set(descendants(os.getpid())))
    _skip_without_isolation(own.sandbox)
    yield own
    asyncio.run(own.sandbox.close())


def _skip_without_isolation(sandbox: ProcessSandbox) -> None:
    try:
        asyncio.run(_text(sandbox, "1"))
    except SandboxError as error:
        if "isolation" not in str(error):
            raise
        pytest.skip(str(error))


async def _text(sandbox: ProcessSandbox, code: str) -> str:
    async with await sandbox.open() as session:
        return (await session.run(Program(code))).text


def test_start_returns_at_once_and_close_leaves_nothing() -> None:
    own = Own(ProcessSandbox(), set(descendants(os.getpid())))
    begin = time.perf_counter()
    own.sandbox.start()
    assert time.perf_counter() - begin < 0.5
    _skip_without_isolation(own.sandbox)
    assert asyncio.run(_text(own.sandbox, "6 * 7")) == "42"
    asyncio.run(own.sandbox.close())
    assert not own.processes()


def test_close_works_at_any_time_and_twice() -> None:
    own = Own(ProcessSandbox(), set(descendants(os.getpid())))
    asyncio.run(own.sandbox.close())
    own.sandbox.start()
    asyncio.run(own.sandbox.close())
    asyncio.run(own.sandbox.close())
    assert not own.processes()


def test_a_closed_sandbox_may_be_opened_again(own: Own) -> None:
    asyncio.run(own.sandbox.close())
    assert asyncio.run(_text(own.sandbox, "1")) == "1"


def test_closing_ends_a_running_block(own: Own) -> None:
    async def scenario() -> str:
        session = await own.sandbox.open()
        running = asyncio.create_task(session.run(Program("while True: pass"), Limits(cpu_s=60)))
        await asyncio.sleep(0.2)
        await own.sandbox.close()
        return (await asyncio.wait_for(running, 20)).status

    assert asyncio.run(scenario()) == "infra_error"


@pytest.mark.parametrize("victim", range(4))
def test_the_death_of_any_server_process_is_survived(own: Own, victim: int) -> None:
    async def scenario() -> list[str]:
        async with await own.sandbox.open() as session:
            await session.run(Program("import sympy\nx = 1"))
            os.kill(list(own.processes())[victim], signal.SIGKILL)
            seen = [await session.run(Program("x"))]
            while not own.sandbox.metrics().restarts and len(seen) < 1000:  # it may die a little later
                await asyncio.sleep(0.01)
                seen.append(await session.run(Program("x")))
            return [one.text for one in seen]

    assert set(asyncio.run(scenario())) == {"1"}
    assert own.sandbox.metrics().restarts == 1


def test_a_fresh_session_does_not_notice_a_dead_server(own: Own) -> None:
    for pid in own.processes():
        with suppress(ProcessLookupError):  # it went with the one before
            os.kill(pid, signal.SIGKILL)
    assert asyncio.run(_text(own.sandbox, "3")) == "3"


def test_everything_dies_with_the_application() -> None:
    code = (
        "import asyncio, os, signal\nfrom mathsolve.sandbox import *\n"
        "async def main():\n"
        "    session = await ProcessSandbox().open()\n"
        "    await session.run(Program('import sympy'))\n"
        "    task = asyncio.create_task(session.run(Program('while True: pass'), Limits(cpu_s=600)))\n"
        "    await asyncio.sleep(0.2)\n"
        "    print('up', flush=True)\n"
        "    await task\n"
        "asyncio.run(main())"
    )
    application = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert application.stdout is not None and application.stderr is not None
    with application:
        if application.stdout.readline() != "up\n":
            application.kill()
            pytest.skip(application.stderr.read().splitlines()[-1])
        below = set(descendants(application.pid))
        application.kill()
    assert len(below) >= 4 and gone(below)


def test_the_server_outlives_every_thread_that_used_it() -> None:
    sandbox = ProcessSandbox()
    _skip_without_isolation(sandbox)
    asyncio.run(sandbox.close())  # this thread goes on, so another one has to start the server
    for _ in range(3):
        thread = threading.Thread(target=lambda: asyncio.run(_text(sandbox, "1")))
        thread.start()
        thread.join()
    assert sandbox.metrics().restarts == 0
    asyncio.run(sandbox.close())


def test_everything_dies_with_an_application_whose_sockets_live_on() -> None:
    code = (
        "import asyncio, os, threading, time\nfrom mathsolve.sandbox import *\n"
        "async def main():\n"
        "    await ProcessSandbox().open()\n"
        "    copy = os.fork()\n"
        "    if copy: print(copy, flush=True)\n"
        "    time.sleep(60)\n"
        "thread = threading.Thread(target=lambda: asyncio.run(main()))\n"
        "thread.start()\nthread.join()"
    )
    application = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert application.stdout is not None
    with application:
        copy = int(application.stdout.readline() or 0)
        deadline = time.monotonic() + 30
        while len(below := set(descendants(application.pid))) <= 4 and copy and time.monotonic() < deadline:
            time.sleep(0.05)  # children are parked in a while
        application.kill()
    if not copy:
        pytest.skip("there is no isolation")
    assert len(below) > 4 and gone(below - {copy})
    os.kill(copy, signal.SIGKILL)


def test_many_abusive_sessions_leave_no_zombie_and_no_descriptor(own: Own) -> None:
    codes = ["import os\nos._exit(3)", "1", "sum(range(10**12))", "[0] * 10**12"] * 3

    async def all_of_them() -> None:
        await asyncio.gather(*(_text(own.sandbox, code) for code in codes))

    asyncio.run(all_of_them())
    descriptors = own.descriptors()
    asyncio.run(all_of_them())
    assert own.descriptors() <= descriptors
    assert "Z" not in own.processes().values()


def test_asking_whether_the_server_lives_never_waits_for_what_another_thread_takes() -> None:
    near, far = socket.socketpair()
    near.settimeout(60)

    def take() -> None:
        for _ in range(3000):
            far.send(b"x")
            near.recv(1)

    with near, far:
        taker = threading.Thread(target=take)
        taker.start()
        begun = time.monotonic()
        while taker.is_alive():
            assert supervisor._open(near)
        assert time.monotonic() - begun < 30
    assert not supervisor._open(near)


def test_a_hang_up_is_noticed_although_something_is_left_to_read() -> None:
    near, far = socket.socketpair()
    with near:
        far.send(b"last words")
        far.close()
        assert not supervisor._open(near)
