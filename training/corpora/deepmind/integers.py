"""Asks of the number modules: divisibility, primes, digits, rounding."""

from __future__ import annotations

from .reading import CARDINALS, Groups, ask

_TENS = ("", "ten ", "hundred ")
PLACES = (
    "units",
    "tens",
    "hundreds",
    *(f"{ten}{name}" for name in ("thousands", "millions", "billions") for ten in _TENS),
)
"""Names of digits, from the last one on."""
_POWERS = (
    "integer",
    "ten",
    "one hundred",
    *(f"{ten}{n}" for n in ("thousand", "million") for ten in ("one ", "ten ", "one hundred ")),
)
"""Names of powers of ten that are rounded to."""
_COMMON = r"(?:greatest|highest|lowest|least|smallest) common"
_REMAINDER, _PRIME = "Test the remainder.", "Test whether it is prime."

HALF_UP = "half_up = lambda x: sign(x) * floor(abs(x) + S.Half)\n"
"""Rounds halves away from zero, as the dataset does; Python's own `round` and formats make them even."""


def _place(groups: Groups) -> str:
    return f"print({groups['n']} // 10**{PLACES.index(groups['place'])} % 10)"


def _rounded(groups: Groups) -> str:
    unit, number = groups["unit"], groups["e"]
    size = str(10 ** _POWERS.index(unit)) if unit in _POWERS[1:] else unit
    down, up = ("", "") if unit == "integer" else (f" / {size}", f" * {size}")
    if groups["exact"] == "R":
        return f'{HALF_UP}print(half_up(R("{number}"){down}){up})'
    return f'print(int((Decimal("{number}"){down}).to_integral_value(ROUND_HALF_UP)){up})'


def _with_places(groups: Groups) -> str:
    places, number = groups["places"], groups["e"]
    digits = CARDINALS.index(places) if places in CARDINALS else places
    if groups["exact"] == "R":
        value = f'float(half_up(R("{number}") * 10**{digits}) / 10**{digits})'
        return f"{HALF_UP}print(f'{{{value}:.{digits}f}}')"
    return f"getcontext().rounding = ROUND_HALF_UP\nprint(f'{{Decimal(\"{number}\"):.{digits}f}}')"


ASKS = (
    ask(
        r"(?:What is|Calculate) the remainder when <na:E> is divided by <nb:E>[.?]",
        "Find the remainder.",
        "print({na} % {nb})",
    ),
    ask(
        rf"(?:What is|Calculate) the {_COMMON} (?:factor|divisor) of <na:E> and <nb:E>[.?]",
        "Find the greatest common divisor.",
        "print(gcd({na}, {nb}))",
    ),
    ask(
        rf"(?:What is|Calculate) the {_COMMON} multiple of <na:E> and <nb:E>[.?]",
        "Find the least common multiple.",
        "print(lcm({na}, {nb}))",
    ),
    ask(
        r"(?:What is|Calculate|Find) the common denominator of <a:E> and <b:E>[.?]",
        "Find the common denominator.",
        'print(lcm(denom(R("{a}")), denom(R("{b}"))))',
    ),
    ask(r"Is <na:E> a factor of <nb:E>\?", _REMAINDER, "print({nb} % {na} == 0)"),
    ask(r"Does <na:E> divide <nb:E>\?", _REMAINDER, "print({nb} % {na} == 0)"),
    ask(r"Is <na:E> a multiple of <nb:E>\?", _REMAINDER, "print({na} % {nb} == 0)"),
    ask(r"Is <na:E> even\?", _REMAINDER, "print({na} % 2 == 0)"),
    ask(r"Is <na:E> (?:prime|a prime number)\?", _PRIME, "print(isprime({na}))"),
    ask(r"Is <na:E> (?:composite|a composite number)\?", _PRIME, "print(not isprime({na}))"),
    ask(
        r"(?:What are|List) the prime factors of <na:E>[.?]",
        "Find the prime factors.",
        'print(*primefactors({na}), sep=", ")',
    ),
    ask(r"What is the <place:w> digit of <n:E>\?", "Find the digit.", _place),
    ask(r"Round <e:E> to the nearest <unit:U>\.", "Round.", _rounded),
    ask(r"What is <e:E> rounded to the nearest <unit:U>\?", "Round.", _rounded),
    ask(r"Round <e:E> to <places:N> (?:dps?|decimal places?)\.", "Round.", _with_places),
    ask(r"What is <e:E> rounded to <places:N> (?:dps?|decimal places?)\?", "Round.", _with_places),
)
