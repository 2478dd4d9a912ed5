"""What a model must offer: a context in, a completion out, as a stream.

Backends that know their tokens work on ids, so what is trained on is exactly what was sampled; a server that takes only text
gets the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ..prompts import Family, Segment
from .trajectory import Problem, Step, Tokens
from .trust import Trust


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
    stops: tuple[str, ...] = ()
    """Texts to stop at."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a model is to continue."""

    problem: Problem
    """What was asked."""
    mode: str
    """How it is to be answered."""
    steps: tuple[Step, ...]
    """What was done so far."""
    segments: tuple[Segment, ...]
    """Everything as text, the prompt first."""
    tokens: Tokens
    """Everything as tokens; empty where the backend does not know them."""

    @property
    def text(self) -> str:
        """Everything as one text."""
        return "".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote after a context."""

    text: str
    """As text, without the stop."""
    finished: Literal["stop", "length", "cancelled"]
    """Whether it came to a stop or to its own end, ran into `max_tokens`, or was called off."""
    stop: str | None = None
    """The text of `Sampling.stops` at which it stopped; None at the model's own end token, and where it did not stop."""
    ids: tuple[int, ...] = ()
    """Token ids, those of the stop included; empty where the backend does not know them."""
    logprobs: tuple[float, ...] = ()
    """Natural log-probability of each id."""
    rest: str = ""
    """The end of the stop that no id covers, where the last token that was sampled went beyond it."""
    count: int = 0
    """Number of tokens that were generated, for backends without ids."""

    @property
    def size(self) -> int:
        """Number of tokens that were generated."""
        return len(self.ids) or self.count


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a model."""

    context: int
    """Longest context in tokens."""
    samples: int = 4
    """Attempts per question in `auto` unless the user says otherwise; two that agree in words and by program are enough."""
    trust: Trust | None = None
    """How far its answers are to be trusted, where it comes with that."""


class Text(Protocol):
    """Between text and token ids for one model."""

    family: Family
    """How the model is talked to."""

    def prompt(self, question: str, mode: str) -> tuple[Segment, ...]:
        """The prompt."""
        ...

    def encode(self, segments: Sequence[Segment]) -> Tokens:
        """Segments as tokens; no tokens where the backend does not know them."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        ...


class Backend(Protocol):
    """A loaded model."""

    @property
    def renderer(self) -> Text:
        """Its family and tokenizer."""
        ...

    @property
    def profile(self) -> Profile:
        """What is known of it."""
        ...

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """Continues the context up to one of the stops, or to the model's own end. `on_text` hears the text as it comes,
        without the stop, on the event loop.

        Raises:
            BackendError: the model or the server failed; the message names the cause.
        """
        ...

    async def score(self, ids: Sequence[int]) -> list[float]:
        """Log-probability of each of `ids` after the first, given those before it: `len(ids) - 1` numbers; none where the
        backend cannot tell."""
        ...

    async def close(self) -> None:
        """Frees the model."""
        ...
