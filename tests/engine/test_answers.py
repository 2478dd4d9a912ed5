"""Boxes and the equality that votes use."""

import pytest

from mathsolve.engine.answers import boxed, decide, settle
from mathsolve.engine.grading.verdict import Verdict
from mathsolve.engine.solver import Solver


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{42}.", "42"),
        (r"\boxed{1} is wrong, so \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{{x: 1, y: 2}}", "{x: 1, y: 2}"),
        (r"never closed \boxed{42", None),
        ("no box", None),
    ],
)
def test_the_last_balanced_box_is_the_answer(text: str, answer: str | None) -> None:
    assert boxed(text) == answer


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("x*(x + 1)", "x**2 + x", True),
        ("[3, 2]", "[2, 3]", False),
        ("[2, 3, 3]", "[2, 3]", False),
        ("{x: 1, y: 2}", "{y: 2, x: 2/2}", True),
        ("{x: 1, y: 2}", "{x: 2, y: 1}", False),
        ("Matrix([[1, 2], [3, 4]])", "Matrix([[1, 2], [3, 5]])", False),
        ("sqrt(8)", "2*sqrt(2)", True),
        ("x", "y", False),
        ("True", "False", False),
        ("0.1", "0.1000000000000001", True),
        ("12345678901234567890", "12345678901234567891", False),
        ("1.2.3", "1.2.3", True),
    ],
)
def test_most_is_decided_without_the_sandbox(a: str, b: str, same: bool) -> None:
    assert decide(a, b) is same


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("(-oo < x) & (x < 2)", "(x < 2) & (-oo < x)", True),
        ("Integral(exp(-x**2), (x, 0, 1))", "sqrt(pi)*erf(1)/2", True),
        ("__import__('os').getpid()", "1", False),
        ("((((", "x", False),
    ],
)
def test_the_rest_is_decided_in_the_sandbox_or_counts_as_different(solver: Solver, a: str, b: str, same: bool) -> None:
    assert solver.equal(a, b) is same


async def settled(solver: Solver, gold: str, answer: str) -> Verdict:
    async with await solver.sandbox.open() as session:
        return await settle(gold, answer, session)


def test_parts_of_an_answer_are_settled_one_by_one(solver: Solver) -> None:
    gold = r"(\frac{1}{3}, \frac{\pi^2}{6}, 4)"
    right, wrong = (rf"(\int_0^1 x^2 dx, \sum_{{n=1}}^\infty \frac{{1}}{{n^2}}, {last})" for last in (4, 5))
    assert solver.run(settled(solver, gold, right)).verdict == "correct"
    assert solver.run(settled(solver, gold, wrong)).verdict == "wrong"


@pytest.mark.parametrize("answer", [r"\sum_{k=1}^{10^{12}} \frac{1}{k^k}", "(10^8)! + x", r"\int_0^1 9^{9^{9^{9}}} dx"])
def test_what_is_too_large_is_refused_before_it_is_tried(solver: Solver, answer: str) -> None:
    verdict = solver.run(settled(solver, "1", answer))
    assert verdict.verdict != "correct"
    assert "CPU" not in verdict.reason
