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
from mathsolve.training.synthesis.candidate import Candidate
from mathsolve.training.synthesis.ledger import read_examples
from mathsolve.training.synthesis.teacher import Teacher
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


def test_what_was_divided_without_a_remainder_stays_so() -> None:
    for question, _, answer in drawn("72 pens in 6 boxes; 3 of each are gone. How many in one?", "print(72 // 6 - 3)"):
        pens, boxes, gone = numbers(question)
        assert Fraction(answer) == pens / boxes - gone > 0


def test_words_stay_with_what_the_program_makes_of_them() -> None:
    for question, program, answer in drawn("A dozen eggs cost $17. What do 252 eggs cost?", "print(17 * 252 / 12)", 40):
        price, eggs = numbers(question)
        assert Fraction(answer) == price * eggs / 12 and program.endswith("/ 12)")


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
        ("What is the sum of 45 and both numbers of 9:30?", "print(30 + 45 + 9)", "9:30"),
        ("Pia ate 3/4 of 20 pies. How many pies?", "print(20 * 3 / 4)", "3/4"),
        ("A circle has radius 9 cm. With pi as 3.14, what is its area?", "print(3.14 * 9 ** 2)", "3.14"),
        ("A coat of $300 is 50% off. What does it cost?", "print(300 * 50 / 100)", "50%"),
        (
            "There are 12 boys and 12 girls, 30 in all with teachers. How many teachers?",
            "print(30 - 12 - 12)",
            "12 boys and 12",
        ),
        ("A shop opens at 8 PM, sells 40 cakes an hour and closes at 11 PM. How many?", "print(40 * (11 - 8))", "8 PM"),
        ("From March 5 to March 25 Al read 14 pages a day. How many?", "print(14 * (25 - 5))", "March 25"),
        ("All of 350 seats, 100% of them, and 21 more are sold. How many?", "print(350 * 1.0 + 21)", "100%"),
        ("Sam has 2 scores: 81 and 92. What is the average?", "print((81 + 92) / 2)", "2 scores"),
    ],
)
def test_dates_times_fractions_and_repeated_numbers_stay(question: str, program: str, kept: str) -> None:
    assert all(kept in new and new != question for new, _, _ in drawn(question, program, 40))


def test_units_bound_their_numbers() -> None:
    weeks = {
        numbers(new)[1] for new, _, _ in drawn("Ed works 61 hours in each of 45 weeks. How many?", "print(61 * 45)")
    }
    assert max(weeks) <= 52 and len(weeks) > 4
    days = {
        numbers(new)[0] for new, _, _ in drawn("Tom works 6 days a week for 9 weeks. How many days?", "print(6 * 9)")
    }
    assert max(days) <= 7 and len(days) > 2
    share = {numbers(new)[0] for new, _, _ in drawn("What is 80% of 300?", "print(0.8 * 300)")}
    assert max(share) < 100 and len(share) > 4
    speeds = {numbers(new)[0] for new, _, _ in drawn("At 4.5 km an hour, how far in 3 hours?", "print(4.5 * 3)")}
    assert all(speed.denominator > 1 for speed in speeds), "5.0 is nothing that people write"


@pytest.mark.parametrize(
    ("question", "program", "reason"),
    [
        ("Ed has 5 bags of 6 cups; a cup weighs 1/4 pound. How heavy?", "print(6 * 30)", "computed before: 30"),
        ("A box holds 8 pens. I buy 6 boxes and 11 books. How many pens?", "print(8 * 6)", "leaves a number out: 11"),
        ("A bus with 40 seats makes 3 trips. How many can ride?", "print(40 * 3 + 17)", "computed before: 17"),
        ("A number by 13 gives 33 and the largest remainder. Which?", "print(13 * 33 + 12)", "computed before: 12"),
        ("Jo had $90, gave Al 1/3 of it, then had 170 less.", "print((170 - 30) * 1 / 3 * 90)", "computed before: 30"),
        ("Ten pears, twice as many apples, 20 oranges. How many?", "print(10 + 20 + 20)", "computed before: 20"),
        (
            "A train of 160 m passes in 18 s. How many km/h is that?",
            "print(160 / 18 * 18 / 5)",
            "equal by accident: 160",
        ),
        ("50 visitors came on Monday, twice that on Tuesday. How many?", "print(50 + 100)", "computed before: 100"),
        ("5 cats, 7 dogs, 12 fish for each.", "print((5 + 7) * 12)", "equal by accident: 12"),
        ("A price of 1500 rises by 10%. By how much?", "print(1500 * 1 / 10)", "no percentage: "),
        ("The gain on 1700 is 88. To which percent is that nearest?", "print(88 * 100 // 1700)", "nearly: "),
        ("The ones digit 6 of a number was read as 9; the sum was 37. What is it?", "print(37 - 9 + 6)", "digits: "),
        ("150% of the price is paid for 1.5 hours. How much an hour?", "print(1.5 / 1.5)", "the same twice: 150%"),
        (
            "She does 5 miles on 9 gallons.",
            "miles_on_9_gallons = 5\nprint(miles_on_9_gallons / 9)",
            "named by a number: ",
        ),
        ("How many of the 8 cats are left if all leave?", "for cat in range(8):\n    print(cat)", "no arithmetic: "),
        ("Ten cats and two dogs: how many?", "print(10 + 2)", "no other numbers: "),
        ("A has 5, B has 5. Sum?", "print(5 + 5)", "no other numbers: "),
        ("Share 7 apples among 0 children.", "print(7 / 0)", "no arithmetic: "),
        ("Ed has 36 and 12. Less?", "print(36 - 12)\nx = 36 + 12", "no arithmetic: "),
        ("Ed has 36 and 12. Less?", "print(36)\nprint(36 - 12)", "no arithmetic: "),
        ("Ed has 36.", "x = 36\n" + "x = x * x\n" * 34 + "print(x)", "no arithmetic: "),
        ("Ed has 36.", "print(round(36, 10 ** 9))", "no arithmetic: "),
        ("Ed has 36.", f"print({' + '.join(['36'] * 1500)})", "no arithmetic: "),
        (f"Ed has {'3' * 400} and 5.", f"print({'3' * 400} + 7)", "computed before: "),
        ("Nothing happens to 7 cats.", "", "no arithmetic: "),
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
    assert list(evaluate(tree("7 // 2"))) == [Fraction(7, 2), 3]
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
    def drawn(seed: int, *order: int) -> dict[int, object]:
        opened = open_teacher("renumbered", Wishes(seed, settings={"file": str(known)}))
        return {number: asyncio.run(opened.draw("train", number)) for number in order}

    assert drawn(1, 7, 3, 8) == drawn(1, 8, 7, 3) != drawn(2, 7, 3, 8)


def test_missing_and_foreign_files_are_named(known: Path, tmp_path: Path) -> None:
    def opened(path: Path = known) -> Teacher:
        return open_teacher("renumbered", Wishes(settings={"file": str(path)}))

    with pytest.raises(UsageError, match="--set file=FILE, a file of examples"):
        open_teacher("renumbered", Wishes())
    with pytest.raises(UsageError, match=r"no file .*none\.jsonl"):
        _ = opened(tmp_path / "none.jsonl").configuration
    (tmp_path / "alone.jsonl").write_bytes(known.read_bytes())
    with pytest.raises(UsageError, match=r"alone\.jsonl' with alone\.jsonl\.run\.json beside it: name a JSONL file"):
        _ = opened(tmp_path / "alone.jsonl").configuration
    for content, fault in (
        (b'{"question": "What?"}\n', "is no file of examples"),
        (b"\xff\xfe\x00", "is no file of examples"),
        (example(3, "Ten cats and two dogs: how many?", "print(10 + 2)", "12").encode(), "mostly: no other numbers"),
        (example(0, SWEETS, SWEETS_PROGRAM, "5").encode(), "mostly: another answer"),
        (b"", "it has no examples with programs"),
    ):
        known.write_bytes(content)
        with pytest.raises(UsageError, match=fault):
            asyncio.run(opened().draw("train", 0))


def test_a_thought_that_tells_numbers_is_left_out(known: Path) -> None:
    known.write_text(example(0, SWEETS, SWEETS_PROGRAM, "4").replace("Subtract, then divide", "Take four away"))
    made = asyncio.run(open_teacher("renumbered", Wishes(settings={"file": str(known)})).draw("train", 0))
    assert isinstance(made, Candidate) and [way.mode for way in made.proposals] == ["pot"]


def test_one_round_does_not_go_on_as_many(known: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    command += ["--out", str(tmp_path / "out.jsonl")]
    assert run([*command, "-n", "0"]) == 0
    assert run([*command, "-n", "8"]) == 2 and "was begun with" in capsys.readouterr().err
