"""Programs that write to their session's socket themselves: what they say costs their own session, and nobody the truth."""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Iterator
from typing import get_args

import pytest

from mathsolve.sandbox import SandboxError
from mathsolve.sandbox.messages import Done, Exited, Kill, Message, pack
from mathsolve.sandbox.process.channel import Kind
from mathsolve.sandbox.process.supervisor import Supervisor

from .conftest import Run

TICKET = "fedcba9876543210"
"""Stands for the ticket of the running block."""
ORDER = """
import os, signal, sys
frame = sys._getframe()
while "order" not in frame.f_locals: frame = frame.f_back
order = frame.f_locals["order"]
"""
"""A program's way to what it was sent."""
REPLAYED = f"{ORDER}\nif order.value_chars == 0: signal.raise_signal(signal.SIGKILL)"
"""Ends its process when it is run again, as if the system had."""


def forging(*messages: Message, end: str = "") -> str:
    """A program that says this."""
    data = b"".join(map(pack, messages))
    return f"{ORDER}\nos.write(3, {data!r}.replace(b'{TICKET}', order.ticket.encode()))\n{end}"


def done() -> Done:
    """What the running block's own reply would look like."""
    return Done(TICKET, "ok", "'forged'", None, 0.0)


@pytest.mark.parametrize(
    "notice", [Exited(1, 0.1, True), Exited(-9, 0.1, False), Exited(-24, 0.1, False), Exited(0, 0.0, False)], ids=repr
)
@pytest.mark.parametrize("end", ["", "os._exit(0)", "os.close(3)"])
def test_a_death_that_a_program_forged_is_not_told_of_the_next_one(attack: Run, notice: Exited, end: str) -> None:
    forged, after, later = attack(forging(done(), notice, end=end), "x = 2\nx", "x")
    assert (forged.status, forged.text) == ("ok", "'forged'")
    assert (after.status, after.text, after.session) == ("ok", "2", "lost")
    assert (later.text, later.session) == ("2", "kept")


def test_noise_with_a_forged_reply_is_told_of_who_made_it(attack: Run) -> None:
    data = f"{pack(done())!r}.replace(b'{TICKET}', order.ticket.encode())"
    seen = attack("x = 1", f"{ORDER}\nos.write(3, {data} + b'\\xff' * 9)", "x + 1")
    assert [one.status for one in seen] == ["ok", "crashed", "ok"]
    assert seen[1].session == "restored" and seen[2].text == "2"


def test_a_program_that_makes_noise_is_told_so_and_those_before_it_keep_their_variables(attack: Run) -> None:
    seen = attack("import os, time\nx = 1", "os.write(3, b'\\xff' * 9)\ntime.sleep(9)", "x")
    assert [one.status for one in seen] == ["ok", "crashed", "ok"]
    assert seen[1].session == "restored" and seen[2].text == "1"


def test_late_replies_of_a_forging_program_are_nobody_elses(attack: Run) -> None:
    again = f"data = {pack(done())!r}.replace(b'{TICKET}', order.ticket.encode())"
    late = "import threading, time\nthreading.Timer(0.05, os.write, (3, data)).start()"
    seen = attack(f"{forging(done())}\n{again}\n{late}", "time.sleep(0.2)\n2", "3")
    assert [one.text for one in seen] == ["'forged'", "2", "3"]


def test_who_dies_when_it_is_run_again_costs_its_session_the_variables(attack: Run) -> None:
    seen = attack(f"{REPLAYED}\nx = 1", "os._exit(3)", "x", "2")
    assert [one.status for one in seen] == ["ok", "exited", "error", "ok"]
    assert seen[1].session == "lost" and seen[2].error == "NameError: name 'x' is not defined"


@pytest.fixture
def server() -> Iterator[Supervisor]:
    """A server of the test's own that has said hello."""
    server = Supervisor("off", "B", "linux")
    try:
        asyncio.run(server.hello())
    except SandboxError as error:
        pytest.skip(str(error))
    yield server
    asyncio.run(server.close())


@pytest.mark.skipif(sys.platform != "linux", reason="the server of Linux")
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_server_keeps_no_descriptors_for_a_child_that_they_were_not_sent_for(server: Supervisor, kind: Kind) -> None:
    read, write = os.pipe()
    server._lines[kind].say(pack(Kill(1)), [write])
    assert select.select([read], [], [], 30)[0] and os.read(read, 1) == b""
    os.close(read)
