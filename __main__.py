"""The command line: reads options, hands the question to the engine, and turns the outcome into an exit code.

    mathsolve "question"        one answer          mathsolve                  a conversation
    cat problem | mathsolve     one answer          mathsolve - [--json]       one problem a line
    mathsolve exec FILE         one program         mathsolve doctor           what works here

Exit codes: 0 answered, 1 something failed, 2 the command was used wrongly, 3 no answer that can be trusted, 130 Ctrl-C.

Start-up is measured: the sandbox's worker is started first and warms up while this process parses options and loads the
model. Neither sympy nor numpy is imported here, and rich only for a terminal.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

from cyclopts import App, CycloptsError, Parameter
from cyclopts.config import Toml

from . import __version__
from .engine.errors import MathsolveError, UsageError
from .sandbox import ProcessSandbox, Sandbox, SandboxError

if TYPE_CHECKING:
    from .engine.solver import Solver

COMMANDS = {
    "train": ("mathsolve.training.command:app", "Make data and train models."),
    "eval": ("mathsolve.evaluation.commands.evaluate:app", "Measure on benchmarks."),
    "bench": ("mathsolve.evaluation.commands.bench:app", "Show and fetch benchmarks."),
    "report": ("mathsolve.evaluation.commands.report:app", "Show a run: terminal, Markdown, HTML."),
    "compare": ("mathsolve.evaluation.commands.compare:app", "Compare two runs, problem by problem."),
    "routes": ("mathsolve.evaluation.commands.routes:app", "Tell --mode auto how a model does in each mode."),
    "score": ("mathsolve.evaluation.commands.score:app", "Score the samples of runs by a reward or critique model."),
    "regrade": ("mathsolve.evaluation.commands.regrade:app", "Grade the answers of a run again."),
    "grade": ("mathsolve.evaluation.commands.grade:app", "Compare answers with right ones."),
    "contamination": ("mathsolve.evaluation.commands.contamination:app", "Find benchmark questions in training data."),
    "sandbox": ("mathsolve.sandbox.command:app", "Prepare the sandbox."),
}
"""Commands of the other floors, imported when they are used."""
EXAMPLES = """\
mathsolve "What is 15% of 80?"          the answer
mathsolve                               a conversation
cat problem.txt | mathsolve "in cm"     a question from a pipe
mathsolve - --json < problems.jsonl     many questions

Exit codes: 0 answered, 1 failed, 2 wrong usage,
3 no answer to be trusted, 130 Ctrl-C."""
_OPTION = re.compile(r"--?[A-Za-z][\w-]*(=.*)?|--", re.DOTALL)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Options:
    """How to answer."""

    model: Annotated[str, Parameter(name=["--model", "-m"], env_var="MATHSOLVE_MODEL")] = "embedded"
    """Either embedded, a folder, hf:NAME, vllm:NAME, openai:NAME, or a server's address."""
    family: Annotated[str | None, Parameter(env_var="MATHSOLVE_FAMILY")] = None
    """How the model is talked to, when its name does not tell: a name, or a TOML file."""
    routes: Annotated[str | None, Parameter(env_var="MATHSOLVE_ROUTES")] = None
    """The model's record by kind of question, for --mode auto: a file that mathsolve routes has made."""
    mode: Annotated[Literal["auto", "cot", "pot", "mixed"], Parameter(env_var="MATHSOLVE_MODE")] = "auto"
    """Words only (cot), a program only (pot), both (mixed), or let the engine choose (auto)."""
    samples: Annotated[int | None, Parameter(name=["--samples", "-n"], env_var="MATHSOLVE_SAMPLES")] = None
    """Attempts per question."""
    scorer: Annotated[str | None, Parameter(env_var="MATHSOLVE_SCORER")] = None
    """Folder of a reward or critique model that judges the attempts."""
    select: Annotated[
        Literal["trust", "majority", "weighted", "best"] | None, Parameter(env_var="MATHSOLVE_SELECT")
    ] = None
    """How the answer is chosen: trusted most (by votes, where a model comes without an estimate of trust), most votes, votes
    by score, or the best score; by default trust, with a scorer weighted."""
    seed: Annotated[int, Parameter(env_var="MATHSOLVE_SEED")] = 0
    """Seed of every random choice."""
    timeout: Annotated[float, Parameter(env_var="MATHSOLVE_TIMEOUT")] = 60.0
    """Seconds per question."""
    sandbox: Annotated[Literal["process", "docker"], Parameter(env_var="MATHSOLVE_SANDBOX")] = "process"
    """Where programs run: in walled-in processes, or in containers (first: mathsolve sandbox image)."""
    json: bool = False
    """Print JSON, with every step, instead of the answer alone."""
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"])] = False
    """Print nothing but the answer."""
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"])] = False
    """Show reasoning and programs on standard error even when it is no terminal."""
    plain: bool = False
    """No colours and no drawn mathematics."""


class ConfigurationFile(Toml):
    """A TOML file of options, which says its name when it cannot be read."""

    def _load_config(self, path: Path) -> dict[str, Any]:
        try:
            return super()._load_config(path)
        except (OSError, ValueError) as error:
            raise CycloptsError(msg=f"cannot read the options in {path}: {error}") from error


def ask(*words: str, options: Options | None = None) -> int:
    """Answer a question.

    Parameters
    ----------
    words
        The question; "-" reads many from standard input, one a line or as JSON objects. None starts a conversation.
    """
    from .engine.question import question_text

    options = options or Options()
    stdin = _stdin()
    terminal = stdin.isatty()
    if [word.strip() for word in words] == ["-"]:
        from .engine import batch

        with _solver(options) as solver:
            return batch.answer_all(solver, stdin, sys.stdout, sys.stderr, as_json=options.json)
    if not words and terminal:
        from .engine.repl import converse

        return converse(_solver(options), plain=options.plain)
    from .engine import oneshot

    question = question_text(words, None if terminal else stdin, _note)
    with _solver(options) as solver:
        view = oneshot.View(options.json, options.quiet, options.verbose, options.plain)
        return oneshot.answer(solver, question, view)


def exec_(
    file: str,
    /,
    *,
    json: bool = False,
    timeout: float = 5.0,
    memory: int = 1024,
    sandbox: Literal["process", "docker"] = "process",
) -> int:
    """Run one Python program in the sandbox.

    Parameters
    ----------
    file
        The program's file; "-" reads it from standard input.
    json
        Print the outcome as JSON.
    timeout
        Seconds of processor time.
    memory
        Memory in MiB.
    sandbox
        Where: in a walled-in process, or in a container of the Docker daemon (first: mathsolve sandbox image).
    """
    from .engine.oneshot import execute
    from .engine.question import decoded

    try:
        data = _stdin().read() if file.strip() == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the program {file!r}: {error.strerror}") from error
    chosen = _sandbox() if sandbox == "process" else _docker(containers=1)
    return execute(chosen, decoded(data, file), timeout_s=timeout, memory_mb=memory, as_json=json)


def doctor(*, json: bool = False) -> int:
    """Show what works on this machine, and how to get what does not.

    Parameters
    ----------
    json
        Print the checks as JSON.
    """
    from .engine.doctor import report

    return report(sys.stdout, as_json=json)


def application() -> App:
    """The command with all its subcommands; those of the upper floors are imported when they are used."""
    flat = _configuration(commands=False)
    app = App(
        name="mathsolve",
        version=__version__,
        usage='Usage: mathsolve ["QUESTION"] [OPTIONS]   or   mathsolve COMMAND ...',
        help="Answers mathematics questions by reasoning in words and running programs.",
        help_epilogue=EXAMPLES,
        help_format="plaintext",
        default_parameter=Parameter(negative=()),
        config=_configuration(commands=True),
    )
    app.default(ask)
    app.command(ask, name="ask", config=flat, help_epilogue="")
    app.command(exec_, name="exec", help_epilogue="")
    app.command(doctor, name="doctor", help_epilogue="")
    for name, (home, purpose) in COMMANDS.items():
        app.command(home, name=name, help=purpose)
    return app


def run(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code; every error is one line on standard error."""
    in_docker = any(word in ("docker", "--sandbox=docker") for word in arguments)
    if not in_docker and not {*COMMANDS, "doctor", "--help", "-h", "--version"} & set(arguments[:1]):
        _sandbox()
    tokens = [word if _OPTION.fullmatch(word) or not word.startswith("-") else f" {word}" for word in arguments]
    try:
        return application()(tokens, exit_on_error=False, print_error=False, result_action="return_value") or 0
    except CycloptsError as error:
        return _fail(2, f"{_one_line(error)} (mathsolve --help shows what there is)")
    except MathsolveError as error:
        return _fail(2 if isinstance(error, UsageError) else 1, str(error))
    except SandboxError as error:
        return _fail(1, str(error))
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer has nowhere to go
        if isinstance(error, BrokenPipeError):  # whoever read the answer has gone: say nothing, but claim no success
            return 1
        return _fail(1, f"{error.filename or 'the answer could not be written'}: {error.strerror}")
    except KeyboardInterrupt:
        return 130


def main() -> None:
    """Entry point of the `mathsolve` script."""
    _open_streams()
    sys.exit(run(sys.argv[1:]))


def _open_streams() -> None:
    """Makes the three standard streams usable: a closed one must not lend its number to a socket of the sandbox."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@cache
def _sandbox() -> ProcessSandbox:
    """The one sandbox of this process, started."""
    sandbox = ProcessSandbox()
    sandbox.start()
    return sandbox


def _docker(containers: int | None) -> Sandbox:
    """A sandbox in containers; None: as many as it finds right."""
    from .sandbox.docker import DockerSandbox, Terms

    return DockerSandbox(terms=Terms() if containers is None else Terms(containers=containers))


def _solver(options: Options) -> Solver:
    from .engine.settings import Settings
    from .engine.solver import Solver

    how = (options.model, options.mode, options.samples, options.seed, options.timeout)
    select = options.select or ("weighted" if options.scorer else "trust")
    settings = Settings(*how, family=options.family, routes=options.routes, select=select, scorer=options.scorer)
    return Solver(settings, sandbox=_sandbox() if options.sandbox == "process" else _docker(containers=None))


def _configuration(*, commands: bool) -> tuple[ConfigurationFile, ...]:
    """Where options come from when neither the command line nor the environment says: project, then user."""
    from platformdirs import user_config_path

    files: list[tuple[Path, tuple[str, ...]]] = [
        (Path("mathsolve.toml"), ()),
        (Path("pyproject.toml"), ("tool", "mathsolve")),
        (user_config_path("mathsolve") / "config.toml", ()),
    ]
    return tuple(ConfigurationFile(path, root_keys=keys, use_commands_as_keys=commands) for path, keys in files)


def _stdin() -> BinaryIO:
    """Standard input as bytes, apart from `sys.stdin` so that a thread may be left waiting on it."""
    return open(0, "rb", closefd=False)


def _note(text: str) -> None:
    sys.stderr.write(f"mathsolve: {text}\n")


def _fail(code: int, message: str) -> int:
    _note(message)
    return code


def _one_line(error: CycloptsError) -> str:
    return " ".join(str(error).split()).rstrip(".")


if __name__ == "__main__":
    main()
