"""The path for macOS, walked on any system: no namespaces, no filter, no clock of another process, guards instead."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from mathsolve.sandbox import Limits, ProcessSandbox, Program, SandboxError
from mathsolve.sandbox.inside.isolation import Layer, tier
from mathsolve.sandbox.process.seatbelt import launcher, profile

from .conftest import Run, blocks

QUICK = Limits(cpu_s=0.3)


@pytest.fixture(scope="module")
def portable() -> Iterator[ProcessSandbox]:
    """A sandbox that believes it is on a Mac, and was asked for no guards."""
    box = ProcessSandbox(Limits(cpu_s=2), policy="off", system="darwin")
    yield box
    asyncio.run(box.close())


@pytest.fixture
def run(portable: ProcessSandbox) -> Run:
    """Blocks in one session."""
    return lambda *codes, **options: blocks(portable, *codes, **options)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("print('a')\n6 * 7", "a\n42"),
        ("from sympy import *\nx = symbols('x')\nfactor(x**2 - 1)", "(x - 1)*(x + 1)"),
        ("import numpy as np\nprint(int(np.linalg.det(np.eye(3))))", "1"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_programs_run_in_tier_c(run: Run, code: str, text: str) -> None:
    (seen,) = run(code)
    assert (seen.text, seen.tier) == (text, "C")


def test_a_session_keeps_its_variables_and_may_come_to_sympy_later(run: Run) -> None:
    seen = run("n = 2", "n += 1\nn", "import sympy\nsympy.sqrt(n)", limits=Limits(cpu_s=20))
    assert [one.text for one in seen] == ["", "3", "sqrt(3)"]


def test_the_soft_limit_keeps_output_and_variables(run: Run) -> None:
    slow, after = run("x = 7\nprint('partial')\nwhile True: pass", "x", limits=QUICK)
    assert (slow.status, slow.text) == ("timeout", "partial\nTimeoutError: execution exceeded 0.3 s of CPU time")
    assert after.text == "7"


def test_what_cannot_be_interrupted_runs_into_the_limit_of_its_process(run: Run) -> None:
    slow, after = run("x = 7\nprint('partial')\nsum(range(10**12))", "x", limits=QUICK)
    assert (slow.status, slow.stdout) == ("timeout", "partial\n")
    assert "could not be interrupted" in (slow.error or "") and after.status == "error"


def test_what_waits_is_killed_by_the_wall_clock_and_its_output_is_kept(run: Run) -> None:
    slow, after = run("import time\nprint('partial')\ntime.sleep(100)", "1", limits=QUICK)
    assert (slow.status, slow.stdout, after.text) == ("timeout", "partial\n", "1")
    assert "10 s of wall time" in (slow.error or "")


@pytest.mark.parametrize(
    "code",
    ["getattr((), '__cl' + 'ass__')", "'{0.__class__}'.format(())", "import random\ngetattr(random, '_os')"],
)
def test_the_guards_are_on_whatever_was_asked_for(run: Run, code: str) -> None:
    (seen,) = run(code)
    assert (seen.status, (seen.error or "").split(":")[0]) == ("error", "AttributeError")


def test_what_the_reader_refuses_is_refused(run: Run) -> None:
    assert run("import os")[0].status == "policy"


def test_it_does_not_serve_who_asks_for_more() -> None:
    async def scenario() -> None:
        box = ProcessSandbox(min_tier="B", system="darwin")
        try:
            await box.open()
        finally:
            await box.close()

    with pytest.raises(SandboxError, match=r"tier C, and B is asked for.*Linux container"):
        asyncio.run(scenario())


def test_only_macos_may_serve_on_guards_alone() -> None:
    assert tier([Layer("guards on macOS", True, "")]) == "C"
    assert tier([Layer("resource limits", True, "")]) == "D"


def test_closing_ends_what_still_runs() -> None:
    async def scenario() -> tuple[str, int]:
        box = ProcessSandbox(system="darwin")
        session = await box.open()
        await session.run(Program("import sympy, time"))
        running = asyncio.create_task(session.run(Program("time.sleep(600)")))
        await asyncio.sleep(0.2)
        group = next(pid for pid in _groups() if pid not in before)
        await box.close()
        return (await asyncio.wait_for(running, 20)).status, group

    before = _groups()
    status, group = asyncio.run(scenario())
    assert status == "infra_error"
    end = time.monotonic() + 5
    while group in _groups():
        assert time.monotonic() < end
        time.sleep(0.05)


def _groups() -> set[int]:
    """Process groups that have a living member."""
    listed = subprocess.run(["ps", "-axo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(line.split()[0]) for line in listed.splitlines() if "Z" not in line}


def test_the_zygote_never_loads_numpy() -> None:
    code = (
        "import sys\nfrom mathsolve.sandbox.inside.warmup import warm_up\n"
        "list(warm_up('darwin'))\nprint('numpy' in sys.modules, 'sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_the_profile_denies_first_and_opens_the_libraries_last() -> None:
    library = '/Users/a "b"/site-packages/sympy'
    text = profile([library])
    rules = text.splitlines()
    assert text.count("(") == text.count(")") and rules[:2] == ["(version 1)", "(allow default)"]
    assert {"(deny network*)", "(deny file-write*)", "(deny mach-lookup)"} <= set(rules)
    assert "/Users" in rules[-2] and rules[-2].startswith("(deny file-read-data")
    assert rules[-1].startswith("(allow file-read-data") and f"(subpath {json.dumps(library)})" in rules[-1]
    assert f"(literal {json.dumps(os.path.dirname(os.path.realpath(library)))})" in rules[-1]  # noqa: PTH120


def test_linux_starts_without_a_launcher() -> None:
    assert launcher("linux", []) == []
