"""Asks of the measurement modules: units and times of day."""

from __future__ import annotations

from .reading import CARDINALS, ORDINALS, Groups, ask

_THOUSANDS = ("1", "10**3", "10**6", "10**9", "10**12", "10**15")
_SIZES = {
    **dict(zip(("nm", "um", "mm", "m", "km"), _THOUSANDS, strict=False)),
    **dict(zip(("ng", "ug", "mg", "g", "kg", "t"), _THOUSANDS, strict=False)),
    **dict(zip(("ml", "l"), _THOUSANDS, strict=False)),
    **dict(zip(("ns", "us", "ms", "s"), _THOUSANDS, strict=False)),
    "cm": "10**7",
    "minute": "60*10**9",
    "hour": "3600*10**9",
    "day": "86400*10**9",
    "week": "604800*10**9",
    "month": "1",
    "year": "12",
    "decade": "120",
    "century": "1200",
    "millennium": "12000",
}
"""Units as multiples of the smallest of their kind, so that each is one number, whatever it is converted to."""
_PREFIXES = {"nano": "n", "micro": "u", "milli": "m", "centi": "c", "kilo": "k", "": ""}
_BASES = {"meter": "m", "gram": "g", "litre": "l", "second": "s"}
_SYMBOLS = {prefix + base: _PREFIXES[prefix] + _BASES[base] for prefix in _PREFIXES for base in _BASES}
_SYMBOLS |= {"tonne": "t", "millennia": "millennium", "centuries": "century"}

_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
UP_TO_NINETEEN = (*CARDINALS, *_TEENS)
"""Numbers from 0 on in words."""
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
"""Tens from 20 on in words."""
_DIVISORS = ("half", "third", "quarter", *ORDINALS[4:], *(f"{teen}th" for teen in _TEENS), "twentieth")


def _size(unit: str) -> str:
    singular = unit.removesuffix("s")
    return _SIZES.get(_SYMBOLS.get(unit, unit)) or _SIZES[_SYMBOLS.get(singular, singular)]


def fraction(words: str) -> str:
    """A fraction in words as digits.

    >>> fraction("twenty-one halves")
    '21/2'
    """
    count, part = words.replace("halves", "half").replace("fourty", "forty").split()  # the dataset spells it so
    tens, _, ones = count.rpartition("-")
    number = UP_TO_NINETEEN.index(ones) if ones in UP_TO_NINETEEN else _ten(ones)
    return f"{number + (_ten(tens) if tens else 0)}/{_DIVISORS.index(part.removesuffix('s')) + 2}"


def _ten(word: str) -> int:
    return 10 * TENS.index(word) + 20


def _converted(groups: Groups) -> str:
    number = fraction(groups["a"]) if groups["a"][0].isalpha() else groups["a"]
    size, to = _size(groups["unit"]), _size(groups["to"])
    factors = f"{size} / {f'({to})' if to[0] in '368' else to}"
    if "/" in number:
        return f'print(Fraction("{number}") * {factors})'
    return f"print(f'{{(Decimal(\"{number}\") * {factors}).normalize():f}}')"


def _later(groups: Groups) -> str:
    sign = "-" if groups["way"] == "before" else "+"
    return (
        f't = datetime.strptime("{groups["t"]}", "%I:%M %p") {sign} timedelta(minutes={groups["m"]})\n'
        'print(t.strftime("%-I:%M %p"))'
    )


_BETWEEN = """\
a = datetime.strptime("{a}", "%I:%M %p")
b = datetime.strptime("{b}", "%I:%M %p")
print((b - a).seconds // 60)"""
_QUANTITY = r"(?P<a>-?\d+(?:[./]\d+)?|[-a-z]+ [a-z]+(?= of))(?: of an?)? ?(?P<unit>[a-z]+)"
_CLOCK = r"\d+:\d\d [AP]M"
_CONVERT = "Convert the units."

ASKS = (
    ask(rf"How many (?P<to>[a-z]+) are there in {_QUANTITY}\?", _CONVERT, _converted),
    ask(rf"What is {_QUANTITY} in (?P<to>[a-z]+)\?", _CONVERT, _converted),
    ask(rf"Convert {_QUANTITY} to (?P<to>[a-z]+)\.", _CONVERT, _converted),
    ask(
        rf"How many minutes are there between (?P<a>{_CLOCK}) and (?P<b>{_CLOCK})\?",
        "Find the time between.",
        _BETWEEN,
    ),
    ask(rf"What is (?P<m>\d+) minutes (?P<way>before|after) (?P<t>{_CLOCK})\?", "Find the time.", _later),
)
