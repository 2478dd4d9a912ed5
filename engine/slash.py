"""The slash commands of a conversation: one function each, and the table that `/help` prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ..prompts import families
from ..sandbox.program import Program
from .console import Trace, harmless, no_answer, show_aside, show_support
from .conversation import Conversation
from .document import export, json_text, read
from .errors import UsageError
from .trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Command:
    """One slash command."""

    act: Callable[[Conversation, str], None]
    """Does it, given what was typed after its name."""
    about: str
    """What it does, for `/help`."""
    argument: str = ""
    """What may follow its name, for `/help`."""
    choices: tuple[str, ...] = ()
    """Arguments that Tab completes."""


class Leave(Exception):
    """The user wants to go."""


def obey(conversation: Conversation, text: str) -> bool:
    """Obeys one slash command; False when the conversation is over. Raises `UsageError` for one there is none of."""
    name, _, argument = text.partition(" ")
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        raise UsageError(f"no command {name}; " + (f"did you mean {near[0]}?" if near else "/help shows what there is"))
    try:
        COMMANDS[name].act(conversation, argument.strip())
    except Leave:
        return False
    return True


def _help(conversation: Conversation, _: str) -> None:
    pen = conversation.pen
    for name, command in COMMANDS.items():
        pen.write(f"{pen.indent}{name + ' ' + command.argument:<24}", "answer")
        pen.write(f"{command.about}\n", "aside")
    show_aside(pen, 'Alt+Enter, """ or a paste for several lines; Tab completes; Ctrl-X Ctrl-E edits')
    show_aside(pen, "Ctrl-C stops an answer")


def _model(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.change(model=argument)
    show_aside(conversation.pen, f"model {conversation.settings.model}")


def _family(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.change(family=None if argument == "auto" else argument)
    show_aside(conversation.pen, f"family {conversation.settings.family or 'auto: by the model'}")


def _mode(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.change(mode=argument)
    show_aside(conversation.pen, f"mode {conversation.settings.mode}")


def _samples(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.change(samples=None if argument == "auto" else int(_number(argument, whole=True)))
    samples = conversation.settings.samples
    show_aside(conversation.pen, f"samples {samples or 'auto: as the model was calibrated'}")


def _seed(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.change(seed=int(_number(argument, whole=True)))
    show_aside(conversation.pen, f"seed {conversation.settings.seed}")


def _timeout(conversation: Conversation, argument: str) -> None:
    if argument:
        conversation.change(timeout_s=_number(argument))
    show_aside(conversation.pen, f"timeout {conversation.settings.timeout_s:g} s")


def _trace(conversation: Conversation, argument: str) -> None:
    if argument not in ("", "on", "off"):
        raise UsageError(f"/trace {argument}: say on or off")
    conversation.traced = argument == "on" if argument else not conversation.traced
    show_aside(conversation.pen, "reasoning and programs are " + ("shown" if conversation.traced else "hidden"))


def _why(conversation: Conversation, _: str) -> None:
    """Every attempt with its answer, then the one that counts in full."""
    solution, pen = conversation.last, conversation.pen
    if solution.answer is None:
        show_aside(pen, no_answer(solution))
    show_support(pen, solution)
    if len(solution.trajectories) > 1:
        for number, attempt in enumerate(solution.trajectories, start=1):
            show_aside(pen, f"attempt {number}: {harmless(_outcome(attempt))}")
    pen.write("\n", "aside")
    trace = Trace(pen)
    for step in solution.steps:
        trace.step(step)
    trace.close()


def _outcome(attempt: Trajectory) -> str:
    return attempt.answer if attempt.answer is not None else f"no answer ({attempt.detail or attempt.stop})"


def _code(conversation: Conversation, _: str) -> None:
    """The programs letter for letter, without bars, to be copied."""
    programs = [step.code.strip("\n") for step in conversation.last.steps if isinstance(step, Program)]
    if not programs:
        show_aside(conversation.pen, "no program was run")
    for line in "\n\n".join(programs).split("\n") if programs else ():
        conversation.pen.program(harmless(line))
        conversation.pen.write("\n", "program")


def _retry(conversation: Conversation, _: str) -> None:
    question = conversation.last.problem.question
    conversation.change(seed=conversation.settings.seed + 1)
    conversation.ask(question)


def _export(conversation: Conversation, argument: str) -> None:
    path = _path(argument, "/export", "session.ipynb")
    export(conversation.solutions, path)
    show_aside(conversation.pen, f"wrote {len(conversation.solutions)} to {path}")


def _save(conversation: Conversation, argument: str) -> None:
    path = _path(argument, "/save", "session.json")
    try:
        path.write_text(json_text(conversation.solutions), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {str(path)!r}: {error.strerror}; choose another place") from error
    show_aside(conversation.pen, f"saved {len(conversation.solutions)} to {path}; /load {path} brings them back")


def _load(conversation: Conversation, argument: str) -> None:
    solutions = read(_path(argument, "/load", "session.json"))
    conversation.solutions.extend(solutions)
    for solution in solutions:
        show_aside(conversation.pen, harmless(f"{solution.problem.question}  =>  {solution.answer or 'no answer'}"))


def _clear(conversation: Conversation, _: str) -> None:
    from prompt_toolkit.shortcuts import clear

    conversation.solutions.clear()
    clear()


def _quit(_: Conversation, __: str) -> None:
    raise Leave


def _number(text: str, *, whole: bool = False) -> float:
    try:
        return int(text) if whole else float(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a {'whole ' if whole else ''}number") from None


def _path(argument: str, name: str, example: str) -> Path:
    if not argument:
        raise UsageError(f"{name} needs a file, e.g. {name} {example}")
    return Path(argument).expanduser()


COMMANDS = {
    "/help": Command(_help, "this list"),
    "/model": Command(_model, "which model answers", "[FOLDER]", ("embedded",)),
    "/family": Command(_family, "how the model is talked to", "[NAME|auto]", ("auto", *families())),
    "/mode": Command(_mode, "words, programs, both, or the engine's choice", "[MODE]", ("auto", "cot", "pot", "mixed")),
    "/samples": Command(_samples, "attempts per question; they vote", "[N|auto]", ("auto",)),
    "/seed": Command(_seed, "seed of every random choice", "[N]"),
    "/timeout": Command(_timeout, "seconds per question", "[SECONDS]"),
    "/trace": Command(_trace, "show or hide reasoning and programs", "[on|off]", ("on", "off")),
    "/why": Command(_why, "all attempts at the last question, and the one that counts"),
    "/code": Command(_code, "the programs of the last answer, to copy"),
    "/retry": Command(_retry, "ask the last question again with another seed"),
    "/export": Command(_export, "write the session as .md, .json or .ipynb", "FILE"),
    "/save": Command(_save, "save the session", "FILE"),
    "/load": Command(_load, "bring a saved session back", "FILE"),
    "/clear": Command(_clear, "empty the screen and forget the session"),
    "/quit": Command(_quit, "leave (so does Ctrl-D)"),
}
