"""What isolation this machine offers, found by building it once and throwing it away. Serves `mathsolve doctor`."""

from __future__ import annotations

import asyncio

from .. import system
from ..inside.isolation import Layer, tier
from ..session import SandboxError
from .supervisor import Supervisor

__all__ = ["Layer", "probe", "tier"]


def probe() -> list[Layer]:
    """Every layer, in force or not, with its remedy; `tier` of them is the tier. Raises `SandboxError` when none works.

    Not to be called inside a running event loop.
    """
    return asyncio.run(_probe())


async def _probe() -> list[Layer]:
    if system.HERE is None:
        raise SandboxError(system.NOWHERE)
    server = Supervisor("check", "D", system.HERE, probe=True)
    try:
        return [Layer(*layer) for layer in (await server.hello()).layers]
    finally:
        await server.close()
