"""Ways to write mathematics. A question draws one `Style`, and every expression in it is written that way."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

Form = Literal["python", "caret", "latex"]
"""The families of notation."""


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write mathematics."""

    form: Form = "python"
    """Family of notation."""
    spaced: bool = True
    """Whether there are spaces around + and -."""
    exact: str = ""
    """Constructor for fractions in a program (`Rational` or `Fraction`), where `3/4` would be a float; else empty."""
    in_program: bool = False
    """Whether this is source code, where an equation is `Eq(a, b)` and a matrix is `Matrix(...)`."""
    delimiters: tuple[str, str] = ("$", "$")
    """Around LaTeX."""
    bare_names: bool = False
    """Whether a lone variable stands in LaTeX text without delimiters."""
    natural: bool = True
    """Whether exp(x) is written e^x, log(x) as ln(x), and abs(x) as |x|, outside Python."""
    matrix: Literal["list", "Matrix", "semicolon", "pmatrix", "bmatrix"] = "list"
    """How a matrix is written."""
    listing: Literal["commas", "and", "list", "tight list", "set"] = "commas"
    """How a list of numbers is written."""
    thousands: bool = False
    """Whether a `Big` number gets thousands separators."""


PLAIN = Style()
"""Python notation in prose: `3/4`, `lhs = rhs`."""

LATEX = Style(form="latex", matrix="pmatrix")
"""LaTeX as most people write it."""


def draw_style(rng: Random) -> Style:
    """A notation for one question: Python 30 %, caret 50 % (a third of it tight), LaTeX 20 %."""
    form: Form = rng.choices(("python", "caret", "latex"), (30, 50, 20))[0]
    return Style(
        form=form,
        spaced=rng.random() < (0.85 if form == "python" else 0.67),
        delimiters=rng.choices((("$", "$"), ("\\(", "\\)"), ("$$", "$$")), (75, 18, 7))[0],
        bare_names=rng.random() < 0.5,
        natural=rng.random() < 0.6,
        matrix=rng.choice(("pmatrix", "bmatrix") if form == "latex" else ("list", "list", "Matrix", "semicolon")),
        listing=rng.choices(("commas", "and", "list", "tight list", "set"), (40, 20, 20, 10, 10))[0],
        thousands=rng.random() < 0.3,
    )
