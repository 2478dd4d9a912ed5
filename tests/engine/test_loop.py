"""The loop with recorded solutions and the real sandbox."""

from mathsolve import Observation, Problem, Program, Solver, Thought, Trajectory
from mathsolve.engine.backend import Sampling
from mathsolve.engine.backends.replay import ReplayBackend
from mathsolve.engine.loop import Attempt, Budget
from mathsolve.engine.renderer import TextRenderer
from mathsolve.prompts import load_family


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
