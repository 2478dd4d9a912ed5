"""Extraction and equality of answers."""

import pytest

from mathsolve.engine.answers import boxed, number, same_text
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


@pytest.mark.parametrize("text", ["1.2.3", "1/0", "x", "", "1e", "--1", "1" * 3000, "__import__('os')", "1_000"])
def test_what_is_no_number_has_no_value(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("a", "b"),
    [("1/2", "0.5"), ("2.0", "2"), ("-3", "-3.000"), ("1e3", "1000"), ("x + 1", "x+1"), ("0.1", "0.1000000000001")],
)
def test_equal_without_algebra(a: str, b: str) -> None:
    assert same_text(a, b) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [("1", "2"), ("100", "1"), ("1/3", "0.33"), ("1e-7", "2e-7"), ("12345678901234567890", "12345678901234567891")],
)
def test_different_numbers(a: str, b: str) -> None:
    assert same_text(a, b) is False


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("x*(x + 1)", "x**2 + x", True),
        ("[3, 2]", "[2, 3]", True),
        ("[2, 3, 3]", "[2, 3]", False),
        ("{x: 1, y: 2}", "{y: 2, x: 2/2}", True),
        ("Matrix([[1, 2], [3, 4]])", "Matrix([[1, 2], [3, 5]])", False),
        ("sqrt(8)", "2*sqrt(2)", True),
        ("x", "y", False),
        ("True", "False", False),
        ("__import__('os').getpid()", "1", False),
        ("((((", "x", False),
    ],
)
def test_algebra_is_done_in_the_sandbox(solver: Solver, a: str, b: str, same: bool) -> None:
    assert solver.equal(a, b) is same
