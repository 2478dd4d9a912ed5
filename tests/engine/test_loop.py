"""The loop with recorded solutions and the real sandbox."""

from collections.abc import Sequence

from mathsolve import Observation, Problem, Program, Solver, Thought, Trajectory
from mathsolve.engine.backend import Completion, Context, Profile, Sampling
from mathsolve.engine.backends.replay import ReplayBackend
from mathsolve.engine.loop import Attempt, Budget
from mathsolve.engine.renderer import Renderer, TextRenderer
from mathsolve.engine.shown import OUTPUT_CHARS
from mathsolve.prompts import Segment, load_family


def run(solver: Solver, text: str, *, family: str = "embedded", programs: int = 4, tokens: int = 400) -> Trajectory:
    """The trajectory of a recorded solution."""
    renderer = solver.backend.renderer if family == "embedded" else TextRenderer(load_family(family))
    backend = ReplayBackend({"?": [text]}, renderer)
    budget, sampling = Budget(programs, tokens), Sampling(max_tokens=300)
    attempt = Attempt(Problem("?"), "mixed", backend, solver.sandbox, budget=budget, sampling=sampling)
    solver.run(attempt.run())
    return attempt.trajectory()


TWO = "First.<program>x = 41</program><output></output>Then.<program>print(x + 1)</program><output>?</output>"


def test_programs_share_their_state_and_the_last_one_gives_the_answer(solver: Solver) -> None:
    done = run(solver, TWO + "It is \\boxed{?} then.<end>")
    assert [type(s) for s in done.steps] == [Thought, Program, Observation, Thought, Program, Observation, Thought]
    assert done.steps[-1] == Thought("It is \\boxed{42} then.")
    assert (done.answer, done.stop, done.rule) == ("42", "answered", "filled")


def test_a_box_that_is_followed_by_another_program_does_not_count(solver: Solver) -> None:
    done = run(solver, "<program>print(7)</program><output>7</output>Is it \\boxed{7}? No." + TWO + "\\boxed{?}.<end>")
    thoughts = [step.text for step in done.steps if isinstance(step, Thought)]
    assert [t.count("boxed") for t in thoughts] == [1, 0, 1]
    assert (done.answer, done.stop) == ("42", "answered")


def test_the_budget_of_programs_ends_an_attempt_and_keeps_it(solver: Solver) -> None:
    done = run(solver, TWO, programs=1)
    assert (done.stop, done.answer) == ("max_programs", None)
    assert sum(isinstance(step, Observation) for step in done.steps) == 1


def test_every_token_has_the_role_of_what_it_is_part_of(solver: Solver) -> None:
    done = run(solver, TWO + "It is \\boxed{?}.<end>")
    decode = solver.backend.renderer.decode
    said = {
        role: decode([i for i, r in zip(done.tokens.ids, done.tokens.roles, strict=True) if r == role])
        for role in ("thought", "program", "observation", "stop")
    }
    assert said["thought"] == "First.Then.It is \\boxed{."
    assert said["program"] == "<program>x = 41</program><program>print(x + 1)</program>"
    assert said["observation"] == "<output></output><output>42</output>42}"
    assert said["stop"] == "<end>"


FENCED = "```python\nprint({0})\n```\n```output\n?\n```\n"


def test_an_attempt_at_the_end_of_its_programs_states_its_answer(solver: Solver) -> None:
    text = FENCED.format(1) + FENCED.format(2) + "7}$ and nothing else."
    done = run(solver, text.replace("7}", "\\boxed{7}"), family="qwen-tir", programs=1)
    assert (done.stop, done.answer) == ("answered", "7")
    assert isinstance(done.steps[-1], Thought) and done.steps[-1].text.startswith("\n\nThe final answer is \\boxed{")


def test_words_without_end_are_cut_and_say_so(solver: Solver) -> None:
    done = run(solver, "and so on " * 500, family="qwen-tir", tokens=200)
    assert (done.stop, done.answer) == ("max_tokens", None)
    assert done.detail == "ran out of tokens before it stated an answer"


def test_a_value_that_was_only_printed_is_an_answer_that_says_so(solver: Solver) -> None:
    done = run(solver, FENCED.format("6 * 7"), family="qwen-tir")
    assert (done.answer, done.rule) == ("42", "printed")


def test_reasoning_between_tags_is_kept_out_of_the_answer(solver: Solver) -> None:
    done = run(solver, "<think>Maybe \\boxed{3}?\n" + FENCED.format(4) + "</think>The answer is 4.", family="think")
    assert (done.answer, done.rule) == ("4", "phrase")
    assert run(solver, "<think>Maybe \\boxed{3}?", family="think").answer is None


def test_programs_that_were_written_one_after_the_other_run_in_order(solver: Solver) -> None:
    two = "```python\nx = 5\n```\nthen\n```python\nprint(x + 1)\n```\n```output\n?\n```\nIt is \\boxed{6}."
    done = run(solver, two, family="qwen-tir")
    assert [step.stdout for step in done.steps if isinstance(step, Observation)] == ["6\n"]
    assert [step.code for step in done.steps if isinstance(step, Program)] == ["x = 5", "print(x + 1)"]


def test_what_the_model_is_not_shown_is_counted_even_where_it_is_not_told(solver: Solver) -> None:
    def seen(printed: str, family: str) -> tuple[int, str]:
        done = run(solver, FENCED.format(printed) + "It is \\boxed{7}.", family=family, tokens=2000)
        observation = next(step for step in done.steps if isinstance(step, Observation))
        return observation.truncated, observation.stdout

    assert seen("'1' * 1000", "qwen-tir") == (600, "1" * 1000 + "\n")  # the 400 characters that its models know
    assert seen("'1' * 400", "qwen-tir")[0] == 0
    assert seen("'1' * 1000", "think")[0] == 1001 - OUTPUT_CHARS - 1
    assert 69_000 < seen("'1' * 70_000", "qwen-tir")[0] < 70_000  # the sandbox has left out a part of them


def test_a_long_observation_leaves_room_for_the_last_words(solver: Solver) -> None:
    long = "```python\nprint('1 ' * 400)\n```\n```output\n?\n```\nIt is \\boxed{7}."
    backend = ReplayBackend({"?": [long]}, Renderer(load_family("qwen-tir"), solver.backend.renderer.tokenizer))
    attempt = Attempt(
        Problem("?"), "mixed", backend, solver.sandbox, budget=Budget(4, 200), sampling=Sampling(max_tokens=300)
    )
    solver.run(attempt.run())
    done = attempt.trajectory()
    assert (done.stop, done.answer) == ("answered", "7")
    assert sum(role != "prompt" for role in done.tokens.roles) <= 200


class Scripted:
    """A model with a tokenizer that says what it was given, each with the model's own end token behind it."""

    def __init__(self, renderer: Renderer, *turns: str) -> None:
        self.renderer, self.profile = renderer, Profile(4096)
        self._turns = [*turns]
        self.seen: list[Context] = []

    async def generate(self, context: Context, sampling: Sampling, on_text: object = None) -> Completion:
        self.seen.append(context)
        text = self._turns.pop(0)
        ids = self.renderer.encode([Segment(text, "thought"), Segment("<end>", "stop", tag=True)]).ids
        return Completion(text, "stop", None, ids, (-1.0,) * len(ids))

    async def score(self, ids: Sequence[int]) -> list[float]:
        return []

    async def close(self) -> None:
        pass


def test_an_end_that_the_engine_overrules_is_not_in_the_context(solver: Solver) -> None:
    renderer = Renderer(load_family("qwen-tir"), solver.backend.renderer.tokenizer)
    backend = Scripted(renderer, "```python\nprint(6 * 7)\n```", "It is \\boxed{42}.")
    attempt = Attempt(Problem("?"), "mixed", backend, solver.sandbox, budget=Budget(), sampling=Sampling())
    solver.run(attempt.run())
    done = attempt.trajectory()
    after = "```python\nprint(6 * 7)\n```\n```output\n42\n```\nIt is \\boxed{42}.<end>"
    assert renderer.decode(done.tokens.ids).endswith("assistant\n" + after)
    assert done.tokens.roles.count("stop") == 1 and backend.seen[1].text in renderer.decode(done.tokens.ids)


def test_words_of_the_engine_before_a_program_are_kept(solver: Solver) -> None:
    text = "<program>print(7)</program><output>7</output>\\boxed{?}<program>print(8)</program><output>8</output>It is 8.<end>"
    done = run(solver, text)
    assert next(step.text for step in done.steps if isinstance(step, Thought)) == "\\boxed{7}"


def test_observations_count_where_tokens_are_not_known(solver: Solver) -> None:
    rounds = "```python\nprint('1 ' * 99)\n```\n```output\n?\n```\n" * 40 + "It is \\boxed{7}."
    done = run(solver, rounds, family="qwen-tir", programs=99, tokens=300)
    assert sum(isinstance(step, Observation) for step in done.steps) < 40


def test_a_box_in_an_earlier_thought_is_no_answer_with_tags_for_reasoning_either(solver: Solver) -> None:
    text = "Is it \\boxed{3}?\n<tool_call>\nprint(4)\n</tool_call>\n```output\n4\n```\nNo, the answer is 4."
    assert run(solver, text, family="openmath").answer == "4"
