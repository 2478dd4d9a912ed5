"""A word problem with other numbers: those of its question and of its program change together.

The program tells what depends on which number. It is read as exact arithmetic, not executed, once with the old numbers and
once with the new ones, and every result on the way has to stay what it was: whole where it was whole, positive where it was
positive, a part of one where it was a part. So nobody eats 12 of 5 apples, and no 7 children share
20 sweets evenly.

Promises: every number that is changed stands once in the question, and all numbers of the question are in the program or
never matter; numbers keep their order of size, their decimals, how round they are, and what their units allow. The answer is
exact.
Does not promise that the world is so: a boy may be older than before. Numbers in words, dates and times stay.
"""

from __future__ import annotations

import ast
import copy
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from random import Random

from ...engine.grading.spoken import spelled_number
from .arithmetic import NUMBER, NotArithmetic, evaluate
from .givens import KNOWN, used
from .solution import Unusable

LARGEST = 10**7
"""No result on the way is larger."""
TRIES = 60
"""Draws of new numbers before it is given up."""
_ROUND = (1000, 500, 100, 50, 25, 10, 5)
"""What round numbers are multiples of."""
_CONSTANT = frozenset(map(Fraction, (1, 2, 7, 12, 24, 30, 52, 60, 100, 365, 1000)))
"""What a program may know by itself, so that one of several such numbers in it need not be the one of the question."""
_SMALL = frozenset(map(Fraction, (0, 1, 2)))
"""Numbers that a program may leave out: "one of them", "the 2 of them"."""
_FIXED = frozenset(map(Fraction, ("3", "3.1", "3.14", "3.1416", "3.14159")))
"""Numbers that stand for pi where the question is about a circle."""
_ROUND_THING = re.compile(r"\b(?:pi|circ\w*|radius|diameter|semi\w*|sphere\w*|cylinder\w*|cone\w*)\b|π", re.IGNORECASE)
_LIMITS = (
    (re.compile(r"\s*-?(?:days?|nights?)\b"), 7),
    (re.compile(r"\s*-?(?:hours?|hrs?)\b"), 24),
    (re.compile(r"\s*-?(?:minutes?|mins?|seconds?)\b"), 60),
    (re.compile(r"\s*-?months?\b"), 12),
    (re.compile(r"\s*%|\s*percent"), 100),
)
"""Units with the largest number that a smaller one may become."""
_TOKEN = re.compile(rf"(?<![\w./:^\\-])({NUMBER})(?!\w|[./:^]\w|,\d|\s*/\s*\d|\s*(?:[ap]\.?m\b|o'clock|:))")
_DIGITS = re.compile(NUMBER)
_WORD = re.compile(r"[A-Za-z]+(?:-[a-z]+)?")
_PERCENT = re.compile(r"\s*%|\s*percent")


@dataclass(frozen=True, slots=True)
class Given:
    """A number of a question that may become another."""

    begin: int
    """Where it stands in the question."""
    end: int
    """Where it ends."""
    value: Fraction
    """What it is."""
    decimals: int
    """Digits behind the point."""
    scale: int
    """What the program divides it by: 100 for a percentage that stands there as a part of one, else 1."""
    limit: int | None
    """The largest that its unit allows."""

    @property
    def place(self) -> Fraction:
        """The number in the program."""
        return self.value / self.scale


@dataclass(frozen=True, slots=True)
class Template:
    """A question and its program, with the numbers that may change."""

    question: str
    """As it was asked."""
    body: ast.Module
    """Its program."""
    givens: tuple[Given, ...]
    """In the order of the question; at least one."""
    trace: tuple[Fraction, ...]
    """Every result on the way to the answer, which is the last."""

    @classmethod
    def of(cls, question: str, program: str) -> Template:
        """The template of a question with a program that prints its answer. Raises `Unusable`."""
        body = ast.parse(program)
        trace = tuple(_trace(body))
        givens = tuple(_givens(question, used(program)))
        if not givens:
            raise Unusable("no other numbers: none stands once in the question and in the program")
        return cls(question, body, givens, trace)

    def renumbered(self, rng: Random) -> tuple[str, str, str]:
        """The question with other numbers, its program, and its answer. Raises `Unusable`."""
        old = [given.value for given in self.givens]
        for _ in range(TRIES):
            new = [_drawn(given, rng) for given in self.givens]
            if new == old or _in_order(new) != _in_order(old):
                continue
            places = {given.place: value / given.scale for given, value in zip(self.givens, new, strict=True)}
            body = _Numbers(places).visit(copy.deepcopy(self.body))
            try:
                trace = tuple(_trace(body))
            except Unusable:
                continue
            if all(map(_alike, self.trace, trace)) and (answer := _text(trace[-1])) is not None:
                return self._asked(new), ast.unparse(body), answer
        raise Unusable("no other numbers: none of those that were tried fit")

    def _asked(self, new: Sequence[Fraction]) -> str:
        question = self.question
        for given, value in reversed(list(zip(self.givens, new, strict=True))):
            commas = "," if "," in question[given.begin : given.end] else ""
            question = f"{question[: given.begin]}{float(value):{commas}.{given.decimals}f}{question[given.end :]}"
        return question


def _givens(question: str, literals: Mapping[Fraction, int]) -> Iterator[Given]:
    """The numbers that may change. Raises `Unusable` where one is left out of the program or was computed before."""
    spoken = (spelled_number(word) for word in _WORD.findall(question))
    there = Counter([*map(_number, _DIGITS.findall(question)), *(value for value in spoken if value is not None)])
    unknown = literals.keys() - {part for value in there for part in (value, value / 100)}
    if computed := unknown - (KNOWN - set(_results(there))):
        raise Unusable(f"computed before: {float(min(computed)):g} is not in the question")
    if left_out := {value for value in there if not literals.keys() & {value, value / 100}} - _SMALL:
        raise Unusable(f"leaves a number out: {float(min(left_out)):g}")
    for match in _TOKEN.finditer(question):
        value, behind = _number(match[1]), question[match.end() :]
        scale = 100 if literals.get(value / 100) and _PERCENT.match(behind) else 1
        found = [literals.get(place, 0) for place in (value, value / 100)]
        sure = found[scale == 100] == 1 or (found[scale == 100] > 1 and value not in _CONSTANT)
        fixed = value <= 1 or _is_year(match[1]) or (value in _FIXED and _ROUND_THING.search(question))
        if there[value] == 1 and 0 in found and sure and not fixed:
            limit = next((most for unit, most in _LIMITS if unit.match(behind) and value <= most), None)
            yield Given(match.start(1), match.end(1), value, len(match[1].partition(".")[2]), scale, limit)


def _results(numbers: Iterable[Fraction]) -> Iterator[Fraction]:
    """What one operation makes of two of these numbers, or of one of them and 1."""
    for a, b in permutations([*numbers, Fraction(1)], 2):
        yield from (a + b, a - b, a * b)
        if b:
            yield a / b


def _drawn(given: Given, rng: Random) -> Fraction:
    """Another number, between half and twice as large, as round as it was."""
    unit = Fraction(1, 10**given.decimals)
    size = given.value / unit
    step = next((step for step in _ROUND if size % step == 0 and size > step), 1)
    if step > 1 and rng.random() < 0.3:
        step = next((finer for finer in _ROUND if finer < step and step % finer == 0), 1)
    low, high = math.ceil(size / (2 * step)), max(int(2 * size / step), int(size / step) + 3)
    if given.limit is not None:
        high = min(high, int(given.limit / unit / step))
    return max(rng.randint(max(low, 1), max(low, high, 1)) * step, 2) * unit


def _alike(old: Fraction, new: Fraction) -> bool:
    """Whether a result is of the same kind: its sign, whether it is whole, a part of one, or has a few decimals."""
    if (old > 0, old < 0) != (new > 0, new < 0) or abs(new) > max(Fraction(LARGEST), abs(old)):
        return False
    if old.denominator == 1:
        return new.denominator == 1
    return (abs(new) < 1) == (abs(old) < 1) and (_text(old) is None or _text(new) is not None)


def _in_order(numbers: Sequence[Fraction]) -> list[int]:
    ranks = {number: rank for rank, number in enumerate(sorted(set(numbers)))}
    return [ranks[number] for number in numbers]


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _text(number: Fraction) -> str | None:
    """A number with at most four decimals; None for another."""
    short = f"{float(number):.10g}"
    return short if number * 10**4 % 1 == 0 and Fraction(short) == number else None


def _is_year(text: str) -> bool:
    return len(text) == 4 and "1800" <= text <= "2100"


class _Numbers(ast.NodeTransformer):
    """Puts numbers in the places of others."""

    def __init__(self, places: Mapping[Fraction, Fraction]) -> None:
        self._places = places

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        new = self._places.get(Fraction(str(node.value)))
        if new is None:
            return node
        return ast.Constant(int(new) if new.denominator == 1 else float(new))


def _trace(program: ast.Module) -> Iterator[Fraction]:
    """Every result of a program that only calculates; what it prints is the last. Raises `Unusable`."""
    names: dict[str, Fraction] = {}
    try:
        for statement in program.body:
            match statement:
                case ast.Assign(targets=[ast.Name(name)], value=value):
                    *before, names[name] = evaluate(value, names)
                    yield from [*before, names[name]]
                case ast.Expr(ast.Call(func=ast.Name("print"), args=[shown], keywords=[])):
                    yield from evaluate(_bare(shown), names)
                case ast.Import(names=[ast.alias("math")]):
                    continue
                case _:
                    raise Unusable("no arithmetic: its program does something else")
    except NotArithmetic as fault:
        raise Unusable(f"no arithmetic: {fault}") from fault


def _bare(shown: ast.expr) -> ast.expr:
    """What is printed, without the format."""
    match shown:
        case ast.JoinedStr([ast.FormattedValue(value=value)]):
            return value
    return shown
