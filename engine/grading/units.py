"""Units, currencies and words that may follow a number, in one spelling each."""

from __future__ import annotations

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
    base, caret, exponent = word.partition("^")
    known = UNITS.get(base) or (base[:-1] if base.endswith("s") and len(base) > 3 else base)
    return known + caret + exponent
