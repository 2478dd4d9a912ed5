"""Hostile programs as a table, and what must hold after each; for any sandbox, so that every backend runs the same list.

A program prints ESCAPED when it got what it wanted. No program may print that, or any of the secrets that lie about;
each has to end in one of its statuses and show what it says; and a new session right after it finds nothing changed.
Promises: what refuses a raw call is the filter, because an error that only its arguments earned counts as an escape.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import secrets
import socket
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mathsolve.sandbox import Limits, Observation, Program
from mathsolve.sandbox.session import Sandbox, Session

HERE = Path(__file__).parent
PARALLEL = 8
"""Attacks under way at once; a sandbox for them should run as many blocks at a time, because some only wait."""
MARKS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", ".")
"""Folders in which an attack may try to leave `mathsolve-escape`."""

Policy = Literal["off", "check", "restricted"]

ARMS = """
import ctypes, errno, json, os, signal, socket, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(*actions):
    for action in actions:
        try:
            result = action()
        except Exception as error:
            print('refused', type(error).__name__, getattr(error, 'errno', ''))
        else:
            print('ESCAPED', repr(result)[:80])
def denied(name, *arguments):
    numbers = CALLS[name]
    column = ('x86_64', 'aarch64').index(MACHINE)
    if column >= len(numbers):
        return print('refused', name, 'is unknown')
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = libc.syscall(ctypes.c_long(numbers[column]), *words)
    reason = errno.errorcode.get(ctypes.get_errno(), 'none')
    print('refused' if result == -1 and reason in ('EPERM', 'ENOSYS', 'EACCES') else 'ESCAPED', name, result, reason)
def raw(data):
    data = struct.pack('<I', len(data)) + data
    while data:
        data = data[os.write(3, data):]
def mine():
    frame = sys._getframe()
    while 'order' not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals['order']
def reply(name, *values):
    kind = getattr(sys.modules[type(mine()).__module__], name)
    raw(json.dumps([name, *values, *[None] * (len(kind.__dataclass_fields__) - len(values))]).encode())
"""
"""What every attack has at hand when no policy reads it."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile program."""

    name: str
    """What it tries."""
    theme: str
    """File of the table that it stands in."""
    blocks: tuple[str, ...]
    """Its blocks, run one after the other in one session."""
    number: int = 0
    """Its place in the list that the sandbox was designed against (1 to 92); 0 for later ones."""
    ends: tuple[str, ...] = ("ok",)
    """Statuses in which the last block may end."""
    shows: str = "refused"
    """Pattern of what it has to show, so that an attack that fails by its own mistake is noticed."""
    hides: str = ""
    """Pattern of what it must not show, besides ESCAPED."""
    next: str = "'clean'"
    """What a new session evaluates right after it, to 'clean'."""
    tier: str = "B"
    """Weakest tier that stops it."""
    slow: bool = False
    """Whether it uses up its time, which is made short."""
    machine: str = ""
    """The only processor that it is written for."""
    policy: Policy = "off"
    """Weakest policy that stops it; `off` when the kernel does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attack."""

    seen: tuple[Observation, ...]
    """Its blocks."""
    after: Observation
    """What the next session saw."""


@dataclass(slots=True)
class Bait:
    """What an attacker may reach on the host, and whether one did."""

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    """A word that must not be seen inside: it is in a file, in the environment, and in another session."""
    path: str = ""
    """A file that everybody may read."""
    port: int = 0
    """A TCP port of the host."""
    abstract: str = field(default_factory=lambda: f"mathsolve-{secrets.token_hex(4)}")
    """Name of an abstract Unix socket of the host."""
    harm: list[str] = field(default_factory=list)
    """What happened that must not happen."""


def table() -> list[Attack]:
    """Every attack, in the order of the files."""
    return [one for path in sorted((HERE / "hostile").glob("*.toml")) for one in _read(path)]


def _read(path: Path) -> Iterator[Attack]:
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["attack"]:
        code, times = row.pop("code", None), row.pop("times", 1)
        blocks = [code * times] if code else row.pop("blocks")
        yield Attack(
            theme=path.stem, blocks=tuple(blocks), **{k: tuple(v) if k == "ends" else v for k, v in row.items()}
        )


def applies(attack: Attack, policy: Policy, tier: str) -> bool:
    """Whether an attack has to fail in this tier on this machine: with a policy those on it, without those on the kernel."""
    stops = {"off": ("off",), "check": ("check",), "restricted": ("check", "restricted")}
    here = tier <= attack.tier or policy != "off"
    return attack.policy in stops[policy] and here and attack.machine in ("", platform.machine())


async def storm(sandbox: Sandbox, attacks: Sequence[Attack], policy: Policy) -> tuple[dict[str, Outcome], list[str]]:
    """Run attacks side by side; what each came to by name, and what harm all of them did to their host."""
    with baited() as bait:
        async with await sandbox.open() as victim:
            await victim.run(Program(f"secret = '{bait.token}'"))
            arms = await _arms(bait, victim) if policy == "off" else ""
            gate = asyncio.Semaphore(PARALLEL)
            outcomes = await asyncio.gather(*(_attack(sandbox, gate, arms, attack) for attack in attacks))
            still = await victim.run(Program("secret"))
            if still.value != repr(bait.token):
                bait.harm.append(f"another session was hit: {still}")
        told = [attack.name for attack, one in zip(attacks, outcomes, strict=True) if bait.token in str(one)]
        bait.harm += [f"{name} saw the secret" for name in told]
    return dict(zip((attack.name for attack in attacks), outcomes, strict=True)), bait.harm


async def _attack(sandbox: Sandbox, gate: asyncio.Semaphore, arms: str, attack: Attack) -> Outcome:
    usual = Limits(cpu_s=10, memory_mb=512, output_chars=20_000)
    limits = Limits(cpu_s=0.1, memory_mb=512, output_chars=20_000) if attack.slow else usual
    async with gate:
        async with await sandbox.open() as session:
            await session.run(Program(arms), usual)
            seen = [await _observed(session, code, limits) for code in attack.blocks]
        async with await sandbox.open() as session:
            return Outcome(tuple(seen), await session.run(Program(attack.next), usual))


async def _observed(session: Session, code: str, limits: Limits) -> Observation:
    try:
        return await session.run(Program(code), limits)
    except (OverflowError, ValueError, TypeError, AssertionError) as error:  # it reached the application
        return Observation("infra_error", error=f"ESCAPED into the application: {error!r}")


async def _arms(bait: Bait, victim: Session) -> str:
    pid = await victim.run(Program("import os\nos.getpid()"))
    known = {
        "CALLS": tomllib.loads((HERE / "calls.toml").read_text(encoding="utf-8")),
        "MACHINE": platform.machine(),
        "BACKWARDS": bait.token[::-1],
        "SECRET_FILE": bait.path,
        "PORT": bait.port,
        "ABSTRACT": bait.abstract,
        "VICTIM": int(pid.value or 0),
    }
    return ARMS + "".join(f"{name} = {value!r}\n" for name, value in known.items())


def complaints(attack: Attack, outcome: Outcome) -> Iterator[str]:
    """What did not hold."""
    shown, last = "\n".join(one.text for one in outcome.seen), outcome.seen[-1]
    if "ESCAPED" in shown or (attack.hides and re.search(attack.hides, shown)):
        yield f"it got out: {shown[:2000]}"
    if mistake := re.search(r"refused (Name|Syntax|Attribute|Type|Index)Error", shown):
        yield f"it failed by a mistake of its own, {mistake[0]}: {shown[:2000]}"
    if last.status not in attack.ends:
        yield f"it ended as {last.status}: {shown[:2000]}"
    if not re.search(attack.shows, shown, re.DOTALL):
        yield f"it did not show {attack.shows!r}: {shown[:2000]}"
    if not all(0 <= one.cpu_s < 60 and len(one.text) < 200_000 for one in outcome.seen):
        yield f"it is told of with impossible figures: {last.cpu_s} s, {len(shown)} characters"
    if outcome.after.value != "'clean'":
        yield f"the next session is not clean: {outcome.after}"


@contextmanager
def baited() -> Iterator[Bait]:
    """Lay the bait out, and look at it afterwards."""
    bait = Bait()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as tcp:
        Path(folder).chmod(0o755)
        bait.path, bait.port = f"{folder}/secret", tcp.getsockname()[1]
        Path(bait.path).write_text(bait.token)
        os.environ["MATHSOLVE_SECRET"] = bait.token
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind("\0" + bait.abstract)
            unix.listen()
            for door in (tcp, unix):
                threading.Thread(target=_admit, args=(door, bait), daemon=True).start()
            yield bait
        if Path(bait.path).read_text() != bait.token:
            bait.harm.append("the secret was changed")
    del os.environ["MATHSOLVE_SECRET"]
    bait.harm += [f"something was left in {place}" for place in MARKS if any(Path(place).glob("mathsolve-escape*"))]


def _admit(door: socket.socket, bait: Bait) -> None:
    with suppress(OSError):  # the door is closed at the end
        while True:
            door.accept()[0].close()
            bait.harm.append(f"somebody came in at {door}")
