"""The filter, read by an interpreter of its own: what it decides on every call of both processors, and what libseccomp
would have decided from the same list."""

from __future__ import annotations

import errno
import platform
import re
import struct
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from mathsolve.sandbox.inside import seccomp

HERE = Path(__file__).parent
MACHINES = ("x86_64", "aarch64")
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028, "riscv64": 0xC00000F3}
HEADERS = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
TGID, THREAD = 4711, 0x3D0F00
"""The process that the filters here are made for, and what glibc passes to `clone` for a thread."""
CALLS: dict[str, list[int]] = tomllib.loads((HERE / "calls.toml").read_text(encoding="utf-8"))
CONDITIONS: dict[str, dict[tuple[int, ...], int]] = {
    "clone": {
        (THREAD,): ALLOW, (17,): EPERM, (0,): EPERM, (0x4111,): EPERM, (THREAD | 0x10000000,): EPERM,
        (THREAD | 0x20000,): EPERM, (THREAD | 0x4000,): EPERM, (THREAD | 0x2000,): EPERM, (THREAD | 0x1000,): EPERM,
    },
    "tgkill": {(TGID, 1, 9): ALLOW, (1, 1, 9): EPERM, (0, TGID, 9): EPERM, (2**32 - 1, 1, 9): EPERM},
    "prlimit64": {(0, 9): ALLOW, (1, 9): EPERM, (TGID, 9): EPERM},
    "fcntl": {(3, 0): ALLOW, (3, 2): ALLOW, (3, 4): ALLOW, (3, 8): EPERM, (3, 10): EPERM, (3, 1031): EPERM, (3, 1024): EPERM},
    "ioctl": {(1, 0x5401): ALLOW, (1, 0x5412): EPERM, (3, 0x8901): EPERM, (0, 0): EPERM},
    "clone3": {(0, 0): ENOSYS, (1, 88): ENOSYS},
    "openat2": {(0, 0): ENOSYS},
}  # fmt: skip
"""Calls that are decided by their arguments, or have to look as if the kernel were older."""


def decide(program: bytes, number: int, arguments: tuple[int, ...] = (), machine: str = "x86_64") -> int:
    """What a classic BPF program returns for a call: loads of words, jumps, a mask, and returns are all it may have."""
    words = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number % 2**32, ARCH[machine], 0, *(word % 2**64 for word in words))
    steps, at, loaded = _steps(program), 0, 0
    while True:
        kind, if_true, if_false, operand = steps[at]
        at += 1
        if kind == 0x15:
            at += if_true if loaded == operand else if_false
        elif kind == 0x06:
            return operand
        elif kind == 0x20:
            (loaded,) = struct.unpack_from("<I", data, operand)
        elif kind == 0x54:
            loaded &= operand
        elif kind == 0x05:
            at += operand
        else:
            holds = {0x25: loaded > operand, 0x35: loaded >= operand, 0x45: bool(loaded & operand)}[kind]
            at += if_true if holds else if_false


@cache
def _steps(program: bytes) -> list[tuple[int, int, int, int]]:
    return [struct.unpack_from("HBBI", program, at) for at in range(0, len(program), 8)]


def calls(machine: str) -> dict[str, int]:
    """Numbers of the calls with conditions."""
    return {name: pair[MACHINES.index(machine)] for name, pair in seccomp.CHECKED.items()}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_of_every_call_is_decided_as_the_list_says(machine: str) -> None:
    program, allowed = seccomp.assemble(machine, TGID), set(seccomp.numbers(machine).values())
    for number in {*range(2048), *(2**n + m for n in range(11, 32) for m in (-1, 0, 57))} - set(
        calls(machine).values()
    ):
        expected = ALLOW if number in allowed else EPERM if number < 470 else ENOSYS
        assert decide(program, number, machine=machine) == expected, number


@pytest.mark.parametrize("machine", MACHINES)
def test_a_prepared_filter_is_the_same(machine: str) -> None:
    assert seccomp.prepared(machine)(TGID) == seccomp.assemble(machine, TGID)


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_in_another_numbering_end_the_process(machine: str) -> None:
    program = seccomp.assemble(machine, TGID)
    for other, number in product(set(ARCH) - {machine}, (*range(0, 512, 7), 0x40000000 + 57)):
        assert decide(program, number, machine=other) == KILL


def test_the_x32_numbers_are_unknown_calls() -> None:
    program = seccomp.assemble("x86_64", TGID)
    assert {decide(program, 0x40000000 + number, (THREAD,)) for number in range(1024)} == {ENOSYS}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", CONDITIONS)
def test_arguments_decide_where_they_have_to(machine: str, name: str) -> None:
    program, number = seccomp.assemble(machine, TGID), calls(machine)[name]
    decided = {arguments: decide(program, number, arguments, machine) for arguments in CONDITIONS[name]}
    assert decided == CONDITIONS[name]


@pytest.mark.parametrize("machine", MACHINES)
def test_what_attackers_call_is_refused_whatever_its_arguments(machine: str) -> None:
    program, column = seccomp.assemble(machine, TGID), MACHINES.index(machine)
    for name, numbers in CALLS.items():
        if name not in ("clone", "tgkill") and column < len(numbers):
            for first, second in product((0, 3, TGID, THREAD, 2**64 - 1), (0, 9, 2**64 - 1)):
                assert decide(program, numbers[column], (first, second), machine) in (EPERM, ENOSYS), name


@pytest.mark.parametrize("machine", MACHINES)
def test_the_program_is_one_that_the_kernel_takes(machine: str) -> None:
    program = seccomp.assemble(machine, TGID)
    steps = _steps(program)
    for at, (kind, if_true, if_false, operand) in enumerate(steps):
        assert kind in (0x20, 0x15, 0x35, 0x45, 0x06)
        assert kind & 7 != 5 or at + 1 + max(if_true, if_false) < len(steps)
        assert kind != 0x20 or (operand % 4 == 0 and operand < 64)
    assert steps[-1][0] == 0x06 and len(steps) < 4096


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_the_kernel_s_headers(machine: str) -> None:
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    pattern = r"#define __NR(?:3264)?_(\w+)\s+(\d+)$"
    known = {name: int(number) for name, number in re.findall(pattern, header.read_text(), re.MULTILINE)}
    known["newfstatat"] = known.get("newfstatat", known.get("fstatat", -1))
    assert not {name: number for name, number in _numbers(machine) if known.get(name, number) != number}


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_libseccomp(machine: str) -> None:
    library = _libseccomp()
    arch = {"x86_64": library.Arch.X86_64, "aarch64": library.Arch.AARCH64}[machine]
    assert not {name for name, number in _numbers(machine) if library.resolve_syscall(arch, name) != number}


@pytest.mark.parametrize("machine", MACHINES)
def test_libseccomp_decides_the_same_from_the_same_list(machine: str) -> None:
    ours, theirs = seccomp.assemble(machine, TGID), _theirs(machine)
    samples = [arguments for cases in CONDITIONS.values() for arguments in cases]
    free = [(number, ()) for number in range(470)]
    for number, arguments in (*free, *product(calls(machine).values(), samples)):
        decided = [decide(program, number, arguments, machine) for program in (ours, theirs)]
        assert decided[0] == decided[1], (number, arguments, decided)
    assert decide(theirs, 0, machine="i386") & 0xFFFF0000 in (
        KILL,
        0,
    )  # libseccomp 2.5 ends the thread, ours the process


def _numbers(machine: str) -> Iterator[tuple[str, int]]:
    yield from (seccomp.numbers(machine) | calls(machine)).items()
    column = MACHINES.index(machine)
    yield from ((name, numbers[column]) for name, numbers in CALLS.items() if column < len(numbers))


def _theirs(machine: str) -> bytes:
    """The same list, assembled by libseccomp."""
    library = _libseccomp()
    arch = {"x86_64": library.Arch.X86_64, "aarch64": library.Arch.AARCH64}[machine]
    made = library.SyscallFilter(EPERM)
    made.add_arch(arch) if not made.exist_arch(arch) else None
    made.remove_arch(library.system_arch()) if library.system_arch() != arch else None
    for name in seccomp.numbers(machine):
        made.add_rule(ALLOW, name)
    for name in ("clone3", "openat2"):
        made.add_rule(ENOSYS, name)
    needless = 0x7E027000
    made.add_rule(ALLOW, "clone", library.Arg(0, library.MASKED_EQ, needless | 0x10000, 0x10000))
    made.add_rule(ALLOW, "tgkill", library.Arg(0, library.MASKED_EQ, 2**32 - 1, TGID))
    made.add_rule(ALLOW, "prlimit64", library.Arg(0, library.MASKED_EQ, 2**32 - 1, 0))
    for name, values in (("fcntl", (0, 1, 2, 3, 4, 1030, 1032)), ("ioctl", (0x5401, 0x5450, 0x5451, 0x541B))):
        for value in values:
            made.add_rule(ALLOW, name, library.Arg(1, library.MASKED_EQ, 2**32 - 1, value))
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def _libseccomp() -> Any:
    """libseccomp through pyseccomp; skips without either."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        pytest.skip("libseccomp is for Linux")
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        pytest.skip(f"pyseccomp or libseccomp is not installed: {error}")
    return pyseccomp
