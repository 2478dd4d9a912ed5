"""What people see: the layout, the wrapping, and that nothing a model writes can drive the terminal."""

import io
import os
import pty

import pytest

from mathsolve.engine.console import (
    PlainPen,
    TerminalPen,
    Trace,
    harmless,
    no_answer,
    pen_for,
    show_answer,
    show_support,
    verdict,
)
from mathsolve.engine.loop import Event
from mathsolve.engine.trajectory import Problem, Solution, Trajectory
from mathsolve.engine.typeset import Typeset
from mathsolve.sandbox import Observation


class Narrow(PlainPen):
    """A plain pen for a small terminal, to see the layout without colours."""

    width = 24
    indent = "  "

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__(stream)
        self.unicode = True


def shown(*events: Event, pen: type[PlainPen] = PlainPen) -> str:
    """What a trace of these events writes."""
    out = io.StringIO()
    trace = Trace(pen(out))
    for event in events:
        trace(event)
    trace.close()
    return out.getvalue()


def solution(answer: str | None = "4", attempts: int = 1, **more: object) -> Solution:
    """A hand-made solution."""
    attempt = Trajectory(Problem("2+2"), (), answer, "answered")
    return Solution(attempt.problem, answer, "answered", attempt, (attempt,) * attempts, 1.0, seconds=0.25, **more)


def test_a_trace_reads_as_thought_program_output() -> None:
    events = [
        *(Event("thought", "Add "), Event("thought", "them.")),
        *(Event("program", "a = 2\npri"), Event("program", "nt(a + 2)")),
        Event("observation", "4", Observation("ok", stdout="4\n")),
        *(Event("thought", "\nThe answer is \\boxed{4}."), Event("answer", "4")),
    ]
    assert shown(*events) == "Add them.\n\n    a = 2\n    print(a + 2)\n-> 4\n\nThe answer is 4.\n\n"


def test_a_tie_is_told_in_one_line_with_how_it_was_resolved() -> None:
    out = io.StringIO()
    show_support(PlainPen(out), solution("4", tied=("5\n\x1b[2J", "6")))
    lines = out.getvalue().splitlines()
    assert lines[1] == "tie: 5 \ufffd[2J, 6 did as well in the vote; 4 counts because its attempt was planned first"
    assert len(lines) == 3
    assert Solution.to_dict(solution("4", tied=("5",)))["tied"] == ["5"]


def test_what_the_model_was_not_shown_is_said() -> None:
    text = shown(Event("observation", "1", Observation("ok", stdout="1\n", truncated=600)))
    assert text == "-> 1\n   (the model was not shown 600 characters)\n\n"


def test_a_word_appears_once_it_is_complete_and_lines_wrap_between_words() -> None:
    text = shown(*[Event("thought", letter) for letter in "one two three four five six seven"], pen=Narrow)
    assert text == "  one two three four\n  five six seven\n\n"


@pytest.mark.parametrize("answer", ["4", "{1, 2}", "x**2 + 1", "a {b} c"])
def test_the_box_around_an_answer_is_left_out(answer: str) -> None:
    letters = [Event("thought", letter) for letter in f"It is \\boxed{{{answer}}}. {{done}}"]
    assert shown(*letters) == f"It is {answer}. {{done}}\n\n"


def test_a_terminal_gets_bars_around_programs() -> None:
    text = shown(
        Event("program", "print(1)"), Event("observation", "1", Observation("ok", stdout="1\n2\n")), pen=Narrow
    )
    assert text == "  │ print(1)\n  ╰ 1\n    2\n\n"


def test_an_error_is_shown_after_what_was_printed() -> None:
    observation = Observation("error", stdout="1\n", error="ZeroDivisionError: division by zero")
    assert shown(Event("observation", "", observation)) == "-> 1\n   ZeroDivisionError: division by zero\n\n"


def test_a_program_without_output_says_so_and_a_long_output_is_cut() -> None:
    assert shown(Event("observation", "", Observation("ok"))) == "-> (no output)\n\n"
    text = shown(Event("observation", "", Observation("ok", stdout="x\n" * 100)))
    assert text.count("x") == 20
    assert "(80 more lines)" in text


@pytest.mark.parametrize("text", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "a\rb", "\u202eabc", "\x00", "\x08"])
def test_control_characters_never_reach_the_terminal(text: str) -> None:
    output = Event("observation", "", Observation("ok", text))
    for event in (Event("thought", text + " "), Event("program", text + "\n"), output):
        assert all(c.isprintable() for c in shown(event).replace("\n", ""))
    assert "\ufffd" in harmless(text)


def test_an_answer_is_drawn_where_it_fits_and_written_where_not() -> None:
    drawing = Typeset(" 2\nx ", "x^{2}")
    for pen, expected in ((Narrow, "   2\n  x\n"), (PlainPen, "x**2\n")):
        out = io.StringIO()
        show_answer(pen(out), "x**2", drawing)
        assert out.getvalue() == expected
    out = io.StringIO()
    show_answer(Narrow(out), "wide", Typeset("x" * 30, "x"))
    assert out.getvalue() == "  wide\n"


def test_the_verdict_counts_attempts() -> None:
    assert verdict(solution()) == "one attempt · 0.2 s"
    assert verdict(solution(attempts=5, confidence=0.875)) == "5 of 5 attempts agree · 88% sure · 0.2 s"
    assert no_answer(solution(None, detail="too hard")) == "no answer I trust: too hard"


def test_pens_suit_their_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(pen_for(io.StringIO()), PlainPen)
    leader, follower = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    with os.fdopen(follower, "w", encoding="utf-8") as terminal:
        assert isinstance(pen_for(terminal), TerminalPen)
        assert isinstance(pen_for(terminal, plain=True), PlainPen)
    os.close(leader)


def on_terminal(encoding: str) -> str:
    """What a terminal of that encoding receives for a program of one line."""
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding=encoding) as terminal:
        Trace(TerminalPen(terminal))(Event("program", "print(1)\n"))
        written = ""
        while "\n" not in written:
            written += os.read(leader, 4096).decode()
    os.close(leader)
    return written


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_appear_unless_unwanted(monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    written = on_terminal("utf-8")
    assert "print" in written
    assert ("\x1b[3" in written or ";3" in written) is not no_color


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert on_terminal("ascii").isascii()
