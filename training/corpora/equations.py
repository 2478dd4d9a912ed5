"""Equations whose solution is the answer: one in prefix form over the numbers of a question, or a system.

Promises: the program states the same equations, in Python's operators, for exact numbers. Nothing is solved here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .arithmetic import NotArithmetic, tree
from .programs import printed
from .solution import Row, Solution, Unusable, bare_number
from .wording import untokenised

_PLACE = re.compile(r"number(\d+)")
_UNKNOWN = re.compile(r"\b(?!Rational)[A-Za-z]\w*")


def prefix(row: Row) -> Solution:
    """A program that prints a calculation in prefix form, e.g. `- number0 * number1 number2`. Raises `Unusable`."""
    numbers = [bare_number(number) for number in row.numbers]
    try:
        question = _PLACE.sub(lambda place: numbers[int(place[1])], row.question)
        words = iter(row.equations[0].split())
        source = _infix(words, numbers)
        calculation = tree(source)
    except (IndexError, StopIteration, NotArithmetic):
        raise Unusable("equation not understood: it is no calculation in prefix form") from None
    if next(words, None) is not None:
        raise Unusable("equation not understood: something is left behind it")
    steps = sum(isinstance(node, ast.BinOp) for node in ast.walk(calculation))
    return Solution(untokenised(question), bare_number(row.gold), printed([], calculation), steps=steps)


def system(row: Row) -> Solution:
    """A program that prints the unknowns of equations like `x+y=18` or `equ: 5*y=3*x+7` in order of size. Raises `Unusable`."""
    equations = [equation for text in row.equations for equation in _sides(text)]
    unknowns = sorted({name for sides in equations for side in sides for name in _UNKNOWN.findall(side)})
    if not unknowns or any(len(name) > 1 for name in unknowns):
        raise Unusable("equations not understood: their unknowns are not single letters")
    stated = [f"Eq({left}, {right})" for left, right in equations]
    names = ", ".join(unknowns)
    solved = f"solve([{', '.join(stated)}], [{names}]).values()" if len(stated) > 1 else f"solve({stated[0]}, {names})"
    source = f"from sympy import *\n{names} = symbols('{' '.join(unknowns)}')\nprint(sorted({solved}))"
    return Solution(untokenised(row.question), row.gold, source, steps=2 * len(stated))


def _infix(words: Iterator[str], numbers: list[str]) -> str:
    word = next(words)
    if word in ("+", "-", "*", "/"):
        return f"({_infix(words, numbers)} {word} {_infix(words, numbers)})"
    place = _PLACE.fullmatch(word)
    return numbers[int(place[1])] if place else word


def _sides(text: str) -> Iterator[tuple[str, str]]:
    """Both sides of each equation of a text; what only declares unknowns has none."""
    for part in text.removeprefix("equ:").split(";"):
        left, mark, right = part.partition("=")
        if mark and not text.startswith("unkn:"):
            yield _side(left), _side(right)


def _side(text: str) -> str:
    exact = re.sub(r"(\d+)\.0+(?![\d])", r"\1", text.strip().replace("^", "**"))
    exact = re.sub(r"(?<=[\da-z)])(?=\()|(?<=\))(?=[\da-z])|(?<=\d)(?=[a-z])", "*", exact)  # 2x is 2*x
    try:
        parsed = ast.parse(re.sub(r"(\d*\.\d+)", r"Rational('\1')", exact), mode="eval")
    except (SyntaxError, ValueError):
        raise Unusable(f"equation not understood: {text.strip()}") from None
    return ast.unparse(parsed)
