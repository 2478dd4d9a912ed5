"""A model family as data: how a problem is put to its models, and how they write programs, outputs and answers.

A family lays out a problem and the steps taken so far as *segments*: pieces of text, each told apart by who wrote it and
by whether it may hold special tokens. Only the engine turns segments into token ids (`engine.renderer`), so this is the one
place where a format is decided. What a model writes is read back by the same tags: steps -> text -> steps is exact as long
as no step holds a tag itself.

A family is one TOML file. Those in this folder are known by name; another file is named by its path.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Literal

from .references import References, names

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
    references: int = 0
    """How many names its models have for the longer numbers of a question (see `prompts.references`); 0: programs copy them."""
    preset: str = "plain"
    """How observations are put into words, a name in `sandbox.PRESETS`."""
    hint: str = ""
    """Written after an output when programs are limited, with `{left}` for how many may follow."""
    nudge: str = ""
    """Written by the engine when an attempt is at the end of its budget, so that the model states its answer."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Every special token of a family whose tags are special tokens, in a fixed order."""
        shell = [text for mode in MODES for text in self._shell(mode)]
        fixed = (self.program_open, self.program_close, self.output_open, self.output_close, self.end)
        return tuple(dict.fromkeys((shell[0], *fixed, *shell, *names(self.references))))

    def ask(self, question: str, mode: str) -> tuple[Segment, ...]:
        """The prompt as text: a question to be answered in a mode."""
        before, after = self._shell(mode)
        asked = (Segment(text, "prompt", tag) for text, tag in References(question, self.references).marked())
        prompt = (Segment(before, "prompt", tag=True), *asked, Segment(after, "prompt", tag=True))
        return tuple(segment for segment in prompt if segment.text)

    def messages(self, mode: str) -> tuple[Message, ...]:
        """The conversation before the model's turn."""
        return self.prompts.get(mode) or self.prompts["mixed"]

    def program(self, code: str, question: str = "") -> tuple[Segment, ...]:
        """A program and its tags; the closing one is the model's decision to run it, so it counts as program. Where the
        family has references, those of `question` stand for its numbers."""
        written = (Segment(text, "program", tag) for text, tag in References(question, self.references).referred(code))
        return (
            Segment(self.program_open, "program", tag=True),
            *written,
            Segment(self.program_close, "program", tag=True),
        )

    def observe(self, text: str, written: str | None = None) -> tuple[Segment, ...]:
        """What a program printed, with its tags. `written`: the stop at which the model has already begun to open it."""
        opening = self.output_open
        if written and written in opening:
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
        pieces = tuple(self.pieces(text + (stop if stop == self.program_close else "")))
        last = pieces[-1] if pieces else None
        return Turn(pieces, last is not None and last.kind == "program" and last.closed)

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


@cache
def load_family(name: str) -> Family:
    """The family of that name, or the one in the TOML file of that path.

    Raises:
        FileNotFoundError: no such family; the message lists those there are.
        ValueError: the file does not describe a family; the message says what is wrong.
    """
    path = Path(name) if name.endswith(".toml") else Path(__file__).parent / f"{name}.toml"
    if not path.is_file():
        raise FileNotFoundError(f"no model family {name!r}; known families: {', '.join(families())}, or a .toml file")
    try:
        return _family(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path} does not describe a model family: {error}") from error


def families() -> list[str]:
    """Names of the families that come with the package."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.toml"))


def family_of(model: str) -> Family:
    """The family of a model by its name; `base` when none says that it is its own.

    >>> family_of("Qwen/Qwen2.5-Math-7B-Instruct").name
    'qwen-tir'
    """
    known = [(part, name) for name in families() for part in load_family(name).models]
    found = [(len(part), name) for part, name in known if re.search(rf"(?<![a-z]){re.escape(part)}", model.lower())]
    return load_family(max(found)[1] if found else "base")


def _family(name: str, data: dict[str, object]) -> Family:
    """What a file says, checked: lists become tuples, and tables of prompts become messages. Raises `ValueError`."""
    kinds = {field.name: str(field.type) for field in fields(Family) if field.name != "name"}
    if unknown := sorted(set(data) - set(kinds)):
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(kinds))}")
    needed = [field.name for field in fields(Family) if field.default is MISSING and field.name != "name"]
    if missing := [key for key in needed if key not in data]:
        raise ValueError(f"it lacks {missing[0]!r}")
    prompts = _prompts(data["prompts"])
    values = {key: _value(key, kinds[key], value) for key, value in data.items() if key != "prompts"}
    family = Family(name=name, prompts=prompts, **values)  # type: ignore[arg-type]
    for key in ("program_open", "program_close", "output_open", "output_close", "box"):
        if not getattr(family, key):
            raise ValueError(f"{key} is empty; it needs a text by which it is told from other text")
    if family.template and "{user}" not in family.template:
        raise ValueError("template has no {user}, where the question comes")
    try:
        family.hint.format(left=1)
    except (KeyError, IndexError) as error:
        raise ValueError(f"hint may hold {{left}} and no other name in braces: {error}") from error
    return family


def _prompts(tables: object) -> dict[str, tuple[Message, ...]]:
    """By mode, the messages of a file."""
    if not isinstance(tables, dict) or "mixed" not in tables:
        raise ValueError("it needs [prompts.mixed]")
    for mode, table in tables.items():
        if mode not in MODES:
            raise ValueError(f"prompts.{mode} is none of {', '.join(MODES)}")
        if not isinstance(table, dict) or "user" not in table or set(table) - {"system", "user"}:
            raise ValueError(f"prompts.{mode} needs user = and may have system =, and nothing else")
        said = [_value(f"prompts.{mode}.{role}", "str", text) for role, text in table.items()]
        if sum(str(text).count("{question}") for text in said) != 1 or "{question}" not in table["user"]:
            raise ValueError(f"prompts.{mode}.user must have {{question}} once, and prompts.{mode}.system must not")
    return {mode: tuple(Message(role, text) for role, text in table.items()) for mode, table in tables.items()}


_SINGLE = {"str": "a text", "bool": "true or false", "int": "a whole number"}
"""What a value that is no list must be, by the type of its field."""


def _value(key: str, kind: str, value: object) -> object:
    """A value of a file as that of a field."""
    if kind in _SINGLE:
        if type(value).__name__ != kind:
            raise ValueError(f"{key} is {value!r}; it must be {_SINGLE[kind]}")
        return value
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ValueError(f"{key} is {value!r}; it must be a list of texts, none of them empty")
    if "None" in kind and len(value) != 2:
        raise ValueError(f"{key} is {value!r}; it must be a list of two texts, an opening and a closing tag")
    return tuple(value)
