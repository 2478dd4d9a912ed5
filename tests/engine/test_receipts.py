"""Receipts: what can be checked is checked in the real sandbox, and what is not understood is not checked."""

import asyncio
import json
from pathlib import Path

import pytest

from mathsolve import Settings, Solution, Solver
from mathsolve.engine.document import json_text, markdown, read
from mathsolve.engine.receipts.check import line, receipts
from mathsolve.engine.receipts.formulas import read as formulas
from mathsolve.engine.receipts.programs import agreements, normal_form
from mathsolve.engine.receipts.units import unit_check
from mathsolve.engine.trajectory import Check, Problem, Thought, Trajectory
from mathsolve.sandbox import Observation, ProcessSandbox, Program

UNITS = [
    ("What is the area of the square, in square centimeters?", "9 \\text{ cm}^2", "9 cm"),
    ("How many dollars does it cost?", "\\$5", "5 km"),
    ("How many hours did they wait?", "3 hours", "\\$3"),
    ("Express the length in meters.", "500 cm", "5 kg"),
    ("What is its volume in cubic inches?", "24 cubic inches", "24 inches"),
    ("How long is it in feet?", "5 ft 3 in", "5 kg"),
    ("How many cents does he have?", "$0.50", "50 kg"),
    ("What percent of them are red?", "20\\%", None),
    ("The area in cm^2 is 9. How many cm long is a side?", "3 cm", "3 cm^2"),
]
NO_UNITS = [
    ("What is the area of the square, in square centimeters?", "9"),
    ("How many miles does he run per day?", "60 miles/day"),
    ("How many yards of concrete are needed?", "4 \\text{ yd}^3"),
    ("How many ounces of milk are left?", "2 liters"),
    ("How many pounds does it cost?", "5 dollars"),
    ("How many apples are there in total?", "5 kg"),
    ("The area, in square meters, is 25. What is the side?", "5 m"),
    ("How many hours and how many minutes does it take?", "$5"),
    ("Solve for t in h.", "5 kg"),
    ("What is 2 + 2?", "4 cm"),
]
CASES = [
    ("Solve x^2 - 5x + 3 = 0.", "[5/2 - sqrt(13)/2, sqrt(13)/2 + 5/2]", "[5/2 - sqrt(13)/2]", "put back"),
    ("Find all solutions of x^3 = x.", "[-1, 0, 1]", "[-1, 1]", "put back"),
    ("Solve x^3 = x.", "0, \\pm 1", "0, \\pm 2", "put back"),
    ("What are the roots of x^2 + 1?", "[-i, i]", "[-1, 1]", "put back"),
    ("Solve 2x + 7y = -48 and 6x + 6y = -54.", "{x: -3, y: -6}", "{x: -6, y: -3}", "put back"),
    ("Solve a(z + r) = n for z.", "n/a - r", "n/a + r", "put back"),
    ("Solve -3x - 10 >= 11.", "x <= -7", "x >= -7", "put back"),
    ("Solve 1/(x - 5) > 0. Enter your answer using interval notation.", "(5, \\infty)", "[5, \\infty)", "put back"),
    ("What is the derivative of x**3*sin(x)?", "x**3*cos(x) + 3*x**2*sin(x)", "x**3*cos(x) + 3*x**2", "inverse"),
    ("Find the second derivative of f(x) = x^4.", "12x^2", "4x^3", "inverse"),
    ("Find an antiderivative of $6x^2 + 6x$.", "2x^3 + 3x^2 + 9", "2x^3 + 6x^2", "inverse"),
    ("Compute $\\int_0^1 x^2 dx$.", "1/3", "1/2", "inverse"),
    ("What is the limit of sin(3x)/x as x -> 0?", "3", "1", "inverse"),
    ("Compute $\\sum_{k=1}^{10} k^2$.", "385", "384", "inverse"),
    ("What is (12 - 6)*(7 + 17) - 18?", "126", "127", "recomputed"),
    ("Calculate 5 5/8 ÷ 7 6/11.", "495/664", "664/495", "recomputed"),
    ("Factor x^2 - 11x + 24.", "(x - 3)(x - 8)", "(x - 3)(x + 8)", "recomputed"),
    ("What is the determinant of [[4, 7], [2, 6]]?", "10", "-10", "recomputed"),
    (
        "Find the inverse of [[4, 7], [2, 6]].",
        "[[3/5, -7/10], [-1/5, 2/5]]",
        "[[3/5, 7/10], [-1/5, 2/5]]",
        "recomputed",
    ),
    ("What is the greatest common divisor of 84 and 36?", "12", "6", "enumerated"),
    ("How many divisors does 360 have?", "24", "23", "enumerated"),
    ("How many integers from 1 to 100 are divisible by 7?", "14", "15", "enumerated"),
    ("What is the prime factorisation of 360?", "2^3 * 3^2 * 5", "2^3 * 9 * 5", "inverse"),
    ("What is the remainder of 304 divided by 7?", "3", "10", "inverse"),
    ("Is 169 prime?", "False", "True", "enumerated"),
]


def checked(question: str, answer: str) -> tuple[Check, ...]:
    async def run() -> tuple[Check, ...]:
        async with ProcessSandbox() as sandbox:
            return await receipts(question, answer, [], sandbox)

    return asyncio.run(run())


def test_right_answers_pass_and_wrong_ones_fail() -> None:
    async def run() -> list[tuple[str, list[tuple[str, bool | None]]]]:
        async with ProcessSandbox() as sandbox:
            return [
                (
                    f"{question} {answer}",
                    [(one.kind, one.passed) for one in await receipts(question, answer, [], sandbox)],
                )
                for question, right, wrong, _ in CASES
                for answer in (right, wrong)
            ]

    expected = [
        (f"{question} {answer}", [(kind, passed)])
        for question, right, wrong, kind in CASES
        for answer, passed in ((right, True), (wrong, False))
    ]
    assert asyncio.run(run()) == expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the greatest common factor of 6432 and 132, increased by 11?", "23"),
        ("If 4n + 1 = 250, what is the nearest integer to n?", "62"),
        ("Find the number of real roots of x^4 - 2x^2 - 7 = 0.", "2"),
        ("How many of the positive divisors of 252 are even?", "12"),
        ("How many integer divisors does 7 have?", "4"),
        ("What is the radical conjugate of $5 - 6\\sqrt{2}$?", "5+6\\sqrt{2}"),
        ("Let f(q) be the third derivative of 40*q**3/3 + 77*q**2. Give f(8).", "80"),
        ("A recipe calls for $\\frac14$ teaspoon for each quart. How many quarts for two teaspoons?", "8"),
        ("What is 15% of 80?", "12"),
        ("Evaluate $(-125)^{4/3}$.", "625"),
    ],
)
def test_a_question_that_asks_for_more_is_not_checked(question: str, answer: str) -> None:
    assert checked(question, answer) == ()


def test_text_of_a_question_never_runs() -> None:
    hostile = "Solve __import__('os').system('x') = 0, x^2 = 4); print('yes'"
    assert checked(hostile, "'); print('yes') #") == ()
    assert checked("Solve x^2 = 4.", "[2, print('yes')]") == ()


def test_an_endless_check_ends_and_is_no_failure() -> None:
    question = "How many divisors does 999999000001 have?"
    assert all(one.passed is not False for one in checked(question, "2"))
    assert checked("Compute $\\sum_{k=1}^{10} k^{k^{k^k}}$.", "1") in (
        (),
        (Check("inverse", None, "the check ran out of time"),),
    )


def test_an_article_is_no_variable_and_a_price_no_formula() -> None:
    assert formulas("A farmer has a 3 by 4 field.").words == "a farmer has a #0 by #1 field ."
    assert formulas("when a + b + c = 17").words == "when #0"
    assert formulas("It costs $5 today and $7 tomorrow.").words.count("#") == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x = 3\ny = x * 4\nprint('it is', y)", "total = 4 * 3\ntotal", True),
        ("from math import gcd\nprint(gcd(12, 18))", "import math\nprint(math.gcd(12, 18))", True),
        ("print(sum(range(5)))", "print(4 * 5 // 2)", False),
        ("s = 0\nfor k in range(5):\n    s += k\nprint(s)", "print(sum(range(5)))", False),
        ("print(12 - 5)", "print(5 - 12)", False),
    ],
)
def test_programs_are_the_same_but_for_names_printing_and_order(one: str, other: str, same: bool) -> None:
    assert (normal_form(one) == normal_form(other)) is same


@pytest.mark.parametrize(
    "code", ["print(7)", "x = (", "'only words'", "(" * 5000 + "1" + ")" * 5000, "1+" * 20_000 + "1"]
)
def test_a_program_that_works_nothing_out_counts_for_nothing(code: str) -> None:
    assert normal_form(code) is None


def attempt(code: str | None, status: str = "ok", stdout: str = "4\n") -> Trajectory:
    steps = [Thought("...")]
    observation = Observation(status=status, stdout=stdout)  # type: ignore[arg-type]
    ran = [Program(code), observation] if code is not None else []
    return Trajectory(Problem("?"), (*steps, *ran), "4", "answered")


def test_agreement_needs_words_alone_and_a_program_that_computed() -> None:
    words, computed = attempt(None), attempt("print(2 + 2)")
    kinds = lambda *attempts: [check.kind for check in agreements(attempts)]  # noqa: E731
    assert kinds(words, computed) == ["agreement"]
    assert kinds(words, words) == kinds(computed, attempt("print(2 + 2)\n")) == []
    assert kinds(words, attempt("print(1/0)", "error", "")) == kinds(words, attempt("print(4)")) == []
    assert kinds(computed, attempt("print(2 ** 2)")) == ["programs"]


def replayed(tmp_path: Path, question: str, *answers: str) -> Solution:
    path = tmp_path / "solutions.jsonl"
    completions = [f"It is \\boxed{{{answer}}}." for answer in answers]
    path.write_text(json.dumps({"question": question, "completions": completions}))
    settings = Settings(f"replay:{path}", mode="cot", samples=len(answers), family="qwen-tir")
    with Solver(settings) as solver:
        return solver.solve(question)


def test_a_solution_carries_its_receipt_into_every_form(tmp_path: Path) -> None:
    solution = replayed(tmp_path, "Solve x^2 = 4.", "x = 2, x = -2")
    said = "put back: all 2 solutions fulfil the equation"
    assert solution.answer is not None and solution.checks == (Check("put back", True, said),)
    assert solution.to_dict()["checks"] == [{"kind": "put back", "passed": True, "detail": said}]
    assert said in markdown(solution)
    path = tmp_path / "session.json"
    path.write_text(json_text([solution]))
    assert read(path)[0].checks == solution.checks


def test_an_answer_that_fails_its_check_is_not_given(tmp_path: Path) -> None:
    solution = replayed(tmp_path, "Solve x^2 = 4.", "x = 3")
    assert (solution.answer, solution.stop) == (None, "untrusted") and "put back" in (solution.detail or "")


def test_what_was_not_checked_is_said_plainly(tmp_path: Path) -> None:
    solution = replayed(tmp_path, "How many legs do 3 cows have?", "12")
    assert solution.answer == "12" and solution.checks == () and line(solution.checks) == "not checked"
    assert "not checked" in markdown(solution)


@pytest.mark.parametrize(("question", "right", "wrong"), UNITS)
def test_the_unit_that_was_asked_for_is_told_from_others(question: str, right: str, wrong: str | None) -> None:
    assert (check := unit_check(question, right)) is not None and check.passed
    assert wrong is None or ((check := unit_check(question, wrong)) is not None and check.passed is False)


@pytest.mark.parametrize(("question", "answer"), NO_UNITS)
def test_where_the_unit_is_not_plain_there_is_no_check_of_it(question: str, answer: str) -> None:
    assert unit_check(question, answer) is None


def test_an_answer_in_a_wrong_unit_is_not_given(tmp_path: Path) -> None:
    question = "What is the area of a square with sides of 3 cm, in square centimeters?"
    path = tmp_path / "solutions.jsonl"
    path.write_text(json.dumps({"question": question, "completions": ["It is \\boxed{9 \\text{ cm}}."]}))
    with Solver(Settings(f"replay:{path}", "cot", 1, family="qwen-tir")) as solver:
        solution = solver.solve(question)
    assert (solution.stop, solution.answer) == ("untrusted", None)
    assert line(solution.checks) == "CHECK FAILED: the answer is in cm, and cm^2 was asked for"
