"""Questions about whole numbers: worked out by a second route, or counted case by case.

A rule applies only where it uses every number of the question, so that a condition it does not know cannot be overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grading.tree import Call, Group, Node, Number, Relation, Text, operands
from .claim import Claim
from .formulas import Reading
from .vocabulary import knows

_INTO_FACTORS = [
    "prime",
    "primes",
    "factorisation",
    "factorization",
    "factorise",
    "factorize",
    "factorized",
    "factorised",
    "decompose",
    "decomposition",
    "product",
    "into",
    "powers",
    "exponents",
    "integer",
    "canonical",
    "standard",
    "completely",
]
_ABOUT_PRIMES = ["prime", "primes", "true", "false", "among", "appear", "whether", "claim", "claims", "am"]
LARGEST = 10**12
"""Numbers from which on nothing is counted."""


def claims(question: Reading, answer: Node) -> Iterator[Claim]:
    """What follows from the answer being the number that was asked for."""
    numbers = question.numbers
    if question.unread or not numbers or max(map(abs, numbers)) > LARGEST:
        return
    if len(numbers) == 1 and knows(question.words, _INTO_FACTORS) and re.search(r"factori|decompos", question.words):
        yield from _factors(numbers[0], answer)
    if len(numbers) == 1 and isinstance(answer, Text) and knows(question.words, _ABOUT_PRIMES):
        yield from _is_prime(numbers[0], answer.words)
    if not isinstance(answer, Number) or answer.value.denominator != 1:
        return
    for rule in RULES:
        if rule.fits(question.words, len(numbers)):
            code = f"{_TOOLS}n, r = {numbers}, {int(answer.value)}\nprint('yes' if {rule.condition} else 'no')"
            yield Claim(rule.kind, code, f"{rule.said}: right", f"{rule.said}: not right")
            return


def _factors(number: int, answer: Node) -> Iterator[Claim]:
    """A factorisation multiplies to the number, and its factors are prime."""
    pairs = _powers(answer)
    if pairs and all(base < LARGEST and power < 200 for base, power in pairs):
        code = (
            f"{_TOOLS}f = {pairs}\np = 1\nfor b, e in f:\n    p *= b**e\n"
            f"print('yes' if p == {number} and all(is_prime(b) for b, e in f) else 'no')"
        )
        yield Claim(
            "inverse", code, "multiplied out: equal, and all factors are prime", "multiplied out: not such factors"
        )


def _powers(answer: Node) -> list[tuple[int, int]]:
    """`{2: 3, 5: 1}` and `2^3 * 5` as pairs of base and power."""
    if isinstance(answer, Group):
        sides = [item.sides for item in answer.items if isinstance(item, Relation) and len(item.sides) == 2]
        found = [_pair(*side) for side in sides] if len(sides) == len(answer.items) else []
    else:
        found = [
            _pair(*factor.args) if isinstance(factor, Call) and factor.name == "^" else _pair(factor, None)
            for factor in operands(answer, "*")
        ]
    return [pair for pair in found if pair is not None] if None not in found else []


def _pair(base: Node, power: Node | None) -> tuple[int, int] | None:
    whole = [part.value for part in (base, power) if isinstance(part, Number) and part.value.denominator == 1]
    if len(whole) != (1 if power is None else 2):
        return None
    return int(whole[0]), int(whole[1]) if len(whole) > 1 else 1


def _is_prime(number: int, words: str) -> Iterator[Claim]:
    if words in ("true", "false", "yes", "no") and 0 <= number < LARGEST:
        said = words in ("true", "yes")
        code = f"{_TOOLS}print('yes' if is_prime({number}) == {said} else 'no')"
        yield Claim("enumerated", code, "divisors tried one by one: right", "divisors tried one by one: not right")


_TOOLS = """
from math import gcd, isqrt
def is_prime(k):
    return k > 1 and all(k % d for d in range(2, isqrt(k) + 1))
def divisors(k):
    small = [d for d in range(1, isqrt(k) + 1) if k % d == 0]
    return set(small) | {k // d for d in small}
def largest(n):
    return max(d for d in range(1, min(n) + 1) if all(k % d == 0 for k in n))
def multiple(n):
    step = max(n)
    return next(m for m in range(step, step * 10**6, step) if all(m % k == 0 for k in n))
def in_base(r, n, base):
    return int(str(r), base) == n
def power_rest(b, e, m):
    rest = 1
    for _ in range(min(e, 10**6)):
        rest = rest * b % m
    return rest if e <= 10**6 else pow(b, e, m)
"""
