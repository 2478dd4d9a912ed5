# ruff: noqa: E501  (programs are kept on one line)
"""The walls themselves: which stand, what is said when one is missing, and the filter's own code."""

from __future__ import annotations

import platform
import re
import struct
import sys
from pathlib import Path

import pytest

from mathsolve.sandbox import seccomp
from mathsolve.sandbox.isolation import Layer, readable_directories, refusal, tier
from mathsolve.sandbox.probe import probe

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def standing(*names: str) -> list[Layer]:
    every = ("namespaces", "read-only root", "Landlock", "system-call filter")
    return [Layer(name, name in names, "detail", "remedy") for name in every]


def test_the_probe_names_every_layer_and_a_remedy_for_what_is_missing() -> None:
    layers = probe()
    assert {"namespaces", "Landlock", "system-call filter", "resource limits"} <= {layer.name for layer in layers}
    assert all(layer.detail and (layer.ok or layer.remedy) for layer in layers)
    assert tier(layers) in "ABCD"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("namespaces", "read-only root", "Landlock", "system-call filter"), "A"),
        (("namespaces", "read-only root", "system-call filter"), "B"),
        (("Landlock", "system-call filter"), "B"),
        (("system-call filter",), "C"),
        (("namespaces", "read-only root", "Landlock"), "D"),
        ((), "D"),
    ],
)
def test_the_tier_follows_from_the_layers(names: tuple[str, ...], expected: str) -> None:
    assert tier(standing(*names)) == expected


def test_a_refusal_names_what_is_missing_and_the_remedy() -> None:
    said = refusal("C", "B", standing("system-call filter"))
    assert "tier C, and B is asked for" in said and "Landlock: detail (remedy: remedy)" in said
    assert refusal("A", "B", standing()) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="the walls of Linux")
def test_only_libraries_can_be_read() -> None:
    folders = readable_directories([])
    assert folders and not any(re.match(r"/(etc|proc|dev|root|home|tmp|var)?$", folder) for folder in folders)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_call_numbers_are_those_of_the_kernel(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    known = {
        n: int(v) for n, v in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(), re.MULTILINE)
    }
    known["newfstatat"] = known.get("newfstatat", known.get("fstatat", -1))
    wrong = {name: number for name, number in seccomp.numbers(machine).items() if known.get(name, number) != number}
    assert not wrong


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_jumps_of_the_filter_stay_inside_and_every_path_returns(machine: str) -> None:
    code = seccomp.assemble(machine, 7)
    steps = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
    for at, (kind, if_true, if_false, _) in enumerate(steps):
        if kind & 7 == 5:
            assert at + 1 + max(if_true, if_false) < len(steps)
    assert steps[-1][0] == 6 and len(steps) < 4096


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is for Linux")
def test_forbidden_calls_are_not_in_the_table() -> None:
    allowed = seccomp.numbers("x86_64" if platform.machine() not in ("x86_64", "aarch64") else platform.machine())
    forbidden = "execve execveat fork vfork clone clone3 kill tkill ptrace socket connect mount unshare setns bpf io_uring_setup"
    assert not set(forbidden.split()) & set(allowed)
