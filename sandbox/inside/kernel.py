"""The few calls of the Linux kernel that Python does not offer, each raising `OSError` when it fails."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
from collections.abc import Iterable
from pathlib import Path

NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWNS = (
    0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00020000,
)  # fmt: skip
"""Namespaces that `unshare` takes."""

RDONLY, NOSUID, NODEV, NOEXEC = 1, 2, 4, 8
"""Attributes for `restrict_mount`."""

HUGE = 1 << 21
"""Bytes of a huge page."""

_libc = ctypes.CDLL(None, use_errno=True)
_python = ctypes.PyDLL(None, use_errno=True)
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_READ_FILE, _READ_DIR = 4, 8


def prctl(option: int, *arguments: int) -> int:
    """prctl(2)."""
    full = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *full), "prctl")


def fork() -> int:
    """fork(2) without what Python does around it, which costs a child half a millisecond.

    For a process with a single thread (see `single_threaded`), whose child needs none of the hooks: nothing seeds `random`
    anew, for example.
    """
    return _checked(_python.fork(), "fork")


def single_threaded() -> bool:
    """Whether this process has one thread, those counted that Python does not know."""
    clone_thread = 0x10000
    try:
        unshare(clone_thread)  # does nothing to a single thread, and is refused to one of several
    except OSError as error:
        if error.errno == errno.EINVAL:
            return False
        # where namespaces are forbidden the whole call may be; there is no other root then, and /proc can be seen
        return Path("/proc/self/task").stat().st_nlink == 3
    return True


def join_pages(places: Iterable[int]) -> None:
    """Put memory on huge pages where that goes (Linux 6.1), so that a fork has less to copy; `places` count these pages."""
    madv_collapse = 25
    for place in places:
        _libc.madvise(ctypes.c_void_p(place * HUGE), ctypes.c_size_t(HUGE), madv_collapse)


def unshare(flags: int) -> None:
    """unshare(2)."""
    _checked(_libc.unshare(flags), "unshare")


def die_with_parent(word: int = signal.SIGKILL) -> None:
    """Have this process killed, or told otherwise, when the thread dies that started it. A change of user forgets it."""
    pr_set_pdeathsig = 1
    prctl(pr_set_pdeathsig, word)


def no_new_privileges() -> None:
    """Give up gaining privileges by executing anything; for ever."""
    pr_set_no_new_privs = 38
    prctl(pr_set_no_new_privs, 1)


def forbid_dumps() -> None:
    """Keep a crash from the host's core-dump handler, which a limit of 0 does not, and this process from debuggers."""
    pr_set_dumpable = 4
    prctl(pr_set_dumpable, 0)


def drop_capabilities() -> None:
    """Empty every capability set of this process."""
    pr_capbset_drop = 24
    for capability in range(64):
        try:
            prctl(pr_capbset_drop, capability)
        except OSError:  # not permitted, or beyond the last capability of this kernel: then there is nothing to drop
            break
    version_3 = 0x20080522
    header = (ctypes.c_uint32 * 2)(version_3, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def private_mounts() -> None:
    """Keep changes of mounts inside this mount namespace."""
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)


def mount_tmpfs(target: str, options: str) -> None:
    """A small file system in memory."""
    _mount("tmpfs", target, "tmpfs", 0, options)


def bind(source: str, target: str) -> None:
    """Show `source` at `target`, with everything that is mounted below it."""
    _mount(source, target, None, _MS_BIND | _MS_REC, None)


def restrict_mount(path: str, attributes: int, below: bool = True) -> None:
    """Set attributes on a mount, and on all mounts `below` it (mount_setattr, Linux 5.12)."""
    at_fdcwd, at_recursive = -100, 0x8000
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    flags = at_recursive if below else 0
    call = (_MOUNT_SETATTR, at_fdcwd, os.fsencode(path), flags, wanted, ctypes.sizeof(wanted))
    _checked(_libc.syscall(*call), "mount_setattr")


def pivot_root(new_root: str) -> None:
    """Make `new_root` the root and let go of the old one (pivot_root(2), "pivot_root('.', '.')")."""
    mnt_detach = 2
    os.chdir(new_root)
    _checked(_libc.syscall(_PIVOT_ROOT[platform.machine()], b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", mnt_detach), "umount2")
    os.chdir("/")


def landlock_abi() -> int:
    """Version of Landlock in this kernel; raises `OSError` when it has none."""
    return _checked(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1), "landlock")


def landlock(readable: list[str]) -> int:
    """Confine this process to reading these directories and listing those above; no TCP, no signals to the outside.

    Needs no_new_privs. Returns the version in force; older versions cover less.
    """
    abi = landlock_abi()
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1
    attributes = (ctypes.c_uint64 * 3)(files, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _checked(_libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0), "landlock")
    for directory in readable:
        _allow(ruleset, directory, _READ_FILE | _READ_DIR)
    for directory in {str(Path(directory).parent) for directory in readable} - {"/"}:
        _allow(ruleset, directory, _READ_DIR)
    _checked(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)
    return abi


def _allow(ruleset: int, directory: str, access: int) -> None:
    parent = os.open(directory, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", access, parent)
    _checked(_libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0), "landlock")
    os.close(parent)


def map_user(inside: int, uid: int, gid: int) -> None:
    """Let `uid` and `gid` of the outside appear as `inside`, the only user of the namespace just made."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    text = [None if value is None else os.fsencode(value) for value in (source, target, kind, options)]
    result = _libc.mount(text[0], text[1], text[2], ctypes.c_ulong(flags), text[3])
    _checked(result, f"mount {target}")


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
