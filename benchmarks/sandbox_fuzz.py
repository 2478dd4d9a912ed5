"""Fuzzing of the frame protocol: random and damaged byte streams, into everything that reads frames.

Five targets share the time: the decoder; the application's `Channel` with a hostile far end; the whole application, by a
program that writes the stream to its session's socket; the control socket of a running server; the socket of a child.
Nothing but `BadFrame` may come out of the decoder, nothing may hang, an answer has to be a right one, the server goes on
or is replaced, and nobody's memory grows.

    python benchmarks/sandbox_fuzz.py [minutes] [--seed N] [--only TARGET]

Prints executions per second and what was found, with the shortest stream in hexadecimal; exit code 1 when it found
anything.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import os
import random
import socket
import sys
import time
import zlib
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import get_args

from fuzz_streams import ANY, TICKET, TO_APPLICATION, TO_CHILD, TO_SERVER, Draw, decoded, whole
from sandbox_soak import memory, processes

from mathsolve.sandbox import Limits, Observation, ProcessSandbox, Program, Status
from mathsolve.sandbox.messages import Done, Exited, Run, Watch
from mathsolve.sandbox.process.channel import Channel, Ending, Kind, new_ticket
from mathsolve.sandbox.process.supervisor import Supervisor
from mathsolve.sandbox.process.verdict import verdict

PATIENCE_S = 120.0
"""Wall seconds after which something counts as hanging."""
GROWTH_MB = 4.0
"""Memory that may be gained in the second half of a target's time."""
TAKEN = 100_000
"""Bytes that a socket takes at once, whoever listens."""
LIMITS = Limits(cpu_s=1.0, memory_mb=256, output_chars=1000)


def expect(true: object, complaint: str) -> None:
    """A property; what is found is told by its complaint."""
    if not true:
        raise AssertionError(complaint)


@dataclass(slots=True)
class Target(ABC):
    """One reader under fire. `last` is the stream that it was given."""

    name: str
    """Of the line in the table."""
    draw: Draw
    """Makes its streams."""
    width: int
    """Tried at the same time."""
    count: int = 0
    """Executions."""
    found: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """What went wrong, how often, and the shortest stream that did it."""

    @abstractmethod
    async def once(self, stream: bytes) -> None:
        """One execution; raises `AssertionError` when a property does not hold."""

    async def start(self) -> None:  # noqa: B027 (some have nothing to do)
        """Get ready."""

    async def stop(self) -> None:  # noqa: B027
        """Leave nothing."""

    async def worker(self, end: float) -> None:
        """Execute until the time is over."""
        while time.monotonic() < end:
            stream = self.draw.stream()
            try:
                await asyncio.wait_for(self.once(stream), PATIENCE_S)
            except Exception as error:  # whatever comes out is what this looks for
                key = f"{type(error).__name__}: {error}"[:200]
                count, shortest = self.found.get(key, (0, stream))
                self.found[key] = count + 1, min(shortest, stream, key=len)
            self.count += 1
            await asyncio.sleep(0)


class Decoder(Target):
    """Chunks of any size into `Frames`: messages with fields of their types, or `BadFrame`, in little time."""

    async def once(self, stream: bytes) -> None:
        """Twice: at once, and cut."""
        chance = self.draw.chance
        cuts = sorted(chance.randrange(len(stream) + 1) for _ in range(chance.choice((0, 1, 3, 40))))
        start = time.process_time()
        messages, refused = decoded([stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)])
        expect(time.process_time() - start < 2, "it takes seconds")
        expect(refused == decoded([stream])[1], "it depends on how the stream was cut")
        for message in messages:
            for each in fields(message):
                name = type(getattr(message, each.name)).__name__
                wanted = str(each.type).replace("None", "NoneType").replace("float", "int | float").split(" | ")
                expect(
                    name in (part.split("[")[0] for part in wanted), f"{type(message).__name__}.{each.name} is {name}"
                )


class Application(Target):
    """A `Channel` whose far end sends the stream: it ends as the first message says that may end it."""

    async def once(self, stream: bytes) -> None:
        """With a far end that stays open or closes."""
        near, far = socket.socketpair()
        output, output_far = os.pipe()
        channel, order = Channel(1, "lite", near, output), Run(TICKET, "1", 1.0, 100, 100, 0)
        far.setblocking(False)
        closes, stream = self.draw.chance.random() < 0.5, stream[:TAKEN]
        messages, refused = decoded([stream[at : at + 1] for at in range(len(stream))])
        ends = [one for one in messages if isinstance(one, Exited) or (isinstance(one, Done) and one.ticket == TICKET)]
        wanted: list[Ending] = [*ends[:1], *(["garbage"] if refused else [])] or (["lost"] if closes else ["wall"])
        with far:
            patience_s = 0.02 if wanted == ["wall"] else PATIENCE_S
            running = asyncio.create_task(channel.run(order, 1.0, patience_s, 100))
            await asyncio.sleep(0)
            expect(far.send(stream) == len(stream), "the socket takes less than it used to")
            if closes:
                far.close()
            os.close(output_far)
            ending, _ = await running
        channel.close()
        expect(repr(ending) in map(repr, wanted), f"ended with {repr(ending)[:60]} instead of {repr(wanted)[:100]}")
        if not isinstance(ending, Done):
            expect(verdict(ending, LIMITS, True).status in get_args(Status), "a verdict of its own")


def right(seen: Observation) -> None:
    """What every observation of a hostile program has to be."""
    expect(seen.status in get_args(Status) and seen.status != "infra_error", f"status {seen.status!r}"[:60])
    expect(0 <= seen.cpu_s < 2**63, f"cpu_s {seen.cpu_s!r}"[:60])
    expect(len(seen.text) < 20 * LIMITS.output_chars, "more text than was asked for")
    seen.text.encode()


class Whole(Target):
    """The whole application; the stream comes from a program, which knows the ticket of its block."""

    async def start(self) -> None:
        """One server for all."""
        self.sandbox = ProcessSandbox(LIMITS, policy="off", concurrency=self.width)

    async def stop(self) -> None:
        """With its server."""
        await self.sandbox.close()
        expect(not processes(set()), "processes are left")

    async def once(self, stream: bytes) -> None:
        """The hostile program, a good one in its session, a good one in another."""
        end = self.draw.chance.choice(("", "os._exit(0)", "os.close(3)", "1 / 0"))
        packed = zlib.compress(whole(stream))  # a program may not be as long as what it writes
        code = (
            "import os, sys, zlib\nframe = sys._getframe()\nwhile 'order' not in frame.f_locals: frame = frame.f_back\n"
            f"data = zlib.decompress({packed!r}).replace(b'{TICKET}', frame.f_locals['order'].ticket.encode())\n"
            f"while data: data = data[os.write(3, data):]\n{end}"
        )
        told = [verdict(one, LIMITS, True).status for one in decoded([stream])[0] if isinstance(one, Exited)]
        number = str(self.draw.chance.randrange(10**9))
        async with await self.sandbox.open() as session, await self.sandbox.open() as other:
            right(await session.run(Program(code)))
            after = await session.run(Program(number))
            expect(after.text == number or after.status in ("crashed", "exited", *told), f"afterwards {after!r}"[:200])
            good = await other.run(Program(number))
            expect(good.text == number, f"another session got {good.status}: {good.text[:60]!r}")


class Server(Target):
    """The control sockets of a running server, which goes on or is replaced: the next session works."""

    async def start(self) -> None:
        """A sandbox."""
        self.sandbox = ProcessSandbox(LIMITS, policy="off")

    async def stop(self) -> None:
        """With its server."""
        await self.sandbox.close()
        expect(not processes(set()), "processes are left")

    async def once(self, stream: bytes) -> None:
        """With descriptors that nobody asked for, or without."""
        spares = (await self.sandbox.open())._sandbox._spares  # the way in is private, and that is how it should be
        kind: Kind = self.draw.chance.choice(("lite", "symbolic"))
        strays = [os.open(os.devnull, os.O_RDWR) for _ in range(self.draw.chance.choice((0, 0, 1, 2, 3)))]
        spares.server._lines[kind].say(whole(stream), strays)
        watched = any(isinstance(one, Watch) for one in decoded([stream])[0])  # perhaps the next session's child
        number = str(self.draw.chance.randrange(10**9))
        library = "" if kind == "lite" else "import sympy\n"
        async with await self.sandbox.open() as session:
            seen = await session.run(Program(library + number))
        fits = seen.text == number or (watched and seen.status == "timeout")
        expect(fits, f"the next session got {seen.status}: {seen.text[:60]!r}")
        expect(len(processes(set())) < 100, "more and more processes")


class Child(Target):
    """The socket of a child, which answers the next block or leaves, and is reaped."""

    async def start(self) -> None:
        """A server."""
        self.server = Supervisor("off", "B", "linux")
        await self.server.hello()

    async def stop(self) -> None:
        """With its children."""
        await self.server.close()
        expect(not processes(set()), "processes are left")

    async def once(self, stream: bytes) -> None:
        """Before its first block."""
        channel = self.server.spawn("lite")
        try:
            expect(await channel.ready(PATIENCE_S), "it never was ready")
            with channel._sock.dup() as sock, suppress(BrokenPipeError, ConnectionResetError):  # it leaves at once
                await asyncio.get_running_loop().sock_sendall(sock, whole(stream))
            ending, _ = await channel.run(Run(new_ticket(), "1 + 1", 1.0, 256, 100, 0), 2.0, 60.0, 100)
            answered = isinstance(ending, Done) and (ending.status, ending.value) == ("ok", "2")
            expect(answered or isinstance(ending, Exited) or ending == "gone", f"it ended with {ending!r}"[:90])
            expect(self.server.alive, "the server died of it")
        finally:
            channel.close()


def held() -> dict[int, float]:
    """MiB that this process, first, and the server's use; what this one has free, and keeps for later, is given back."""
    gc.collect()
    with suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
    server = [each.pid for each in processes(set()) if each.role != "child" and each.state != "Z"]
    return {pid: memory([pid], "Rss") for pid in (os.getpid(), *server)}


async def fuzz(target: Target, seconds: float) -> None:
    """Run one target for its time and print its line."""
    await target.start()
    begin, used = time.monotonic(), list[dict[int, float]]()
    for part in (1, 2):
        await asyncio.gather(*(target.worker(begin + seconds * part / 2) for _ in range(target.width)))
        await asyncio.sleep(1)
        used.append(held())
    before, after = used
    if any(after[pid] > before[pid] + GROWTH_MB for pid in before.keys() & after.keys()):
        target.found[f"memory grew: {used}"] = 1, b""
    await target.stop()
    cells = [f"{target.name:12} {target.count:>10} {target.count / seconds:>8.1f} {len(target.found):>6}"]
    print(*cells, f"{after.pop(os.getpid()):>8.0f} {sum(after.values()):>8.0f}", flush=True)
    for complaint, (count, stream) in target.found.items():
        print(
            f"  FOUND {count} x {complaint}\n    {stream[:300].hex()}{'...' if len(stream) > 300 else ''}", flush=True
        )


def main() -> None:
    """Fuzz everything, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float, nargs="?", default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", metavar="TARGET")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    every = [
        Decoder("decoder", Draw(chance, ANY), 1),
        Application("application", Draw(chance, TO_APPLICATION), 8),
        Whole("program", Draw(chance, TO_APPLICATION), 16),
        Server("server", Draw(chance, TO_SERVER), 1),
        Child("child", Draw(chance, TO_CHILD), 4),
    ]
    targets = [target for target in every if asked.only in ("", target.name)]
    print(f"{'target':12} {'executions':>10} {'per s':>8} {'found':>6} {'MiB app':>8} {'server':>8}")
    for target in targets:
        asyncio.run(fuzz(target, asked.minutes * 60 / len(targets)))
    sys.exit(any(target.found for target in targets))


if __name__ == "__main__":
    main()
