"""Hostile programs against the sandbox: the whole table on this machine, and on others made out of it.

The table has no Python policy in its way, so that only the operating system protects; `escapes` is about the policy. What
one program cannot show by itself is a test of its own below, marked with its number in the list of attacks.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import pytest

from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program

from .attacks import HERE, Attack, table
from .conftest import Run, blocks, opened
from .machines import Findings
from .test_supervision import Own, descendants

NOBODY = 65_534
MACHINES: dict[str, dict[str, object]] = {
    "this machine": {"slow": True},
    "no namespaces": {"denied": ["unshare"]},
    "no Landlock": {"denied": ["landlock_create_ruleset"], "themes": ["files", "secrets", "network"]},
    "another user": {"user": NOBODY},
    "another user, no namespaces": {"user": NOBODY, "denied": ["unshare"]},
    "a container": {"container": True},
    "check": {"policy": "check", "themes": ["escapes"]},
    "restricted": {"policy": "restricted", "themes": ["escapes"]},
    "nothing but the filter": {
        "policy": "restricted", "min_tier": "C", "denied": ["unshare", "landlock_create_ruleset"], "themes": ["escapes"]
    },
}  # fmt: skip
TIERS = {"no namespaces": "B", "no Landlock": "B", "another user, no namespaces": "B", "nothing but the filter": "C"}
EVENTS = (57, 86, 87, 91, 92)
"""Numbers of the list that are no programs but events; each has a test below."""


@cache
def siege(machine: str) -> Findings:
    """The table of attacks on a machine; skips where that machine cannot be had."""
    command = [sys.executable, str(HERE / "machines.py"), json.dumps(MACHINES[machine])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return Findings(**json.loads(done.stdout))


def found(machine: str) -> Findings:
    """As `siege`, but skips when there was none."""
    if sys.platform != "linux":
        pytest.skip("the attacks are for Linux")
    if "user" in MACHINES[machine] and os.geteuid() != 0:
        pytest.skip("only root can become another user; the tests as they are run without the rights of root")
    one = siege(machine)
    if one.refusal:
        pytest.skip(one.refusal)
    return one


@pytest.mark.parametrize("hostile", table(), ids=lambda hostile: f"{hostile.theme}: {hostile.name}")
def test_no_program_gets_out(hostile: Attack) -> None:
    one = found("this machine" if hostile.policy == "off" else hostile.policy)
    if hostile.name not in one.ran:
        pytest.skip(f"needs tier {hostile.tier} and {hostile.machine or 'any machine'}; this is tier {one.tier}")
    assert not one.complaints.get(hostile.name), "\n".join(one.complaints[hostile.name])


@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_gets_out_of_other_machines_and_nothing_happens_to_the_host(machine: str) -> None:
    one = found(machine)
    assert (one.complaints, one.harm) == ({}, [])
    assert one.tier == TIERS.get(machine, one.tier) and len(one.ran) >= 10


def test_the_whole_list_is_there_and_names_are_unique() -> None:
    attacks = table()
    numbers = [attack.number for attack in attacks if attack.number]
    assert sorted([*numbers, *EVENTS]) == list(range(1, 93))
    assert len({attack.name for attack in attacks}) == len(attacks) >= len(numbers) + 30


@pytest.fixture(scope="module")
def box() -> Iterator[Own]:
    """A sandbox of this module's own, without a policy."""
    own = Own(ProcessSandbox(Limits(cpu_s=10), policy="off", concurrency=4), set(descendants(os.getpid())))
    opened(own.sandbox)
    yield own
    asyncio.run(own.sandbox.close())


def test_57_a_busy_machine_does_not_turn_ok_into_timeout(box: Own) -> None:
    code = "import time\nwhile time.process_time() < 0.15: pass\n'done'"

    async def crowd() -> list[Observation]:
        return await asyncio.gather(*(_run(box.sandbox, code, Limits(cpu_s=0.3)) for _ in range(8)))

    assert [seen.text for seen in asyncio.run(crowd())] == ["'done'"] * 8


def test_86_hundreds_of_requests_at_once_wait_for_their_turn(box: Own) -> None:
    async def crowd() -> list[Observation]:
        return await asyncio.gather(*(_run(box.sandbox, f"{n} + 1") for n in range(200)))

    assert [seen.text for seen in asyncio.run(crowd())] == [str(n + 1) for n in range(200)]


def test_87_a_child_that_dies_before_its_program_is_replaced(box: Own) -> None:
    blocks(box.sandbox, "1")
    for parked in (pid for pid in box.processes() if not descendants(pid)):
        with suppress(ProcessLookupError):  # the first session's child has left by itself
            os.kill(parked, signal.SIGKILL)
    assert [seen.text for seen in blocks(box.sandbox, "40 + 2", "_")] == ["42", "42"]


def test_91_a_cancelled_program_is_killed(box: Own) -> None:
    async def scenario() -> int:
        async with await box.sandbox.open() as session:
            await session.run(Program("1"))
            running = asyncio.create_task(session.run(Program("import time\ntime.sleep(600)")))
            await asyncio.sleep(0.2)
            before = box.processes().keys()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            for _ in range(100):
                if before - box.processes().keys():
                    break
                await asyncio.sleep(0.05)
            return len(before - box.processes().keys())

    assert asyncio.run(scenario()) == 1


def test_92_a_killed_server_is_replaced(box: Own) -> None:
    blocks(box.sandbox, "1")
    for pid in box.processes():
        with suppress(ProcessLookupError):  # it went with the one before
            os.kill(pid, signal.SIGKILL)
    assert blocks(box.sandbox, "'up'")[0].text == "'up'"


async def _run(box: ProcessSandbox, code: str, limits: Limits | None = None) -> Observation:
    async with await box.open() as session:
        return await session.run(Program(code), limits)


def test_the_seed_decides_what_is_drawn(attack: Run) -> None:
    code = "import random, numpy\nrandom.random(), float(numpy.random.rand())"
    one, same, other = (attack(code, seed=seed)[0].value for seed in (1, 1, 2))
    assert one == same != other


def test_partial_output_survives_a_kill(attack: Run) -> None:
    (seen,) = attack("print('partial')\nimport signal\nsignal.setitimer(signal.ITIMER_PROF, 0)\nwhile True: pass")
    assert seen.status == "timeout" and seen.stdout == "partial\n"


def test_threads_work_within_the_limits(attack: Run) -> None:
    code = "from concurrent.futures import ThreadPoolExecutor as Pool\nlist(Pool(4).map(lambda n: n * n, range(5)))"
    assert attack(code)[0].value == "[0, 1, 4, 9, 16]"


def test_programs_run_without_the_rights_of_root(attack: Run) -> None:
    seen = attack("import os\nprint(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())")[0]
    if seen.tier != "A":
        pytest.skip("without namespaces the user stays the one who started the sandbox")
    assert seen.stdout == "65534 65534 65534 []\n"
