"""A word problem with other numbers: those of its question and of its program change together.

The program tells what depends on which number. It is read as exact arithmetic, not executed, once with the old numbers and
once with the new ones, and every result on the way has to stay what it was: whole where it was whole, positive where it was
positive, a part of one where it was a part. So nobody eats 12 of 5 apples, and no 7 children share 20 sweets evenly.

What it cannot tell is whether a number of the program is the one of the question, or equal to it by accident: the 20 that is
twice the ten pears beside 20 oranges. So a problem is refused where a result on the way is also a number of the question or of
the program or another result, and where a number that only the program has comes out of those of the question. Half off is
half left, so 50% stays; so do 100%, dates, times of the day, counts of the other numbers, and numbers in words.

Promises: a number that is changed stands once in the question, every number of the question is in the program, and the answer
is exact. Numbers stay about as large and as round as they were, keep their decimals, their order among each other, and what
their units allow.
Does not promise that the world is so (a boy may be older than before), nor that a number is not drawn again.
"""

from __future__ import annotations

import ast
import copy
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random

from ...engine.grading.spoken import spelled_number
from .arithmetic import NUMBER, NotArithmetic, evaluate
from .givens import KNOWN, short, used
from .solution import Unusable

LARGEST = 10**7
"""No result on the way is larger."""
TRIES = 60
"""Draws of new numbers before it is given up."""
_ROUND = (1000, 500, 100, 50, 25, 10, 5)
"""What round numbers are multiples of."""
_UNITS: Mapping[Fraction | int, str] = {
    7: "week",
    12: "month|year|dozen|inch|inches|foot|feet",
    24: "hour|day",
    30: "month",
    52: "week|year",
    60: "minute|hour|second",
    365: "year",
}
"""What a program may know by itself where the question has such a word."""
_CONSTANT = frozenset(map(Fraction, (2, *_UNITS, 18, 100, 1000)))
"""What a program may know by itself, so that one of several such numbers in it need not be the one of the question."""
_SAID = tuple(map(Fraction, (1, 2, 3, 4, 100)))
"""Of "one more", "twice", "a third", "four sides", "percent"."""
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
    (re.compile(r"\s*-?weeks?\b"), 52),
    (re.compile(r"\s*%|\s*percent"), 99),
)
"""Units with the largest number that a smaller one may become."""
_TOKEN = re.compile(rf"(?<![\w./:^\\-])({NUMBER})(?!\w|[./:^]\w|,\d|\s*/\s*\d|\s*(?:[AaPp]\.?[Mm]\b|o'clock|:))")
_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?\s*$")
_DIGITS = re.compile(NUMBER)
_WORD = re.compile(r"[A-Za-z]+(?:-[a-z]+)?")
_PERCENT = re.compile(r"\s*%|\s*percent")
_RIDDLE = re.compile(r"\bdigits?\b", re.IGNORECASE)
_NEARLY = re.compile(r"\b(?:approximat|closest|nearest|about how|round)", re.IGNORECASE)


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
        if _RIDDLE.search(question):
            raise Unusable("digits: with others the question would be another")
        if _NEARLY.search(question) and re.search(r"floor|ceil|int\(|//", program):
            raise Unusable("nearly: another number may be nearer from the other side")
        body = ast.parse(program)
        trace = tuple(_trace(body))
        spoken = (spelled_number(word) for word in _WORD.findall(question))
        there = Counter([*map(_number, _DIGITS.findall(question)), *(value for value in spoken if value is not None)])
        literals = used(program)
        _refuse_unclear(question, there, literals)
        _refuse_accidents(_operations(body), {*there, *literals})
        givens = tuple(_givens(question, there, literals))
        if not givens:
            raise Unusable("no other numbers: none stands once in the question and in the program")
        if any(re.search(rf"_{given.value}(?!\d)", program) for given in givens):
            raise Unusable("named by a number: what has it in its name would keep it")
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


def _refuse_unclear(question: str, there: Counter[Fraction], literals: Counter[Fraction]) -> None:
    """Raises `Unusable` where a number of the program comes from nowhere, or one of the question goes nowhere."""
    if same := {value for value in there if value / 100 in there and value / 100 in literals and value not in literals}:
        raise Unusable(f"the same twice: {short(min(same))}% is also there as a number")
    places = {part for value in there for part in (value, value / 100)}
    known = {value for value in KNOWN if _may_be_known(value, question)} - set(_results(there))
    if _PERCENT.search(question):
        known.add(Fraction(100))
    if computed := literals.keys() - places - known:
        raise Unusable(f"computed before: {short(min(computed))} is not in the question")
    for value in (value for value, count in literals.items() if count > 1 and value > 2 and value in there):
        if value in _results(there.keys() - {value}):
            raise Unusable(f"computed before: {short(value)} may be the one of the question, or come out of others")
    if left_out := {value for value in there if not literals.keys() & {value, value / 100}} - _SMALL:
        raise Unusable(f"leaves a number out: {short(min(left_out))}")


def _refuse_accidents(operations: Sequence[Fraction], numbers: Collection[Fraction]) -> None:
    """Raises `Unusable` where a result on the way is also a number that is given, or another result."""
    often = Counter(operations)
    for value in operations[:-1]:
        if value in numbers or often[value] > 1:
            raise Unusable(f"equal by accident: {short(value)} is a result and something else")


def _givens(question: str, there: Counter[Fraction], literals: Counter[Fraction]) -> Iterator[Given]:
    """The numbers that may change. Raises `Unusable` for a percentage that is not calculated as one."""
    for match in _TOKEN.finditer(question):
        value, behind = _number(match[1]), question[match.end() :]
        percent = _PERCENT.match(behind) is not None
        scale = 100 if percent and value / 100 in literals else 1
        count, other = literals[value / scale], literals[value / 100 if scale == 1 else value]
        if percent and scale == 1 and 100 not in literals:
            raise Unusable(f"no percentage: the program knows {short(value)} without a hundred")
        fixed = (
            (value <= 1 or value == there.total() - 1)
            or (percent and value in (50, 100))
            or (count > 1 and (value <= 12 or value in _CONSTANT))
            or (value in _FIXED and _ROUND_THING.search(question))
            or (_is_year(match[1]) or _MONTH.search(question[: match.start()]))
        )
        if there[value] == 1 and count and not other and not fixed:
            limit = next((most for unit, most in _LIMITS if unit.match(behind) and value <= most), None)
            yield Given(match.start(1), match.end(1), value, len(match[1].partition(".")[2]), scale, limit)


def _may_be_known(value: Fraction, question: str) -> bool:
    """Whether a program may use a number that the question does not have."""
    words = _UNITS.get(value)
    return words is None or re.search(rf"\b(?:{words})s?\b", question, re.IGNORECASE) is not None


def _results(numbers: Collection[Fraction]) -> Iterator[Fraction]:
    """What one operation makes of two of these numbers, or of one of them and one that is often said in words."""
    for a, b in product([number for number in numbers if number > 1], [*numbers, *_SAID]):
        if a != b:
            yield from (a + b, a - b, b - a, a * b, b / a, *([a / b] if b else []))


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
    new = max(rng.randint(max(low, 1), max(low, high, 1)) * step, 2) * unit
    return new if new.denominator > 1 or given.value.denominator == 1 else new + unit


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
    """Every result of a program that only calculates and prints once, at its end; that is the last. Raises `Unusable`."""
    names: dict[str, Fraction] = {}
    try:
        for node, name in _calculations(program):
            *before, value = evaluate(node, names)
            names[name] = value
            yield from [*before, value]
    except (NotArithmetic, RecursionError) as fault:
        raise Unusable(f"no arithmetic: {fault}") from fault


def _operations(program: ast.Module) -> list[Fraction]:
    """The value of every operation, in the order of the lines, the printed one last if it is one. Raises `NotArithmetic`."""
    names: dict[str, Fraction] = {}
    found: list[Fraction] = []
    for node, name in _calculations(program):
        inner = [each for each in ast.walk(node) if isinstance(each, ast.BinOp) and not _is_once(each)]
        found += [_last(each, names) for each in reversed(inner)]
        names[name] = _last(node, names)
    return found


def _is_once(node: ast.BinOp) -> bool:
    """Whether it is `x * 1`, of which fractions are made."""
    return isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant) and node.right.value == 1


def _last(node: ast.expr, names: Mapping[str, Fraction]) -> Fraction:
    *_, value = evaluate(node, names)
    return value


def _calculations(program: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """What is calculated, and the name that it gets; none for what is printed. Raises `Unusable`."""
    *lines, end = program.body or [ast.Pass()]
    for line in lines:
        match line:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                yield value, name
            case ast.Import(names=[ast.alias("math")]):
                continue
            case _:
                raise Unusable("no arithmetic: its program does something else")
    match end:
        case ast.Expr(ast.Call(func=ast.Name("print"), args=[shown], keywords=[])):
            yield _bare(shown), ""
        case _:
            raise Unusable("no arithmetic: its program does not end with what it prints")


def _bare(shown: ast.expr) -> ast.expr:
    """What is printed, without the format."""
    match shown:
        case ast.JoinedStr([ast.FormattedValue(value=value)]):
            return value
    return shown
