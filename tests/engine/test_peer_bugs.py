"""Bugs that were found in other systems which mix words and programs: ours has none of them.

Each test names the system. Solutions are recorded ones; loop, sandbox, vote and extraction are the real ones.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mathsolve import Observation, Problem, Program, Solver, Thought, Trajectory
from mathsolve.engine.backend import Completion, Context, Sampling
from mathsolve.engine.backends.messages import code_of
from mathsolve.engine.backends.replay import ReplayBackend
from mathsolve.engine.backends.source import Source
from mathsolve.engine.loop import Attempt, Budget, Event
from mathsolve.engine.renderer import Renderer, TextRenderer
from mathsolve.engine.selection import Ballot
from mathsolve.engine.trust import objection
from mathsolve.prompts import MODES, families, load_family
from mathsolve.sandbox import Limits, MemoSandbox, ProcessSandbox

QUICK = Limits(cpu_s=0.5)
EVERY = pytest.mark.parametrize("name", families())
WRITTEN = pytest.mark.parametrize("name", [name for name in families() if not load_family(name).tools])
"""Families whose models write their programs into the text."""


class Watched(ReplayBackend):
    """A replay that keeps what it was asked to continue."""

    contexts: list[Context]

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        self.contexts = [*getattr(self, "contexts", []), context]
        return await super().generate(context, sampling, on_text)


def replayed(
    solution: str, family: str = "base", programs: int = 4, tokens: int = 2000
) -> tuple[Trajectory, list[Context]]:
    """The trajectory of a recorded solution, and what the model was given to continue."""
    backend = Watched({"?": [solution]}, TextRenderer(load_family(family)))
    budget, sampling = Budget(programs, tokens), Sampling(max_tokens=tokens)

    async def run() -> Trajectory:
        async with ProcessSandbox(QUICK) as sandbox:
            attempt = Attempt(Problem("?"), "mixed", backend, sandbox, budget=budget, sampling=sampling)
            await attempt.run()
            return attempt.trajectory()

    return asyncio.run(run()), backend.contexts


def solution(code: str, *, then: str = "It is \\boxed{7}.") -> str:
    """A solution with one program."""
    return f"So:\n```python\n{code}\n```\n```output\n?\n```\n{then}"


@WRITTEN
def test_what_comes_after_an_execution_is_kept(name: str) -> None:
    """Qwen2.5-Math cuts every solution at its first stop word, which opens the first output."""
    family = load_family(name)
    shell = "".join(s.text for s in (*family.program("print(6 * 7)"), *family.observe("?")))
    done, _ = replayed(f"First.{shell}And then {shell}so it is \\boxed{{42}}.{family.end}", name)
    assert [type(step) for step in done.steps] == [Thought, Program, Observation] * 2 + [Thought]
    assert (done.answer, done.stop) == ("42", "answered")
    assert isinstance(done.steps[-1], Thought) and done.steps[-1].text.startswith("so it is")


@EVERY
@pytest.mark.parametrize("mode", MODES)
def test_prompts_hold_what_their_author_wrote(name: str, mode: str) -> None:
    r"""Qwen2.5-Math has a prompt in a string that is not raw: `\boxed` became a backspace and "oxed"."""
    family = load_family(name)
    text = "".join(segment.text for segment in family.ask("?", mode)) + family.nudge + family.box
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert not re.search(r"(?<!\\)boxed|(?<!b)oxed|(?<![\\df])rac\{|(?<!\\)sqrt\{", text)


@EVERY
def test_no_ordinary_word_stops_a_model(name: str) -> None:
    """Xwin stops at "Question", "Instruction" and "Response" wherever they stand."""
    family = load_family(name)
    text = f"Question one: is the Response to this Instruction an Output? The answer is \\boxed{{7}}.{family.end}"
    assert replayed(text, name)[0].answer == "7"
    assert not any(re.fullmatch(r"[\w ]+:?", stop) for stop in family.stops)


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("print(1)\nprint(1 / 0)", "error", ["1\n", "ZeroDivisionError: division by zero"]),
        ("print(1)\nwhile True: pass", "timeout", ["1\n", "TimeoutError", "0.5 s"]),
        ("print(1)\nx = [0] * 10**10", "memory", ["1\n", "MemoryError"]),
        ("import subprocess\nprint(1)", "policy", ["line 1", "subprocess"]),
        ("print(1", "error", ["SyntaxError"]),
        ("for i in range(10**9): print('x' * 9999)", "output_limit", ["characters left out"]),
        ("print('Traceback: an error of 3, timed out, Failed')", "ok", ["Traceback: an error of 3, timed out, Failed"]),
        ("x = 5\nx", "ok", ["```output\n5\n```"]),
        ("print('a' * 250 + 'b' * 250)", "ok", ["a" * 250 + "b" * 250]),
        ("print('a' * 900 + 'b' * 900)", "ok", ["a" * 300 + "... 1200 characters left out ..." + "b" * 300]),
        ("print(1 / 3, 0.1 + 0.2)", "ok", ["0.3333333333333333 0.30000000000000004"]),
    ],
)
def test_the_model_reads_what_happened(code: str, status: str, told: list[str]) -> None:
    """verl tells it "no stdout here" of any failure and cuts at 256 characters, ToRL "UnknownError"; MathCoder and rStar-Math
    round numbers; NeMo-Skills wrapped lines, and hid the output before an error."""
    done, contexts = replayed(solution(code))
    observation = done.steps[2]
    assert isinstance(observation, Observation) and observation.status == status
    read = contexts[1].text.removeprefix(contexts[0].text)
    assert all(part in read for part in told), read
    assert done.answer == "7"  # and it may go on


def test_an_output_with_the_word_error_is_no_failure_and_a_failure_needs_no_word() -> None:
    """rStar-Math takes any output with "error" for a failure; NeMo-Skills looks for 'Timed out' where "timed out" stands."""
    fine, _ = replayed(solution("print('The standard error is 3; it Timed out')"))
    late, _ = replayed(solution("while True: pass"))
    assert objection(fine) is None
    assert "TimeoutError" in (objection(late) or "")


def test_banned_code_does_not_run_at_all() -> None:
    """Numina's check of imports goes on with the next line, so the program runs."""
    done, _ = replayed(solution("print('it runs')\nimport subprocess\nprint(subprocess.run('id'))"))
    observation = done.steps[2]
    assert isinstance(observation, Observation)
    assert (observation.status, observation.stdout) == ("policy", "")


def test_programs_run_as_they_were_written() -> None:
    """MathCoder cuts decimals to 6 digits in code, rStar-Math rounds values to 4, verl prints the last line again."""
    code = "x = 0.1234567890123\nprint(x * 10**13)\nprint('0.99999999')"
    done, _ = replayed(solution(code, then=""))
    assert [step.code for step in done.steps if isinstance(step, Program)] == [code]
    assert [s.stdout for s in done.steps if isinstance(s, Observation)] == ["1234567890123.0\n0.99999999\n"]
    assert (done.answer, done.rule) == ("0.99999999", "printed")


def test_a_finished_solution_is_not_continued() -> None:
    """Numina goes on generating samples that are done."""
    done, contexts = replayed(solution("print(7)", then="It is \\boxed{7}. ```output\n8\n```\nNo, \\boxed{8}."))
    assert (done.answer, len(contexts)) == ("7", 2)


def test_the_stated_answer_counts_and_no_other_number() -> None:
    """ReTool counts "equal or the last number matches"; MathCoder and ToRA fall back to the last number."""
    assert replayed("The answer is \\boxed{5}. I had also tried 7")[0].answer == "5"
    assert replayed("I tried 5 and then 7")[0].answer is None


def test_a_box_that_was_cut_open_states_nothing() -> None:
    done, _ = replayed("So it is \\boxed{1" + " 0" * 500, tokens=200)
    assert (done.answer, done.stop) == (None, "max_tokens")


def test_words_without_end_end(solver: Solver) -> None:
    """Qwen3 went on for ever in vLLM; NeMo-Skills says in a comment that outputs are not counted. All tokens are."""
    loud = "<program>print('12345 ' * 60)</program><output>?</output>"
    backend = ReplayBackend({"?": [loud * 50 + "\\boxed{7}"]}, solver.backend.renderer)
    budget = Budget(programs=50, tokens=1200)
    attempt = Attempt(Problem("?"), "mixed", backend, solver.sandbox, budget=budget, sampling=Sampling(max_tokens=900))
    solver.run(attempt.run())
    done = attempt.trajectory()
    written = sum(role != "prompt" for role in done.tokens.roles)
    shown = sum(role == "observation" for role in done.tokens.roles)
    assert done.stop == "max_tokens" and 600 < shown < written
    assert written <= 1200 + 400  # it ends after the observation that went beyond


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('{"code": "print(1)"}', "print(1)"),
        ('{"code": "print(1)', '{"code": "print(1)'),
        ("1 + 1", "1 + 1"),
        ("[1]", "[1]"),
    ],
)
def test_a_call_that_cannot_be_decoded_is_a_program_whose_error_the_model_reads(arguments: str, code: str) -> None:
    """Open-AgentRL ends a trajectory whose tool call is no JSON."""
    assert code_of(arguments) == code


class Halves:
    """A model that writes 42 as two tokens, which no tokenizer would, and keeps what it is given to continue."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self.profile = ReplayBackend({}, renderer).profile
        self.contexts: list[Context] = []

    async def generate(
        self, context: Context, sampling: Sampling, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        self.contexts.append(context)
        ids = [self.renderer.tokenizer.token_to_id(token) for token in ("<program>", "4", "2", "</program>")]
        if len(self.contexts) > 1:
            ids = [self.renderer.tokenizer.token_to_id("<end>")]
        logprobs = tuple(-float(number) for number, _ in enumerate(ids, 1))
        text = self.renderer.decode(ids[:-1])
        return Completion(text, "stop", self.renderer.decode(ids[-1:]), tuple(ids), logprobs)

    async def score(self, ids: Sequence[int]) -> list[float]:
        return []

    async def close(self) -> None:
        pass


def test_what_was_sampled_is_never_tokenized_again(solver: Solver) -> None:
    """verl, TRL and others turned text into tokens a second time, which shifts ids and masks."""
    renderer = solver.backend.renderer
    assert isinstance(renderer, Renderer)
    backend = Halves(renderer)
    attempt = Attempt(Problem("?"), "mixed", backend, solver.sandbox, budget=Budget(), sampling=Sampling())
    solver.run(attempt.run())
    first, second = (context.tokens for context in backend.contexts)
    sampled = [renderer.tokenizer.token_to_id(token) for token in ("<program>", "4", "2", "</program>")]
    start = len(first.ids)
    assert second.ids[:start] == first.ids and list(second.ids[start : start + 4]) == sampled
    assert second.logprobs[start : start + 4] == (-1, -2, -3, -4)
    assert second.roles[start : start + 4] == ("program",) * 4
    assert set(second.roles[start + 4 :]) == {"observation"} and set(second.logprobs[start + 4 :]) == {None}
    assert [step.code for step in attempt.trajectory().steps if isinstance(step, Program)] == ["42"]


def test_samples_share_no_variables() -> None:
    """PAL runs all samples of a problem with the same globals."""

    async def run() -> list[str]:
        async with ProcessSandbox(QUICK) as sandbox, MemoSandbox(sandbox) as shared:
            one, other = await shared.open(1), await shared.open(2)
            seen = [await one.run(Program("secret = 5")), await other.run(Program("print(secret)"))]
            return [observation.status for observation in seen]

    assert asyncio.run(run()) == ["ok", "error"]


def test_numbers_that_differ_are_different_votes(solver: Solver) -> None:
    """rStar-Math rounds to 4 decimals, PAL and ToRA accept a thousandth more or less, ToRA and Qwen a hundredfold."""
    answers = ["0.12341", "0.12344", "12.344", "0.12344", "1000000", "1000001", "-5", "5", "50%", "50"]

    async def classes() -> list[list[str | None]]:
        ballot = Ballot(solver.sandbox)
        for number, answer in enumerate(answers):
            await ballot.add(number, Trajectory(Problem("?"), (Thought("..."),), answer, "answered"))
        return [[attempt.answer for attempt in members] for members in ballot.classes]

    found = [{*members} for members in solver.run(classes())]
    assert found[:7] == [{one} for one in ("0.12341", "0.12344", "12.344", "1000000", "1000001", "-5", "5")]


def test_a_recording_is_known_by_its_content(tmp_path: Path) -> None:
    """NeMo-Skills keys a cache by the size of a file."""
    path = tmp_path / "solutions.jsonl"
    prints = set()
    for digit in "12":
        path.write_text(f'{{"question": "?", "completions": ["It is {digit}"]}}\n')
        prints.add(Source("replay", str(path)).fingerprint())
    assert len(prints) == 2


def test_a_listener_hears_all_of_a_text_that_ends_like_a_tag() -> None:
    async def run() -> str:
        heard: list[Event] = []
        backend = ReplayBackend({"?": ["It is `\\boxed{7}`"]}, TextRenderer(load_family("qwen-tir")))
        async with ProcessSandbox() as sandbox:
            attempt = Attempt(
                Problem("?"),
                "mixed",
                backend,
                sandbox,
                budget=Budget(),
                sampling=Sampling(),
                listener=heard.append,
            )
            await attempt.run()
        return "".join(event.text for event in heard if event.kind == "thought")

    assert asyncio.run(run()) == "It is `\\boxed{7}`"
