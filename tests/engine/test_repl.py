"""The conversation on a real terminal: asking, editing, stopping, commands, history and leaving."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from mathsolve.engine.repl import Words, is_command, open_quotes, unquoted

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07|\r")
PASTE_ON = "\x1b[?2004h"
"""What prompt_toolkit writes whenever it begins to wait for input."""
PROMPT = "[waits]"
"""What stands for that in the text that tests see."""
QUESTION = "What is 12 + 30?"
ENTER, ALT_ENTER, TAB, CTRL_C, CTRL_D, UP = "\r", "\x1b\r", "\t", "\x03", "\x04", "\x1b[A"


class Terminal:
    """A conversation in a process on a pseudo-terminal."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "MATHSOLVE_NOHISTORY")}
        own = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "mathsolve", *arguments],
            env={**clean, **own, **environment},
            cwd=str(home),
            dimensions=(40, 110),
            encoding="utf-8",
            timeout=60,
        )
        self.text = ""
        self.seen = 0

    def type(self, keys: str) -> None:
        """Presses keys."""
        self.process.send(keys)

    def wait(self, wanted: str, timeout_s: float = 60) -> str:
        """Waits until `wanted` shows up after what was waited for before; the text in between."""
        until = time.monotonic() + timeout_s
        while (found := self.text.find(wanted, self.seen)) < 0:
            if time.monotonic() > until:
                raise AssertionError(f"{wanted!r} did not show up in {self.text[self.seen :]!r}")
            try:
                got = self.process.read_nonblocking(65_536, timeout=0.5)
                self.text += ESCAPES.sub("", got.replace(PASTE_ON, PROMPT))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                until = 0
        before = self.text[self.seen : found]
        self.seen = found + len(wanted)
        return before

    def ask(self, text: str, wanted: str) -> str:
        """Types a message, waits for what it should show."""
        self.type(text + ENTER)
        return self.wait(wanted)

    def end(self) -> int:
        """Waits for the process to leave and returns its exit code."""
        self.process.expect(pexpect.EOF)
        self.process.close()
        return self.process.exitstatus if self.process.exitstatus is not None else -1


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A conversation that waits for its first question."""
    one = Terminal(tmp_path)
    one.wait("Ctrl-D leaves")
    one.wait(PROMPT)
    yield one
    one.process.close(force=True)


def test_a_question_is_answered_with_its_trace_and_ctrl_d_leaves(terminal: Terminal) -> None:
    shown = terminal.ask(QUESTION, " s\n")
    assert "print(" in shown
    assert "╰ 42" in shown
    assert "agree" in shown or "one attempt" in shown
    terminal.wait(PROMPT)
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_several_lines_by_alt_enter_quotes_and_paste(terminal: Terminal) -> None:
    terminal.type("What is" + ALT_ENTER + "12 + 30?" + ENTER)
    terminal.wait(" s\n")
    terminal.type('"""What is' + ENTER + '12 + 30?"""' + ENTER)
    terminal.wait(" s\n")
    terminal.type("\x1b[200~/What is\n12 + 30?\x1b[201~")
    terminal.type(ENTER)
    terminal.wait("print(")  # whatever the model makes of the slash, it is a question and no command
    terminal.wait(PROMPT)
    terminal.ask("/save session.json", "saved 3")
    saved = json.loads((Path(terminal.process.cwd) / "session.json").read_text())
    assert [s["question"] for s in saved["solutions"]] == ["What is\n12 + 30?"] * 2 + ["/What is\n12 + 30?"]


def test_ctrl_c_clears_the_line_and_twice_leaves(terminal: Terminal) -> None:
    terminal.type("never mind" + CTRL_C)
    terminal.wait("Ctrl-C again leaves")
    terminal.wait(PROMPT)
    terminal.type(CTRL_C)
    assert terminal.end() == 130


def test_ctrl_c_stops_an_answer_and_keeps_what_was_done(terminal: Terminal) -> None:
    terminal.ask("/samples 256", "samples 256")
    terminal.type(QUESTION + ENTER)
    terminal.wait("print(")
    terminal.type(CTRL_C)
    terminal.wait("stopped; what was done is kept")
    terminal.ask("/samples 1", "samples 1")
    terminal.ask("/retry", " s\n")


def test_commands_about_the_last_answer(terminal: Terminal) -> None:
    terminal.ask("/why", "nothing was asked yet")
    terminal.ask(QUESTION, " s\n")
    terminal.ask("/why", "attempt 1: 42")
    terminal.wait("╰ 42")
    assert "│" not in terminal.ask("/code", "print(")
    terminal.ask("/trace off", "hidden")
    terminal.wait(PROMPT)
    assert "print(" not in terminal.ask(QUESTION, " s\n")
    home = Path(terminal.process.cwd)
    for name in ("session.md", "session.json", "session.ipynb"):
        terminal.ask(f"/export {name}", f"wrote 2 to {name}")
        assert "42" in (home / name).read_text()
    terminal.ask("/export session.txt", "must end in .md")
    terminal.ask("/load session.json", f"{QUESTION}  =>  42")
    terminal.ask("/load nowhere.json", "No such file")


def test_settings_change_and_mistakes_change_nothing(terminal: Terminal) -> None:
    terminal.ask("/mode cot", "mode cot")
    terminal.ask("/mode guess", "unknown mode 'guess'")
    terminal.ask("/mode", "mode cot")
    terminal.ask("/seed 5", "seed 5")
    terminal.ask("/seed five", "'five' is not a whole number")
    terminal.ask("/timeout 20", "timeout 20 s")
    terminal.ask("/timeout 0", "choose a positive number")
    terminal.ask("/model /no/such", "'/no/such'")
    terminal.ask("/model", "model ")
    terminal.ask("/family qwen-tir", "was made for one family")
    terminal.ask("/family", "family auto: by the model")
    terminal.ask("/exprot x", "did you mean /export?")
    terminal.ask("/help", "/quit")
    terminal.wait(PROMPT)
    terminal.type("/quit" + ENTER)
    assert terminal.end() == 0


def test_another_family_talks_to_the_same_model(tmp_path: Path) -> None:
    recorded = {"question": QUESTION, "completions": ["<think>It is \\boxed{41}.</think>It is \\boxed{42}."] * 2}
    (tmp_path / "replay.jsonl").write_text(json.dumps(recorded))
    terminal = Terminal(tmp_path, "--model", "replay:replay.jsonl", "--mode", "cot", "--family", "tora")
    terminal.wait(PROMPT)
    terminal.ask("/family think", "family think")
    terminal.ask(QUESTION, "42")
    terminal.ask("/family auto", "family auto: by the model")
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_history_is_kept_for_the_owner_only(tmp_path: Path) -> None:
    first = Terminal(tmp_path)
    first.wait(PROMPT)
    first.ask("/seed 7", "seed 7")
    first.wait(PROMPT)
    first.type(CTRL_D)
    assert first.end() == 0
    path = tmp_path / "state" / "mathsolve" / "history"
    assert "/seed 7" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    second = Terminal(tmp_path)
    second.wait(PROMPT)
    second.type(UP + ENTER)
    second.wait("seed 7")
    second.process.close(force=True)


@pytest.mark.parametrize("environment", [{"MATHSOLVE_NOHISTORY": "1"}, {"XDG_STATE_HOME": "/proc/none"}])
def test_without_a_place_for_history_it_works_all_the_same(tmp_path: Path, environment: dict[str, str]) -> None:
    one = Terminal(tmp_path, **environment)
    banner = one.wait(PROMPT)
    assert ("in memory only" in banner) is ("XDG_STATE_HOME" in environment)
    one.ask("/seed 7", "seed 7")
    assert not (tmp_path / "state").exists()
    one.process.close(force=True)


def test_plain_writes_no_colours_and_no_drawings(tmp_path: Path) -> None:
    one = Terminal(tmp_path, "--plain")
    one.wait(PROMPT)
    assert "-> 42" in one.ask(QUESTION, " s\n")
    one.process.close(force=True)


def completions(text: str) -> list[str]:
    """What Tab offers after `text`."""
    return [c.text for c in Words().get_completions(Document(text), CompleteEvent())]


def test_tab_completes_commands_arguments_and_words() -> None:
    assert completions("/ex") == ["/export"]
    assert completions("/mode p") == ["pot"]
    assert completions("/family q") == ["qwen-tir"]
    assert completions("find the deriv") == ["derivative"]
    assert completions("si") == []
    assert completions("/nothing x") == []


def test_messages_are_told_apart() -> None:
    assert is_command("/help")
    assert not is_command("/2 of what?")
    assert not is_command("/a\nb")
    assert open_quotes('"""')
    assert not open_quotes('a """')
    assert unquoted('"""\na\nb\n"""') == "a\nb"
