"""Questions about whole numbers: worked out by a second route, or counted case by case.

A rule applies only where it uses every number of the question, so that a condition it does not know cannot be overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..grading.tree import Call, Group, Node, Number, Relation, Text, operands
from ..trajectory import CheckKind
from .claim import Claim
from .formulas import Reading
from .vocabulary import knows

_INTO_FACTORS = """
prime primes factorisation factorization factorise factorize factorized factorised decompose decomposition product into powers
exponents integer canonical standard completely
"""
_ABOUT_PRIMES = "prime primes true false among appear whether claim claims am"
LARGEST = 10**12
"""Numbers from which on nothing is counted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of question."""

    words: str
    """Pattern that the words fulfil."""
    counts: tuple[int, ...]
    """How many whole numbers the question has; empty: two or more."""
    condition: str
    """What the answer `r` fulfils, given the numbers `n` in order."""
    kind: CheckKind
    """Kind of the check."""
    said: str
    """What was done."""

    def fits(self, words: str, count: int) -> bool:
        """Whether this is what a question with so many numbers asks, and nothing more."""
        enough = count in self.counts if self.counts else count > 1
        own = re.findall(r"[a-z']{2,}", re.sub(r"\\[a-z]", " ", self.words))
        return (
            enough
            and re.search(self.words, words) is not None
            and knows(words, " ".join(f"{one} {one}s" for one in own))
        )


RULES = (
    Rule(
        r"(?:inverse of|invert) #\d+ (?:mod|modulo)|invmod",
        (2,),
        "r * n[0] % n[1] == 1 and 0 <= r < n[1]",
        "inverse",
        "the product leaves remainder 1",
    ),
    Rule(
        r"powmod|#\d+ (?:raised to|to the(?: power(?: of)?)?|\^) #\d+ ?,? (?:mod|modulo)",
        (3,),
        "r == power_rest(n[0], n[1], n[2])",
        "recomputed",
        "multiplied step by step",
    ),
    Rule(
        r"\b(?:greatest|highest|largest) common (?:divisor|factor|measure)|\bgcd\b|\bhcf\b|\bgcf\b",
        (),
        "r == largest(n)",
        "enumerated",
        "all common divisors tried",
    ),
    Rule(
        r"(?:least|lowest|smallest) common (?:positive )?multiple|\blcm\b",
        (),
        "r == multiple(n)",
        "enumerated",
        "multiples tried one by one",
    ),
    Rule(
        r"^(?!.*(?:integer|sum))(?=.*(?:how many|count|number of)).*(?:divisors|factors)",
        (1,),
        "r == len(divisors(n[0]))",
        "enumerated",
        "divisors counted",
    ),
    Rule(
        r"sum of (?:all |the |its |positive )*(?:divisors|factors) of|divisors of #\d+ (?:make|are|and)",
        (1,),
        "r == sum(divisors(n[0]))",
        "enumerated",
        "divisors added up",
    ),
    Rule(
        r"sum of (?:the |its )?digits|digit sum|(?:add|total) (?:the |its )?digits",
        (1,),
        "r == sum(map(int, str(n[0])))",
        "enumerated",
        "digits added up",
    ),
    Rule(
        r"^(?!.*(?:without|no remainder|smallest|least|power|sum|quotient))"
        r".*(?:\bremainder|left over (?:when|if)|(?:divided|divide|division|dividing|by) rest|#\d+ (?:mod|modulo|%) #\d+)",
        (2,),
        "0 <= r < n[1] and (n[0] - r) % n[1] == 0",
        "inverse",
        "taken away, the rest is divisible",
    ),
    Rule(
        r"totient|euler'?s? (?:phi|function)|\bphi\b",
        (1,),
        "r == sum(1 for k in range(1, n[0] + 1) if gcd(k, n[0]) == 1)",
        "enumerated",
        "numbers without a common divisor counted",
    ),
    Rule(
        r"how many (?:primes|prime numbers) (?:are )?(?:there )?(?:between|from) #\d+ (?:and|to) #\d+",
        (2,),
        "r == sum(1 for k in range(n[0], n[1] + 1) if is_prime(k))",
        "enumerated",
        "primes counted",
    ),
    Rule(
        r"how many (?:positive )?(?:integers|numbers|whole numbers) (?:from|between) #\d+ (?:to|and) #\d+ ?,? "
        r"(?:inclusive ?,? )?are (?:divisible by|multiples of) #\d+",
        (3,),
        "r == sum(1 for k in range(n[0], n[1] + 1) if k % n[2] == 0)",
        "enumerated",
        "all cases counted",
    ),
    Rule(
        r"(?:#\d+ (?:st|nd|rd|th)|the) prime(?: number)? ?\??$|^prime #\d+ \?$",
        (1,),
        "is_prime(r) and n[0] == sum(1 for k in range(r + 1) if is_prime(k))",
        "enumerated",
        "primes counted up to it",
    ),
    Rule(
        r"next prime|prime (?:number )?(?:directly )?after|up to the next prime",
        (1,),
        "is_prime(r) and r > n[0] and not any(is_prime(k) for k in range(n[0] + 1, r))",
        "enumerated",
        "all numbers between tried",
    ),
    Rule(
        r"previous prime|prime (?:number )?(?:directly )?before|down to the previous prime",
        (1,),
        "is_prime(r) and r < n[0] and not any(is_prime(k) for k in range(r + 1, n[0]))",
        "enumerated",
        "all numbers between tried",
    ),
    Rule(
        r"^(?!.*(?:to|as|into) (?:a )?(?:decimal|base ten)).*(?:(?:to|into|in) binary|binary (?:form|representation|of))",
        (1,),
        "in_base(r, n[0], 2)",
        "inverse",
        "read back as a number",
    ),
    Rule(
        r"^(?!.*(?:to|as|into) (?:a )?(?:decimal|base ten)).*octal",
        (1,),
        "in_base(r, n[0], 8)",
        "inverse",
        "read back as a number",
    ),
    Rule(
        r"(?:write|convert|express|change|rewrite|turn|produce|given?) #\d+ (?!from)(?:in |to |into )?(?!base).*base #\d+",
        (2,),
        "in_base(r, n[0], n[1])",
        "inverse",
        "read back as a number",
    ),
)
"""In the order in which they are tried: the first that fits is taken."""


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
