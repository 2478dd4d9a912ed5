"""The docker sandbox with a real daemon: what holds in the process sandbox holds here, and what a container adds.

Without a daemon only those run that need none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mathsolve.sandbox import Limits, Observation, Program
from mathsolve.sandbox.docker import DockerSandbox, Terms
from mathsolve.sandbox.docker.daemon import OWNER, daemon, owner, sweep

from .containers import Own, built, kill, living

Run = Callable[..., list[Observation]]
ONE = Terms(containers=1)


@pytest.fixture(scope="session")
def image() -> str:
    """Name of the image; skips where no daemon answers."""
    return built()


@pytest.fixture(scope="module")
def box(image: str) -> Iterator[DockerSandbox]:
    """One container for most tests, without a Python policy: only the walls protect."""
    sandbox = DockerSandbox(Limits(cpu_s=2), policy="off", terms=ONE)
    yield sandbox
    asyncio.run(sandbox.close())


@pytest.fixture
def own(image: str) -> Iterator[Own]:
    """One container and one turn."""
    sandbox = DockerSandbox(Limits(cpu_s=2), policy="off", concurrency=1, terms=ONE)
    yield Own(sandbox, living())
    asyncio.run(sandbox.close())


@pytest.fixture
def run(box: DockerSandbox) -> Run:
    """Blocks one after the other in one session."""
    return lambda *codes, **options: asyncio.run(blocks(box, *codes, **options))


async def blocks(sandbox: DockerSandbox, *codes: str, limits: Limits | None = None) -> list[Observation]:
    async with await sandbox.open() as session:
        return [await session.run(Program(code), limits) for code in codes]


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """An application, which is killed at the end whatever the test says."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as application:
        try:
            yield application
        finally:
            application.kill()


def test_the_libraries_are_there(run: Run) -> None:
    code = "import numpy\nfrom sympy import *\nx = symbols('x')\nfactor(x**2 - 1), int(numpy.linalg.det(numpy.eye(3)))"
    assert run(code)[0].text == "((x - 1)*(x + 1), 1)"


def test_a_long_output_crosses_the_wall_whole(run: Run) -> None:
    assert run("print('\\u222b' * 10**5)", limits=Limits(output_chars=2**20))[0].stdout == "∫" * 10**5 + "\n"


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hosts').read()",
        "open('/proc/1/environ').read()",
        "open('/proc/1/fd/1', 'wb').write(b'forged')",
        "open('/tmp/marker', 'w')",
        "open('/dev/shm/marker', 'w')",
        "__import__('os').listdir('/')",
        "__import__('os').kill(1, 9)",
        "__import__('os').write(2**10, b'x')",
    ],
)
def test_what_only_a_container_has_is_out_of_reach(run: Run, attempt: str) -> None:
    code = f"try:\n    {attempt}\nexcept OSError:\n    print('refused')\nelse:\n    print('ESCAPED')"
    attacked, after = run(code, "1")
    assert (attacked.text, after.text) == ("refused", "1")


def test_the_image_holds_no_shell_and_nothing_of_the_machine(run: Run) -> None:
    paths = ["/bin", "/usr/bin", "/root", "/home", "/etc/passwd", "/etc/shadow", "/var", "/work"]
    assert run(f"import os\n[p for p in {paths} if os.path.exists(p)]")[0].value == "[]"


def test_the_container_is_as_closed_as_docker_can_make_it(box: DockerSandbox, run: Run) -> None:
    run("1")
    with daemon() as client:
        (container,) = (client.containers.get(name) for name in living())
        facts, host = container.attrs, container.attrs["HostConfig"]
    assert host["NetworkMode"] == "none" and host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in host["SecurityOpt"] and not host["Privileged"] and not facts["Mounts"]
    assert host["IpcMode"] == "private" and host["LogConfig"]["Type"] == "none" and host["PidsLimit"] > 0
    assert 0 < host["Memory"] == host["MemorySwap"] and host["NanoCpus"] > 0
    assert facts["Config"]["User"] == "65534:65534"


def test_many_sessions_at_once_keep_to_themselves(box: DockerSandbox) -> None:
    async def one(number: int) -> str:
        seen = await blocks(box, f"x = {number}", "x + 1")
        return seen[1].text

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(one(number) for number in range(30)))

    assert asyncio.run(all_of_them()) == [str(number + 1) for number in range(30)]


def test_modes_and_presets_reach_the_container(box: DockerSandbox) -> None:
    async def scenario() -> list[str]:
        async with await box.open(mode="stateless", preset="tora") as session:
            return [(await session.run(Program(code))).text for code in ("x = 1", "print(x)", "5")]

    assert asyncio.run(scenario()) == ["Done", "NameError: name 'x' is not defined", "Done"]
    with pytest.raises(ValueError, match="preset 'loud' is unknown"):
        asyncio.run(box.open(preset="loud"))


def test_a_session_outlives_its_container(own: Own) -> None:
    async def scenario() -> list[Observation]:
        async with await own.sandbox.open() as session:
            await session.run(Program("x = 41"))
            await asyncio.to_thread(kill, own.containers())
            return [await session.run(Program("x + 1")), await session.run(Program("_ + 1"))]

    before, after = asyncio.run(scenario())
    assert [before.text, after.text, before.session] == ["42", "43", "kept"]
    assert own.sandbox.metrics().restored == 1


def test_a_cancelled_block_is_killed(own: Own) -> None:
    async def scenario() -> str:
        async with await own.sandbox.open() as session:
            await session.run(Program("1"))
            running = asyncio.create_task(session.run(Program("while True: pass"), Limits(cpu_s=600)))
            await asyncio.sleep(0.5)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            return (await asyncio.wait_for(session.run(Program("2")), 120)).text  # there is one turn, and it is free

    assert asyncio.run(scenario()) == "2"


def test_closing_ends_a_running_block_and_leaves_nothing(own: Own) -> None:
    async def scenario() -> str:
        session = await own.sandbox.open()
        await session.run(Program("1"))
        assert len(own.containers()) == 1
        running = asyncio.create_task(session.run(Program("while True: pass"), Limits(cpu_s=600)))
        await asyncio.sleep(0.5)
        await own.sandbox.close()
        assert not own.containers()
        return (await asyncio.wait_for(running, 60)).status

    assert asyncio.run(scenario()) == "infra_error"
    assert asyncio.run(blocks(own.sandbox, "3"))[0].text == "3"


def test_closing_while_a_container_starts_leaves_nothing(own: Own) -> None:
    own.sandbox.start()
    time.sleep(0.3)
    asyncio.run(own.sandbox.close())
    assert not own.containers()


def test_a_container_is_replaced_after_its_time_and_drained_first(image: str) -> None:
    own = Own(DockerSandbox(terms=Terms(containers=1, runs=3)), living())

    async def scenario() -> tuple[set[str], set[str], str]:
        async with own.sandbox, await own.sandbox.open() as old:
            await old.run(Program("x = 1"))
            first = own.containers()
            for _ in range(3):
                await blocks(own.sandbox, "1")
            both = own.containers()
            text = (await old.run(Program("x"))).text
        return first, both, text

    first, both, text = asyncio.run(scenario())
    assert first < both and text == "1"
    assert not own.containers()


def test_containers_end_with_an_application_that_is_killed(image: str) -> None:
    code = (
        "import asyncio, time\nfrom mathsolve.sandbox import Program\nfrom mathsolve.sandbox.docker import DockerSandbox\n"
        "async def main():\n"
        "    session = await DockerSandbox().open()\n"
        "    await session.run(Program('1'))\n"
        "    print('up', flush=True)\n"
        "    time.sleep(600)\n"
        "asyncio.run(main())"
    )
    with running([sys.executable, "-c", code]) as application:
        assert application.stdout is not None and application.stdout.readline() == "up\n"
        label = owner(application.pid)
        application.kill()

    end = time.monotonic() + 60
    while living(label) and time.monotonic() < end:
        time.sleep(0.1)
    assert not living(label)


def test_what_a_dead_owner_left_is_swept_and_nothing_else(image: str) -> None:
    *machine, _, _ = owner(os.getpid()).split(" ")
    labels = [" ".join((*machine, str(os.getpid()), "1")), owner(os.getpid()), "another machine's 1 1"]
    with daemon() as client:
        dead, alive, foreign = (client.containers.create(image, labels={OWNER: label}) for label in labels)
    try:
        swept = sweep()
        assert dead.id in swept and not {alive.id, foreign.id} & set(swept)
    finally:
        for one in (alive, foreign):
            one.remove(force=True)


def test_the_sdk_is_loaded_only_when_it_is_used() -> None:
    script = (
        "import sys, mathsolve.__main__, mathsolve.sandbox.docker\nprint({'docker', 'requests'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "set()\n"


def test_without_a_daemon_the_message_says_what_to_do(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("6 * 7")
    command = [sys.executable, "-m", "mathsolve", "exec", "--sandbox", "docker", str(program)]
    environment = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and done.stdout == ""
    assert "no docker daemon answers" in done.stderr and "remedy: start the daemon" in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1


def test_the_command_runs_a_program_in_a_container(image: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('here')\n6 * 7")
    command = [sys.executable, "-m", "mathsolve", "exec", "--sandbox", "docker", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert (done.stdout, done.stderr, done.returncode) == ("here\n42\n", "", 0)


def test_ctrl_c_is_no_reason_to_leave_containers(image: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('x' * 10)\nwhile True: pass")
    command = [sys.executable, "-m", "mathsolve", "exec", "--sandbox", "docker", "--timeout", "600", str(program)]
    with running(command) as application:
        end = time.monotonic() + 120
        label = owner(application.pid)
        while not living(label) and time.monotonic() < end:
            time.sleep(0.1)
        application.send_signal(signal.SIGINT)
        assert application.wait(120) == 130
    assert not living(label)
