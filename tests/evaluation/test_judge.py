"""Verdicts on answers to problems of benchmarks: options, alternatives, percentages, tolerance, what needs algebra."""

import pytest

from mathsolve.engine.grading.rules import Rules
from mathsolve.engine.solver import Solver
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.judge import asks_percentage, judge, settle

CHOICES = Item("b/1", "b", "How far?", "C", choices=("A) 12 km", "15 km", "(C) 18 km", "21 km", "None of these"))


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("C", "correct"),
        ("(C)", "correct"),
        ("c", "correct"),
        ("C.", "correct"),
        (r"\text{(C)}", "correct"),
        (r"\textbf{C}", "correct"),
        ("(C) 18 km", "correct"),
        ("C: 18", "correct"),
        ("option C", "correct"),
        ("18 km", "correct"),
        ("18", "correct"),
        ("36/2", "correct"),
        ("B", "wrong"),
        ("(C) 15 km", "wrong"),
        ("(B) 18 km", "wrong"),
        ("15", "wrong"),
        ("19", "wrong"),
        ("None of these", "wrong"),
        ("", "wrong"),
        (None, "wrong"),
    ],
)
def test_an_option_is_chosen_by_letter_or_by_value(answer: str | None, verdict: str) -> None:
    assert judge(CHOICES, answer).verdict == verdict


def test_a_value_that_fits_several_options_is_undecided() -> None:
    item = Item("b/2", "b", "How far?", "A", choices=("5 km", "5 mi"))
    assert judge(item, "5").verdict == "undecided"
    assert judge(item, "5 km").verdict == "correct"


def test_options_that_read_alike_are_right_together() -> None:
    item = Item("b/9", "b", "?", "C", choices=("3", "4", "4", "5"))
    assert [judge(item, answer).verdict for answer in ("C", "B", "4", "A")] == [
        "correct",
        "correct",
        "correct",
        "wrong",
    ]


def test_alternatives_count_and_what_should_be_declined_is_declined() -> None:
    item = Item("b/3", "b", "Solve.", "1/2", accepted=("x = 3",))
    assert [judge(item, answer).verdict for answer in ("0.5", "3", "4")] == ["correct", "correct", "wrong"]
    assert judge(Item("b/4", "b", "?", None), None).verdict == "correct"
    assert judge(Item("b/4", "b", "?", None), "7").verdict == "wrong"


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What percent of 60 is 45?", True),
        ("Sales rose from 40 to 50. By what percentage did they rise?", True),
        ("Express 3/8 as a percent.", True),
        ("A shirt costs $40 and is 25% off. What does it cost now?", False),
        ("What is 20% of 50?", False),
        ("If 30 percent of the 200 students leave, how many stay?", False),
        ("What is the interest rate, in percent?", True),
    ],
)
def test_which_questions_ask_for_a_percentage(question: str, asks: bool) -> None:
    assert asks_percentage(question) is asks


def test_a_share_answers_a_question_for_a_percentage_and_no_other() -> None:
    percent = Item("b/5", "b", "What percent of 60 is 45?", "75")
    assert [judge(percent, one).verdict for one in ("75%", "0.75", "7500")] == ["correct", "correct", "wrong"]
    assert judge(Item("b/6", "b", "How many apples are left?", "75"), "0.75").verdict == "wrong"


@pytest.mark.parametrize(
    ("rules", "gold", "right", "wrong"),
    [
        (Rules(tolerance=0.01), "3.3e-7", "3.31e-7", "3.4e-7"),
        (Rules(tolerance=0.01), "12", "12", "12.1"),
        (Rules(ordered=True), "3, 1, 2", "3, 1, 2", "1, 2, 3"),
        (Rules(units=True), "5 kg", "5000 g", "5"),
        (Rules(simplified=True), "1/2", "0.5", "2/4"),
        (Rules(simplified=True), "1024", "1024", "2^{10}"),
    ],
)
def test_a_benchmark_says_what_it_accepts(rules: Rules, gold: str, right: str, wrong: str) -> None:
    item = Item("b/7", "b", "?", gold, rules=rules)
    assert (judge(item, right).verdict, judge(item, wrong).verdict) == ("correct", "wrong")


def test_what_takes_algebra_is_settled_in_the_sandbox(solver: Solver) -> None:
    item = Item("b/8", "b", "Find the area.", r"\frac{n(n+1)}{2}")
    answer = r"\sum_{k=1}^{n} k"
    assert judge(item, answer).verdict == "undecided"
    settled = solver.run(settle(item, answer, solver.sandbox))
    assert (settled.verdict, settled.method) == ("correct", "algebra")
    assert solver.run(settle(item, r"\sum_{k=1}^{n} 2k", solver.sandbox)).verdict == "wrong"
