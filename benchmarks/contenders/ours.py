"""This project's sandbox, all layers. `new`: a session for each program; `live`: one session for all, one after another;
`docker`: a session for each program in the docker backend.
"""

from __future__ import annotations

import asyncio
import sys
import time

from serving import asked, leave_out, reply

from mathsolve.sandbox import ProcessSandbox, Program, Sandbox, SandboxError, Session
from mathsolve.sandbox.docker import DockerSandbox


async def main() -> None:
    """Start, warm up, answer."""
    async with DockerSandbox() if "docker" in sys.argv else ProcessSandbox() as sandbox:
        try:
            await new_session(sandbox, "import sympy")
        except SandboxError as error:
            leave_out(str(error))
        live = {name: await sandbox.open() for name in ("sympy", "")} if "live" in sys.argv else {}
        for codes in asked():
            start = time.perf_counter()
            if live:
                printed = [
                    await block(live["sympy" if "sympy" in code or "numpy" in code else ""], code) for code in codes
                ]
            else:
                printed = list(await asyncio.gather(*(new_session(sandbox, code) for code in codes)))
            reply(time.perf_counter() - start, printed)


async def new_session(sandbox: Sandbox, code: str) -> str:
    """What a program prints in a session of its own."""
    async with await sandbox.open() as session:
        return await block(session, code)


async def block(session: Session, code: str) -> str:
    """What a program prints in this session."""
    return (await session.run(Program(code))).text


asyncio.run(main())
