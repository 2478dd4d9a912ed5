"""The system-call filter of a child: an allowlist, assembled here into classic BPF for x86_64 and aarch64.

What is not listed fails with EPERM. It is never answered with a kill, because a library that probes for a new call
must be able to fall back; calls that libraries *must* see as missing (clone3, openat2 and all that are newer than
this file) fail with ENOSYS. Threads may be made, processes may not. A child may signal and limit itself, nobody else.
See seccomp(2) and linux/filter.h.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Callable

from .kernel import prctl

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEWEST = 470
"""Numbers from here on are treated as unknown."""

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16

_CLONE_THREAD = 0x10000
_CLONE_MORE = 0x7E02_0000 | 0x7000
"""Flags that no thread needs: namespaces of its own, a tracer, a pidfd, the rights of vfork."""
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ; not F_SETOWN, which sends signals."""
_IOCTL = (0x5401, 0x5450, 0x5451, 0x541B)
"""TCGETS (is this a terminal?), FIONCLEX, FIOCLEX, FIONREAD."""

_PLAIN: dict[str, tuple[int, int]] = {
    # files: reading what is open or lies in the read-only tree
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "pwrite64": (18, 68),
    "openat": (257, 56), "close": (3, 57), "close_range": (436, 436), "fstat": (5, 80), "newfstatat": (262, 79),
    "statx": (332, 291), "faccessat": (269, 48), "faccessat2": (439, 439), "lseek": (8, 62), "readlinkat": (267, 78),
    "getdents64": (217, 61), "getcwd": (79, 17), "dup": (32, 23), "dup3": (292, 24), "pipe2": (293, 59),
    "ppoll": (271, 73), "pselect6": (270, 72), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22), "eventfd2": (290, 19), "statfs": (137, 43), "fstatfs": (138, 44), "fadvise64": (221, 223),
    # memory and threads
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233),
    "brk": (12, 214), "futex": (202, 98), "sched_yield": (24, 124), "rseq": (334, 293), "set_robust_list": (273, 99),
    "get_robust_list": (274, 100), "set_tid_address": (218, 96), "membarrier": (324, 283), "getcpu": (309, 168),
    "exit": (60, 93), "exit_group": (231, 94),
    # time, randomness, identity
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "gettimeofday": (96, 169), "times": (100, 153), "getrandom": (318, 278), "getpid": (39, 172), "gettid": (186, 178),
    "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150), "getpgid": (121, 155),
    "getsid": (124, 156), "uname": (63, 160), "sysinfo": (99, 179), "getrusage": (98, 165), "getpriority": (140, 141),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    # signals of the process itself, and the alarm of the soft limit
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
    "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "setitimer": (38, 103), "getitimer": (36, 102),
    "restart_syscall": (219, 128),
}  # fmt: skip
_X86_ONLY: dict[str, int] = {
    "open": 2, "stat": 4, "lstat": 6, "access": 21, "readlink": 89, "getdents": 78, "dup2": 33, "pipe": 22, "poll": 7,
    "select": 23, "epoll_wait": 232, "time": 201, "getpgrp": 111, "getrlimit": 97, "alarm": 37, "pause": 34,
}  # fmt: skip
CHECKED: dict[str, tuple[int, int]] = {
    "clone": (56, 220), "clone3": (435, 435), "openat2": (437, 437), "tgkill": (234, 131), "fcntl": (72, 25),
    "ioctl": (16, 29), "prlimit64": (302, 261),
}  # fmt: skip
"""Calls that depend on their arguments or have to look missing, by name: their numbers on x86_64 and aarch64."""


def numbers(machine: str) -> dict[str, int]:
    """System calls that are allowed whatever their arguments, by name, for `x86_64` or `aarch64`."""
    column = ("x86_64", "aarch64").index(machine)
    return {name: pair[column] for name, pair in _PLAIN.items()} | (_X86_ONLY if machine == "x86_64" else {})


def supported() -> bool:
    """Whether there is a table for this machine."""
    return sys.platform == "linux" and platform.machine() in _AUDIT_ARCH


def assemble(machine: str, tgid: int) -> bytes:
    """The filter for one process, as an array of `struct sock_filter`; `tgid` is the process it may signal: itself."""
    checked = {name: pair[("x86_64", "aarch64").index(machine)] for name, pair in CHECKED.items()}
    missing, denied = _ERRNO | errno.ENOSYS, _ERRNO | errno.EPERM
    code = [_op(_LOAD, _ARCH), _op(_EQUAL, _AUDIT_ARCH[machine], 1, 0), _op(_RETURN, _KILL), _op(_LOAD, _NUMBER)]
    code += [_op(_AT_LEAST, _NEWEST, 0, 1), _op(_RETURN, missing)]  # the x32 calls are among these
    for number in numbers(machine).values():
        code += [_op(_EQUAL, number, 0, 1), _op(_RETURN, _ALLOW)]
    for name in ("clone3", "openat2"):
        code += [_op(_EQUAL, checked[name], 0, 1), _op(_RETURN, missing)]
    code += _when(checked["clone"], 0, [_op(_ANY_BIT, _CLONE_MORE, 2, 0), _op(_ANY_BIT, _CLONE_THREAD, 0, 1)])
    code += _when(checked["tgkill"], 0, [_op(_EQUAL, tgid, 0, 1)])
    code += _when(checked["prlimit64"], 0, [_op(_EQUAL, 0, 0, 1)])
    code += _when(checked["fcntl"], 1, _one_of(_FCNTL))
    code += _when(checked["ioctl"], 1, _one_of(_IOCTL))
    return b"".join([*code, _op(_RETURN, denied)])


def prepared(machine: str) -> Callable[[int], bytes]:
    """`assemble` for one machine with the work done beforehand; what is left is to fill in the process."""
    nobody = 0xFFFF_FFFF
    before, after = assemble(machine, nobody).split(_op(_EQUAL, nobody, 0, 1))
    return lambda tgid: before + _op(_EQUAL, tgid, 0, 1) + after


def install(filter_bytes: bytes) -> None:
    """Put this thread and all that it starts under the filter, for ever. Needs no_new_privs. Raises `OSError`."""
    code = ctypes.create_string_buffer(filter_bytes, len(filter_bytes))
    fields = struct.pack("HxxxxxxP", len(filter_bytes) // 8, ctypes.addressof(code))
    program = ctypes.create_string_buffer(fields, len(fields))
    pr_set_seccomp, mode_filter = 22, 2
    prctl(pr_set_seccomp, mode_filter, ctypes.addressof(program))


def _when(number: int, argument: int, test: list[bytes]) -> list[bytes]:
    """Allow call `number` when `test` on the low half of an argument falls through; refuse it when it jumps one on."""
    body = [_op(_LOAD, _ARGUMENT + 8 * argument), *test, _op(_RETURN, _ALLOW), _op(_RETURN, _ERRNO | errno.EPERM)]
    return [_op(_EQUAL, number, 0, len(body)), *body]


def _one_of(values: tuple[int, ...]) -> list[bytes]:
    """Fall through when the loaded word is one of `values`, skip one instruction otherwise."""
    last = len(values) - 1
    return [_op(_EQUAL, value, last - i, 1 if i == last else 0) for i, value in enumerate(values)]


def _op(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)
