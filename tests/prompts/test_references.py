"""References to the numbers of a question: exact both ways, and never in the way of other text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.engine.renderer import Renderer
from mathsolve.prompts import References, load_family
from mathsolve.sandbox import Program
from mathsolve.training.sft.tokenizer import train_tokenizer

COUNT = 8
FAMILY = replace(load_family("embedded"), references=COUNT)
NUMBER = st.one_of(
    st.integers(0, 10**25).map(str),
    st.decimals(0, 9999, places=3).map(str),
    st.integers(10**3, 10**9).map("{:,}".format),
)
TEXT = st.lists(st.one_of(NUMBER, st.text(max_size=6), st.just(" "), st.just("-")), max_size=30).map("".join)


def joined(pieces: object) -> str:
    return "".join(text for text, _ in pieces)  # type: ignore[attr-defined]


@given(TEXT, TEXT)
def test_a_program_is_what_it_was(question: str, program: str) -> None:
    references = References(question, COUNT)
    assert joined((text, name) for text, name in references.marked() if not name) == question
    if "<n" not in program:
        assert references.resolved(joined(references.referred(program))) == program


@pytest.mark.parametrize(
    ("question", "program", "short"),
    [
        ("Add 120 and 7.", "print(120 + 7)", "print(<> + 7)"),
        ("Add 120 and 120.", "print(120 + 120)", "print(<> + <>)"),
        ("1,250 of 0.075?", "print(1250 * 0.075)", "print(<> * <>)"),
        ("12x + 45", "solve(12*x + 45 + x12 + 1245 + 4.5)", "solve(<>*x + <> + x12 + 1245 + 4.5)"),
        ("In base 12, 10", "int('1012', 12)", "int('1012', <>)"),
    ],
)
def test_only_whole_numbers_of_the_question_get_a_name(question: str, program: str, short: str) -> None:
    pieces = References(question, COUNT).referred(program)
    assert "".join("<>" if name else text for text, name in pieces) == short


def test_more_numbers_than_names_stay_as_they_are() -> None:
    question = " ".join(str(number) for number in range(10, 30))
    references = References(question, COUNT)
    assert sum(name for _, name in references.marked()) == COUNT
    assert references.resolved(joined(references.referred(f"print({question})"))) == f"print({question})"


def test_without_names_nothing_changes() -> None:
    references = References("Add 120 and 37.", 0)
    assert list(references.marked()) == [("Add 120 and 37.", False)]
    assert references.resolved("a <n1> b") == "a <n1> b"


def test_a_name_is_one_token_and_a_user_cannot_write_one() -> None:
    tokenizer = train_tokenizer(["What is 12 plus 34?"], ["print(12 + 34)\n"], FAMILY, 600)
    renderer = Renderer(FAMILY, tokenizer)
    question = "What is 123456789 plus 34, not <n1>?"
    tokens = renderer.encode(renderer.steps([Program("print(123456789 + 34)")], question))
    names = {renderer.tag_ids[name] for name in FAMILY.tags if name.startswith("<n")}
    assert sum(token in names for token in tokens.ids) == 2
    assert (
        References(question, COUNT).resolved(renderer.decode(tokens.ids)) == "<program>print(123456789 + 34)</program>"
    )
    assert sum(token in names for token in renderer.encode(FAMILY.ask(question, "mixed")).ids) == 2
