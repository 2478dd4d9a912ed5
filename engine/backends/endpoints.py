"""Servers that share a load: each request goes to the one with the least to do, and to another when it fails.

Promises: a request is sent again until it is answered or patience ends, with growing pauses, and never to a server that
asked for a pause before that has passed; a refused request (a wrong key, an unknown model, an empty account) is not sent
again. Whoever is called off closes the connection, so that the server can stop, too.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import BackendError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0
"""Pauses after failures of one server double from the first to the longest."""
TRANSIENT = frozenset((408, 409, 425, 429, *range(500, 600)))
"""States of HTTP after which the same request may succeed."""


class Broken(Exception):
    """A server began an answer and did not end it, or its answer makes no sense."""


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server."""

    client: AsyncOpenAI
    """Talks to it."""
    model: str
    """What it calls the model."""
    own: bool = False
    """Whether it is vLLM, which can do more than the protocol says."""
    unknown: set[str] = field(default_factory=set)
    """Arguments that it does not take."""
    load: int = 0
    """Requests that are on their way."""
    failures: int = 0
    """Failures in a row."""
    awake_s: float = 0.0
    """When it may be asked again, on the monotonic clock."""
    trouble: str = ""
    """Its last failure in words."""

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.client.base_url).rstrip("/")

    def rest(self, pause_s: float | None) -> None:
        """It failed. `pause_s`: what it asked for; None: by the number of failures, with some chance in it, so that not all
        callers come back at once. Requests that fail together count as one failure."""
        now = time.monotonic()
        if pause_s is None and now < self.awake_s:
            return
        self.failures += 1
        doubled = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self.failures - 1))
        pause_s = doubled * random.uniform(0.5, 1.0) if pause_s is None else pause_s
        self.awake_s = max(self.awake_s, now + pause_s)


class Endpoints:
    """All servers of one model.

    Args:
        endpoints: at least one.
        patience_s: how long a request is sent again and again while every server fails, from its first failure on.
    """

    def __init__(self, endpoints: list[Endpoint], patience_s: float) -> None:
        self.endpoints = endpoints
        self._patience_s = patience_s

    async def ask(self, request: Callable[[Endpoint], Awaitable[T]]) -> T:
        """The outcome of a request.

        Raises:
            BackendError: it was refused, or no server answered within the patience.
        """
        end = None
        while True:
            endpoint = await self._free(end)
            endpoint.load += 1
            try:
                answer = await request(endpoint)
            except Exception as error:
                end = end or time.monotonic() + self._patience_s
                self._judge(endpoint, error)
            else:
                endpoint.failures = 0
                return answer
            finally:
                endpoint.load -= 1

    async def _free(self, end: float | None) -> Endpoint:
        """The server to ask next, when it may be asked."""
        now = time.monotonic()
        endpoint = min(self.endpoints, key=lambda one: (max(one.awake_s, now), one.load))
        pause_s = endpoint.awake_s - now
        if end is not None and now + pause_s > end:
            raise BackendError(
                f"no answer from {endpoint.address} within {self._patience_s:g} s, last: {endpoint.trouble}; "
                "is the server running, does it have too much to do?"
            )
        if pause_s > 0:
            await asyncio.sleep(pause_s)
        return endpoint

    def _judge(self, endpoint: Endpoint, error: Exception) -> None:
        """Lets a server rest that may do better later; raises `BackendError` where that makes no sense."""
        import openai

        if isinstance(error, openai.APIStatusError) and not _transient(error):
            raise BackendError(f"{endpoint.address} refused the request: {words(error)}") from error
        if not isinstance(error, (openai.APIError, Broken)) and not type(error).__module__.startswith("httpx"):
            raise error
        endpoint.trouble = words(error)
        endpoint.rest(_asked_for(error))

    async def close(self) -> None:
        """Ends all connections."""
        for endpoint in self.endpoints:
            await endpoint.client.close()


def words(error: Exception) -> str:
    """What a failure says, in one line."""
    said: Any = getattr(error, "body", None)
    told = said.get("message") if isinstance(said, dict) else None
    cause = f" ({error.__cause__})" if error.__cause__ is not None and str(error.__cause__) else ""
    return " ".join(f"{told or error or type(error).__name__}{cause}".split())[:300]


def _transient(error: Any) -> bool:
    """Whether the same request may succeed later."""
    return error.status_code in TRANSIENT and error.code != "insufficient_quota"


def _asked_for(error: Any) -> float | None:
    """The pause in seconds that a server asked for, as a number or as a date."""
    response = getattr(error, "response", None)
    asked = response.headers.get("retry-after", "") if response is not None else ""
    try:
        return float(asked)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return None
