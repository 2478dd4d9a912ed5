"""A model family as data: how a problem is put to its models, and how they write programs, outputs and answers.

A family lays out a problem and the steps taken so far as *segments*: pieces of text, each told apart by who wrote it and
by whether it may hold special tokens. Only the engine turns segments into token ids (`engine.renderer`), so this is the one
place where a format is decided. What a model writes is read back by the same tags: steps -> text -> steps is exact as long
as no step holds a tag itself.

A family is one TOML file (see `files`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

SegmentRole = Literal["prompt", "thought", "program", "observation", "stop"]
MODES = ("cot", "pot", "mixed")
"""How a family may be asked to answer."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text in the context."""

    text: str
    """The characters."""
    role: SegmentRole
    """Who wrote it."""
    tag: bool = False
    """Whether it is the family's own text, which may hold special tokens; other text can never become one."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user"]
    """Who speaks."""
    text: str
    """What is said, with `{question}` where the question belongs."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of what a model wrote."""

    kind: Literal["thought", "program", "output"]
    """What it is."""
    text: str
    """Without its tags."""
    closed: bool = True
    """Whether its closing tag is there."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model wrote until it stopped."""

    pieces: tuple[Piece, ...]
    """Thoughts and programs in order."""
    asks: bool
    """Whether it wants its last program to be run."""
    goes_on: bool = False
    """Whether it was stopped where something else than a program began or ended, and is to go on."""


@dataclass(frozen=True, slots=True)
class Family:
    """How the models of one family are talked to."""

    name: str
    """The family's name, the stem of its file."""
    about: str
    """One line for people."""
    prompts: dict[str, tuple[Message, ...]]
    """By mode, the conversation before the model's turn. A mode that is missing is asked as `mixed`."""
    program_open: str
    """Before a program."""
    program_close: str
    """After a program."""
    output_open: str
    """Before what the program printed; only the engine writes it."""
    output_close: str
    """After what the program printed."""
    stops: tuple[str, ...]
    """Where the model is stopped: after a program that it wants to be run, and where it would go on by itself."""
    end: str = ""
    """With which the model ends its solution; empty: its tokenizer's own end token."""
    models: tuple[str, ...] = ()
    """Beginnings of words in a model's name, in small letters, by which the family is chosen."""
    template: str = ""
    """How messages become text, with `{system}` and `{user}`, where the model has no chat template; empty: their texts as
    they are."""
    chat: bool = False
    """Whether the model's own chat template is to be used when it has one."""
    tools: bool = False
    """Whether programs are calls of a function in the messages of a conversation, and not part of the text."""
    think: tuple[str, str] | None = None
    """Tags around reasoning that is no part of the answer."""
    box: str = "\\boxed{"
    """What opens the final answer."""
    fills_box: bool = False
    """Whether the engine writes what the last program printed into the box that the model opens."""
    refuses: bool = False
    """Whether words without a program and without an answer are a refusal."""
    preset: str = "plain"
    """How observations are put into words, a name in `sandbox.PRESETS`."""
    hint: str = ""
    """Written after an output when programs are limited, with `{left}` for how many may follow."""
    max_tokens: int = 1024
    """Tokens of an attempt after the prompt, observations included, where the user says nothing else."""
    turns: bool = False
    """Whether an output is a turn of the user's, after which the model has one of its own."""
    nudge: str = ""
    """Written by the engine when an attempt is at the end of its budget, so that the model states its answer."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Every special token of a family whose tags are special tokens, in a fixed order."""
        shell = [text for mode in MODES for text in self._shell(mode)]
        fixed = (self.program_open, self.program_close, self.output_open, self.output_close, self.end)
        return tuple(dict.fromkeys((shell[0], *fixed, *shell)))

    def ask(self, question: str, mode: str) -> tuple[Segment, ...]:
        """The prompt as text: a question to be answered in a mode."""
        before, after = self._shell(mode)
        prompt = (Segment(before, "prompt", tag=True), Segment(question, "prompt"), Segment(after, "prompt", tag=True))
        return tuple(segment for segment in prompt if segment.text)

    def messages(self, mode: str) -> tuple[Message, ...]:
        """The conversation before the model's turn."""
        return self.prompts.get(mode) or self.prompts["mixed"]

    def program(self, code: str) -> tuple[Segment, ...]:
        """A program and its tags; the closing one is the model's decision to run it, so it counts as program."""
        return (
            Segment(self.program_open, "program", tag=True),
            Segment(code, "program"),
            Segment(self.program_close, "program", tag=True),
        )

    def observe(self, text: str, written: str | None = None) -> tuple[Segment, ...]:
        """What a program printed, with its tags. `written`: the stop at which the model has already begun to open it."""
        opening = self.output_open
        if written and written.startswith(self.program_close):
            opening = opening.removeprefix(written.removeprefix(self.program_close))
        elif written and written in opening:
            opening = opening[opening.index(written) + len(written) :]
        whole = (
            Segment(opening, "observation", tag=True),
            Segment(text, "observation"),
            Segment(self.output_close, "observation", tag=True),
        )
        return tuple(segment for segment in whole if segment.text)

    def finish(self) -> tuple[Segment, ...]:
        """The end of a solution."""
        return (Segment(self.end, "stop", tag=True),) if self.end else ()

    def pieces(self, text: str) -> Iterator[Piece]:
        """What a whole solution consists of.

        >>> from .files import load_family
        >>> family = load_family("embedded")
        >>> [piece.kind for piece in family.pieces("So: <program>print(1)</program><output>1</output>It is 1.")]
        ['thought', 'program', 'output', 'thought']
        """
        while text:
            thought, opened, rest = text.partition(self.program_open)
            if thought.strip():
                yield Piece("thought", thought)
            if not opened:
                return
            code, closed, text = rest.partition(self.program_close)
            yield Piece("program", code, bool(closed))
            if text.startswith(self.output_open):
                output, closed, text = text.removeprefix(self.output_open).partition(self.output_close)
                yield Piece("output", output, bool(closed))

    def turn(self, text: str, stop: str | None) -> Turn:
        """What a model wrote until `stop` (None: its end token, or the limit of tokens), and whether it asks for a run."""
        closing = stop if stop is not None and stop.startswith(self.program_close) else ""
        pieces = tuple(self.pieces(text + closing))
        last = pieces[-1] if pieces else None
        asks = last is not None and last.kind == "program" and last.closed
        other = closing not in ("", self.program_close) and last is not None and last.kind == "thought"
        return Turn(pieces, asks, goes_on=other)

    def answer_text(self, text: str) -> str:
        """The text without reasoning that is no part of the answer; empty while the reasoning goes on."""
        if self.think is None or not any(tag in text for tag in self.think):
            return text
        before, _, _ = text.partition(self.think[0])
        _, closed, after = text.rpartition(self.think[1])
        return after if closed else before

    def _shell(self, mode: str) -> tuple[str, str]:
        """What stands before and after the question."""
        texts = {message.role: message.text for message in self.messages(mode)}
        layout = self.template or "{system}{user}"
        whole = layout.replace("{system}", texts.get("system", "")).replace("{user}", texts["user"])
        before, _, after = whole.partition("{question}")
        return before, after
