"""Asking a model for text of its own, without the words with which its family asks for solutions.

A chat server gets the prompt as its one message, over a connection of its own, because a family's instructions belong to the
connection. Any other model gets it in its own chat template, or in its family's, from which the family's words are taken out.
"""

from __future__ import annotations

from dataclasses import replace

from .....engine.backend import Backend, Context, Sampling, Text
from .....engine.backends.source import Source
from .....engine.loop import TOKEN_CHARS
from .....engine.trajectory import Problem
from .....prompts import Segment
from .makers import FOLDER
from .reply import Rejected

LEAST_ROOM = 64
"""Tokens for a reply, below which it is not worth asking."""


class Author:
    """A model that writes."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def write(self, prompt: str, sampling: Sampling) -> str | Rejected:
        """What the model replies, without its reasoning, or why that is no whole reply.

        Raises:
            BackendError: the model or the server failed.
        """
        text, context = self.backend.renderer, self.backend.profile.context
        segments = laid_out(prompt, text)
        tokens = text.encode(segments)
        room = context - (len(tokens.ids) or sum(len(one.text) for one in segments) // TOKEN_CHARS)
        if room < LEAST_ROOM:
            return Rejected(f"prompt too long: it leaves no room in the {context} tokens of the model")
        end = (text.family.end,) if text.family.end else ()
        limited = replace(sampling, max_tokens=min(room, sampling.max_tokens), stops=end)
        completion = await self.backend.generate(Context(Problem(prompt), "cot", (), segments, tokens), limited)
        if completion.finished != "stop":
            return Rejected(f"reply cut off: after {completion.size} tokens")
        return text.family.answer_text(completion.text)


def laid_out(prompt: str, text: Text) -> tuple[Segment, ...]:
    """A prompt as the model's turn to write, without the words with which its family asks for solutions."""
    said = {message.role: message.text for message in text.family.messages("cot")}
    before, _, after = said["user"].partition("{question}")
    laid = []
    for segment in text.prompt(prompt, "cot"):
        if segment.tag:
            words = segment.text.replace(said["system"], "") if said.get("system") else segment.text
            segment = replace(segment, text=words.removesuffix(before).removeprefix(after))
        laid.append(segment)
    return tuple(segment for segment in laid if segment.text)


def load_author(source: Source, backend: Backend) -> Author:
    """An author with the model of a source, which is loaded as `backend`. Raises `BackendError`."""
    family = backend.renderer.family
    if source.kind == "openai" and (family.chat or family.tools):
        return Author(Source("openai", source.name, str(FOLDER / "writer.toml")).load())
    return Author(backend)
