"""The walls themselves: which stand, what is said when one is missing, here and where the kernel refuses some calls."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from mathsolve.sandbox.inside.isolation import Layer, readable_directories, refusal, tier
from mathsolve.sandbox.process.probe import probe

HERE = Path(__file__).parent
REFUSING = """
import sys
sys.path.insert(0, sys.argv[1])
from machines import deny
from mathsolve.sandbox.process.probe import probe, tier
deny(tuple(sys.argv[2:]))
layers = probe()
print(tier(layers), *(f"{x.name}: {x.detail}: {x.remedy}" for x in layers if not x.ok), sep="\\n")
"""


@cache
def walls() -> list[Layer]:
    """What stands on this machine."""
    return probe()


def standing(*names: str) -> list[Layer]:
    every = ("namespaces", "read-only root", "Landlock", "system-call filter")
    return [Layer(name, name in names, "detail", "remedy") for name in every]


def test_the_probe_names_every_layer_and_a_remedy_for_what_is_missing() -> None:
    layers = walls()
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


def where_the_kernel_refuses(*calls: str) -> list[str]:
    """The tier, then what is missing and why, of a machine that refuses these calls; skips where there is no tier A."""
    if sys.platform != "linux" or tier(walls()) != "A":
        pytest.skip("made out of a machine that offers tier A")
    command = [sys.executable, "-c", REFUSING, str(HERE), *calls]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.stdout.splitlines() or done.stderr.splitlines()[-1:]


def test_without_namespaces_it_is_tier_b_and_the_remedy_is_named() -> None:
    found, *missing = where_the_kernel_refuses("unshare")
    assert found == "B" and [line.split(":")[0] for line in missing] == ["namespaces", "read-only root"]
    assert all("Operation not permitted" in line and "allow unprivileged user namespaces" in line for line in missing)


def test_without_mounts_namespaces_do_not_count() -> None:
    found, *missing = where_the_kernel_refuses("mount")
    assert found == "B" and "mount" in missing[0]


def test_without_landlock_it_is_tier_b_and_the_remedy_is_named() -> None:
    found, missing = where_the_kernel_refuses("landlock_create_ruleset")
    assert found == "B" and missing.startswith("Landlock: ") and "use Linux 5.13 or newer" in missing


def test_with_nothing_but_the_filter_it_is_tier_c() -> None:
    assert where_the_kernel_refuses("unshare", "landlock_create_ruleset")[0] == "C"


def test_where_nothing_works_the_reason_is_told() -> None:
    (said,) = where_the_kernel_refuses("capset")
    assert "no isolation works here" in said and "bare: capset: Operation not permitted" in said


@pytest.mark.skipif(sys.platform != "linux", reason="the walls of Linux")
def test_a_user_with_lower_limits_is_served_and_keeps_them() -> None:
    code = (
        "import asyncio, resource\nresource.setrlimit(resource.RLIMIT_NPROC, (4000, 4000))\n"
        "from mathsolve.sandbox import *\nasync def main():\n"
        "    async with ProcessSandbox(policy='off', min_tier='D') as box, await box.open() as session:\n"
        "        print((await session.run(Program('import resource\\nresource.getrlimit(resource.RLIMIT_NPROC)'))).text)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "(4000, 4000)\n", done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the walls of Linux")
def test_only_libraries_can_be_read() -> None:
    folders = readable_directories([])
    assert folders and not any(re.match(r"/(etc|proc|dev|root|home|tmp|var)?$", folder) for folder in folders)
