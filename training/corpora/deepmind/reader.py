"""Reads a question of the DeepMind mathematics dataset by rules: question in, program out.

Promises: what is read is a transliteration; numbers and expressions stand in the program as they stand in the question.
Does not promise that the program is right: it is executed, and its output compared with the dataset's answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import algebra, arithmetic, comparison, integers, measurement, probability
from .reading import Ask, Reading, Unreadable
from .statements import PREAMBLE, sentences, statement

_TWO = ("add_or_sub", "add_or_sub_big", "mul", "mul_big", "div", "div_big")
_LONG = (
    "add_sub_multiple",
    "add_sub_multiple_longer",
    "mixed",
    "mixed_longer",
    "mul_div_multiple",
    "mul_div_multiple_longer",
)
_ROOTS = ("polynomial_roots", "polynomial_roots_composed", "polynomial_roots_big")
_TABLES: dict[str, tuple[Ask, ...]] = {
    **dict.fromkeys(_TWO, arithmetic.TWO_NUMBERS),
    **dict.fromkeys(_LONG, arithmetic.LONG),
    **dict.fromkeys(_ROOTS, (*algebra.ROOT_ASKS, *algebra.ASKS)),
}
_ASKS = (
    *arithmetic.ASKS,
    *integers.ASKS,
    *comparison.ASKS,
    *measurement.ASKS,
    *probability.ASKS,
    *algebra.ASKS,
)

_HOMES = {
    "math": ("comb", "gcd", r"lcm(?!\(denom)"),
    "collections": ("Counter",),
    "fractions": ("Fraction",),
    "decimal": ("ROUND_HALF_UP", "Decimal", "getcontext"),
    "datetime": ("datetime", "timedelta"),
    "numpy": ("base_repr",),
}
"""What a program imports, by the module that it is in; as patterns."""
_OF_SYMPY = re.compile(r"\b(?:isprime|primefactors|interpolate|denom|S)\(")


def read(question: str, module: str) -> Reading:
    """The program of a question.

    Args:
        question: its text.
        module: its module, e.g. `numbers__gcd_composed`.

    Raises:
        Unreadable: no rule covers it.
    """
    asks = _TABLES.get(module.partition("__")[2], _ASKS)
    parts = sentences(question)
    for start in range(max(0, len(parts) - 2), len(parts)):
        exact = "R" if start else "Fraction"
        text = ". ".join(parts[start:])
        for form in asks:
            try:
                found = form.read(text, exact)
            except (LookupError, ValueError) as fault:
                raise Unreadable(f"word: {fault} in {text}") from fault
            if found:
                lines = [statement(part) for part in parts[:start]]
                return Reading(found[0], _program(lines, found[1]))
    raise Unreadable(f"ask: {parts[-1]}")


def _program(statements: list[str], ask: str) -> str:
    body = "\n".join([*statements, ask])
    if re.search(r"^(let|suppose)\(", body, re.MULTILINE):
        return PREAMBLE + body
    body = body.replace("R(", "S(")
    return "\n".join([*_imports(body), body])


def _imports(body: str) -> Iterator[str]:
    if _OF_SYMPY.search(body):
        yield "from sympy import *"
    for module, names in _HOMES.items():
        if used := sorted({found for name in names for found in re.findall(rf"\b{name}\b", body)}):
            yield f"from {module} import {', '.join(used)}"
