"""A model that says what was recorded: solutions of any model run through the real loop, with the real sandbox.

    mathsolve "..." --model replay:solutions.jsonl --family tora

A recording is a JSONL file of objects with `question` and `completions`: whole solutions in the family's format, with the
outputs that the model was shown. Between them, the outputs are left out: the sandbox runs the programs again. A question
that was not recorded ends with a `BackendError`; so does a solution that asks for more runs than were recorded.

The sample is chosen by the seed: `seed` modulo the number of completions.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...prompts import Family, Segment
from ...sandbox import Observation
from ..answers import boxed
from ..backend import Completion, Context, Profile, Sampling, Text
from ..errors import BackendError
from ..renderer import TextRenderer


class ReplayBackend:
    """Recorded solutions behind the `Backend` protocol.

    Args:
        recordings: by question, whole solutions.
        renderer: of the family in which they were written; with a tokenizer, completions carry its ids.
        delay_s: seconds that a completion takes, for measuring schedulers; by default none.
    """

    def __init__(
        self,
        recordings: Mapping[str, Sequence[str]],
        renderer: Text,
        delay_s: Callable[[Context, str], float] | None = None,
    ) -> None:
        self.renderer = renderer
        self.profile = Profile(context=1 << 20)
        self._recordings = recordings
        self._delay_s = delay_s

    @classmethod
    def load(cls, path: Path, family: Family) -> ReplayBackend:
        """The recordings of a file, plain or gzipped. Raises `BackendError` with the number of a line that is none."""
        recordings: dict[str, list[str]] = {}
        number, opened = 0, gzip.open if path.suffix == ".gz" else open
        try:
            with opened(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    number += 1
                    question, completions = _recorded(json.loads(line))
                    recordings.setdefault(question, []).extend(completions)
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise BackendError(f"{path}, line {max(number, 1)} is no recording ({error})") from error
        return cls(recordings, TextRenderer(family))

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """What was written at this place, up to the first stop; see `Backend.generate`."""
        text = self._turn(context, sampling.seed)
        places = [(text.find(stop), stop) for stop in sampling.stops if stop in text]
        place, stop = min(places, default=(len(text), None))
        if self._delay_s is not None:
            await asyncio.sleep(self._delay_s(context, text[:place]))
        if on_text is not None:
            on_text(text[:place])
        ids = self._ids(text[:place], stop)
        count = len(ids) or len(text[:place].split())
        if count > sampling.max_tokens:
            return self._cut(text[:place], ids[: sampling.max_tokens], sampling.max_tokens)
        return Completion(text[:place], "stop", stop, ids, (0.0,) * len(ids), count=count)

    async def score(self, ids: Sequence[int]) -> list[float]:
        """Nothing: a recording has no opinion."""
        return []

    async def close(self) -> None:
        """Nothing to free."""

    def _cut(self, text: str, ids: tuple[int, ...], count: int) -> Completion:
        """The beginning of a text that is too long; without a tokenizer, words count as tokens."""
        begun = self.renderer.decode(ids) if ids else " ".join(text.split()[:count])
        return Completion(begun, "length", None, ids, (0.0,) * len(ids), count=count)

    def _turn(self, context: Context, seed: int) -> str:
        """What is left of the solution after the outputs that were seen so far."""
        question = context.problem.question
        if not self._recordings.get(question):
            raise BackendError(f"nothing was recorded for the question {question[:60]!r}")
        known = self._recordings[question]
        family = self.renderer.family
        left = known[seed % len(known)]
        for _ in range(sum(isinstance(step, Observation) for step in context.steps)):
            _, opened, rest = left.partition(family.output_open)
            _, closed, left = rest.partition(family.output_close)
            if not opened or not closed:
                raise BackendError(f"the recorded solution of {question[:60]!r} goes no further")
        return self._after_writing(left, context)

    def _after_writing(self, left: str, context: Context) -> str:
        """Without what was written since the last output, where the engine has opened or filled a box."""
        written = ""
        for segment in reversed(context.segments):
            if segment.text.endswith(self.renderer.family.output_close) or segment.role == "prompt":
                break
            written = segment.text + written
        box = self.renderer.family.box
        if box not in written:
            return left
        after = left.partition(box)[2]
        if written.endswith(box):  # opened by the engine, to be filled by the model
            return after
        return after.removeprefix(boxed(left) or "").removeprefix("}")

    def _ids(self, text: str, stop: str | None) -> tuple[int, ...]:
        """The ids of what was written, the stop included."""
        family = self.renderer.family
        segments: list[Segment] = []
        for piece in family.pieces(text):
            if piece.kind == "program":
                segments += [*family.program(piece.text)][: 3 if piece.closed else 2]
            else:
                segments.append(Segment(piece.text, "thought"))
        segments += [Segment(stop, "stop", tag=True)] if stop else []
        return self.renderer.encode(segments).ids


def _recorded(record: dict[str, Any]) -> tuple[str, list[str]]:
    """The question and the solutions of one line. Raises `KeyError` or `TypeError` for what is no recording."""
    question, completions = record["question"], record["completions"]
    if not isinstance(completions, list) or not all(isinstance(text, str) for text in (question, *completions)):
        raise TypeError("it needs a text as question and a list of texts as completions")
    return question, completions
