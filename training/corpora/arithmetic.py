"""Arithmetic in a text: its exact value, and whether what it claims is true.

Promises: a text is never executed, only read as a tree of operators, a few functions that round or choose, and numbers.
Does not promise to find claims with units between the numbers, e.g. "3 apples + 2 apples = 5 apples".
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

LARGEST_POWER_BITS = 2048
"""Longer powers and results are not computed."""

_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction | int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, exponent: _power(base, exponent),
}
_FUNCTIONS: dict[str, Callable[..., Fraction | int]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "int": math.trunc,
    "round": lambda number, places=Fraction(0): _rounded(number, places),
    "floor": math.floor,
    "ceil": math.ceil,
}
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<!\w)\.\d+"
"""A number as texts write it."""
_AMOUNT = rf"(?:{NUMBER})(?:\s?%)?[\s)]*"
_TERM = rf"[\s($]*(?:-[\s($]*)?{_AMOUNT}(?:[-+*/^][\s($]*(?:-[\s($]*)?{_AMOUNT}){{0,50}}"  # can match in one way only
_CHAIN = re.compile(
    rf"(?<![\w.^=)*/+\-{{_])(?<![-+*/^] )(?:(?<![\w)] )|(?!-))({_TERM}(?:={_TERM}){{1,9}})(?![\w({{}}]|[.,]\d|\s*[-+*/^=(])"
)
_UNIT = re.compile(r"(?<=\d)\s+[A-Za-z]+(?:/[A-Za-z]+)?(?=\s*[-+*/=]\s*\$?[\d(])")
_PLAIN = (
    (re.compile(r"\\(?:times|cdot)|[×∗·]|(?<=[\d)])\s*[xX]\s*(?=[\d($.])"), "*"),
    (re.compile(r"\\div|÷"), "/"),
    (re.compile(r"\\d?frac\{([\d.]+)\}\{([\d.]+)\}"), r"(\1/\2)"),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"\\([%$])"), r"\1"),
)


class NotArithmetic(ValueError):
    """A text that is no arithmetic, or none with a value."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Calculations that a text says are equal."""

    terms: tuple[str, ...]
    """Python, two or more, e.g. `48 / 2` and `24`."""
    begin: int
    """Where the first stands in the text as `plain` gives it."""
    end: int
    """Where the last one ends."""

    @property
    def calculation(self) -> str:
        """What is calculated."""
        return self.terms[0]

    @property
    def result(self) -> str:
        """What comes out."""
        return self.terms[-1]

    @property
    def true(self) -> bool:
        """Whether all are equal, or the last rounds the others to the places shown, which must be two or more."""
        try:
            last = value(self.result)
            differences = [abs(value(term) - last) for term in self.terms[:-1]]
        except NotArithmetic:
            return False
        places = len(self.result.partition(".")[2])
        if self.result.endswith("/100)"):  # 3 / 4 * 100 = 75% is what people write
            differences = [min(difference, abs(difference - 99 * last)) for difference in differences]
        return max(differences) <= (Fraction(1, 2 * 10**places) if places > 1 and self.result[-1].isdecimal() else 0)

    def __str__(self) -> str:
        """As a text writes it."""
        return " = ".join(self.terms)


def plain(text: str) -> str:
    r"""A text with its arithmetic in Python's operators.

    >>> plain(r"7\times3=21, then 20 x 5 ÷ 2")
    '7*3=21, then 20*5 / 2'
    """
    for pattern, replacement in _PLAIN:
        text = pattern.sub(replacement, text)
    return text


def without_units(text: str) -> str:
    """A text that `plain` gave, without the units inside of its arithmetic.

    >>> without_units("It drips 20 drops/minute * 120 minutes = 2400 drops.")
    'It drips 20 * 120 = 2400 drops.'
    """
    return _UNIT.sub("", text)


def python(calculation: str) -> str:
    """A calculation as Python writes it: no currency, no thousands separators, no percent sign.

    >>> python("$1,200 * 05%")
    '1200 * (5/100)'
    """
    bare = re.sub(r"(?<=\d),(?=\d{3})", "", calculation.replace("$", "")).replace("^", "**")
    bare = bare.replace("[", "(").replace("]", ")")
    bare = re.sub(r"(?<![\d.])0+(?=\d)", "", bare)
    return re.sub(rf"(?<![\d.])({NUMBER})\s*%(?!\s*\d)", r"(\1/100)", bare).strip()


def tree(calculation: str) -> ast.expr:
    """A calculation as a syntax tree. Raises `NotArithmetic`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # "3(4)" looks like a call
            return ast.parse(python(calculation), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotArithmetic(calculation) from None


def value(calculation: str) -> Fraction:
    """The exact value. Raises `NotArithmetic`.

    >>> value("0.1 + 20%")
    Fraction(3, 10)
    """
    try:
        *_, last = evaluate(tree(calculation))
        return last
    except RecursionError:
        raise NotArithmetic(calculation) from None


def claims(text: str) -> list[Claim]:
    """What a text claims in numbers alone, in order; the text is one that `plain` gave.

    >>> [(claim.calculation, claim.result, claim.true) for claim in claims("So 3 + 4 = 7 cats, of which 7 / 2 = 3 sleep.")]
    [('3 + 4', '7', True), ('7 / 2', '3', False)]
    """
    found = []
    for match in _CHAIN.finditer(text):
        terms = tuple(python(_balanced(term)) for term in match[1].split("="))
        if any(mark in term[1:] for term in terms for mark in "+-*/"):
            found.append(Claim(terms, match.start(), match.end()))
    return found


def false_claim(text: str) -> Claim | None:
    """The first claim of a text that can be read and is not true."""
    for claim in claims(without_units(plain(text))):
        try:
            [value(term) for term in claim.terms]
        except NotArithmetic:
            continue  # a date or a score only looks like arithmetic
        if not claim.true:
            return claim
    return None


def _balanced(term: str) -> str:
    """A term without brackets that the text opened before it or closes behind it."""
    spare = term.count("(") - term.count(")")
    bare = term.strip()
    while spare > 0 and bare.startswith("("):
        bare, spare = bare[1:].lstrip(), spare - 1
    while spare < 0 and bare.endswith(")"):
        bare, spare = bare[:-1].rstrip(), spare + 1
    return bare


def evaluate(node: ast.expr, names: Mapping[str, Fraction] = MappingProxyType({})) -> Iterator[Fraction]:
    """Every result on the way to the exact value of an expression, in order; the last one is the value. Before one that was
    divided without remainder there is the exact quotient.

    Args:
        node: the four operators, remainders, short powers, and functions that round or choose, on numbers and names.
        names: what names stand for.

    Raises:
        NotArithmetic: it is something else, or divides by zero.
    """
    try:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                yield Fraction(str(number))
            case ast.Name(name) if name in names:
                yield names[name]
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                *before, value = evaluate(operand, names)
                yield from [*before, -value if isinstance(sign, ast.USub) else value]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                if isinstance(op, ast.FloorDiv):
                    yield from _applied(operator.truediv, (left, right), names)
                yield from _applied(_OPERATORS[type(op)], (left, right), names)
            case (
                ast.Call(func=ast.Name(name), args=[*given], keywords=[])
                | ast.Call(func=ast.Attribute(value=ast.Name("math"), attr=name), args=[*given], keywords=[])
            ) if name in _FUNCTIONS and given:
                yield from _applied(_FUNCTIONS[name], given, names)
            case _:
                raise NotArithmetic(ast.unparse(node))
    except NotArithmetic:
        raise
    except (ZeroDivisionError, TypeError, ValueError, OverflowError) as error:
        raise NotArithmetic(ast.unparse(node)) from error


def _applied(
    function: Callable[..., Fraction | int], given: Sequence[ast.expr], names: Mapping[str, Fraction]
) -> Iterator[Fraction]:
    """The results of what a function is applied to, and its own."""
    values = []
    for one in given:
        *before, value = evaluate(one, names)
        if not isinstance(one, ast.Constant | ast.Name):
            yield from [*before, value]
        values.append(value)
    result = Fraction(function(*values))
    if max(result.numerator.bit_length(), result.denominator.bit_length()) > LARGEST_POWER_BITS:
        raise NotArithmetic("a number too long to go on with")
    yield result


def _rounded(number: Fraction, places: Fraction) -> Fraction:
    if places.denominator != 1 or abs(places) > 20:
        raise NotArithmetic(f"round(..., {places})")
    return Fraction(round(number, int(places)))


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1 or size * abs(exponent) > LARGEST_POWER_BITS:
        raise NotArithmetic(f"{base} ** {exponent}")
    return Fraction(base ** int(exponent))
