"""The reader of the DeepMind mathematics dataset, on questions of our own in its style, through the real sandbox."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.grading.grade import grade
from mathsolve.sandbox import ProcessSandbox, Program
from mathsolve.training.corpora.deepmind import forms
from mathsolve.training.corpora.deepmind.reader import read
from mathsolve.training.corpora.deepmind.reading import Unreadable
from mathsolve.training.corpora.deepmind.teacher import DeepmindTeacher, open_teacher
from mathsolve.training.corpora.deepmind.variation import vary
from mathsolve.training.synthesis.candidate import Candidate, Code
from mathsolve.training.synthesis.teacher import NoCandidate
from mathsolve.training.synthesis.teachers.registry import Wishes

QUESTIONS = [
    ("algebra__linear_1d", "Solve 7*w + 3 = 2*w - 12 for w.", "-3"),
    ("algebra__linear_1d_composed", "Let n(t) = 2*t - 5. Let u be n(4). Solve u*c = c + 8 for c.", "4"),
    ("algebra__linear_2d", "Solve 3*x + y = 11, -x = -2*y + 1 for y.", "2"),
    ("algebra__linear_2d_composed", "Suppose -2*k = -3*k + 4. Solve k*r - s = 5, 0 = r + s - 10 for s.", "7"),
    ("algebra__polynomial_roots", "Suppose 3*h**2/2 - 9*h/2 - 6 = 0. What is h?", "-1, 4"),
    ("algebra__polynomial_roots", "Factor -2*z**3 + 8*z.", "-2*z*(z - 2)*(z + 2)"),
    (
        "algebra__polynomial_roots_composed",
        "Let d(u) be the first derivative of u**3/3 - u**2 - 3*u + 8. Let d(q) = 0. Calculate q.",
        "-1, 3",
    ),
    ("algebra__sequence_next_term", "What comes next: 3, 10, 21, 36, 55?", "78"),
    ("algebra__sequence_nth_term", "What is the k'th term of 5, 11, 19, 29, 41?", "k**2 + 3*k + 1"),
    ("arithmetic__add_or_sub", "What is 0.07 less than -12000000000000001?", "-12000000000000001.07"),
    ("arithmetic__add_or_sub_in_base", "In base 13, what is -9c + 1a7?", "108"),
    ("arithmetic__add_sub_multiple", "What is the value of 4 - (-13 - (2 + -6)) + 1?", "14"),
    ("arithmetic__div", "Calculate -42 divided by 56.", "-3/4"),
    ("arithmetic__mixed", "Evaluate 2/((-6)/9) - -4*1/8.", "-5/2"),
    ("arithmetic__mul", "Work out -0.004 * 2500.", "-10"),
    ("arithmetic__mul_div_multiple", "(-8)/6*9/(-4)", "3"),
    ("arithmetic__nearest_integer_root", "What is the cube root of 30000 to the nearest integer?", "31"),
    ("arithmetic__simplify_surd", "Simplify (2 + sqrt(12))**2 - sqrt(27)/3*-1.", "16 + 9*sqrt(3)"),
    ("calculus__differentiate", "What is the second derivative of 4*a**3*b - 7*a*b**2 + b wrt a?", "24*a*b"),
    (
        "calculus__differentiate_composed",
        "Let j = 11 - 9. Let f(k) be the first derivative of k**4/2 + 5*k. Differentiate j*f(x) with respect to x.",
        "12*x**2",
    ),
    ("comparison__closest", "Which is the nearest to -0.2?  (a) 3  (b) -1/3  (c) 0.1", "b"),
    ("comparison__closest_composed", "Let p = -1.5 - -0.75. What is the closest to -1 in p, 2, -4/3?", "p"),
    ("comparison__kth_biggest", "What is the fourth smallest value in 8, -2/3, 0.5, 11, 0.05?", "8"),
    (
        "comparison__kth_biggest_composed",
        "Let b be 6/(-4) - 1/(-2). Which is the second biggest value?  (a) 0.4  (b) b  (c) -7",
        "b",
    ),
    ("comparison__pair", "Is -5/7 at most as big as -0.71?", "True"),
    ("comparison__pair_composed", "Suppose 3*s = s + 14. Which is smaller: 22/3 or s?", "s"),
    ("comparison__sort", "Put -1/2, 6, -0.6, 5.99 in decreasing order.", "6, 5.99, -1/2, -0.6"),
    ("comparison__sort_composed", "Let m = 0.3 + -3.3. Sort m, 2/5, -20.", "-20, m, 2/5"),
    ("measurement__conversion", "How many milligrams are there in 0.00125kg?", "1250"),
    ("measurement__conversion", "What is twenty-one halves of a decade in months?", "1260"),
    ("measurement__time", "What is 95 minutes before 12:20 AM?", "10:45 PM"),
    ("measurement__time", "How many minutes are there between 11:50 PM and 12:05 AM?", "15"),
    ("numbers__base_conversion", "Convert -2e (base 15) to base 3.", "-1122"),
    ("numbers__div_remainder", "What is the remainder when 1000 is divided by 37?", "1"),
    (
        "numbers__div_remainder_composed",
        "Let g = -9 + 16. Calculate the remainder when (-60)/(-2) - -3 is divided by g.",
        "5",
    ),
    ("numbers__gcd", "Calculate the highest common divisor of 84 and 119.", "7"),
    (
        "numbers__gcd_composed",
        "Suppose 2*i - 5*y = 1, i + y - 18 = 0. What is the greatest common factor of i and 39?",
        "13",
    ),
    ("numbers__is_factor", "Does 17 divide 4097?", "True"),
    ("numbers__is_factor_composed", "Let v(o) = o**2 + o. Is v(5) a multiple of 4?", "False"),
    ("numbers__is_prime", "Is 7919 composite?", "False"),
    ("numbers__is_prime_composed", "Let l = 70 - 33. Is l - -4 prime?", "True"),
    ("numbers__lcm", "Find the common denominator of 5/12 and -7/18.", "36"),
    ("numbers__lcm_composed", "Let a = 3 - 1. Let q be 3*a + 4. What is the least common multiple of q and 14?", "70"),
    ("numbers__list_prime_factors", "List the prime factors of 2100.", "2, 3, 5, 7"),
    ("numbers__list_prime_factors_composed", "Let x be (-1 - -91)/1. What are the prime factors of x?", "2, 3, 5"),
    ("numbers__place_value", "What is the ten billions digit of 930456789012?", "3"),
    ("numbers__place_value_composed", "Suppose 0 = -4*f + 5000. What is the hundreds digit of f?", "2"),
    ("numbers__round_number", "What is -0.03461 rounded to three decimal places?", "-0.035"),
    ("numbers__round_number", "Round -7654321 to the nearest one million.", "-8000000"),
    ("numbers__round_number", "Round 1382945 to the nearest 10.", "1382950"),
    ("numbers__round_number", "Round -1382935 to the nearest ten.", "-1382940"),
    ("numbers__round_number", "What is 0.12345 rounded to four decimal places?", "0.1235"),
    ("numbers__round_number_composed", "Let w = 1.2 + -1.2455. Round w to 3 dps.", "-0.046"),
    ("polynomials__add", "Let c(r) = 3*r - 4. Let h(e) = e**2 - 1. What is 2*c(y) - h(y)?", "-y**2 + 6*y - 7"),
    (
        "polynomials__coefficient_named",
        "Express (2*t - 3)*(t + 5) + 4 in the form i + g*t**2 + x*t and give i.",
        "-11",
    ),
    ("polynomials__collect", "Collect the terms in 9*m**2 - 14 + m - 2*m**2 + 6.", "7*m**2 + m - 8"),
    ("polynomials__compose", "Let b(k) = 1 - 2*k. Let p(n) = n**2. Determine p(b(s)).", "4*s**2 - 4*s + 1"),
    ("polynomials__evaluate", "Let i(w) = -w**3 + 3*w. Give i(-3).", "18"),
    (
        "polynomials__evaluate_composed",
        "Let t(l) be the third derivative of l**5/60 - 2*l**2. Let u = 10 + -6. Calculate t(u).",
        "16",
    ),
    ("polynomials__expand", "Expand (y - 2)*(3*y + 0*y + 1) + 5.", "3*y**2 - 5*y + 3"),
    ("polynomials__simplify_power", "Simplify (d**(1/2)*d)**6/d**(-2)*d assuming d is positive.", "d**12"),
    (
        "probability__swr_p_level_set",
        "Five letters picked without replacement from {q: 3, v: 4}. Give prob of picking 2 q and 3 v.",
        "4/7",
    ),
    (
        "probability__swr_p_sequence",
        "Calculate prob of sequence mnm when three letters picked without replacement from mmnk.",
        "1/12",
    ),
]


def outputs(programs: Sequence[str]) -> list[str]:
    """What programs print, one after the other in one session, or the error of one that fails."""

    async def run() -> list[str]:
        sandbox = ProcessSandbox()
        try:
            session = await sandbox.open(seed=0)
            shown = [await session.run(Program(program)) for program in programs]
            return [one.stdout.strip() if one.ok else str(one.error) for one in shown]
        finally:
            await sandbox.close()

    return asyncio.run(run())


def test_programs_print_the_answers() -> None:
    programs = [read(question, module).program for module, question, _ in QUESTIONS]
    for (module, _, answer), shown in zip(QUESTIONS, outputs(programs), strict=True):
        assert grade(answer, shown).verdict == "correct", (module, answer, shown)
        assert re.fullmatch(forms.pattern(module), shown), (module, shown)


def test_every_module_is_tested() -> None:
    assert len({module for module, _, _ in QUESTIONS}) == 56


def test_expressions_are_copied() -> None:
    assert read(
        "Let d be (-9)/6 - 4/(-8). Let k(z) = d*z - 2. Give k(3).", "polynomials__evaluate_composed"
    ).program.endswith('let(d="(-9)/6 - 4/(-8)")\nlet(k="Lambda(z, d*z - 2)")\nprint(R("expand(k(3))"))')
    assert read("Which is greater: -7/9 or 0.8?", "comparison__pair").program == (
        'from fractions import Fraction\nprint(max("-7/9", "0.8", key=Fraction))'
    )


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Why?",
        "Let us see. What is 2?",
        "What is the gazillions digit of 12?",
        "Convert 3 furlongs to meters.",
        "Let k be the cat. What is k?",
        "Let f(x) be the last derivative of x. What is f(1)?",
        "Express 2*x + 1 in the form a*x + b and give c.",
        'Let a = 1"); print(("x. What is a?',
    ],
)
def test_what_no_rule_covers_is_unreadable(question: str) -> None:
    with pytest.raises(Unreadable):
        read(question, "numbers__place_value")


def test_varied_questions_have_answers_of_their_modules_form() -> None:
    rng, asked = Random(7), []
    for module, question, _ in QUESTIONS:
        others = [other for name, other, _ in QUESTIONS if name == module]
        varied = vary(question, module, others, rng)
        asked.append((module, varied, read(varied, module).program))
    shown = outputs([f"{program}\nprint()" for _, _, program in asked])
    fitting = [re.fullmatch(forms.pattern(module), text) for (module, _, _), text in zip(asked, shown, strict=True)]
    assert sum(map(bool, fitting)) > 0.8 * len(asked)
    assert sum(varied != question for (_, varied, _), (_, question, _) in zip(asked, QUESTIONS, strict=True)) > 50


def write(path: Path, questions: Sequence[tuple[str, str, str]] = tuple(QUESTIONS)) -> Path:
    """A file as the dataset's, with our questions."""
    rows = [{"question": q, "answer": a, "module": m, "split": "train-easy"} for m, q, a in questions]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def drawn(teacher: DeepmindTeacher, numbers: range) -> list[Candidate | NoCandidate | None]:
    """Some draws of a teacher."""

    async def draw() -> list[Candidate | NoCandidate | None]:
        return [await teacher.draw("train", number) for number in numbers]

    return asyncio.run(draw())


def test_the_teacher_gives_every_row_once_and_then_new_questions(tmp_path: Path) -> None:
    path, count = write(tmp_path / "train.jsonl.gz"), len(QUESTIONS)
    draws = drawn(DeepmindTeacher(path, seed=3), range(count + 40))
    rows = [draw for draw in draws[:count] if isinstance(draw, Candidate)]
    assert {row.question for row in rows} == {question for _, question, _ in QUESTIONS}
    assert all(row.answer is not None and not row.check for row in rows)
    new = [draw for draw in draws[count:] if isinstance(draw, Candidate)]
    assert len(new) > 20
    assert all(draw.answer is None and draw.check and draw.seed in {row.seed for row in rows} for draw in new)
    assert drawn(DeepmindTeacher(path, seed=3), range(count + 40)) == draws
    assert drawn(DeepmindTeacher(path, seed=4), range(count + 40)) != draws


def test_the_check_of_a_new_question_refuses_other_forms(tmp_path: Path) -> None:
    teacher = DeepmindTeacher(write(tmp_path / "train.jsonl.gz"), modules=["numbers__is_prime_composed"])
    new = next(draw for draw in drawn(teacher, range(1, 30)) if isinstance(draw, Candidate))
    code = next(step.source for step in new.proposals[0].steps if isinstance(step, Code))
    right, wrong = (f"{code}\nanswer = {answer!r}\n{new.check}\nprint('fine')" for answer in ("True", "7"))
    assert ["fine" in shown for shown in outputs([right, wrong])] == [True, False]


def test_held_out_splits_are_empty(tmp_path: Path) -> None:
    teacher = DeepmindTeacher(write(tmp_path / "train.jsonl.gz"))
    assert asyncio.run(teacher.draw("numbers", 0)) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not gzip", "cannot be read"),
        (gzip.compress(b'\n{"question": "x"}\n'), "line 2, is no JSON object with question, answer and module"),
        (gzip.compress(b"[1]\n"), "line 1, is"),
        (gzip.compress(b""), "is empty"),
    ],
)
def test_files_that_are_not_the_dataset(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=told):
        DeepmindTeacher(path)


def test_a_missing_file_and_an_unknown_module(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        DeepmindTeacher(tmp_path / "absent.jsonl.gz")
    with pytest.raises(UsageError, match="algebra__magic"):
        DeepmindTeacher(write(tmp_path / "train.jsonl.gz"), modules=["algebra__magic"])


def test_the_command_line_names_the_file_and_may_want_its_rows_alone(tmp_path: Path) -> None:
    corpus = {"corpus": str(write(tmp_path / "train.jsonl.gz"))}
    teacher = open_teacher(Wishes(everything=True, domains=("numbers__gcd",), settings=corpus))
    row, end = drawn(teacher, range(2))
    assert isinstance(row, Candidate) and row.domain == "numbers__gcd"
    assert end is None
    with pytest.raises(UsageError, match="name its folder with --data"):
        open_teacher(Wishes(data=tmp_path))
