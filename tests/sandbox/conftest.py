"""One warm sandbox for all tests of this folder. Every call of `run` is a session of its own in an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program, SandboxError

Run = Callable[..., list[Observation]]


def blocks(sandbox: ProcessSandbox, *codes: str, limits: Limits | None = None, seed: int = 0) -> list[Observation]:
    """Run blocks one after the other in one session."""

    async def session() -> list[Observation]:
        async with await sandbox.open(seed) as live:
            return [await live.run(Program(code), limits) for code in codes]

    return asyncio.run(session())


def opened(sandbox: ProcessSandbox) -> ProcessSandbox:
    """The sandbox, started; skips where the isolation that it asks for is missing."""
    try:
        blocks(sandbox)
    except SandboxError as error:
        if "isolation" not in str(error):
            raise
        pytest.skip(str(error))
    return sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[ProcessSandbox]:
    """With the default policy."""
    box = ProcessSandbox(Limits(cpu_s=2), min_tier="B")
    yield opened(box)
    asyncio.run(box.close())


@pytest.fixture(scope="session")
def unruled() -> Iterator[ProcessSandbox]:
    """Without a Python policy: only the operating system protects."""
    box = ProcessSandbox(Limits(cpu_s=0.5), policy="off", min_tier="B")
    yield opened(box)
    asyncio.run(box.close())


@pytest.fixture
def run(sandbox: ProcessSandbox) -> Run:
    """Blocks in one session, under the default policy."""
    return lambda *codes, **options: blocks(sandbox, *codes, **options)


@pytest.fixture
def attack(unruled: ProcessSandbox) -> Run:
    """Blocks in one session, without a policy."""
    return lambda *codes, **options: blocks(unruled, *codes, **options)


@pytest.fixture(scope="session")
def guarded() -> Iterator[Run]:
    """Blocks in one session, with every guard of the policy on."""
    box = opened(ProcessSandbox(Limits(cpu_s=2), policy="restricted", min_tier="B"))
    yield lambda *codes, **options: blocks(box, *codes, **options)
    asyncio.run(box.close())
