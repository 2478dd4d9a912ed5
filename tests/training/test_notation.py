"""Notation: what is written means what was built, in every form, and reads as people write it."""

from __future__ import annotations

import cmath
import math
import warnings
from fractions import Fraction
from random import Random

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy.parsing.sympy_parser import (
    convert_xor,
    implicit_multiplication_application,
    parse_expr,
    standard_transformations,
)

from mathsolve.training.seeds.notation import Func, Math, Num, Quotient, Var
from mathsolve.training.seeds.rendering import delimit, render, show
from mathsolve.training.seeds.samplers import TOOLS, equation, fn, matrix, numbers
from mathsolve.training.seeds.style import PLAIN, Style, draw_style

x, y, t = Var("x"), Var("y"), Var("t")
POINT = {"x": 1.37, "y": 0.61, "t": 2.13}
CARET = Style(form="caret", natural=False)
WHOLE = st.integers(-12, 12).map(Num)
LEAVES = st.one_of(WHOLE, st.sampled_from([x, y, t]))


def grow(children: st.SearchStrategy[Math]) -> st.SearchStrategy[Math]:
    """Larger expressions from smaller ones, built with the operators that bank authors use."""
    pair = st.tuples(children, children)
    return st.one_of(
        pair.map(lambda two: two[0] + two[1]),
        pair.map(lambda two: two[0] - two[1]),
        pair.map(lambda two: two[0] * two[1]),
        pair.map(lambda two: two[0] / two[1]),
        children.map(lambda one: -one),
        st.tuples(children, st.integers(-2, 4)).map(lambda two: two[0] ** two[1]),
        st.tuples(st.sampled_from(["sin", "cos", "atan", "abs"]), children).map(lambda two: Func(*two)),
    )


TREES = st.recursive(LEAVES, grow, max_leaves=8)


def value_of(parsed: object) -> complex:
    """The value of what sympy read, at the point."""
    return complex(sympy.sympify(parsed).subs(POINT))


def agrees(tree: Math, parse: object) -> None:
    try:
        expected = complex(tree.at(**POINT))
    except (ZeroDivisionError, OverflowError):
        return
    assert cmath.isclose(value_of(parse()), expected, rel_tol=1e-6, abs_tol=1e-6)  # type: ignore[operator]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, st.booleans())
def test_python_form_means_the_tree(tree: Math, spaced: bool) -> None:
    names = {name: sympy.Symbol(name) for name in POINT}
    agrees(tree, lambda: parse_expr(render(tree, Style(spaced=spaced)), local_dict=names))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_program_form_is_exact_python(tree: Math) -> None:
    text = render(tree, Style(exact="Fraction", in_program=True))
    calls = {"sin": math.sin, "cos": math.cos, "atan": math.atan, "abs": abs, "Fraction": Fraction}
    agrees(tree, lambda: eval(text, {**calls, **POINT}))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, st.booleans())
def test_caret_form_means_the_tree_with_implicit_products(tree: Math, spaced: bool) -> None:
    text = render(tree, Style(form="caret", natural=False, spaced=spaced))
    names = {name: sympy.Symbol(name) for name in POINT}
    rules = (*standard_transformations, convert_xor, implicit_multiplication_application)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)
        agrees(tree, lambda: parse_expr(text, local_dict=names, transformations=rules))


@pytest.mark.parametrize(
    ("tree", "python", "caret", "latex"),
    [
        (x**2 - 5 * x + 6, "x**2 - 5*x + 6", "x^2 - 5x + 6", "x^{2} - 5x + 6"),
        (-1 * x**3 + 0 * x**2 + 1 * x - 0, "-x**3 + x", "-x^3 + x", "-x^{3} + x"),
        (3 - x + 2 * x, "3 - x + 2*x", "3 - x + 2x", "3 - x + 2x"),
        ((x + 1) * (x - 2), "(x + 1)*(x - 2)", "(x + 1)(x - 2)", "(x + 1)(x - 2)"),
        (Fraction(3, 4) * x, "3*x/4", "3x/4", "\\frac{3x}{4}"),
        (-Fraction(3, 4) + x, "-3/4 + x", "-3/4 + x", "-\\frac{3}{4} + x"),
        (x / (2 * y), "x/(2*y)", "x/(2y)", "\\frac{x}{2y}"),
        ((x + 1) ** 2, "(x + 1)**2", "(x + 1)^2", "\\left(x + 1\\right)^{2}"),
        (Num(-2) ** 2, "(-2)**2", "(-2)^2", "\\left(-2\\right)^{2}"),
        (x**-2, "x**(-2)", "x^(-2)", "x^{-2}"),
        (5 - (x + 1), "5 - (x + 1)", "5 - (x + 1)", "5 - (x + 1)"),
        (x * y**2 * fn("sin", 2 * x), "x*y**2*sin(2*x)", "x y^2 sin(2x)", "x y^{2} \\sin(2x)"),
        (equation(2 * x + 1, 7), "2*x + 1 = 7", "2x + 1 = 7", "2x + 1 = 7"),
    ],
)
def test_reads_as_people_write(tree: Math, python: str, caret: str, latex: str) -> None:
    assert render(tree, PLAIN) == python
    assert render(tree, CARET) == caret
    assert render(tree, Style(form="latex", natural=False)) == latex


def test_each_place_has_its_own_form() -> None:
    program = Style(exact="Rational", in_program=True)
    assert render(equation(x + Fraction(1, 2), 3), program) == "Eq(x + Rational(1, 2), 3)"
    assert render(matrix([[1, 2], [3, 4]]), program) == "Matrix([[1, 2], [3, 4]])"
    assert render(matrix([[1, -2], [3, 4]]), Style(matrix="semicolon")) == "[1 -2; 3 4]"
    assert render(numbers([3, 5, 8]), Style(listing="and")) == "3, 5 and 8"
    assert render(numbers([3, 5, 8]), program) == "[3, 5, 8]"
    assert show(TOOLS["big"](70408), Style(thousands=True)) == "70,408"
    assert show(TOOLS["big"](70408), program) == "70408"


def test_latex_grows_over_what_belongs_to_it() -> None:
    style = Style(form="latex")
    text = f"f({show(x, style)}) = {show(x**2, style)} and d/d{show(x, style)} {show(Quotient(x, y), style)} = 0."
    assert delimit(text, style) == "$f(x) = x^2$ and $\\frac{d}{dx} \\frac{x}{y} = 0$."


def test_style_depends_on_the_generator_alone() -> None:
    assert [draw_style(Random(i)) for i in range(50)] == [draw_style(Random(i)) for i in range(50)]
