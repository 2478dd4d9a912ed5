"""Asks of the probability modules: letters drawn without replacement."""

from __future__ import annotations

import re

from .reading import CARDINALS, Groups, ask


def _counted(bag: str) -> str:
    """The letters of a bag. A word keeps the space before it, with which a tokenizer has seen it in the question."""
    if bag.startswith("{"):
        return f"c = Counter({bag[1:-1].replace(': ', '=')})\n"
    return f'c = Counter(" {bag}".strip())\n'


def _sequence(groups: Groups) -> str:
    return (
        f"{_counted(groups['bag'])}p = Fraction(1)\n"
        f'for x in " {groups["sequence"]}".strip():\n'
        "    p *= Fraction(c[x], c.total())\n"
        "    c[x] -= 1\n"
        "print(p)"
    )


def _level_set(groups: Groups) -> str:
    wanted = re.findall(r"(\d+) ([a-z])", groups["set"])
    ways = " * ".join(f'comb(c["{letter}"], {count})' for count, letter in wanted)
    drawn = CARDINALS.index(groups["drawn"].lower())
    return f"{_counted(groups['bag'])}print(Fraction({ways}, comb(c.total(), {drawn})))"


_BAG = r"(?P<drawn>\w+) letters picked without replacement from (?P<bag>\w+|\{.*?\})"
_SET = r"picking (?P<set>\d+ [a-z](?:, \d+ [a-z])*(?: and \d+ [a-z])?)"
_SEQUENCE = r"sequence (?P<sequence>[a-z]+)"
_PROB = r"(?:What is|Calculate|Give) prob of "
_CHANCES, _CHOICES = "Multiply the chances.", "Count the choices."

ASKS = (
    ask(rf"{_PROB}{_SEQUENCE} when {_BAG}[.?]", _CHANCES, _sequence),
    ask(rf"{_BAG}\. {_PROB}{_SEQUENCE}[.?]", _CHANCES, _sequence),
    ask(rf"{_PROB}{_SET} when {_BAG}[.?]", _CHOICES, _level_set),
    ask(rf"{_BAG}\. {_PROB}{_SET}[.?]", _CHOICES, _level_set),
)
