"""A model family as data: the tags around a question, a program and its output, and the tags that end a turn.

A family writes a problem and the steps taken so far as *segments*: pieces of text, each told apart by who wrote it and
by whether it is a tag. Only the engine turns segments into token ids (`engine.renderer`), so this is the one place where a
format is decided.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

SegmentRole = Literal["prompt", "thought", "program", "observation", "stop"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text in the context."""

    text: str
    """The characters."""
    role: SegmentRole
    """Who wrote it."""
    tag: bool = False
    """Whether it is one of the family's own tags; other text can never become one."""


@dataclass(frozen=True, slots=True)
class Family:
    """The tags of one model family."""

    name: str
    """The family's name, the stem of its file."""
    question: str
    """Tag before the question."""
    modes: dict[str, str]
    """Tag after the question, by mode."""
    program_open: str
    """Tag before a program."""
    program_close: str
    """Tag after a program: the model asks for it to be run."""
    output_open: str
    """Tag before what the program printed; only the engine writes it."""
    output_close: str
    """Tag after what the program printed."""
    end: str
    """Tag with which the model ends its solution."""
    box: str
    """What opens the final answer; a token of the model, but no tag: text may contain it."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag, in a fixed order."""
        fixed = (self.question, self.program_open, self.program_close, self.output_open, self.output_close, self.end)
        return (*fixed, *self.modes.values())

    @property
    def stops(self) -> tuple[str, ...]:
        """Tags at which generation stops. `output_open` is one: a model must not write its own observations."""
        return (self.program_close, self.end, self.output_open)

    def ask(self, question: str, mode: str) -> tuple[Segment, ...]:
        """The prompt: a question to be answered in a mode."""
        return (
            Segment(self.question, "prompt", tag=True),
            Segment(question, "prompt"),
            Segment(self.modes[mode], "prompt", tag=True),
        )

    def program(self, code: str) -> tuple[Segment, ...]:
        """A program and its tags; the closing one is the model's decision to run it, so it counts as program."""
        return (
            Segment(self.program_open, "program", tag=True),
            Segment(code, "program"),
            Segment(self.program_close, "program", tag=True),
        )

    def observe(self, text: str) -> tuple[Segment, ...]:
        """What a program printed, with its tags."""
        return (
            Segment(self.output_open, "observation", tag=True),
            Segment(text, "observation"),
            Segment(self.output_close, "observation", tag=True),
        )

    def finish(self) -> tuple[Segment, ...]:
        """The end of a solution."""
        return (Segment(self.end, "stop", tag=True),)


@cache
def load_family(name: str) -> Family:
    """The family described by `prompts/<name>.toml`.

    Raises:
        FileNotFoundError: no such family; the message lists those there are.
    """
    folder = Path(__file__).parent
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        raise FileNotFoundError(f"no model family {name!r}; known families: {known}")
    return Family(**tomllib.loads(path.read_text(encoding="utf-8")))
