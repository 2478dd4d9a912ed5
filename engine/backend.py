"""What a model must offer: token ids in, token ids and log-probabilities out, as a stream.

A backend never sees text, so what is trained on is exactly what was sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from .renderer import Renderer


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose the next token."""

    temperature: float = 0.0
    """0 takes the most probable token."""
    top_p: float = 1.0
    """Nucleus: the smallest set of tokens with at least this probability."""
    max_tokens: int = 256
    """Most tokens to generate."""
    seed: int = 0
    """Seed of the random choices."""
    stop_ids: tuple[int, ...] = ()
    """Tokens to stop at besides the family's own."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote after a context."""

    ids: tuple[int, ...]
    """Token ids, the stop token included."""
    logprobs: tuple[float, ...]
    """Natural log-probability of each, same length."""
    finished: Literal["stop", "length", "cancelled"]
    """Whether it stopped at a stop token, ran into `max_tokens`, or was called off."""


class Backend(Protocol):
    """A loaded model."""

    renderer: Renderer
    """Its family and tokenizer."""
    context: int
    """Longest context in tokens."""

    async def generate(
        self, ids: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Completion:
        """Continues `ids` up to and including one of the family's stops. `on_token` hears each token
        as it comes, on the event loop."""
        ...

    async def score(self, ids: Sequence[int]) -> list[float]:
        """Log-probability of each of `ids` after the first, given those before it: `len(ids) - 1` numbers."""
        ...

    async def close(self) -> None:
        """Frees the model."""
        ...
