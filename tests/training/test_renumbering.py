"""Known problems with other numbers: question, program and answer change together, and stay sensible."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from mathsolve.__main__ import run
from mathsolve.engine.errors import UsageError
from mathsolve.training.corpora.arithmetic import NotArithmetic, evaluate, tree
from mathsolve.training.corpora.renumbering import Template
from mathsolve.training.corpora.solution import Unusable
from mathsolve.training.synthesis.ledger import read_examples
from mathsolve.training.synthesis.teachers.registry import Wishes, open_teacher

SWEETS = "Ann has 36 sweets. She eats 4 and shares the rest evenly among 8 friends. How many does each friend get?"
SWEETS_PROGRAM = "rest = 36 - 4\neach = rest / 8\nprint(f'{each:.10g}')"
TICKETS = "A theater sells 1,200 tickets at $12.50 each. 30% of the money goes to the actors. How many dollars is that?"
TICKETS_PROGRAM = "money = 1200 * 12.5\nshare = money * 0.3\nprint(f'{share:.10g}')"


def drawn(question: str, program: str, count: int = 200) -> Iterator[tuple[str, str, str]]:
    template = Template.of(question, program)
    return (template.renumbered(Random(number)) for number in range(count))


def numbers(text: str) -> list[Fraction]:
    return [Fraction(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def test_question_program_and_answer_change_together() -> None:
    different = set()
    for question, program, answer in drawn(SWEETS, SWEETS_PROGRAM):
        sweets, eaten, friends = numbers(question)
        assert numbers(program)[:3] == [sweets, eaten, friends]
        assert Fraction(answer) == (sweets - eaten) / friends
        assert re.sub(r"\d+", "#", question) == re.sub(r"\d+", "#", SWEETS)
        different.add(question)
    assert len(different) > 60


def test_what_was_whole_and_in_order_stays_so() -> None:
    for question, _, answer in drawn(SWEETS, SWEETS_PROGRAM):
        sweets, eaten, friends = numbers(question)
        assert eaten < friends < sweets and Fraction(answer).denominator == 1 and Fraction(answer) > 0
        assert 18 <= sweets <= 72 and eaten >= 2


def test_money_percentages_and_thousands_keep_their_form() -> None:
    for question, program, answer in drawn(TICKETS, TICKETS_PROGRAM):
        match = re.search(r"sells ([\d,]+) tickets at \$(\d+\.\d\d) each. (\d+)%", question)
        assert match is not None, question
        tickets, price, percent = (Fraction(text.replace(",", "")) for text in match.groups())
        assert ("," in match[1]) == (tickets >= 1000) and percent <= 60
        assert Fraction(answer) == tickets * price * percent / 100
        assert Fraction(str(float(percent) / 100)) in numbers(program)


@pytest.mark.parametrize(
    ("question", "program", "kept"),
    [
        ("A man born in 1948 had a son at 27. In which year?", "print(1948 + 27)", "1948"),
        ("A class of 45 minutes starts at 9:30. At which minute past 9 does it end?", "print(30 + 45 + 9 * 0)", "9:30"),
        ("Pia ate 3/4 of 20 pies. How many pies?", "print(20 * 3 / 4)", "3/4"),
        ("A circle has radius 8 cm. With pi as 3.14, what is its area?", "print(3.14 * 8 ** 2)", "3.14"),
        ("Two dozen eggs cost $18. What do 240 eggs cost?", "print(18 * 240 / 24)", "Two dozen"),
        (
            "There are 12 boys and 12 girls, 30 in all with teachers. How many teachers?",
            "print(30 - 12 - 12)",
            "12 boys and 12",
        ),
        ("Tom works 6 days a week for 9 weeks. How many days?", "print(6 * 9)", "days a week"),
    ],
)
def test_dates_times_fractions_and_repeated_numbers_stay(question: str, program: str, kept: str) -> None:
    assert all(kept in new and new != question for new, _, _ in drawn(question, program, 40))


def test_units_bound_their_numbers() -> None:
    days = {
        numbers(new)[0] for new, _, _ in drawn("Tom works 6 days a week for 9 weeks. How many days?", "print(6 * 9)")
    }
    assert max(days) <= 7 and len(days) > 2
    share = {numbers(new)[0] for new, _, _ in drawn("What is 80% of 300?", "print(0.8 * 300)")}
    assert max(share) <= 100 and len(share) > 4


@pytest.mark.parametrize(
    ("question", "program", "reason"),
    [
        ("Ed has 5 bags of 6 cups; a cup weighs 1/4 pound. How heavy?", "print(6 * 30)", "computed before: 30"),
        ("A box holds 8 pens. I buy 6 boxes and 11 books. How many pens?", "print(8 * 6)", "leaves a number out: 11"),
        ("A bus with 40 seats makes 3 trips. How many can ride?", "print(40 * 3 + 17)", "computed before: 17"),
        (
            "A number divided by 13 gives 33 and the largest remainder. Which?",
            "print(13 * 33 + 12)",
            "computed before: 12",
        ),
        ("How many of the 8 cats are left if all leave?", "for cat in range(8):\n    print(cat)", "no arithmetic: "),
        ("Ten cats and two dogs: how many?", "print(10 + 2)", "no other numbers: "),
        ("A has 5, B has 5. Sum?", "print(5 + 5)", "no other numbers: "),
        ("Share 7 apples among 0 children.", "print(7 / 0)", "no arithmetic: "),
    ],
)
def test_what_cannot_be_renumbered_says_why(question: str, program: str, reason: str) -> None:
    with pytest.raises(Unusable, match=f"^{reason}"):
        Template.of(question, program).renumbered(Random(1))


def test_arithmetic_is_exact_and_nothing_else() -> None:
    assert list(evaluate(tree("round(7 / 2 + 0.1, 1) * 2"))) == [
        Fraction(7, 2),
        Fraction(18, 5),
        Fraction(18, 5),
        Fraction(36, 5),
    ]
    assert list(evaluate(tree("-n % 4"), {"n": Fraction(6)})) == [Fraction(-6), Fraction(2)]
    for text in (
        "open('x')",
        "n",
        "().__class__",
        "2 ** 0.5",
        "9 ** 9 ** 9",
        "1 // 0",
        "min()",
        "x[0]",
        "math.pi",
        "'a' * 3",
    ):
        with pytest.raises(NotArithmetic):
            list(evaluate(tree(text)))


def example(index: int, question: str, program: str, answer: str, **more: object) -> str:
    steps = [
        {"kind": "thought", "text": "Subtract, then divide."},
        {"kind": "program", "code": program},
        {"kind": "observation", "stdout": f"{answer}\n", "value": None},
        {"kind": "thought", "text": f"The answer is \\boxed{{{answer}}}."},
    ]
    line = {"index": index, "split": "train", "source": "gsm8k", "domain": "word_problems", "seed": f"gsm8k/{index}"}
    solutions = [{"mode": "mixed", "steps": steps}]
    return (
        json.dumps({**line, "level": 2, "question": question, "answer": answer, "solutions": solutions, **more}) + "\n"
    )


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A file of examples as synthesis leaves it."""
    path = tmp_path / "known.jsonl"
    held_out = example(2, SWEETS.replace("Ann", "Heldout"), SWEETS_PROGRAM, "4", split="numbers")
    fixed = example(3, "Ten cats and two dogs: how many?", "print(10 + 2)", "12")
    lines = (example(0, SWEETS, SWEETS_PROGRAM, "4"), example(1, TICKETS, TICKETS_PROGRAM, "4500"), held_out, fixed)
    path.write_text("".join(lines))
    card = {"configuration": {"licences": {"gsm8k": "MIT"}}}
    path.with_name("known.jsonl.run.json").write_text(json.dumps(card))
    return path


def test_the_command_makes_verified_data_from_a_file(known: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    command = [
        "train",
        "synthesise",
        "--teacher",
        "renumbered",
        "--set",
        f"file={known}",
        "--benchmarks",
        "handwritten",
    ]
    assert run([*command, "-n", "40", "--out", str(out)]) == 0
    found = list(read_examples(out))
    assert len(found) == 40 and {one.seed for one in found} == {"gsm8k/0", "gsm8k/1"}
    assert len({one.question for one in found}) == 40 and not any("Heldout" in one.question for one in found)
    assert all({way.mode for way in one.solutions} == {"mixed", "pot"} for one in found)
    assert any(one.answer not in ("4", "4500") for one in found)
    assert "| gsm8k | MIT | 40 |" in out.with_name("out.jsonl.md").read_text()


def test_equal_seeds_give_equal_problems_in_any_order(known: Path) -> None:
    def teacher(seed: int) -> object:
        opened = open_teacher("renumbered", Wishes(seed, settings={"file": str(known)}))
        return [asyncio.run(opened.draw("train", number)) for number in (7, 3, 8)]

    assert teacher(1) == teacher(1) != teacher(2)


def test_missing_and_foreign_files_are_named(known: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--set file=FILE, a file of examples"):
        open_teacher("renumbered", Wishes())
    missing = open_teacher("renumbered", Wishes(settings={"file": str(tmp_path / "none.jsonl")}))
    with pytest.raises(UsageError, match=r"no file .*none\.jsonl"):
        _ = missing.configuration
    known.write_text('{"question": "What?"}\n')
    with pytest.raises(UsageError, match="is no file of examples"):
        asyncio.run(open_teacher("renumbered", Wishes(settings={"file": str(known)})).draw("train", 0))
