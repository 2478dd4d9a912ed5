"""Fills sympy's caches in the idle server, so that the children forked later find them filled.

A list of short steps with what programs call most; nothing that takes long by itself, and nothing that leaves a setting
behind (printing, precision, assumptions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..system import System


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a parked child runs while nobody needs it, so that the memory its first block will need is its own already."""

    after_s: float
    """Silence before it begins: a child that is used sooner does without, because somebody is in a hurry."""
    code: str
    """A program that shows nothing and changes nothing."""


LITE = Rehearsal(0.02, "def double(x):\n    return 2 * x\n\nprint(f'{double(0)}'[1:], end='')")
"""Functions, text and output."""
SYMBOLIC = Rehearsal(0.3, "from sympy import *\nx = symbols('x')\nprint(str(solve(x**2 - 5*x + 6, x))[:0], end='')")
"""The same and sympy's heart."""


def warm_up(system: System) -> Iterator[None]:
    """One step at each `next`. On macOS numpy is left to the children: its Accelerate does not survive a fork."""
    if system == "linux":
        __import__("numpy.random")  # which numpy itself puts off, and seeding needs
        yield
    for step in _steps() * 2:  # the interpreter learns from what runs again
        step()
        yield


def _steps() -> list[Callable[[], object]]:
    import sympy
    from sympy import (
        Eq,
        Matrix,
        Rational,
        Sum,
        cos,
        diff,
        exp,
        factor,
        integrate,
        latex,
        limit,
        log,
        simplify,
        sin,
        solve,
    )

    x, y, n = sympy.symbols("x y n")

    return [
        lambda: exec("from sympy import *", {}),
        lambda: str(factor(x**3 - 6 * x**2 + 11 * x - 6)),
        lambda: solve(Eq(x**2 - 5 * x + 6, 0), x),
        lambda: solve([Eq(x + y, 5), Eq(x - y, 1)], [x, y]),
        lambda: diff(x**3 * sin(x) * exp(x), x),
        lambda: simplify((x**2 - 1) / (x - 1)),
        lambda: simplify(sin(x) ** 2 + cos(x) ** 2),
        lambda: integrate(x**2 + 3 * x, (x, 0, 1)),
        lambda: integrate(x * exp(x), x),
        lambda: limit(sin(x) / x, x, 0),
        lambda: Matrix([[2, 1], [1, 3]]).eigenvals(),
        lambda: Matrix([[1, 2], [3, 4]]).inv(),
        lambda: Sum(n**2, (n, 1, x)).doit(),
        lambda: str(solve(x**2 - 5 * x + 1, x)),
        lambda: solve(x**2 < 4, x),
        lambda: sympy.factorint(360),
        lambda: sympy.nsolve(cos(x) - x, 1),
        lambda: str(simplify(Rational(7, 3) + sympy.sqrt(12))),
        lambda: latex(Rational(1, 2) * x + log(x)),
        lambda: sympy.Rational(1, 3).evalf(30),
    ]
