"""Hostile programs on every machine that can be made out of this one: how many were run, and what did not hold.

    python benchmarks/attack_table.py [--list]

Runs the table of tests/sandbox/hostile as root and as another user, with namespaces and without, without Landlock, in a
container, and under each policy, and prints a line for each; exit status 1 when anything did not hold. With `--list` it
runs nothing, and prints which program is which number of the list that the sandbox was designed against. A machine that
cannot be had here (another user without root, a container without a daemon) says so in its line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

SUITE = Path(__file__).resolve().parent.parent / "tests" / "sandbox"
sys.path.insert(0, str(SUITE))
from attacks import table  # noqa: E402
from machines import Findings  # noqa: E402

MACHINES: dict[str, dict[str, object]] = {
    "namespaces": {},
    "no namespaces": {"denied": ["unshare"]},
    "no Landlock": {"denied": ["landlock_create_ruleset"]},
    "nothing but the filter": {
        "denied": ["unshare", "landlock_create_ruleset"], "policy": "restricted", "min_tier": "C"
    },
    "policy check": {"policy": "check"},
    "policy restricted": {"policy": "restricted"},
}  # fmt: skip
USERS = {"root": None, "uid 65534": 65_534}
TIMEOUT_S = 1_200


def siege(machine: dict[str, object]) -> Findings:
    """The attacks on a machine, in a process of their own."""
    command = [sys.executable, str(SUITE / "machines.py"), json.dumps({"slow": True, **machine})]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    return Findings(**json.loads(done.stdout))


def show() -> bool:
    """One line for each machine; whether everything held."""
    machines = {f"{name}, {who}": {**m, "user": user} for who, user in USERS.items() for name, m in MACHINES.items()}
    machines["container"] = {"container": True, "min_tier": "C"}
    counts = Table("machine", "tier", "programs", "of the 92", "got out", "harm to the host", "seconds")
    numbers = {attack.name: attack.number for attack in table()}
    sound = True
    for name, machine in machines.items():
        print(f"{name} ...", file=sys.stderr)
        start = time.perf_counter()
        found = siege(machine)
        listed = sum(numbers[attack] > 0 for attack in found.ran)
        cells = [str(len(found.ran)), str(listed), str(len(found.complaints)), str(len(found.harm))]
        seconds = f"{time.perf_counter() - start:.0f}"
        counts.add_row(name, *([found.tier, *cells, seconds] if not found.refusal else ["-", found.refusal]))
        sound &= not found.complaints and not found.harm
        for attack, wrong in found.complaints.items():
            print(f"{name}: {attack}: {'; '.join(wrong)[:300]}", file=sys.stderr)
    Console(width=140).print(counts)
    return sound


def name_all() -> None:
    """Every program, in the order of the list, the later ones last."""
    listing = Table("number", "program", "file", "stopped from", "by policy")
    for attack in sorted(table(), key=lambda one: (one.number or 93, one.theme, one.name)):
        policy = "" if attack.policy == "off" else attack.policy
        listing.add_row(str(attack.number or "-"), attack.name, attack.theme, f"tier {attack.tier}", policy)
    Console(width=140).print(listing)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="only say which program is which")
    if parser.parse_args().list:
        name_all()
    else:
        sys.exit(not show())
