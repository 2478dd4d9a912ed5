"""Grading: verdicts on pairs of answers, what is found in texts, and that nothing hangs or is evaluated."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.engine.grading.extraction import extract
from mathsolve.engine.grading.grade import grade
from mathsolve.engine.grading.parser import parse
from mathsolve.engine.grading.tokens import Unreadable
from mathsolve.engine.grading.tree import canonical

EQUAL = """
7 | 7.0
-3/4 | -0.75
\\frac{22}{4} | 5.5
\\dfrac34 | 0.75
4\\frac{2}{3} | 14/3
5 1/4 | 21/4
-1\\frac{1}{8} | -9/8
1,250,000 | 1250000
2{,}500 | 2500
3 million | 3000000
6.02e23 | 6.02 \\times 10^{23}
0.\\overline{142857} | 1/7
0.1666667 | 1/6
25.000000000000004 | 25
17 | \\boxed{17}
$8.50 | 8.5
€40 | 40
12 cm | 12
9 square meters | 9\\text{ m}^2
75% | 0.75
75 | 75\\%
\\frac{1}{8} | 12.5\\%
72^\\circ | 72
45 degrees | 45^{\\circ}
\\frac{\\pi}{4} | 45^\\circ
\\sqrt{50} | 5\\sqrt2
\\frac{1}{\\sqrt{3}} | \\frac{\\sqrt{3}}{3}
2^{10} | 1024
\\log_{3}81 | 4
\\ln e^5 | 5
\\sin 30^\\circ | 0.5
\\binom{7}{3} | 35
6! | 720
\\sqrt[3]{-27} | -3
|{-4}| | 4
\\lfloor 3.7 \\rfloor | 3
3+4i | 4i+3
e^{i\\pi} | -1
2j + 1 | 1 + 2i
x^2+2x+1 | (x+1)^2
\\frac{x^2-9}{x-3} | x+3
\\sin(2x) | 2\\sin x\\cos x
3x^2 + C | 3x^2 + k
x*y | y*x
exp(2*x)/2 | \\frac{e^{2x}}{2}
sqrt(x)*sqrt(x) | x
x=12 | 12
y=3x-1 | 3x-1
f(x)=x^2 | x^2
2x+4y=6 | x+2y=3
y = 2/x | xy = 2
5 = n | n=5
(3,-1) | (3, -1)
\\left(\\tfrac12, 2\\right) | (0.5,2)
1, 4, 9 | 9, 1, 4
\\{2,4,6\\} | {6, 4, 2}
2 \\text{ or } -5 | -5, 2
\\pm 3 | 3, -3
2\\pm\\sqrt{7} | 2-\\sqrt7, 2+\\sqrt7
x = 1, x = -6 | \\{-6, 1\\}
(x,y)=(4,9) | x=4,\\ y=9
{x: 4, y: 9} | x = 4, y = 9
[-2, 5) | -2 \\le x < 5
(-\\infty, 4] | x \\leq 4
x > 7 | 7 < x
(-\\infty,2)\\cup(2,\\infty) | x \\neq 2
\\mathbb{R} | (-\\infty, \\infty)
\\varnothing | \\{\\}
\\begin{pmatrix} 1 & 0 \\\\ 2 & 3 \\end{pmatrix} | \\begin{bmatrix}1&0\\\\2&3\\end{bmatrix}
Matrix([[1, 0], [2, 3]]) | \\begin{pmatrix}1&0\\\\2&3\\end{pmatrix}
\\begin{vmatrix}2&1\\\\1&2\\end{vmatrix} | 3
3:4 | 6:8
2:5 | \\frac{2}{5}
10010_2 | 10010
3F_{16} | 3f_{16}
\\text{Thursday} | Thursday
\\text{(B)} | B
yes | Yes
4:05 pm | 4:05 PM
10^{10^{12}} | 10^{10^{12}}
(a+b)^{900} | (b+a)^{900}
√12 | 2√3
5·10³ | 5000
−8 | -8
"""

DIFFERENT = """
7 | 8
0.5 | 50
0.33 | 1/3
3.14 | \\pi
1e-9 | 2e-9
100 | 100.001
1,23 | 123
12,34,567 | 1234567
4\\frac23 | 4.6
2\\frac12 | 1
x+1 | x-1
\\frac{a}{b} | \\frac{b}{a}
x^2 | x^3
\\sqrt{x^2} | x
x > 3 | x \\ge 3
x < 3 | x > 3
3 | x > 3
3 | x \\neq 3
(2,5) | [2,5]
(2,5) | (5,2)
(1,2) | \\{1,2\\}
1, 2, 3 | 1, 2
4 | 4, 5
[1, 2] | [2, 1]
x=1,y=2 | x=2,y=1
{x: 1, y: 2} | {x: 2, y: 1}
x^2+y^2=9 | x^2+y^2=3
\\begin{pmatrix}1\\\\2\\end{pmatrix} | \\begin{pmatrix}1&2\\end{pmatrix}
\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix} | \\begin{pmatrix}1&2\\\\3&5\\end{pmatrix}
3:4 | 4:3
5:00 | 4:00
101_2 | 101_3
3\\text{ cm} | 3\\text{ m}
\\text{stop} | \\text{pots}
Monday | Friday
undefined | 0
12 if n is even, 13 otherwise | 12
5 or more | 5
7 \\bmod 3 | 7
\\infty | -\\infty
1+i | 1-i
10^{10^{12}} | 1
2^{400000} | 3^{400000}
"""


def pairs(table: str) -> list[tuple[str, str]]:
    return [(a.strip(), b.strip()) for line in table.strip().split("\n") for a, _, b in [line.partition(" | ")]]


@pytest.mark.parametrize(("gold", "pred"), pairs(EQUAL))
def test_equal_answers(gold: str, pred: str) -> None:
    assert grade(gold, pred).verdict == "correct"
    assert grade(pred, gold).verdict == "correct"


@pytest.mark.parametrize(("gold", "pred"), pairs(DIFFERENT))
def test_different_answers(gold: str, pred: str) -> None:
    assert grade(gold, pred).verdict != "correct"
    assert grade(pred, gold).verdict != "correct"


@pytest.mark.parametrize(
    ("text", "answer", "rule"),
    [
        (r"Thus $x=\boxed{\frac{3}{4}}$.", r"\frac{3}{4}", "boxed"),
        (r"first \boxed{5}, no: \boxed{6}", "6", "boxed"),
        (r"\boxed{2} and \boxed{7}", "2, 7", "boxed"),
        (r"never closed: \boxed{\frac{1}{2}", r"\frac{1}{2}", "boxed"),
        ("work\n#### 1,200", "1,200", "hashes"),
        ("The final answer is $\\frac{5}{8}$. I hope it is correct.", r"\frac{5}{8}", "phrase"),
        ("The answer is 14 (because 2*7 = 14).", "14", "phrase"),
        ("Answer: (C) as shown", "C", "phrase"),
        ("So we get $x = 3$ and then $y = 8$.", "y = 8", "mathematics"),
        ("Altogether **36** eggs.", "36", "bold"),
        ("She pays 12 dollars and gets 7 back.", "7", "last number"),
        ("<think>maybe 3? no: \\boxed{3}</think>The answer is 5.", "5", "phrase"),
        ("x**2/2 + 3*x", "x**2/2 + 3*x", "whole"),
    ],
)
def test_where_the_answer_stands(text: str, answer: str, rule: str) -> None:
    found = extract(text)
    assert found is not None
    assert (found.answer, found.rule) == (answer, rule)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (r"\boxed{5}, no: \boxed{6}", "several boxes"),
        (r"The answer is 5 or 6.", "hedge"),
        (r"so \boxed{42", "truncated"),
        (r"<think>Clearly \boxed{4}.</think>", "from thoughts"),
        ("```output\n12\n```\n", "from output"),
    ],
)
def test_what_is_strange_about_an_answer_is_said(text: str, flag: str) -> None:
    found = extract(text)
    assert found is not None
    assert flag in found.flags


def test_the_strict_rules_take_only_what_is_stated() -> None:
    assert extract("She pays 12 dollars.", "strict") is None
    stated = extract("She pays 12 dollars.\n#### 12", "strict")
    assert stated is not None and stated.rule == "hashes"
    failed = extract("```output\nTypeError: bad\n```\nIt is 4.")
    assert failed is not None and failed.rule == "last number"


@pytest.mark.parametrize("text", ["", "I do not know.", "It could be 4, 5 or 6.", "The answer is not 7.", "$3$ or $4$"])
def test_who_hedges_states_no_answer(text: str) -> None:
    assert extract(text) is None
    assert grade("6", text, "completion").verdict == "wrong"


STRESS = [
    "9^{9^{9^{9}}}",
    "10000000!",
    r"\binom{10^{12}}{10^{11}}",
    r"\sin(10^{10^{8}})",
    "(" * 5000 + "1" + ")" * 5000,
    r"\frac{" * 300 + "1" + "}{2}" * 300,
    "1+" * 6000 + "1",
    "-" * 9000 + "1",
    "1" * 15_000,
    r"\boxed{" * 2000 + "1" + "}" * 2000,
    "$ " * 3000 + "1",
    "x^" * 2000 + "2",
    "[" * 4000,
    "1e999999999",
    "{" * 3000 + "}" * 3000,
    ",".join(map(str, range(2500))),
    "\\begin{pmatrix}" + "&".join("1" * 800) + "\\end{pmatrix}",
]


@pytest.mark.parametrize("text", STRESS, ids=range(len(STRESS)))
def test_no_answer_takes_long(text: str) -> None:
    start = time.process_time()
    for context in ("answer", "completion"):
        grade("2", text, context)  # type: ignore[arg-type]
        grade(text, "2", context)  # type: ignore[arg-type]
    assert time.process_time() - start < 20  # seconds of CPU for four gradings; each takes well under one


@pytest.mark.parametrize("code", ["__import__('os')._exit(3)", "exec('raise SystemExit')", "().__class__.__bases__[0]"])
def test_code_is_text_like_any_other(code: str) -> None:
    assert grade("0", code).verdict == "wrong"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except Unreadable:
        return
    assert isinstance(canonical(tree), str)
    assert grade(text, text).verdict in ("correct", "wrong" if not text.strip() else "correct")


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**9))
def test_numbers_keep_their_value_in_every_notation(n: int, d: int) -> None:
    sign, size = ("-" if n < 0 else ""), abs(n)
    for text in (f"{n}/{d}", f"{sign}\\frac{{{size}}}{{{d}}}", f"$\\dfrac{{{n}}}{{{d}}}$", f"({n}) / ({d})"):
        assert grade(f"Fraction({n}, {d})", text).verdict == "correct"
        assert grade(f"{n + d}/{d}", text).verdict == "wrong"
    assert grade(f"{n:,}", str(n)).verdict == "correct"


@pytest.mark.parametrize("form", ["{}", "x+{}", "f({})", "({}, 2)", "x > {}", "{}:3", "\\sqrt{{{}}}", "\\text{{{}}}"])
@pytest.mark.parametrize(("number", "letters"), [("10", "a"), ("12", "c"), ("14", "e"), ("4077", "fed")])
def test_no_number_is_its_hexadecimal_digits(form: str, number: str, letters: str) -> None:
    assert grade(form.format(number), form.format(letters)).verdict != "correct"
    assert grade(form.format(letters), form.format(number)).verdict != "correct"


def test_reasons_show_numbers_as_people_write_them() -> None:
    assert "864253087" in grade("864253087", "true").reason
    assert canonical(parse("7" * 5_000)).startswith("0x"), "Python refuses to write it"
