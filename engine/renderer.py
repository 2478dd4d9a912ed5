"""The one boundary between text and token ids: segments of a family become `Tokens`, and back.

Text that is not a tag is encoded so that it can never yield a tag's id, whatever it says: a question or an output that
contains `<end>` becomes those five characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..prompts import Family, Segment
from ..sandbox.program import Observation, Program
from .trajectory import Step, Thought, Tokens

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Renderer:
    """Writes the steps of one family in the ids of one tokenizer, and reads what the model wrote."""

    def __init__(self, family: Family, tokenizer: Tokenizer) -> None:
        tokenizer.encode_special_tokens = True  # tags inside text stay text
        self.family = family
        self.tokenizer = tokenizer
        self.tag_ids = {tag: self._id(tag) for tag in family.tags}
        self.box_id = self._id(family.box)
        self.stop_ids = tuple(self.tag_ids[tag] for tag in family.stops)

    @classmethod
    def load(cls, family: Family, folder: Path) -> Renderer:
        """The renderer of a model folder, from its `tokenizer.json`."""
        from tokenizers import Tokenizer

        return cls(family, Tokenizer.from_file(str(folder / "tokenizer.json")))

    def encode(self, segments: Iterable[Segment]) -> Tokens:
        """Segments as token ids with their roles."""
        tokens = Tokens()
        for segment in segments:
            ids = [self.tag_ids[segment.text]] if segment.tag else self._text_ids(segment.text)
            tokens = tokens.extended(ids, segment.role)
        return tokens

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, tags included."""
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

    def _id(self, token: str) -> int:
        token_id = self.tokenizer.token_to_id(token)
        if token_id is None:
            raise ValueError(f"the tokenizer has no token {token!r} of the model family {self.family.name!r}")
        return int(token_id)

    def _text_ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)
