"""The seed bank: mistakes are explained, frames expand, splits stay apart, and the bank in the package is sound."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from mathsolve.training.seeds.bank import Bank, BankError, Seed, load_bank
from mathsolve.training.seeds.drafts import Split, draw, is_held_out
from mathsolve.training.seeds.frames import FrameError, compile_frame, expand
from mathsolve.training.seeds.notation import Var
from mathsolve.training.seeds.phrasing import CLOSERS, HELD_OUT_OPENERS, OPENERS, Habits, slipped, typographic, vary
from mathsolve.training.seeds.samplers import namespace
from mathsolve.training.seeds.style import PLAIN, Style

BANK = sorted((Path(__file__).parents[2] / "training" / "bank").glob("*.toml"))
FRAMES = [f"<What is|Find> {{a}} plus {{b}}, WORDING {number}?" for number in range(10)]
SEED = Seed(
    id="toy/add",
    level=1,
    vars="a = randint(0, 99)\nb = randint(0, 99)",
    where="a != b",
    questions=tuple(FRAMES),
    held_out=("{a} and {b} together?", "Both {a} and {b}: how many?", "{b} on top of {a}?"),
    thoughts=("Add {a} and {b}.",),
    program="print({a} + {b})",
    check="assert int(answer) - {b} == {a}",
    cot="{a} + {b} = {a + b}. The answer is {answer}.",
)
TOML = """
domain = "toy"
about = "A toy."
[[seed]]
id = "toy/add"
level = 1
vars = "a = randint(0, 99)"
questions = [{questions}]
held_out = ["{{a}} more?", "{{a}} further?", "{{a}} again?"]
thoughts = ["Add."]
program = "print({{a}})"
check = "assert int(answer) == {{a}}"
{more}
"""


def bank_file(folder: Path, frames: int = 10, more: str = "") -> Path:
    questions = ", ".join(f"'{{a}} in WORDING {number}?'" for number in range(frames))
    path = folder / "toy.toml"
    path.write_text(TOML.format(questions=questions, more=more))
    return path


@pytest.mark.parametrize(
    ("frames", "more", "told"),
    [
        (4, "", ["toml", "seed toy/add", "questions", "add more"]),
        (10, "held_back = ['x']", ["seed toy/add", "held_back", "remove it"]),
        (10, "final = 'Done.'", ["seed toy/add", "final", "{answer}"]),
        (10, "distractors = ['{a in']", ["seed toy/add", "never closed"]),
        (10, "cot = '{a +} {answer}'", ["seed toy/add", "{a +}", "double the braces"]),
        (10, "where = 'a ==='", ["seed toy/add", "invalid syntax"]),
        (10, "= 3", ["toy.toml", "not valid TOML"]),
    ],
)
def test_a_mistake_in_a_file_is_explained(tmp_path: Path, frames: int, more: str, told: list[str]) -> None:
    with pytest.raises(BankError) as caught:
        load_bank([bank_file(tmp_path, frames, more)])
    assert all(part in str(caught.value) for part in told), str(caught.value)


def test_an_id_may_occur_once(tmp_path: Path) -> None:
    path = bank_file(tmp_path)
    with pytest.raises(BankError, match=r"toy/add.*twice"):
        load_bank([path, path])


def test_what_a_file_has_in_common_is_drawn_before_the_variables_of_each_seed(tmp_path: Path) -> None:
    path = bank_file(tmp_path)
    text = path.read_text().replace("a = randint(0, 99)", "a = low + randint(0, 9)")
    path.write_text(text.replace('about = "A toy."', 'about = "A toy."\ncommon = "low = 700"'))
    (seed,) = load_bank([path]).seeds
    assert all(700 <= int(draw(seed, Random(i), "train").program[6:-1]) <= 709 for i in range(20))
    path.write_text(text.replace('about = "A toy."', 'about = "A toy."\ncommon = "low ="'))
    with pytest.raises(BankError, match=r"seed toy/add: vars or where: invalid syntax: low ="):
        load_bank([path])


def test_mistakes_that_show_in_drawing_name_the_seed() -> None:
    for change in ({"thoughts": ("{nobody}",)}, {"where": "a > 200"}, {"vars": "a = b"}):
        with pytest.raises(BankError, match="seed toy/add"):
            draw(Seed.model_validate({**SEED.model_dump(), **change}), Random(0), "train")


def test_frames_expand() -> None:
    values = {"a": 3, "price": 2.5, "f": Var("x") ** 2 + 1}
    rng = Random(0)

    def expanded(text: str, style: Style = PLAIN) -> str:
        return expand(compile_frame(text), values, rng, style)

    assert {expanded("<find|compute|> {a}") for _ in range(50)} == {"find 3", "compute 3", " 3"}
    assert expanded("{a} < 5 and 7 > {a}, |{a}| {{x: {a + 1}}} {price:.2f}") == "3 < 5 and 7 > 3, |3| {x: 4} 2.50"
    assert expanded("{dict(k={'a': a})['k']['a']}") == "3"
    caret = Style(form="caret")
    assert expanded("{f} but $f = {f}$", caret) == "x^2 + 1 but $f = x^2 + 1$"
    assert expand(compile_frame("{a} <b|c> d", choices=False), values, rng, PLAIN) == "3 <b|c> d"
    with pytest.raises(FrameError, match="missing"):
        expanded("{missing}")


def test_fractions_in_programs_stay_exact() -> None:
    values = namespace(Random(1))
    exec("r = num(1)/3\nx = var('x')", values)
    program = Style(exact="Rational", in_program=True)
    frame = compile_frame("{r} + S('{r}') + {r*x}", choices=False)
    assert expand(frame, values, Random(0), program) == "Rational(1, 3) + S('1/3') + x/3"


def test_the_same_generator_draws_the_same_example() -> None:
    for split in get_args(Split):
        assert draw(SEED, Random("0/7"), split) == draw(SEED, Random("0/7"), split)


def test_splits_share_no_problem_and_no_wording() -> None:
    train = [draw(SEED, Random(f"train/{i}"), "train") for i in range(500)]
    numbers = [draw(SEED, Random(f"numbers/{i}"), "numbers") for i in range(200)]
    phrasings = [draw(SEED, Random(f"phrasings/{i}"), "phrasings") for i in range(200)]
    assert not {draft.program for draft in train} & {draft.program for draft in numbers + phrasings}
    assert not any(is_held_out(draft.program) for draft in train)
    assert all("WORDING" in draft.question for draft in train + numbers)
    assert not any("WORDING" in draft.question for draft in phrasings)


def test_what_is_practised_is_in_wordings_of_its_own() -> None:
    practice = [draw(SEED, Random(f"practice/{i}"), "practice") for i in range(100)]
    told = " ".join(draft.question for draft in practice)
    assert "Both" in told and "together" not in told and "on top" not in told, "the second of three that are held out"
    assert not any("Both" in draw(SEED, Random(f"phrasings/{i}"), "phrasings").question for i in range(100))
    assert not any(is_held_out(draft.program) for draft in practice)


def test_nobody_asks_for_an_exact_answer_that_is_rounded() -> None:
    always = Habits(opener=0, closer=1, small=0, slip=0)
    told = {vary(text, Random(n), habits=always) for n in range(200) for text in ("Round 2.46 to one decimal.", "Add.")}
    assert any("exact" in text for text in told if text.startswith("Add"))
    assert not any("exact" in text for text in told if text.startswith("Round"))


def test_phrasing_never_touches_the_numbers() -> None:
    always = Habits(opener=1, closer=1, small=1, typographic=1, double_space=1)
    for number in range(300):
        question = vary("Find 3*x^2 - 17 for x = -4.", Random(number), habits=always)
        assert [part for part in ("17", "4") if part in question] == ["17", "4"]
        assert "  " in question
    ends = ("Solve -8*x = -88", "What is 11^10", "Simplify (x+1)", "Find 56/x", "Compute 7!", "Differentiate x")
    for end, number in product(ends, range(60)):
        question = vary(end, Random(number), habits=Habits(bare=0.5, marked=1, closer=0, opener=0, slip=0))
        assert question.count("!") == end.count("!"), "a factorial came or went"
        assert not ("=" in end and question.endswith(" =")), "an equation with a second sign at its end"
    slips = {slipped(f"How {word} dice", Random(n)) for word in ("there", "three", "seven") for n in range(40)}
    assert slips == {"How there dice", "How tehre dice", "How three dice", "How seven dice"}
    assert typographic("2*x**2 - 3 = sqrt(5)", Random(3)) == "2·x² − 3 = √5"
    assert typographic("$2*x$", Random(3)) == "$2*x$"
    anagram = "In how many ways can the letters of banana be arranged?"
    assert {sorted(slipped(anagram, Random(n))) == sorted(anagram) for n in range(50)} == {True}
    assert slipped(anagram, Random(1)) != anagram
    assert slipped("d/dx sin(x)*cos(2x) $\\frac{1}{2}$ = ?", Random(1)) == "d/dx sin(x)*cos(2x) $\\frac{1}{2}$ = ?"
    assert not set(HELD_OUT_OPENERS) & (set(OPENERS) | set(CLOSERS))


def test_nothing_is_greeted_twice() -> None:
    always = Habits(opener=1, closer=0, small=0, slip=0, double_space=0)
    told = {vary("Q: what is 7 plus 5", Random(number), ("Q: ", "Task: "), always) for number in range(40)}
    assert {text.count("Q: ") for text in told} == {1} and any(text.startswith("Task: ") for text in told)


def test_weights_decide_how_often_a_seed_is_drawn() -> None:
    bank = Bank.of([SEED, SEED.model_copy(update={"id": "toy/rare", "weight": 0.25})])
    rng = Random(0)
    rare = sum(bank.choose(rng).id == "toy/rare" for _ in range(2000))
    assert 320 < rare < 480


def test_the_package_bank_is_sound() -> None:
    bank = load_bank(BANK)
    for seed in bank.seeds:
        for split in get_args(Split):
            draft = draw(seed, Random(f"sound/{split}"), split)
            assert draft.question
            assert "\ue000" not in draft.question


def test_the_command_lists_what_fails(tmp_path: Path) -> None:
    path = bank_file(tmp_path, more="cot = '{a} + 1 = {a}. So {answer}.'")
    path.write_text(path.read_text().replace("assert int(answer) == {a}", "assert int(answer) != {a}"))
    run = subprocess.run(
        [sys.executable, "-m", "mathsolve.training.seeds", str(path), "-n", "2", "--show", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert "toy/add" in run.stdout
    assert "check failed: AssertionError" in run.stdout
