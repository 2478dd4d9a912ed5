"""What the model teacher asks, reads and refuses: makers, roots, hidden numbers and replies, without any model."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from mathsolve.engine.errors import UsageError
from mathsolve.engine.renderer import Renderer, TextRenderer
from mathsolve.prompts import families, load_family
from mathsolve.training.synthesis.teachers.model.author import laid_out
from mathsolve.training.synthesis.teachers.model.makers import load_makers
from mathsolve.training.synthesis.teachers.model.masking import changed, mask, stated
from mathsolve.training.synthesis.teachers.model.options import ModelOptions, options_of
from mathsolve.training.synthesis.teachers.model.reply import read_reply
from mathsolve.training.synthesis.teachers.model.roots import FileRoots, Root, side
from mathsolve.training.synthesis.teachers.registry import Wishes


def test_a_maker_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "reversed.toml"
    path.write_text('about = "x"\nprompt = "Turn {question} about {domain} {around} {form}"\n')
    (maker,) = load_makers((str(path),))
    asked = maker.ask([root_of(tmp_path, "What is {answer} in {1, 2}?")])
    assert asked.startswith("Turn What is {answer} in {1, 2}? about general {around} ") and "<solvable>" in asked


def root_of(folder: Path, question: str) -> Root:
    path = folder / "roots.jsonl"
    path.write_text(json.dumps({"question": question, "id": "pens-7"}))
    return FileRoots(path).choose(Random(0), side("pens-7"), 1, answered=False)[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('about = "x"\nprompt = "ask"\n', "lacks {form}"),
        ('about = "x"\nprompt = "{form}"\nlevels = 1\n', "levels"),
        ('about = "x"\nprompt = "{form}"\nanswer = "maybe"\n', "answer"),
        ("about = ", "not valid TOML"),
    ],
)
def test_a_file_that_is_no_maker_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=told):
        load_makers((str(path),))


def test_a_maker_that_there_is_not_is_told() -> None:
    with pytest.raises(UsageError, match="no maker of questions 'wizard'; known makers: easier, fobar"):
        load_makers(("wizard",))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "holds no question"),
        ("{}", "line 1 is no question: question: Field required"),
        ('{"question": "a?"}\n[1]', "line 2 is no question"),
        ('{"question": "a?", "id": 1}\n{"question": "b?", "id": "1"}', "occurs twice"),
        ('{"question": "a?", "level": 9}', "level"),
        ('{"question": "\\ud800"}', "line 1 is no question"),
    ],
)
def test_a_file_that_holds_no_roots_is_told(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "roots.jsonl"
    path.write_text(line)
    with pytest.raises(UsageError, match=told):
        FileRoots(path)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (Wishes(), "needs a model"),
        (Wishes(model="m", everything=True), "never ends"),
        (Wishes(model="m", settings={"samples": "many"}), "samples=many: it must be a number"),
        (Wishes(model="m", settings={"samples": "0"}), "from 1 to 64"),
        (Wishes(model="m", settings={"temperature": "nan"}), "from 0 to 2"),
        (Wishes(model="m", settings={"wizard": "1"}), "no such setting"),
    ],
)
def test_a_wish_without_meaning_is_told(wishes: Wishes, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        options_of(wishes)


def test_wishes_become_options() -> None:
    settings = {"samples": "2", "makers": "fobar, harder", "seeds": "a.jsonl", "temperature": "1"}
    found = options_of(Wishes(3, domains=("money",), model="m", settings=settings))
    makers = ("fobar", "harder")
    assert found == ModelOptions(
        "m", seeds=Path("a.jsonl"), domains=("money",), makers=makers, samples=2, temperature=1.0, seed=3
    )


def test_a_masked_number_stands_for_itself() -> None:
    def hidden(question: str) -> set[str]:
        return {found.number for n in range(40) if (found := mask(question, Random(n)))}

    assert hidden("Add 1,234.5 to 7, then halve it.") == {"1234.5", "7"}
    assert hidden("Differentiate $x^2 + 3x - 5$ and $\\frac{1}{4}x$ at x = 2.") == {"5", "2"}
    found = mask("If x + y = 10, what is y - x?", Random(0))
    assert found is not None and found.unknown == "z" and found.question == "If x + y = z, what is y - x?"
    assert mask("What is the derivative of sin(x) at 10:30?", Random(0)) is None


def test_numbers_are_compared_by_value() -> None:
    assert changed(stated("Pay $2.50 for three."), "Three cost 2.5 dollars each, how much is one more?") is None
    assert changed(stated("Pay 2.50 for three."), "Pay 2.50 for 4.") == "it lacks 3, it adds 4"
    assert changed(stated("Pay."), "9" * 9000) is not None, "longer than Python makes an int of"


@pytest.mark.parametrize(
    "reply",
    [
        "<question>a</question>",
        "<question>a</question><givens>b</givens><unknown>c</unknown><solvable></solvable>",
        "<question></question><givens>b</givens><unknown>c</unknown><solvable>yes</solvable>",
        "<question>a</question><givens>b</givens><unknown>c</unknown><solvable>yesterday</solvable>",
        "<question>a<givens>b</givens></question><unknown>c</unknown><solvable>yes</solvable>",
        "<question>a</question><givens>b</givens><unknown>c</unknown><solvable>yes</solvable>" * 3,
        "So: <question>a</question><givens>b</givens><unknown>c</unknown><solvable>yes</solvable>",
        "<question>" * 2000,
    ],
)
def test_a_reply_in_another_form_is_unreadable(reply: str) -> None:
    assert getattr(read_reply(reply), "reason", "").startswith("unreadable reply: ")


@pytest.mark.parametrize("name", [name for name in families() if "cot" in load_family(name).prompts])
def test_a_prompt_stands_in_a_family_s_layout_without_its_words(name: str) -> None:
    laid = laid_out("Write a question with {braces}.", TextRenderer(load_family(name)))
    text = "".join(segment.text for segment in laid)
    assert text.count("Write a question with {braces}.") == 1
    assert not any(word in text for word in ("boxed", "step by step", "solve", "Question:", "{question}"))


def test_a_chat_template_of_the_model_s_own_is_used() -> None:
    family = load_family("qwen-tir")
    system = {message.role: message.text for message in family.messages("cot")}["system"]
    chat = {"cot": f"<s>[{system}] USER {{question}} MODEL "}
    renderer = Renderer(family, Tokenizer(WordLevel({"?": 0}, "?")), chat)
    assert "".join(segment.text for segment in laid_out("Write.", renderer)) == "<s>[] USER Write. MODEL "
