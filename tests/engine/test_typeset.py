"""Drawn answers: what is drawn, what stays text, and that nothing is parsed outside the sandbox."""

import asyncio

import pytest

from mathsolve.engine.typeset import Typeset, typeset, worth_drawing
from mathsolve.sandbox import ProcessSandbox


def drawn(*answers: str, unicode: bool = True) -> list[Typeset | None]:
    """Answers typeset by one sandbox."""

    async def run() -> list[Typeset | None]:
        async with ProcessSandbox() as sandbox:
            return [await typeset(sandbox, answer, unicode=unicode) for answer in answers]

    return asyncio.run(run())


@pytest.mark.parametrize("answer", ["42", "-3/4", "3.25", "1,000", "15%", "Monday", "", "x" * 5_000, "a\nb"])
def test_plain_answers_stay_as_they_are(answer: str) -> None:
    assert not worth_drawing(answer)


@pytest.mark.parametrize("answer", ["3*x**2", "sqrt(2)", "[2, 3]", "pi", "Matrix([[1, 2]])", "x >= 3"])
def test_mathematics_is_worth_drawing(answer: str) -> None:
    assert worth_drawing(answer)


def test_mathematics_is_drawn_and_written_in_latex_in_the_form_it_has() -> None:
    power, root, product = drawn("3*x**2", "sqrt(8)", "2*(x + 1)")
    assert power == Typeset("   2\n3⋅x ", "3 x^{2}")
    assert root is not None
    assert root.drawn == "√8"
    assert product is not None
    assert product.drawn == "2⋅(x + 1)"


def test_a_terminal_without_unicode_gets_ascii() -> None:
    (fraction,) = drawn("pi/sqrt(2)", unicode=False)
    assert fraction is not None
    assert fraction.drawn.isascii()


def test_what_is_no_mathematics_or_hostile_is_left_alone() -> None:
    hostile = "__import__('os').getpid() and (lambda: [0 for _ in iter(int, 1)])()"
    assert drawn("10 cm", "about 3 or 4", "x +* y", hostile, "9**9**9**9") == [None] * 5
