"""The conversation: a prompt that remembers, completes and edits, and answers that can be stopped.

Enter asks; Alt+Enter, a line of three quotes or a paste make several lines; Ctrl-X Ctrl-E opens the editor. Ctrl-C
stops an answer and keeps what was done; at the prompt it clears the line, and twice within two seconds it leaves.
Ctrl-D leaves.

Promises: works without a writable home (the history is then kept in memory, and says so). Does not promise to remember
earlier questions when it answers: each question stands alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from .. import __version__
from .console import show_aside
from .conversation import Conversation
from .errors import MathsolveError
from .slash import COMMANDS, obey
from .solver import Solver

QUOTES = '"""'
LEAVE_S = 2.0
"""Ctrl-C twice within this many seconds leaves."""
VOCABULARY = (
    "antiderivative area average binomial coefficient combinations common compound congruent cosine decimal "
    "definite denominator derivative determinant differentiate digits distance divided divisible divisor "
    "eigenvalues equation evaluate expand expression factor factorial factorise fraction function geometric "
    "greatest hypotenuse inequality infinity integer integral integrate interest intersection inverse least "
    "limit logarithm matrix maximum mean median minimum modulo multiple multiplied number numerator parallel "
    "percent percentage perimeter permutations perpendicular polynomial positive power prime probability "
    "product quadratic quotient radius ratio rational rectangle remainder respect roots sequence series "
    "simplify sine slope solve square standard subtract sum tangent triangle variance vector volume"
)
"""Words that Tab completes."""


class Words(Completer):
    """Completes slash commands with their arguments, and mathematical words of at least three letters."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """See `Completer`."""
        line = document.text_before_cursor
        if line.startswith("/") and "\n" not in line:
            name, space, begun = line.partition(" ")
            choices = COMMANDS[name].choices if space and name in COMMANDS else () if space else tuple(COMMANDS)
            begun = begun if space else name
        else:
            begun = document.get_word_before_cursor()
            choices = tuple(VOCABULARY.split()) if len(begun) >= 3 else ()
        for choice in choices:
            if choice.startswith(begun.lower()):
                about = COMMANDS[choice].about if choice in COMMANDS else ""
                yield Completion(choice, start_position=-len(begun), display_meta=about)


def converse(solver: Solver, *, plain: bool = False) -> int:
    """Asks and answers until the user leaves; returns the exit code."""
    conversation = Conversation(solver, plain=plain)
    try:
        session = _session(conversation)
        tier = conversation.tier()
        model = Path(conversation.settings.model).name
        dot = " · " if conversation.pen.unicode else ", "
        print(dot.join([f"mathsolve {__version__}", f"model {model}", f"sandbox {tier}", "/help", "Ctrl-D leaves"]))
        return _loop(session, conversation)
    finally:
        conversation.close()


def _loop(session: PromptSession[str], conversation: Conversation) -> int:
    interrupted = -LEAVE_S
    while True:
        try:
            text = session.prompt("> ").strip()
        except EOFError:
            return 0
        except KeyboardInterrupt:
            if time.monotonic() - interrupted < LEAVE_S:
                return 130
            interrupted = time.monotonic()
            show_aside(conversation.pen, "Ctrl-C again leaves")
            continue
        try:
            if is_command(text):
                if not obey(conversation, text):
                    return 0
            elif text:
                conversation.ask(unquoted(text))
        except MathsolveError as error:
            conversation.pen.write(f"{conversation.pen.indent}{error}\n", "error")


def is_command(text: str) -> bool:
    """Whether a message is a slash command: one line, a slash, a letter."""
    return text[:1] == "/" and text[1:2].isalpha() and "\n" not in text


def unquoted(text: str) -> str:
    """A message without the triple quotes around it."""
    return text.removeprefix(QUOTES).removesuffix(QUOTES).strip() if text.startswith(QUOTES) else text


def _session(conversation: Conversation) -> PromptSession[str]:
    typing_command = Condition(lambda: session.default_buffer.text.startswith("/"))
    session: PromptSession[str] = PromptSession(
        history=_history(conversation),
        multiline=True,
        key_bindings=_keys(),
        completer=Words(),
        complete_while_typing=typing_command,
        auto_suggest=AutoSuggestFromHistory(),
        enable_open_in_editor=True,
        prompt_continuation="  ",
        reserve_space_for_menu=6,
    )
    return session


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if open_quotes(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def open_quotes(text: str) -> bool:
    """Whether triple quotes were opened and not closed.

    >>> open_quotes('\"\"\"one'), open_quotes('\"\"\"one\"\"\"')
    (True, False)
    """
    text = text.strip()
    return text.startswith(QUOTES) and (len(text) < 2 * len(QUOTES) or not text.endswith(QUOTES))


def _history(conversation: Conversation) -> History:
    """The history file, readable by its owner only; memory where there is no place for it or none is wanted."""
    if os.environ.get("MATHSOLVE_NOHISTORY"):
        return InMemoryHistory()
    from platformdirs import user_state_path

    path = user_state_path("mathsolve") / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("a"):
            return FileHistory(path)
    except OSError as error:
        show_aside(conversation.pen, f"the history is kept in memory only: cannot write {path} ({error.strerror})")
        return InMemoryHistory()
