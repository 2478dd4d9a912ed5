"""What people see: reasoning as it is written, programs and their outputs, and the answer.

The trace goes to standard error, the answer to standard output, so that a pipe carries the answer and nothing else. A
pipe gets the answer's text unwrapped and unstyled; a terminal gets colours, indentation and drawn mathematics, in ASCII
where the terminal cannot show more.

Promises: text from a model or a program never reaches a terminal with its control characters, so it cannot move the
cursor or set a title; NO_COLOR is honoured. Does not promise that two terminals look alike.
"""

from __future__ import annotations

import re
from typing import Literal, Protocol, TextIO

from ..sandbox.program import Observation, Program
from .answers import BOX
from .loop import Event
from .receipts.check import line as receipt
from .trajectory import Solution, Step, Thought
from .typeset import Typeset

Role = Literal["thought", "program", "output", "error", "answer", "aside", "bar"]
"""What a piece of text is, which decides its style."""

STYLES: dict[Role, str] = {
    "thought": "",
    "program": "",
    "output": "dim",
    "error": "red",
    "answer": "bold green",
    "aside": "dim",
    "bar": "dim cyan",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NOTHING: list[tuple[str, Role]] = [("(no output)", "aside")]
_SHOWN_LINES = 20
"""Lines of one output that are shown; /why and the exports have them all."""


def harmless(text: str) -> str:
    """`text` with control characters (escape sequences, text direction) made visible instead of obeyed.

    >>> harmless("a\\x1b[2Jb\\r\\n")
    'a�[2Jb\\n'
    """
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


class Pen(Protocol):
    """Puts styled text on one stream."""

    width: int | None
    """Columns to wrap prose at; None where lines are never wrapped."""
    unicode: bool
    """Whether characters beyond ASCII arrive."""
    indent: str
    """What every line starts with."""

    def write(self, text: str, role: Role) -> None:
        """Writes harmless text as it is, without a newline of its own."""
        ...

    def program(self, line: str) -> None:
        """Writes one line of Python, without a newline of its own."""
        ...


class PlainPen:
    """Text and nothing else, for pipes, files and `--plain`."""

    width: int | None = None
    indent = ""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.unicode = False

    def write(self, text: str, role: Role) -> None:
        self._stream.write(text)
        self._stream.flush()

    def program(self, line: str) -> None:
        self.write(line, "program")


class TerminalPen:
    """Colours by rich, which knows the terminal and honours NO_COLOR."""

    indent = "  "

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        self._console = Console(file=stream, highlight=False)
        self.width: int | None = min(self._console.width, 100)
        self.unicode = "utf" in (stream.encoding or "").lower()

    def write(self, text: str, role: Role) -> None:
        self._console.out(text, style=STYLES[role], highlight=False, end="")

    def program(self, line: str) -> None:
        from rich.syntax import Syntax

        code = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(line)
        code.rstrip()
        self._console.print(code, end="", soft_wrap=True)


def pen_for(stream: TextIO, *, plain: bool = False) -> Pen:
    """The pen that suits a stream."""
    return PlainPen(stream) if plain or not stream.isatty() else TerminalPen(stream)


class Trace:
    """Shows the events of one answer as they come."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._kind = ""
        self._word = ""
        self._column = 0
        self._line = ""
        self._depth = 0

    def __call__(self, event: Event) -> None:
        """Shows one event."""
        if event.kind == "answer":
            return
        if event.kind != self._kind:
            self.close()
            self._kind = event.kind
        if event.kind == "thought":
            self._think(harmless(event.text))
        elif event.kind == "program":
            self._code(harmless(event.text))
        elif event.observation is not None:
            self._observe(event.observation)

    def close(self) -> None:
        """Ends what is being written, and leaves the cursor at the start of a line."""
        if self._kind == "thought":
            self._think(" ")
            if self._column:
                self._pen.write("\n\n", "thought")
        elif self._kind == "program" and self._line.strip():
            self._code("\n")
        self._kind, self._word, self._column, self._line, self._depth = "", "", 0, "", 0

    def step(self, step: Step) -> None:
        """Shows a finished step."""
        if isinstance(step, Thought):
            self(Event("thought", step.text))
        elif isinstance(step, Program):
            self(Event("program", step.code))
        else:
            self(Event("observation", step.text, step))

    def _think(self, text: str) -> None:
        """Writes whole words, wrapped; a word that is still being written waits."""
        for character in text:
            if not character.isspace():
                self._word += character
                continue
            if self._word:
                self._put(self._word)
                self._word = ""
            if character == "\n" and self._column:
                self._pen.write("\n", "thought")
                self._column = 0

    def _put(self, word: str) -> None:
        pen = self._pen
        word = self._unboxed(word)
        if self._column and pen.width is not None and self._column + 1 + len(word) > pen.width:
            pen.write("\n", "thought")
            self._column = 0
        start = " " if self._column else pen.indent
        pen.write(start + word, "thought")
        self._column += len(start + word)

    def _unboxed(self, word: str) -> str:
        """The word without the box that marks the answer, which may span several words."""
        before, box, rest = ("", "", word) if self._depth else word.partition(BOX)
        self._depth += bool(box)
        if not self._depth:
            return word
        for i, character in enumerate(rest):
            self._depth += {"{": 1, "}": -1}.get(character, 0)
            if self._depth == 0:
                return before + rest[:i] + rest[i + 1 :]
        return before + rest

    def _code(self, text: str) -> None:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if line.strip() or self._column:  # no empty lines before the first
                self._pen.write(self._pen.indent + self._glyph("│ ", "    "), "bar")
                self._pen.program(line.expandtabs(4))
                self._pen.write("\n", "program")
                self._column = 1

    def _observe(self, observation: Observation) -> None:
        shown = harmless("\n".join(p for p in (observation.stdout.rstrip("\n"), observation.value) if p)).expandtabs(4)
        lines = shown.split("\n") if shown else []
        hidden = len(lines) - _SHOWN_LINES
        pieces: list[tuple[str, Role]] = [(line, "output") for line in lines[:_SHOWN_LINES]]
        if hidden > 0:
            pieces.append((f"({hidden} more lines)", "aside"))
        if observation.truncated:
            pieces.append((f"(the model was not shown {observation.truncated} characters)", "aside"))
        if observation.error:
            pieces.append((harmless(observation.error), "error"))
        bar = self._glyph("╰ ", "-> ")
        for line, role in pieces or _NOTHING:
            self._pen.write(self._pen.indent + bar, "bar")
            self._pen.write(line + "\n", role)
            bar = " " * len(bar)
        self._pen.write("\n", "output")

    def _glyph(self, unicode: str, ascii: str) -> str:
        return unicode if self._pen.unicode else ascii


def verdict(solution: Solution) -> str:
    """How far the answer is supported, in one line.

    >>> from .trajectory import Problem, Trajectory
    >>> attempt = Trajectory(Problem("1+1"), (), "2", "answered")
    >>> verdict(Solution(attempt.problem, "2", "answered", attempt, (attempt, attempt), 1.0, 0.93, seconds=0.4))
    '2 of 2 attempts agree · 93% sure · 0.4 s'
    """
    attempts = len(solution.trajectories)
    parts = []
    if solution.answer is not None:
        agreeing = round(solution.agreement * attempts)
        parts.append("one attempt" if attempts == 1 else f"{agreeing} of {attempts} attempts agree")
        if solution.confidence is not None:
            parts.append(f"{solution.confidence:.0%} sure")
    return " · ".join([*parts, f"{solution.seconds:.1f} s"])


def tie(solution: Solution) -> str:
    """Which answers did as well in the vote, and how that was resolved, in one line; empty where there was no tie.

    >>> from .trajectory import Problem, Trajectory
    >>> attempt = Trajectory(Problem("1+1"), (), "2", "answered")
    >>> tie(Solution(attempt.problem, "2", "answered", attempt, (attempt, attempt), 0.5, tied=("3",)))
    'tie: 3 did as well in the vote; 2 counts because its attempt was planned first'
    """
    others = harmless(", ".join(" ".join(answer.split()) for answer in solution.tied))
    chosen = harmless(" ".join((solution.trajectory.answer or "").split()))
    return (
        f"tie: {others} did as well in the vote; {chosen} counts because its attempt was planned first"
        if others
        else ""
    )


def no_answer(solution: Solution) -> str:
    """The message for a question without an answer that can be trusted."""
    return harmless(f"no answer I trust: {solution.detail or solution.stop}")


def show_answer(pen: Pen, answer: str, typeset: Typeset | None = None) -> None:
    """Writes the answer so that it stands out; drawn in two dimensions where that fits."""
    lines = [harmless(answer)]
    if typeset is not None and pen.width is not None:
        drawn = [line.rstrip() for line in harmless(typeset.drawn).split("\n")]
        if max(map(len, drawn)) + len(pen.indent) <= pen.width:
            lines = drawn
    for line in lines:
        pen.write(f"{pen.indent}{line}\n" if line else "\n", "answer")


def show_support(pen: Pen, solution: Solution) -> None:
    """Writes what stands behind an answer: its checks, a tie, the attempts that agree."""
    for text in filter(None, (receipt(solution.checks), tie(solution), verdict(solution))):
        show_aside(pen, text)


def show_aside(pen: Pen, text: str) -> None:
    """Writes a quiet line of information."""
    text = text if pen.unicode else text.replace(" · ", ", ")
    pen.write(f"{pen.indent}{text}\n", "aside")
