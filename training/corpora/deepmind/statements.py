"""The statements of a composed question, in order, as lines of a program.

`let` gives names their values, `suppose` solves linear equations for the names that have none, `R` is the exact value of
an expression: three lines that open the program, so that every other line is copied from the question.
"""

from __future__ import annotations

import re

from .reading import EXPRESSION, ORDINALS, Unreadable

PREAMBLE = """\
from sympy import *
known = {}
R = lambda s: S(s, {str(k): known[k] for k in known}, rational=True)
let = lambda **v: known.update({k: R(v[k]) for k in v})
suppose = lambda *s: known.update(solve([R(e.replace("=", "-(") + ")") for e in s]))
"""
"""Opens every program that works on statements."""

_VALUE = re.compile(rf"Let ([a-z]) (?:=|be) ({EXPRESSION})")
_FUNCTION = re.compile(rf"Let ([a-z])\(([a-z])\) = ({EXPRESSION})")
_DERIVATIVE = re.compile(rf"Let ([a-z])\(([a-z])\) be the ({'|'.join(ORDINALS)}) derivative of ({EXPRESSION})")
_EQUATIONS = re.compile(rf"Suppose ({EXPRESSION} = {EXPRESSION}(?:, {EXPRESSION} = {EXPRESSION})*)")


def sentences(question: str) -> list[str]:
    """The sentences of a question, without the full stops between them."""
    return re.split(r"(?<=[\w)])\. (?=[A-Z])", question.strip())


def statement(sentence: str) -> str:
    """A statement as a line. Raises `Unreadable`.

    >>> statement("Let k(c) = 3*c - 1")
    'let(k="Lambda(c, 3*c - 1)")'
    >>> statement("Suppose 2*a = b, -b = 4")
    'suppose("2*a = b", "-b = 4")'
    """
    if match := _DERIVATIVE.fullmatch(sentence):
        name, variable, order, body = match.groups()
        return f'let({name}="Lambda({variable}, diff({body}, {variable}, {ORDINALS.index(order) + 1}))")'
    if match := _FUNCTION.fullmatch(sentence):
        return 'let({}="Lambda({}, {})")'.format(*match.groups())
    if match := _VALUE.fullmatch(sentence):
        return 'let({}="{}")'.format(*match.groups())
    if match := _EQUATIONS.fullmatch(sentence):
        return 'suppose("' + match[1].replace(", ", '", "') + '")'
    raise Unreadable(f"statement: {sentence}")
