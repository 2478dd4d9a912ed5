"""Units, currencies and words that may follow a number, in one spelling each."""

from __future__ import annotations

from fractions import Fraction

_UNITS = """
m: meter meters metre metres
cm: centimeter centimeters centimetre centimetres
mm: millimeter millimeters millimetre millimetres
km: kilometer kilometers kilometre kilometres
in: inch inches
ft: foot feet
yd: yard yards
mi: mile miles
g: gram grams
kg: kilogram kilograms
mg: milligram milligrams
lb: lbs pound pounds
oz: ounce ounces
s: sec second seconds
min: minute minutes mins
h: hour hours hr hrs
day: days
week: weeks
month: months
year: years
l: liter liters litre litres L
ml: milliliter milliliters mL
$: dollar dollars usd USD
cent: cents
euro: euros EUR eur
gbp: GBP
yuan: rmb
deg: degree degrees
rad: radian radians
unit: units
person: people persons
mph: mph
km/h: kmh kph
hz: Hz
n: N newton newtons
j: J joule joules
w: W watt watts
k: K kelvin
mol: moles mole
"""
UNITS = {
    spelling: unit
    for line in _UNITS.strip().split("\n")
    for unit, _, spellings in [line.partition(":")]
    for spelling in (unit, *spellings.split())
}
"""Spelling to unit."""

CURRENCIES = {"$": "$", "£": "gbp", "€": "euro", "¥": "yuan"}
"""Signs before or after an amount."""

SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
"""Words that multiply the number before them."""

_SIZES: dict[str, tuple[Fraction, str]] = {
    name: (Fraction(size), kind)
    for kind, names in {
        "length": "m 1 cm 0.01 mm 0.001 km 1000 in 0.0254 ft 0.3048 yd 0.9144 mi 1609.344",
        "mass": "kg 1 g 0.001 mg 0.000001 lb 0.45359237 oz 0.028349523125",
        "time": "s 1 min 60 h 3600 day 86400 week 604800",
        "volume": "l 1 ml 0.001",
        "money": "$ 1 cent 0.01",
    }.items()
    for name, size in zip(names.split()[::2], names.split()[1::2], strict=True)
}
"""How many of the first unit of its kind a unit is."""

POWERS = {"square": "^2", "sq": "^2", "cubic": "^3", "cu": "^3"}
"""Words before a unit."""


def unit(words: str) -> str:
    """The one spelling of a unit phrase; an unknown noun, as in "12 apples", is a unit of its own.

    >>> unit("square inches"), unit("cm^2"), unit("apples")
    ('in^2', 'cm^2', 'apple')
    """
    parts = words.lower().replace("²", "^2").replace("³", "^3").replace(".", " ").split()
    power = "".join(POWERS[part] for part in parts if part in POWERS)
    kept = [part for part in parts if part not in POWERS and part not in ("of", "the", "per")]
    named = [_one(part) for part in kept]
    return " ".join(named) + power


def _one(word: str) -> str:
    if "/" in word:
        return "/".join(map(_one, word.split("/")))
    base, caret, exponent = word.partition("^")
    known = UNITS.get(base) or (base[:-1] if base.endswith("s") and len(base) > 3 else base)
    return known + caret + exponent


def measure(name: str) -> tuple[Fraction, str] | None:
    """The size of a unit and its kind, so that two of one kind can be converted; None for one that is not known.

    >>> measure("km/h")
    (Fraction(5, 18), 'length/time')
    """
    size, kinds = Fraction(1), []
    for place, part in enumerate(name.split("/")):
        base, caret, exponent = part.partition("^")
        if base not in _SIZES or not (exponent or "1").isdigit() or int(exponent or 1) > 9:
            return None
        one, kind = _SIZES[base]
        size = size / one ** int(exponent or 1) if place else size * one ** int(exponent or 1)
        kinds.append(kind + caret + exponent)
    return size, "/".join(kinds)
