"""Boxes and the equality that votes use."""

import pytest

from mathsolve.engine.answers import boxed, decide
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
