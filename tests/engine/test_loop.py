"""The loop with a model that writes what it is told, and the real sandbox."""

from collections.abc import Callable, Sequence

import pytest

from mathsolve import Observation, Problem, Program, Solver, Thought, Trajectory
from mathsolve.engine.backend import Completion, Sampling
from mathsolve.engine.loop import Attempt, Budget
from mathsolve.engine.renderer import Renderer
from mathsolve.prompts import Segment


class Scripted:
    """A backend that writes one script, and stops where a model would be stopped."""

    context = 512

    def __init__(self, renderer: Renderer, *segments: Segment) -> None:
        self.renderer = renderer
        self._left = list(renderer.encode(segments).ids)

    async def generate(
        self, ids: Sequence[int], sampling: Sampling, on_token: Callable[[int], None] | None = None
    ) -> Completion:
        """The script up to the next stop."""
        stops = (*self.renderer.stop_ids, *sampling.stop_ids)
        end = next((i for i, token in enumerate(self._left) if token in stops), len(self._left) - 1) + 1
        written, self._left = tuple(self._left[:end]), self._left[end:]
        return Completion(written, (0.0,) * len(written), "stop" if written and written[-1] in stops else "length")

    async def score(self, ids: Sequence[int]) -> list[float]:
        """Certain of everything."""
        return [0.0] * (len(ids) - 1)

    async def close(self) -> None:
        """Nothing to free."""


def run(solver: Solver, *segments: Segment, programs: int = 4) -> Trajectory:
    """The trajectory of a script."""
    backend = Scripted(solver.backend.renderer, *segments)
    budget, sampling = Budget(programs, 400), Sampling(max_tokens=300)
    attempt = Attempt(Problem("?"), "mixed", backend, solver.sandbox, budget=budget, sampling=sampling)
    solver.run(attempt.run())
    return attempt.trajectory()


def thought(text: str) -> Segment:
    return Segment(text, "thought")


@pytest.fixture
def two_programs(solver: Solver) -> list[Segment]:
    family = solver.backend.renderer.family
    return [thought("First."), *family.program("x = 41"), thought("Then."), *family.program("print(x + 1)")]


def test_programs_share_their_state_and_the_last_one_gives_the_answer(
    solver: Solver, two_programs: list[Segment]
) -> None:
    end = solver.backend.renderer.family.finish()
    done = run(solver, *two_programs, thought("It is \\boxed{"), thought(" then."), *end)
    assert [type(s) for s in done.steps] == [Thought, Program, Observation, Thought, Program, Observation, Thought]
    assert done.steps[-1] == Thought("It is \\boxed{42} then.")
    assert (done.answer, done.stop) == ("42", "answered")


def test_a_box_that_is_followed_by_another_program_does_not_count(solver: Solver, two_programs: list[Segment]) -> None:
    family = solver.backend.renderer.family
    first = [*family.program("print(7)"), thought("Is it \\boxed{"), thought("? No.")]
    done = run(solver, *first, *two_programs, thought("\\boxed{"), thought("."), *family.finish())
    thoughts = [step.text for step in done.steps if isinstance(step, Thought)]
    assert [t.count("boxed") for t in thoughts] == [1, 0, 1]
    assert (done.answer, done.stop) == ("42", "answered")


def test_the_budget_of_programs_ends_an_attempt_and_keeps_it(solver: Solver, two_programs: list[Segment]) -> None:
    done = run(solver, *two_programs, programs=1)
    assert (done.stop, done.answer) == ("max_programs", None)
    assert sum(isinstance(step, Observation) for step in done.steps) == 1
