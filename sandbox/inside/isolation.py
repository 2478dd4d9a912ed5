"""The walls around the server: what is tried, in which order, and what was found to hold.

The boundary is the operating system. In the strongest plan the server lives in namespaces of its own (user, mounts,
network, processes, IPC, host name, cgroup) below a root that holds nothing but the read-only directories Python and its
libraries lie in: no /proc, no /etc, no /dev, no shell, no network, nothing writable. Landlock says the same once more,
and each child adds resource limits and the system-call filter. Everything but those two is done once and inherited.

A plan is tried for real in a process that is thrown away when it fails; no setting of the system is believed. Tiers:
A namespaces + read-only root + Landlock + filter; B the filter with one of the other two walls; C the filter alone, or
macOS (see `system`); D less than that.
"""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..system import System, profile_holds
from . import kernel, seccomp

Plan = Literal["root", "userns", "nobody", "bare", "darwin"]
"""`root`: namespaces with root's own rights, then another user. `userns`: namespaces that need no rights. `nobody`: no
namespaces, root becomes another user. `bare`: no namespaces, the same user without capabilities. `darwin`: nothing but what
macOS has."""

NOBODY = 65_534
_NAMESPACES = kernel.NEWNS | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS | kernel.NEWPID | kernel.NEWCGROUP
_NEW_ROOT = "/proc"
"""Mount point of the new root: a directory that every Linux has and no library lies in."""

_THREADS = 8_192
"""Threads and processes of the user beyond which a program gets no more, so that none can use up the host's."""

_USERNS_REMEDY = (
    "allow unprivileged user namespaces (Ubuntu 24.04: an AppArmor profile with `userns,` for this Python; "
    "Docker: --security-opt seccomp=unconfined, or accept tier B)"
)
_LANDLOCK_REMEDY = "use Linux 5.13 or newer with landlock among the `lsm=` modules"
_FILTER_REMEDY = "use Linux on x86_64 or aarch64 with seccomp filters"
_PROFILE_REMEDY = "run mathsolve outside of any other sandbox; /usr/bin/sandbox-exec has to be there"
_LINUX_REMEDY = "run mathsolve in a Linux container or virtual machine"


@dataclass(frozen=True, slots=True)
class Layer:
    """One wall, and whether it stands."""

    name: str
    """What it is called."""
    ok: bool
    """Whether it is in force."""
    detail: str
    """What it does, or why it is missing."""
    remedy: str = ""
    """What would bring it back."""


def plans(system: System) -> list[Plan]:
    """What to try on this system, strongest first."""
    if system == "darwin":
        return ["darwin"]
    return ["root", "userns", "nobody", "bare"] if os.geteuid() == 0 else ["userns", "bare"]


def separate(plan: Plan) -> None:
    """First half, in the process that will own the namespaces: make them. Raises `OSError`."""
    uid, gid = os.geteuid(), os.getegid()
    if plan == "userns":
        kernel.unshare(_NAMESPACES | kernel.NEWUSER)
        kernel.map_user(NOBODY, uid, gid)
    elif plan == "root":
        kernel.unshare(_NAMESPACES)


def confine(plan: Plan, readable: list[str]) -> list[Layer]:
    """Second half, in the first process inside: the root, the user, Landlock. Raises `OSError` when the plan fails."""
    if plan == "darwin":
        return _described_on_macos(profile_holds())
    if plan in ("root", "userns"):
        _enter_root(readable)
    if plan in ("root", "nobody"):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.drop_capabilities()
    kernel.no_new_privileges()
    kernel.forbid_dumps()
    kernel.die_with_parent()
    landlock = _landlock(readable)
    for directory in readable:
        os.scandir(directory).close()
    return [*_described(plan), landlock]


def tier(layers: list[Layer]) -> str:
    """The tier that these layers add up to."""
    held = {layer.name for layer in layers if layer.ok}
    if "system-call filter" not in held:
        return "C" if "guards on macOS" in held else "D"
    walls = len(held & {"namespaces", "Landlock"})
    return {2: "A", 1: "B", 0: "C"}[walls]


def refusal(tier: str, min_tier: str, layers: list[Layer]) -> str:
    """Why a server of this tier does not serve somebody who asks for `min_tier`; empty when it does."""
    if tier <= min_tier:
        return ""
    missing = "; ".join(f"{x.name}: {x.detail} (remedy: {x.remedy})" for x in layers if not x.ok)
    return f"the isolation available here is tier {tier}, and {min_tier} is asked for. Missing: {missing}"


def child_entry(filtered: bool, system: System = "linux") -> Callable[[], None]:
    """What every child does last before it runs model code."""
    limits = {"RLIMIT_NOFILE": 32, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_MEMLOCK": 0, "RLIMIT_MSGQUEUE": 0}
    # Threads count as processes on Linux, and all sandboxes of a user together; on macOS no filter forbids processes.
    limits["RLIMIT_NPROC"] = _THREADS if system == "linux" else 0
    known = {getattr(resource, name): value for name, value in limits.items() if hasattr(resource, name)}
    known = {limit: _at_most(limit, value) for limit, value in known.items()}
    own_filter = seccomp.prepared(os.uname().machine) if filtered else None

    def enter() -> None:
        for limit, value in known.items():
            resource.setrlimit(limit, (value, value))
        if own_filter is not None:
            kernel.die_with_parent()
            seccomp.install(own_filter(os.getpid()))

    return enter


def filter_layer(system: System) -> Layer:
    """Whether the filter works here, found by a child that tries to break it."""
    name = "system-call filter"
    if system == "darwin":
        return Layer(name, False, "macOS has none", _LINUX_REMEDY)
    if not seccomp.supported():
        return Layer(name, False, f"no table for {sys.platform} on {os.uname().machine}", _FILTER_REMEDY)
    pid = os.fork()
    if pid == 0:
        os._exit(_try_filter())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        return Layer(name, False, "the kernel does not accept or not enforce a filter", _FILTER_REMEDY)
    return Layer(name, True, "no new processes, programs, sockets, or signals to others")


def readable_directories(libraries: list[str]) -> list[str]:
    """Everything that Python needs to read: its standard library, these libraries, and shared objects."""
    shelves = {str(Path(library).parent) for library in libraries}
    wanted = [*(path for path in sys.path if path not in shelves), *libraries, *_mapped_folders()]
    wanted += [f"{library}.libs" for library in libraries]  # wheels keep their shared objects there
    if sys.base_prefix not in ("/usr", "/"):
        wanted.append(f"{sys.base_prefix}/lib")
    found = {os.path.realpath(path) for path in wanted if Path(path).is_dir()}
    return [path for path in sorted(found) if not any(path.startswith(f"{other}/") for other in found)]


def _at_most(limit: int, value: int) -> int:
    """`value`, or the limit that is in force when that is lower: nobody may raise it."""
    hard = resource.getrlimit(limit)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _mapped_folders() -> list[str]:
    """Where the shared objects in use lie; their neighbours are what a later import will load."""
    maps = Path("/proc/self/maps").read_text()
    return [str(Path(path).parent) for path in re.findall(r" (/\S+\.so[.0-9]*)$", maps, re.MULTILINE)]


def _enter_root(readable: list[str]) -> None:
    """A new root in memory with nothing but these directories, read-only; the old root is let go of."""
    links = {name: Path(name).readlink() for name in ("/lib", "/lib64") if Path(name).is_symlink()}
    os.umask(0o022)
    kernel.private_mounts()
    kernel.mount_tmpfs(_NEW_ROOT, "mode=755,size=1m")
    for directory in readable:
        target = _NEW_ROOT + directory
        Path(target).mkdir(parents=True, exist_ok=True)
        kernel.bind(directory, target)
        kernel.restrict_mount(target, kernel.RDONLY | kernel.NOSUID | kernel.NODEV)
    for name, goal in links.items():
        if not Path(_NEW_ROOT + name).exists():
            Path(_NEW_ROOT + name).symlink_to(goal)
    kernel.pivot_root(_NEW_ROOT)
    kernel.restrict_mount("/", kernel.RDONLY | kernel.NOSUID | kernel.NODEV | kernel.NOEXEC, below=False)


def _landlock(readable: list[str]) -> Layer:
    try:
        abi = kernel.landlock(readable)
    except OSError as error:
        return Layer("Landlock", False, error.strerror or str(error), _LANDLOCK_REMEDY)
    return Layer("Landlock", True, f"version {abi}: reading in {len(readable)} directories, nothing else")


def _described(plan: Plan) -> list[Layer]:
    inside = plan in ("root", "userns")
    remedy = "" if inside else _USERNS_REMEDY
    return [
        Layer("namespaces", inside, "own users, mounts, network and processes" if inside else "refused here", remedy),
        Layer("read-only root", inside, "no /proc, /etc, /dev, no shell" if inside else "needs namespaces", remedy),
        Layer("unprivileged user", True, f"user {os.getuid()} without capabilities"),
        Layer("resource limits", True, "memory, processor time, threads, open files, file size, core dumps"),
    ]


def _described_on_macos(profile: bool) -> list[Layer]:
    held = "nothing written, no network, other programs or services; only Python's directories read in the homes"
    missing = "not in force: programs can reach what the user can, as far as the guards let them"
    guards = (
        "policy `restricted` whatever was asked for; against mistakes, not attackers: this path was written without a "
        "Mac and never run on one"
    )
    limits = "processor time, processes, open files, file size; NOT memory: a program that fills it runs into the clock"
    absent = [Layer(name, False, "macOS has none", _LINUX_REMEDY) for name in ("namespaces", "Landlock")]
    return [
        *absent,
        Layer("sandbox-exec profile", profile, held if profile else missing, _PROFILE_REMEDY),
        Layer("guards on macOS", True, guards),
        Layer("resource limits", True, limits),
    ]


def _try_filter() -> int:
    """Exit code 0 when the filter loads and refuses a fork and a signal to the parent."""
    try:
        child_entry(filtered=True)()
    except OSError:
        return 1
    for forbidden in (os.fork, lambda: os.kill(os.getppid(), 0)):
        try:
            forbidden()
        except PermissionError:
            continue
        return 2
    return 0
