"""Asks of the arithmetic modules: two numbers, longer expressions, roots, bases."""

from __future__ import annotations

from .reading import ORDINALS, Groups, ask

_START = r"(?:What is the value of |What is |Calculate |Work out |Evaluate )?"
_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = (f"{verb} the numbers." for verb in ("Add", "Subtract", "Multiply", "Divide"))
_SUM = 'print(f\'{{Decimal("{a}") + Decimal("{b}"):f}}\')'
_LESS = 'print(f\'{{Decimal("{a}") - Decimal("{b}"):f}}\')'
_FROM = 'print(f\'{{Decimal("{b}") - Decimal("{a}"):f}}\')'
_BETWEEN = 'print(f\'{{abs(Decimal("{a}") - Decimal("{b}")):f}}\')'
_PRODUCT = 'print(f\'{{(Decimal("{a}") * Decimal("{b}") + 0).normalize():f}}\')'

TWO_NUMBERS = (
    ask(rf"{_START}<a:D> ?\+ ?<b:D>[.?]?", _ADD, _SUM),
    ask(r"(?:Sum|Add|Put together|Add together|Total of) <a:D> and <b:D>\.", _ADD, _SUM),
    ask(r"What is <a:D> plus <b:D>\?", _ADD, _SUM),
    ask(rf"{_START}<a:D> ?- ?<b:D>[.?]?", _SUBTRACT, _LESS),
    ask(r"What is <a:D> (?:take away|minus) <b:D>\?", _SUBTRACT, _LESS),
    ask(r"What is <a:D> less than <b:D>\?", _SUBTRACT, _FROM),
    ask(r"Subtract <a:D> from <b:D>\.", _SUBTRACT, _FROM),
    ask(r"What is the (?:distance|difference) between <a:D> and <b:D>\?", "Find the difference.", _BETWEEN),
    ask(rf"{_START}<a:D> (?:times|\*) <b:D>[.?]?", _MULTIPLY, _PRODUCT),
    ask(rf"{_START}<a:D>\*<b:D>[.?]?", _MULTIPLY, _PRODUCT),
    ask(r"(?:What is the product of|Product of|Multiply) <a:D> and <b:D>[.?]", _MULTIPLY, _PRODUCT),
    ask(rf"{_START}<a:D> divided by <b:D>[.?]?", _DIVIDE, "print(Fraction({a}, {b}))"),
    ask(r"Divide <a:D> by <b:D>\.", _DIVIDE, "print(Fraction({a}, {b}))"),
)
"""Arithmetic on two numbers."""

LONG = (ask(rf"{_START}<e:E>[.?]?", "Calculate.", 'print(S("{e}"))'),)
"""Longer arithmetic."""


def _root(groups: Groups) -> str:
    order = {"square": 2, "cube": 3}.get(groups["order"]) or ORDINALS.index(groups["order"]) + 1
    return f"print(round({groups['e']} ** (1/{order})))"


_ROOT = "Take the root and round."

ASKS = (
    ask(r"What is the <order:w> root of <e:D> to the nearest integer\?", _ROOT, _root),
    ask(r"What is <e:D> to the power of <p:E>, to the nearest integer\?", _ROOT, "print(round({e} ** ({p})))"),
    ask(
        r"In base <base:N>, what is <a:N> <op:S> <b:N>\?",
        "Calculate in base {base}.",
        'print(base_repr(int("{a}", {base}) {op} int("{b}", {base}), {base}).lower())',
    ),
    ask(
        r"(?:Convert |What is )?<a:N> \(base <base:N>\) (?:to|in) base <to:N>[.?]?",
        "Convert to base {to}.",
        'print(base_repr(int("{a}", {base}), {to}).lower())',
    ),
)
"""Roots and bases."""
