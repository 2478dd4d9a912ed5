"""What every sandbox promises, asked of each by the same code, as an application uses it that knows only `Sandbox`."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program, Sandbox
from mathsolve.sandbox.docker import DockerSandbox, Terms
from mathsolve.sandbox.metrics import Metrics

from . import containers
from .conftest import opened
from .test_supervision import Own, descendants

LIMITS = Limits(cpu_s=0.5, memory_mb=512)


@dataclass(frozen=True, slots=True)
class Backend:
    """A sandbox, and what the tests need besides."""

    sandbox: Sandbox
    """Without a policy, so that programs can do what they want to."""
    metrics: Callable[[], Metrics]
    """Its counts."""
    kill: Callable[[], None]
    """Ends what its programs run in."""


def process() -> Backend:
    box = ProcessSandbox(LIMITS, policy="off", concurrency=2)
    own = Own(box, set(descendants(os.getpid())))
    opened(box)

    def kill() -> None:
        for pid in own.processes():
            with suppress(ProcessLookupError):  # it went with the one before
                os.kill(pid, signal.SIGKILL)

    return Backend(box, box.metrics, kill)


def docker() -> Backend:
    containers.built()
    own = containers.Own(DockerSandbox(LIMITS, "off", concurrency=2, terms=Terms(1)), containers.living())
    return Backend(own.sandbox, own.sandbox.metrics, lambda: containers.kill(own.containers()))


@pytest.fixture(scope="module", params=[process, docker], ids=["process", "docker"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    made: Backend = request.param()
    yield made
    asyncio.run(made.sandbox.close())


async def session(sandbox: Sandbox, *codes: str) -> list[Observation]:
    """Programs one after the other in one session."""
    async with await sandbox.open() as live:
        return [await live.run(Program(code)) for code in codes]


def test_an_event_loop_in_another_thread_is_enough(backend: Backend) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    backend.sandbox.start()  # from this thread, as a solver does
    first, second = asyncio.run_coroutine_threadsafe(session(backend.sandbox, "x = 20", "x + 1"), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert (first.status, second.text) == ("ok", "21")
    assert asyncio.run(session(backend.sandbox, "22"))[0].text == "22"  # and another one after it


def test_the_conditions_can_be_recorded(backend: Backend) -> None:
    seen = asyncio.run(session(backend.sandbox, "import sympy\nprint(sympy.__version__)"))[0]
    told = asyncio.run(backend.sandbox.conditions())
    assert (told.tier, told.python, told.limits) == (seen.tier, platform.python_version(), LIMITS)
    assert told.libraries["sympy"] == seen.text and {"numpy", "mpmath", "RestrictedPython"} <= told.libraries.keys()
    assert told.environment["PYTHONHASHSEED"] == "0"


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("print(1)\n2", "ok", "1\n2"),
        ("print(1)\n1/0", "error", "1\nZeroDivisionError: division by zero"),
        ("print(1)\nwhile True: pass", "timeout", "1\nTimeoutError: execution exceeded 0.5 s of CPU time"),
        ("print(1)\n[0] * 10**11", "memory", "1\nMemoryError: the program needed more than 512 MB"),
        ("while True: print('x' * 10**6)", "output_limit", "xxx"),
        ("print(1)\nimport os\nos._exit(3)", "exited", "1\nSystemExit: the program left the interpreter with"),
        ("import ctypes\nctypes.string_at(0)", "crashed", "SystemError: the program crashed with SIGSEGV"),
        ("#" * 200_001, "error", "SyntaxError: the program has 200001 characters"),
    ],
)
def test_every_end_is_told_alike(backend: Backend, code: str, status: str, text: str) -> None:
    seen, after = asyncio.run(session(backend.sandbox, code, "'on'"))
    assert (seen.status, after.text) == (status, "'on'") and seen.text.startswith(text)


@pytest.mark.parametrize(
    "arguments", [{"mode": "loud"}, {"preset": "loud"}, {"seed": 2**63}, {"seed": -(2**63)}], ids=str
)
def test_what_cannot_be_opened_is_the_callers_mistake(backend: Backend, arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="use one of"):
        asyncio.run(backend.sandbox.open(**arguments))  # type: ignore[arg-type]


def test_the_largest_seed_is_one(backend: Backend) -> None:
    async def drawn(seed: int) -> str:
        async with await backend.sandbox.open(seed) as live:
            return (await live.run(Program("import random\nrandom.random()"))).text

    assert asyncio.run(drawn(2**63 - 1)) == asyncio.run(drawn(2**63 - 1)) != asyncio.run(drawn(2**63 - 2))


async def killed(backend: Backend, times: int) -> Observation:
    """A program whose sandbox is killed under it, so often."""
    async with await backend.sandbox.open() as live:
        await live.run(Program("import time\nx = 20"))
        running = asyncio.create_task(live.run(Program("print(x)\ntime.sleep(1)\nx + 1")))
        for _ in range(times):
            while not backend.metrics().sessions and not running.done():
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            if not running.done():
                await asyncio.to_thread(backend.kill)
            while backend.metrics().sessions and not running.done():
                await asyncio.sleep(0.01)
        return await running


def test_a_program_that_its_sandbox_fails_runs_again_with_its_variables(backend: Backend) -> None:
    before = backend.metrics()
    seen = asyncio.run(killed(backend, 1))
    after = backend.metrics()
    assert (seen.status, seen.text) == ("ok", "20\n21")
    assert (after.retried - before.retried, after.restored - before.restored) == (1, 1)


def test_a_sandbox_that_fails_every_time_is_no_result_of_the_program(backend: Backend) -> None:
    seen = asyncio.run(killed(backend, 10))
    assert (seen.status, seen.value) == ("infra_error", None) and "SandboxError" in (seen.error or "")
    assert asyncio.run(session(backend.sandbox, "'up again'"))[0].text == "'up again'"
