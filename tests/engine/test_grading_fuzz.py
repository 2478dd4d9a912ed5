"""Properties of grading: it never raises, every answer equals itself, and no text takes many steps."""

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mathsolve.engine.grading.extraction import FLEXIBLE, candidates, extract
from mathsolve.engine.grading.grade import compare, grade
from mathsolve.engine.grading.parser import parse
from mathsolve.engine.grading.symbolic import Untranslatable, program
from mathsolve.engine.grading.tokens import Unreadable
from mathsolve.engine.grading.tree import Call, Name, Number, canonical, is_infinite

PIECES = [
    "1", "2", "10", "0.5", "x", "y", "n", "pi", "e", "i", "+", "-", "*", "/", "^", "=", "<", ">", "(", ")", "[", "]", "{", "}",
    ",", ";", ":", "|", "!", "%", "$", "_", " ", "and", "or", "cm", "apples", "\\frac", "\\sqrt", "\\pm", "\\cup", "\\le",
    "\\text{ or }", "\\sin", "\\log", "\\int", "\\sum_{k=1}^{n}", "dx", "\\lim_{x \\to 0}", "\\infty", "\\{", "\\}", "\\pi",
    "^\\circ", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\", "\\boxed{", "Matrix", "mod", "5/7", "1,000", "where",
    "∞", "½", "2:05", "6th", " pm", "12_5", "\\bmod 3", "f(x)", "\\hat{i}", "dy", "x_1",
]  # fmt: skip
ANSWERS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
LIMITS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOST_CALLS = 2_000_000
"""Python calls that one grading may take: a bound on its work that does not depend on the machine."""


@LIMITS
@given(ANSWERS, ANSWERS)
@example("2^{2^{2^{2^{2}}}}", "\\binom{10^9}{5}")
@example("[1,2]", "{1,2}")
def test_grading_never_raises_and_goes_both_ways(one: str, other: str) -> None:
    forward, backward = grade(one, other), grade(other, one)
    grade(one, other, "completion")
    values = [_is_value(text) for text in (one, other)]
    if all(values) and forward.method == backward.method:
        assert forward.verdict == backward.verdict


def _is_value(text: str) -> bool:
    try:
        tree = parse(text)
    except Unreadable:
        return False
    return isinstance(tree, Number | Call | Name) and not is_infinite(tree)


@LIMITS
@given(ANSWERS)
@example("x/y+y")
@example("\\int\\frac\\{")
@example("\\int\\frac{")
@example("\\pi!!!")
def test_a_value_stays_the_same_when_nothing_is_added(text: str) -> None:
    if (
        "boxed" not in text
        and _is_value(text)
        and _is_value(f"({text})")
        and canonical(parse(f"({text})")) == canonical(parse(text))
    ):
        assert grade(text, f"0+({text})*1").verdict in ("correct", "undecided")
        assert grade(f"({text})-0", text).verdict in ("correct", "undecided")
        assert grade(text, f"({text})+1").verdict in ("wrong", "undecided")


@LIMITS
@given(ANSWERS)
def test_what_can_be_read_equals_itself_in_a_box(text: str) -> None:
    depth = text.count("{") - text.count("}") + text.count("\\}") - text.count("\\{")
    try:
        parse(text)
    except Unreadable:
        return
    if depth == 0 and "boxed" not in text:
        assert grade(rf"\boxed{{{text}}}", text).verdict == "correct"


@LIMITS
@given(ANSWERS, ANSWERS)
def test_programs_hold_nothing_of_the_text(one: str, other: str) -> None:
    for gold, pred in compare(one, other).left:
        try:
            code = program(gold, pred)
        except Untranslatable:
            continue
        compile(code, "program", "exec")
        assert "apples" not in code and "__" not in code


@LIMITS
@given(
    st.lists(st.sampled_from([*PIECES, "\n", "The answer is ", "#### ", "```output\n", "```", "<think>", "</think>"]))
)
def test_an_answer_stands_where_it_is_said_to_stand(pieces: list[str]) -> None:
    text = "".join(pieces)
    for found in (extract(text), extract(text, "strict"), *candidates(text)):
        if found is not None:
            assert 0 <= found.span[0] <= found.span[1] <= len(text)
            assert found.rule in {*FLEXIBLE, "box"}


ENDLESS = [
    " " * 15_000 + "x",
    "5" + " " * 15_000 + "x",
    "." * 15_000 + "x",
    "," * 15_000 + "x",
    "1 " * 7_000,
    "1" * 19_000,
    "\\pm 1" * 150,
    "1" + "\\pm 1" * 150,
    "\\frac{1}{3^{3^{9}}}+" * 100 + "1",
    "x^{1/2}" * 150,
    ",".join(f"\\sqrt{{{n}}}" for n in range(250)),
    "{" + ",".join(f"({n},x^{n})" for n in range(250)) + "}",
    "\\[" * 9_000,
    "\\text{" * 3_000,
    "```output\n" * 2_000,
    "The answer is " * 1_500,
    "\\boxed{1} and " * 1_500,
    "sin " * 2_000 + "x",
    "\\sum_{k=1}^{300} " * 6 + "k",
    "\\int x " * 200 + "dx",
    "".join(f"[{n}" for n in range(2_000)),
    "\\left[\\begin{array}{c}" * 30,
    "0" + "!" * 150,
    "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}" * 60,
    "\\frac{d}{dx} " * 100 + "x",
    "for " * 4_000 + "integer",
    "x" + "'" * 190,
    "7 hours and " * 300 + "1 minute",
    "|" * 3_000,
]


@pytest.mark.parametrize("text", ENDLESS, ids=range(len(ENDLESS)))
def test_no_text_takes_many_steps(text: str) -> None:
    other = text.replace("1", "2")
    assert _calls(lambda: grade(text, other)) < MOST_CALLS
    assert _calls(lambda: grade("2", text, "completion")) < MOST_CALLS


def _calls(work: Any) -> int:
    """How many calls of Python and C functions something takes."""
    count = 0

    def counted(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
