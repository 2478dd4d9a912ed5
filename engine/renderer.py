"""The one boundary between text and token ids: segments of a family become `Tokens`, and back.

Text from outside is encoded so that it can never yield a special token, whatever it says: a question or an output that
contains `<end>` becomes those five characters. Segments are encoded one by one, as parts of one text: a tokenizer that puts a
blank before every text puts one before the first, and one that begins texts with a token of its own (`<s>`) begins the prompt
with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..prompts import Family, Segment, Turn
from ..sandbox.program import Observation, Program
from .backend import Text
from .trajectory import Role, Step, Thought, Tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Renderer:
    """Writes the steps of one family in the ids of one tokenizer, and reads what the model wrote.

    `chat` is the text of the model's chat template for each mode, with `{question}` where the question belongs.
    """

    def __init__(self, family: Family, tokenizer: Tokenizer, chat: dict[str, str] | None = None) -> None:
        tokenizer.encode_special_tokens = True  # special tokens inside text stay text
        self.family = family
        self.tokenizer = tokenizer
        self._chat = chat or {}
        self._tags: dict[tuple[str, bool], list[int]] = {}
        self._encoding = threading.Lock()
        """Held from the choice of what special tokens inside text are until the text is encoded."""

    @classmethod
    def load(cls, family: Family, folder: Path) -> Renderer:
        """The renderer of a model folder, from its `tokenizer.json`."""
        from tokenizers import Tokenizer

        return cls(family, Tokenizer.from_file(str(folder / "tokenizer.json")))

    @cached_property
    def tag_ids(self) -> dict[str, int]:
        """The family's tags that are one token each."""
        known = {tag: self.tokenizer.token_to_id(tag) for tag in (*self.family.tags, self.family.box)}
        return {tag: int(token_id) for tag, token_id in known.items() if token_id is not None}

    def prompt(self, question: str, mode: str) -> tuple[Segment, ...]:
        """The prompt: by the model's own chat template where the family asks for it, else by the family's."""
        if mode not in self._chat:
            segments = self.family.ask(question, mode)
        else:
            before, _, after = self._chat[mode].partition("{question}")
            written = (
                Segment(before, "prompt", tag=True),
                Segment(question, "prompt"),
                Segment(after, "prompt", tag=True),
            )
            segments = tuple(segment for segment in written if segment.text)
        begun = segments[0].tag and segments[0].text.startswith(self._begin)
        return segments if begun or not self._begin else (Segment(self._begin, "prompt", tag=True), *segments)

    def encode(self, segments: Sequence[Segment]) -> Tokens:
        """Segments as token ids with their roles."""
        tokens = Tokens()
        for segment in segments:
            goes_on = segment.role != "prompt" or tokens.ids not in ((), self._begin_ids)
            tokens = tokens.extended(self._encoded(segment, goes_on), segment.role)
        return tokens

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def token_names(self) -> list[str]:
        """The tokenizer's own name of every id, in order."""
        size = self.tokenizer.get_vocab_size()
        return [str(self.tokenizer.id_to_token(token_id)) for token_id in range(size)]

    def steps(self, steps: Iterable[Step]) -> list[Segment]:
        """Steps as the segments of a whole solution, without its end."""
        segments: list[Segment] = []
        for step in steps:
            if isinstance(step, Thought):
                segments.append(Segment(step.text, "thought"))
            elif isinstance(step, Program):
                segments.extend(self.family.program(step.code))
            elif isinstance(step, Observation):
                segments.extend(self.family.observe(step.text))
        return segments

    def _encoded(self, segment: Segment, goes_on: bool) -> list[int]:
        """The ids of a segment. One that goes on is encoded after a line break where a blank would come before it else."""
        key = segment.text, goes_on
        if segment.tag and key in self._tags:
            return self._tags[key]
        line = self._line if goes_on else []
        with self._encoding:
            self.tokenizer.encode_special_tokens = not segment.tag
            ids = self._ids("\n" + segment.text if line else segment.text)[len(line) :]
            self.tokenizer.encode_special_tokens = True
        if segment.tag:
            self._tags[key] = ids
        return ids

    @cached_property
    def _begin(self) -> str:
        """The special tokens with which the tokenizer begins a text."""
        encoded = self.tokenizer.encode("a")
        first = next((place for place, special in enumerate(encoded.special_tokens_mask) if not special), 0)
        return "".join(encoded.tokens[:first])

    @cached_property
    def _begin_ids(self) -> tuple[int, ...]:
        return tuple(self._encoded(Segment(self._begin, "prompt", tag=True), goes_on=False))

    @cached_property
    def _line(self) -> list[int]:
        """The ids of a line break, where the tokenizer puts a blank before every text; else none."""
        line, alone, after = (self._ids(text) for text in ("\n", "a", "\na"))
        return line if after[: len(line)] == line and after[len(line) :] != alone else []

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


class TextRenderer:
    """Stands in for a `Renderer` where a server keeps its tokens to itself."""

    def __init__(self, family: Family) -> None:
        self.family = family

    def prompt(self, question: str, mode: str) -> tuple[Segment, ...]:
        """The prompt in the family's own layout."""
        return self.family.ask(question, mode)

    def encode(self, segments: Sequence[Segment]) -> Tokens:
        """No tokens."""
        return Tokens()

    def decode(self, ids: Sequence[int]) -> str:
        """No text, as there are no tokens."""
        return ""


def roles(ids: Sequence[int], text: str, turn: Turn, family: Family, renderer: Text, *, ended: bool) -> list[Role]:
    """Who each sampled token belongs to: a token belongs where its first character does.

    Args:
        ids: what was sampled, the stop included.
        text: the text of the ids, the stop included.
        turn: what the text was read as.
        family: whose tags they are.
        renderer: decodes the ids.
        ended: whether the last token is the model's decision to end.
    """
    found: list[Role] = []
    place = 0
    for piece in turn.pieces:
        tag = family.program_open if piece.kind == "program" else ""
        start = text.find(tag + piece.text, place)
        place = start + len(tag) + len(piece.text)
        first = _token_at(ids, start, renderer)
        found += [found[-1] if found else "thought"] * (first - len(found))
        found = [*found[:first], "program" if piece.kind == "program" else "thought"]
    found += [found[-1] if found else "thought"] * (len(ids) - len(found))
    return [*found[:-1], "stop"] if ended and found else found[: len(ids)]


def _token_at(ids: Sequence[int], place: int, renderer: Text) -> int:
    """Number of the token in which the character at `place` stands."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high) // 2
        if len(renderer.decode(ids[: middle + 1])) > place:
            high = middle
        else:
            low = middle + 1
    return low
