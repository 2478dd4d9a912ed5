"""The docker sandbox with a real daemon: what holds in the process sandbox holds here, and what a container adds.

Without a daemon only the tests of the image's contents and of the messages run.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mathsolve.sandbox import Limits, Observation, Program, SandboxError
from mathsolve.sandbox import docker as docker_backend
from mathsolve.sandbox.daemon import OWNER, daemon, describe, owner, sweep
from mathsolve.sandbox.docker import DockerSandbox
from mathsolve.sandbox.fleet import Terms
from mathsolve.sandbox.image import base_files, build_image, image_exists, image_name

from .attacks import PARALLEL, applies, complaints, storm, table

Run = Callable[..., list[Observation]]
ONE = Terms(containers=1)
QUICK = Limits(cpu_s=0.3)


@pytest.fixture(scope="session")
def image() -> str:
    """The image, built; skips where no daemon answers."""
    try:
        describe()
    except SandboxError as error:
        pytest.skip(str(error))
    build_image()
    return image_name()


@pytest.fixture(scope="module")
def box(image: str) -> Iterator[DockerSandbox]:
    """One container for most tests, without a Python policy: only the walls protect."""
    sandbox = DockerSandbox(Limits(cpu_s=2), policy="off", terms=ONE)
    yield sandbox
    asyncio.run(sandbox.close())


@dataclass(frozen=True, slots=True)
class Own:
    """A sandbox of the test's own, told apart from the others that live in this process."""

    sandbox: DockerSandbox
    """The sandbox."""
    others: set[str]
    """Containers that were there already."""

    def containers(self) -> set[str]:
        """Ids of its containers."""
        return living() - self.others


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


def living(process: int | None = None) -> set[str]:
    """Ids of the containers of a process, this one unless said otherwise."""
    with daemon() as client:
        found = client.containers.list(all=True, filters={"label": f"{OWNER}={owner(process or os.getpid())}"})
        return {container.id for container in found}


def kill(names: set[str]) -> None:
    with daemon() as client:
        for name in names:
            client.containers.get(name).kill()


def test_variables_stay_within_a_session_and_go_with_it(run: Run) -> None:
    assert [seen.text for seen in run("x = 5", "print(x)\nx + 1", "_ * 2")] == ["", "5\n6", "12"]
    assert run("x")[0].error == "NameError: name 'x' is not defined"


def test_the_libraries_are_there(run: Run) -> None:
    code = "import numpy\nfrom sympy import *\nx = symbols('x')\nfactor(x**2 - 1), int(numpy.linalg.det(numpy.eye(3)))"
    assert run(code)[0].text == "((x - 1)*(x + 1), 1)"


def test_the_observation_names_the_tier_inside(run: Run) -> None:
    assert run("1")[0].tier in ("A", "B", "C")


def test_time_memory_and_output_are_limited(run: Run) -> None:
    slow, after = run("x = 7\nprint('partial')\nwhile True: pass", "x", limits=QUICK)
    assert (slow.status, slow.stdout, after.value) == ("timeout", "partial\n", "7")
    assert run("sum(range(10**12))", limits=QUICK)[0].status == "timeout"
    assert run("[0] * 10**11", limits=Limits(memory_mb=128))[0].status == "memory"
    long = run("print('a' * 10**6)", limits=Limits(output_chars=100))[0]
    assert long.truncated == 10**6 + 1 - 100 and len(long.stdout) < 200
    assert run("import os\nos._exit(3)")[0].status == "exited"
    assert run("#" * 10**6)[0].status == "error"


def test_a_long_output_crosses_the_wall_whole(run: Run) -> None:
    assert run("print('\\u222b' * 10**5)", limits=Limits(output_chars=2**20))[0].stdout == "∫" * 10**5 + "\n"


def test_the_whole_table_of_attacks_fails_here_too(image: str) -> None:
    async def siege() -> tuple[dict[str, list[str]], list[str]]:
        async with DockerSandbox(policy="off", concurrency=PARALLEL, terms=ONE) as sandbox:
            tier = (await blocks(sandbox, "1"))[0].tier
            attacks = [one for one in table() if applies(one, "off", tier) and not one.slow]
            outcomes, harm = await storm(sandbox, attacks, "off")
        assert len(attacks) >= 10
        return {one.name: wrong for one in attacks if (wrong := list(complaints(one, outcomes[one.name])))}, harm

    assert asyncio.run(siege()) == ({}, [])


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


def test_a_block_whose_container_is_killed_runs_again(own: Own) -> None:
    async def scenario() -> Observation:
        async with await own.sandbox.open() as session:
            await session.run(Program("import time\nx = 20"))
            running = asyncio.create_task(session.run(Program("time.sleep(2)\nx + 1")))
            await asyncio.sleep(0.5)
            await asyncio.to_thread(kill, own.containers())
            return await running

    seen = asyncio.run(scenario())
    assert (seen.status, seen.text) == ("ok", "21")


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
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as application:
        assert application.stdout is not None and application.stdout.readline() == "up\n"
        label = owner(application.pid)
        application.kill()

    def left() -> list[Any]:
        with daemon() as client:
            return list(client.containers.list(all=True, filters={"label": f"{OWNER}={label}"}))

    end = time.monotonic() + 60
    while left() and time.monotonic() < end:
        time.sleep(0.1)
    assert not left()


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


def test_an_image_that_is_there_is_not_built_again(image: str) -> None:
    with daemon() as client:
        before = client.images.get(image).id
        build_image()
        assert client.images.get(image).id == before
    assert image_exists()


def test_another_sandbox_has_another_image(tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    shutil.copytree(Path(docker_backend.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ask = [sys.executable, "-c", "from copied.image import image_name; print(image_name())"]

    def name() -> str:
        return subprocess.run(ask, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120).stdout.strip()

    assert name() == image_name()
    (folder / "child.py").write_text((folder / "child.py").read_text() + "\n# another line\n")
    assert name() != image_name()


def test_the_image_is_made_of_python_alone() -> None:
    files = dict(base_files())
    assert all(path.startswith(("/usr/local/", "/lib", "/usr/lib")) for path in files)
    assert not any(path.endswith(("/sh", "/bash", ".pem", "/passwd")) for path in files)
    assert all(source.is_file() for source in files.values())


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


def test_the_command_says_what_it_built(image: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mathsolve", "sandbox", "image"], capture_output=True, text=True, timeout=240
    )
    assert done.stdout.startswith(f"{image}  ") and done.returncode == 0


def test_ctrl_c_is_no_reason_to_leave_containers(image: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('x' * 10)\nwhile True: pass")
    command = [sys.executable, "-m", "mathsolve", "exec", "--sandbox", "docker", "--timeout", "600", str(program)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as application:
        end = time.monotonic() + 120
        while not living(application.pid) and time.monotonic() < end:
            time.sleep(0.1)
        label = owner(application.pid)
        application.send_signal(signal.SIGINT)
        assert application.wait(120) == 130
    with daemon() as client:
        assert not client.containers.list(all=True, filters={"label": f"{OWNER}={label}"})
