"""Other machines, made out of this one: another user, a kernel that refuses some calls, a container. Each runs the table
of attacks.

A program of its own, because neither can be undone: `python tests/sandbox/machines.py '{"denied": ["unshare"]}'`
prints what did not hold, as JSON. What refuses calls is a filter as Docker has one, so the sandbox meets real errors.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import platform
import re
import struct
import sys
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mathsolve.sandbox import Limits, ProcessSandbox, Program, Sandbox, SandboxError
from mathsolve.sandbox.docker import DockerSandbox, Terms
from mathsolve.sandbox.docker.image import build_image
from mathsolve.sandbox.inside import kernel, seccomp
from mathsolve.sandbox.process import Tier

sys.path.insert(0, str(Path(__file__).parent))
from attacks import HERE, PARALLEL, Policy, applies, complaints, storm, table
from test_supervision import descendants

ROOT = HERE.parent.parent
MISSING = re.compile("isolation|no docker daemon answers|needs docker's SDK")
"""What a machine may lack; any other failure of a sandbox is a fault."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the attacks run."""

    denied: tuple[str, ...] = ()
    """System calls that the kernel refuses."""
    user: int | None = None
    """Who runs the application, when it is another than the one who runs the tests."""
    policy: Policy = "off"
    """Policy of the sandbox."""
    min_tier: Tier = "B"
    """Weakest tier that may serve."""
    slow: bool = False
    """Whether to run the attacks that use up their time, too."""
    themes: tuple[str, ...] = ()
    """Files of the table to run; all when empty."""
    container: bool = False
    """Whether the sandbox is the docker sandbox, with one container."""

    def sandbox(self) -> Sandbox:
        """The sandbox that is attacked. Raises `SandboxError` without a daemon that it needs."""
        if not self.container:
            return ProcessSandbox(policy=self.policy, min_tier=self.min_tier, concurrency=PARALLEL)
        build_image()
        return DockerSandbox(policy=self.policy, min_tier=self.min_tier, concurrency=PARALLEL, terms=Terms(1))


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found."""

    tier: str = ""
    """Isolation that was in force."""
    ran: tuple[str, ...] = ()
    """Names of the attacks."""
    complaints: dict[str, list[str]] = field(default_factory=dict)
    """What did not hold, by attack."""
    harm: tuple[str, ...] = ()
    """What happened to the host."""
    refusal: str = ""
    """Why nothing was run."""


async def besieged(machine: Machine) -> Findings:
    """Run the attacks that this machine's tier and policy have to stop."""
    try:
        sandbox = machine.sandbox()
        async with await sandbox.open() as session:
            tier = (await session.run(Program("1"), Limits())).tier
    except SandboxError as error:
        if not MISSING.search(str(error)):
            raise
        return Findings(refusal=str(error))
    policy = machine.policy
    async with sandbox:
        themes = machine.themes or {attack.theme for attack in table()}
        chosen = [one for one in table() if applies(one, policy, tier) and one.theme in themes]
        attacks = [one for one in chosen if machine.slow or not one.slow]
        outcomes, harm = await storm(sandbox, attacks, policy)
        harm += [f"process {pid} can be read by debuggers" for pid in exposed()]
    found = {one.name: list(complaints(one, outcomes[one.name])) for one in attacks}
    return Findings(tier, tuple(found), {name: wrong for name, wrong in found.items() if wrong}, tuple(harm))


def exposed() -> list[int]:
    """Children of the sandbox, the last of their line, that a debugger of their user may read and whose crash is dumped.

    The kernel gives the files in /proc of all others to root, though not the folder that they lie in.
    """
    leaves = [pid for pid in descendants(os.getpid()) if not descendants(pid)]
    return [pid for pid in leaves if _owner(f"/proc/{pid}/mem") != 0]


def _owner(path: str) -> int:
    try:
        return Path(path).stat().st_uid
    except FileNotFoundError:  # the process has ended meanwhile
        return 0


def become(user: int) -> None:
    """Be another user, who can still read what the application needs. Raises `OSError`."""
    _open_up(sorted({sys.base_prefix, sys.prefix, str(ROOT)}))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    kernel.no_new_privileges()
    os.environ["HOME"] = "/nonexistent"


def _open_up(needed: list[str]) -> None:
    """In mounts of our own, show nothing but the `needed` folders in folders that are closed to others."""
    closed: dict[Path, list[str]] = {}
    for folder in needed:
        above = [path for path in reversed(Path(folder).parents) if not path.stat().st_mode & 1]
        if above:
            closed.setdefault(above[0], []).append(folder)
    if closed:
        kernel.unshare(kernel.NEWNS)
        kernel.private_mounts()
    for place, folders in closed.items():
        handles = [os.open(folder, os.O_PATH) for folder in folders]
        kernel.mount_tmpfs(str(place), "mode=755")
        for folder, handle in zip(folders, handles, strict=True):
            Path(folder).mkdir(parents=True)
            kernel.bind(f"/proc/self/fd/{handle}", folder)


def deny(names: tuple[str, ...]) -> None:
    """Have the kernel refuse these calls to this process and all below it."""
    calls = tomllib.loads((HERE / "calls.toml").read_text(encoding="utf-8"))
    column = ("x86_64", "aarch64").index(platform.machine())
    code = [struct.pack("HBBI", 0x20, 0, 0, 0)]
    for name in names:
        code += [
            struct.pack("HBBI", 0x15, 0, 1, calls[name][column]),
            struct.pack("HBBI", 6, 0, 0, 0x50000 | errno.EPERM),
        ]
    seccomp.install(b"".join([*code, struct.pack("HBBI", 6, 0, 0, 0x7FFF0000)]))


def main() -> None:
    """`argv`: a `Machine` as JSON."""
    machine = Machine(**json.loads(sys.argv[1]))
    try:
        if machine.user is not None:
            become(machine.user)
        if machine.denied:
            deny(machine.denied)
    except OSError as error:
        findings = Findings(refusal=f"this machine cannot be made here: {error}")
    else:
        findings = asyncio.run(besieged(machine))
    print(json.dumps(asdict(findings)))


if __name__ == "__main__":
    main()
