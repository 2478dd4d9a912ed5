"""Votes and scores over recorded attempts, with the real loop and the real sandbox."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve import Problem, Settings, Solution, Solver, Thought, Trajectory
from mathsolve.engine.errors import UsageError
from mathsolve.engine.selection import Ballot, Method, logistic, select, settled
from mathsolve.sandbox import ProcessSandbox

WORDS = "It is \\boxed{%s}."
COMPUTED = "```python\nprint(%s)\n```\n```output\n?\n```\nIt is \\boxed{%s}."


def attempt(answer: str | None) -> Trajectory:
    stop = "no_answer" if answer is None else "answered"
    return Trajectory(Problem("?"), (Thought("..."),), answer, stop)


class Given:
    """Scores that were given."""

    name = "given"

    def __init__(self, *scores: float) -> None:
        self._scores = scores

    async def score(self, attempts: Sequence[Trajectory]) -> Sequence[float]:
        return self._scores


def chosen(
    answers: Sequence[str | None], method: Method = "majority", scores: Sequence[float] = ()
) -> tuple[str | None, float, tuple[str, ...]]:
    async def run() -> tuple[str | None, float, tuple[str, ...]]:
        async with ProcessSandbox() as sandbox:
            ballot = Ballot(sandbox)
            for number, answer in enumerate(answers):
                await ballot.add(number, attempt(answer))
            vote = await select(ballot, method, Given(*scores))
        return vote.winner.answer, vote.agreement, vote.tied

    return asyncio.run(run())


def test_equal_answers_vote_together_whatever_they_look_like() -> None:
    assert chosen(["3", "1/2", "0.5", "\\frac12", "3", None]) == ("1/2", 0.5, ())


def test_what_only_algebra_can_tell_is_told_in_the_sandbox() -> None:
    assert chosen(["\\sum_{k=1}^{n} k", "7", "\\frac{n(n+1)}{2}"])[:2] == ("\\sum_{k=1}^{n} k", pytest.approx(2 / 3))


def test_a_tie_goes_to_the_earliest_and_is_reported() -> None:
    assert chosen(["4", "5", "5", "4", "6"]) == ("4", 0.4, ("5",))
    assert chosen([None, None]) == (None, 0.0, ())


def test_negative_scores_count_for_their_answers() -> None:
    assert chosen(["4", "5", "5"], "weighted", [-1.0, -3.0, -3.0])[0] == "4"
    assert chosen(["4", "5", "5"], "weighted", [-3.0, -3.0, -3.0])[0] == "5"
    assert chosen(["4", "5", "5"], "best", [-3.0, -2.0, -1.0]) == ("5", pytest.approx(2 / 3), ())
    assert chosen(["4", "5"], "best", [-3.0, -3.0]) == ("4", 0.5, ("5",))


@given(st.floats(-1e6, 1e6))
def test_the_logistic_function_has_no_overflow(score: float) -> None:
    assert 0 <= logistic(score) <= 1 and logistic(score) + logistic(-score) == pytest.approx(1)


@given(st.lists(st.integers(0, 6), max_size=4), st.integers(0, 8))
def test_without_risk_a_vote_is_settled_when_nobody_can_overtake(counts: list[int], left: int) -> None:
    first, second = (*sorted(counts, reverse=True), 0, 0)[:2]
    assert settled(counts, left, 0.0) == (first - second > left)


@pytest.mark.parametrize(("counts", "done"), [([4], True), ([3], False), ([4, 1], False), ([6, 1], True), ([], False)])
def test_the_rule_of_adaptive_consistency(counts: list[int], done: bool) -> None:
    """The smallest unanimous vote with P(Beta(v + 1, 1) < 1/2) = 2^-(v + 1) <= 0.05 is four."""
    assert settled(counts, 100, 0.05) == done


def solved(tmp_path: Path, completions: Sequence[str], question: str = "?", **settings: object) -> Solution:
    path = tmp_path / "solutions.jsonl"
    path.write_text(json.dumps({"question": question, "completions": completions}))
    with Solver(Settings(f"replay:{path}", family="qwen-tir", **settings)) as solver:  # type: ignore[arg-type]
        return solver.solve(question)


def test_words_and_a_program_that_agree_are_enough(tmp_path: Path) -> None:
    solution = solved(tmp_path, [COMPUTED % ("5 - 1", "4"), WORDS % "4.0", WORDS % "7"], samples=16)
    assert (solution.answer, len(solution.trajectories), solution.agreement) == ("4", 2, 1.0)


def test_two_programs_that_agree_are_not_enough_and_a_clear_lead_is(tmp_path: Path) -> None:
    solution = solved(tmp_path, [COMPUTED % ("4", "4")], samples=32, width=1)
    assert solution.answer == "4" and len(solution.trajectories) == 4
    assert len(solved(tmp_path, [WORDS % "4"], samples=6, risk=0.0, mode="cot", width=1).trajectories) == 4


def test_attempts_are_called_off_when_the_vote_is_settled(tmp_path: Path) -> None:
    endless = "```python\nwhile True: pass\n```\n```output\n\n```\nIt is \\boxed{5}."
    completions = [WORDS % "4", WORDS % "4", WORDS % "4", WORDS % "4", endless]
    solution = solved(tmp_path, completions, samples=5, mode="cot", width=5)
    assert (solution.answer, len(solution.trajectories)) == ("4", 3)  # three of five cannot be overtaken


def voted(tmp_path: Path, question: str, answers: Sequence[str]) -> Solution:
    """What comes of these answers, all of them in words."""
    return solved(tmp_path, [WORDS % text for text in answers], question, mode="cot", samples=len(answers), risk=0.0)


def test_what_a_check_refutes_gives_way_to_what_one_proves(tmp_path: Path) -> None:
    proved = voted(tmp_path, "What is 17 * 23?", ["381", "391", "391", "381", "381"])
    assert (proved.answer, proved.agreement, proved.confidence) == ("391", 0.4, None)
    assert [(one.answer, one.agreement) for one in proved.candidates] == [("381", 0.6), ("391", 0.4)]
    assert proved.trajectories[0].answer == "391" and all(check.passed for check in proved.checks)
    wrong = voted(tmp_path, "What is 17 * 23?", ["381", "401", "402", "381", "381"])
    assert (wrong.answer, wrong.trajectory.answer, wrong.agreement) == (None, "381", 0.6)


@pytest.mark.parametrize(
    ("question", "refuted", "other"),
    [
        ("Find the positive root of x^2 - x - 6 = 0.", "4", "-2"),
        ("What is the largest solution of x^2 - 5x + 6 = 0?", "4", "2"),
        ("Solve |2x - 1| = 5.", "4", "3"),
        ("Solve 2^(x^2) = 16.", "3", "2"),
    ],
)
def test_what_only_fulfils_an_equation_does_not_take_the_place_of_the_vote(
    tmp_path: Path, question: str, refuted: str, other: str
) -> None:
    assert voted(tmp_path, question, [refuted, other, refuted, other, refuted]).answer is None


def test_a_solver_chooses_by_the_scores_of_its_scorer(tmp_path: Path) -> None:
    path = tmp_path / "solutions.jsonl"
    path.write_text(json.dumps({"question": "?", "completions": [WORDS % "4", WORDS % "5", WORDS % "4"]}))
    settings = Settings(f"replay:{path}", "cot", 3, risk=0.0, family="qwen-tir", select="best")
    with Solver(settings, scorer=Given(-3.0, -2.0, -1.0)) as solver:
        assert solver.solve("?").answer == "4"
    with Solver(settings, scorer=Given(-3.0, 2.0, -1.0)) as solver:
        assert solver.solve("?").answer == "5"
    with pytest.raises(UsageError, match="best"):
        Solver(settings)


class Broken(Given):
    """A scorer with a bug."""

    async def score(self, attempts: Sequence[Trajectory]) -> Sequence[float]:
        raise ZeroDivisionError("no attempts\nto speak of")


def test_a_bug_of_a_scorer_is_an_outcome_that_keeps_the_attempts_and_is_told_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "solutions.jsonl"
    path.write_text(json.dumps({"question": "?", "completions": [WORDS % "4", WORDS % "5"]}))
    settings = Settings(f"replay:{path}", "cot", 2, risk=0.0, family="qwen-tir", select="best")
    with Solver(settings, scorer=Broken()) as solver:
        solutions = [solver.solve("?"), *solver.solve_many(["?", "?"])]
    assert {one.stop for one in solutions} == {"internal_error"}
    assert "ZeroDivisionError: no attempts" in (solutions[0].detail or "")
    assert [attempt.answer for attempt in solutions[0].trajectories] == ["4", "5"]
    told = capfd.readouterr().err
    assert told.count("\n") == 1 and "internal error in score" in told


def test_a_scorer_hears_every_attempt(tmp_path: Path) -> None:
    path = tmp_path / "solutions.jsonl"
    path.write_text(json.dumps({"question": "?", "completions": [WORDS % "4"] * 4 + [WORDS % "5"]}))
    settings = Settings(f"replay:{path}", "cot", 5, width=1, family="qwen-tir", select="best")
    with Solver(settings, scorer=Given(0, 0, 0, 0, 9)) as solver:
        assert solver.solve("?").answer == "5"


def test_those_who_answered_in_time_vote(tmp_path: Path) -> None:
    endless = "```python\nwhile True: pass\n```\n```output\n\n```\nIt is \\boxed{5}."
    completions = [WORDS % "4", endless]
    solution = solved(tmp_path, completions, samples=2, mode="cot", width=2, risk=0.0, timeout_s=1.5)
    assert (solution.answer, solution.stop) == ("4", "answered")
    assert [attempt.stop for attempt in solution.trajectories] == ["answered", "timeout"]


def test_the_winner_does_not_depend_on_who_was_faster() -> None:
    async def cast(order: Sequence[int]) -> tuple[str | None, list[int]]:
        async with ProcessSandbox() as sandbox:
            ballot = Ballot(sandbox)
            for number in order:
                await ballot.add(number, attempt("4455"[number]))
            return ballot.majority().winner.answer, ballot.counts

    assert asyncio.run(cast([3, 2, 1, 0])) == asyncio.run(cast([0, 1, 2, 3])) == ("4", [2, 2])
