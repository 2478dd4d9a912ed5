"""What a server of OpenAI's protocol replies, whole or piece by piece: one reading of both.

A piece is a `choice` of the protocol: with `text` for completions, with `message` or `delta` for chats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...prompts import Family
from .endpoints import Broken
from .messages import code_of


@dataclass(slots=True)
class Reply:
    """One reply, as far as it has come."""

    content: str = ""
    """The text."""
    reasoning: str = ""
    """What the server tells apart as reasoning."""
    calls: list[str] = field(default_factory=list)
    """The arguments of the calls, as JSON."""
    ids: list[int] = field(default_factory=list)
    """Token ids, from vLLM."""
    logprobs: list[float] = field(default_factory=list)
    """Log-probability of each id."""
    reason: str | None = None
    """Why it ended; None while it goes on."""
    stop: str | int | None = None
    """The stop, or the id of the token, at which it ended, from a server that tells."""
    tokens: int | None = None
    """How many tokens it has, from a server that tells."""

    def read(self, part: Any) -> None:
        """A whole reply, or one more piece of it."""
        usage = getattr(part, "usage", None)
        self.tokens = usage.completion_tokens if usage else self.tokens
        for choice in part.choices or ():
            said = getattr(choice, "message", None) or getattr(choice, "delta", None)
            if said is None:
                self._read_text(choice)
            else:
                self._read_message(said)
            self.reason = choice.finish_reason or self.reason
            stop = getattr(choice, "stop_reason", None)
            self.stop = getattr(choice, "matched_stop", None) if stop is None else stop

    def check(self) -> Reply:
        """This reply. Raises `Broken` where it did not come to its end."""
        if self.reason in (None, "abort", "error"):
            raise Broken("the reply broke off")
        return self

    def text(self, family: Family) -> str:
        """In the family's layout. A call that is no JSON is run as it is: the error will tell."""
        text = self.content
        if self.reasoning and family.think is not None:
            thought = family.think[0] + self.reasoning
            text = f"{thought}{family.think[1]}{text}" if text or self.reason or self.calls else thought
        if self.reason is None:  # a call is told when it is complete
            return text
        return text + "".join(f"{family.program_open}{code_of(call)}{family.program_close}" for call in self.calls)

    def _read_text(self, choice: Any) -> None:
        self.content += choice.text or ""
        self.ids += getattr(choice, "token_ids", None) or ()
        if choice.logprobs:
            self.logprobs += [p or 0.0 for p in choice.logprobs.token_logprobs or ()]

    def _read_message(self, said: Any) -> None:
        self.content += said.content or ""
        self.reasoning += getattr(said, "reasoning_content", None) or getattr(said, "reasoning", None) or ""
        for number, call in enumerate(said.tool_calls or ()):
            place = getattr(call, "index", None)
            place = number if place is None else place
            self.calls += [""] * (place + 1 - len(self.calls))
            self.calls[place] += (call.function.arguments if call.function else None) or ""


async def receive(answer: Any, hear: Callable[[Reply], bool] | None) -> Reply:
    """A reply from the client: a whole one, or, where `hear` listens, a stream of pieces. `hear` is told of every piece and
    says whether that is enough; the connection is closed then.

    Raises:
        Broken: it broke off.
    """
    reply = Reply()
    if hear is None:
        reply.read(answer)
        return reply.check()
    async with answer:
        async for part in answer:
            reply.read(part)
            if hear(reply):
                return reply
    return reply.check()
