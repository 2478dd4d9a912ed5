"""Servers that share a load: each request goes to the one with the least to do, and to another when it fails.

Promises: a request is sent again until it is answered or patience ends, with growing pauses, and never to a server that
asked for a pause before that has passed; a refused request (a wrong key, an unknown model) is not sent again. An answer that
comes after the caller has gone is nobody's.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import BackendError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
"""Pauses after failures of one server double from the first to the longest."""


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server."""

    client: AsyncOpenAI
    """Talks to it."""
    model: str
    """What it calls the model."""
    own: bool = False
    """Whether it is vLLM, which can do more than the protocol says."""
    load: int = 0
    """Requests that are on their way."""
    failures: int = 0
    """Failures since its last answer."""
    awake_s: float = 0.0
    """When it may be asked again, on the monotonic clock."""

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.client.base_url).rstrip("/")

    def rest(self, pause_s: float | None) -> None:
        """It failed. `pause_s`: what it asked for; None: by the number of failures, with some chance in it, so that not all
        callers come back at once."""
        self.failures += 1
        doubled = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self.failures - 1))
        self.awake_s = time.monotonic() + (pause_s if pause_s is not None else doubled * random.uniform(0.5, 1.0))


class Endpoints:
    """All servers of one model.

    Args:
        endpoints: at least one.
        patience_s: how long a request is sent again and again while every server fails.
    """

    def __init__(self, endpoints: list[Endpoint], patience_s: float) -> None:
        self.endpoints = endpoints
        self._patience_s = patience_s

    async def ask(self, request: Callable[[Endpoint], Awaitable[T]]) -> T:
        """The outcome of a request.

        Raises:
            BackendError: it was refused, or no server answered within the patience.
        """
        end = time.monotonic() + self._patience_s
        while True:
            endpoint = min(self.endpoints, key=lambda one: (max(one.awake_s, time.monotonic()), one.load))
            await asyncio.sleep(max(0.0, endpoint.awake_s - time.monotonic()))
            endpoint.load += 1
            try:
                answer = await request(endpoint)
            except Exception as error:
                self._judge(endpoint, error, end)
            else:
                endpoint.failures = 0
                return answer
            finally:
                endpoint.load -= 1

    def _judge(self, endpoint: Endpoint, error: Exception, end: float) -> None:
        """Lets a server rest that may do better later; raises `BackendError` where that makes no sense."""
        import openai

        if isinstance(error, openai.APIStatusError) and error.status_code not in (408, 409, 425, 429, *range(500, 600)):
            raise BackendError(f"{endpoint.address} refused the request: {_words(error)}") from error
        if not isinstance(error, openai.APIError):
            raise error
        endpoint.rest(_asked_for(error))
        if time.monotonic() > end:
            raise BackendError(
                f"no answer from {endpoint.address} for {self._patience_s:g} s: {_words(error)}; is the server running?"
            ) from error

    async def close(self) -> None:
        """Ends all connections."""
        for endpoint in self.endpoints:
            await endpoint.client.close()


def _asked_for(error: Any) -> float | None:
    """The pause in seconds that a server asked for."""
    response = getattr(error, "response", None)
    try:
        return float(response.headers["retry-after"]) if response is not None else None
    except (KeyError, ValueError):
        return None


def _words(error: Exception) -> str:
    """One line."""
    return " ".join(str(error).split())[:300]
