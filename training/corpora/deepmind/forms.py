"""The form that the answers of a module have, for new questions, whose answers nobody knows."""

from __future__ import annotations

import re

_INTEGER = r"-?\d{1,30}"
_DECIMAL = r"-?\d{1,20}(?:\.\d{1,20})?"
_FRACTION = r"-?\d{1,20}(?:/\d{1,20})?"
_TRUTH = r"True|False"
_ITEM = rf"{_DECIMAL}|{_FRACTION}|[a-z]"
_LIST = rf"(?:{_ITEM})(?:, (?:{_ITEM}))*"
_POLYNOMIAL = r"(?:(?![a-z]{2})[-+*/ a-z\d]){1,120}"
_PATTERNS = {
    r"algebra__linear.*|algebra__sequence_next_term|arithmetic__add_sub.*|arithmetic__nearest.*": _INTEGER,
    r"numbers__(?:div_remainder|gcd|lcm|place_value).*|polynomials__(?:evaluate.*|coefficient_named)": _INTEGER,
    r"arithmetic__(?:add_or_sub|mul)|measurement__conversion|numbers__round.*": _DECIMAL,
    r"arithmetic__(?:div|mixed|mul_div_multiple)|probability.*": _FRACTION,
    r"numbers__is.*": _TRUTH,
    r"numbers__list.*": r"\d+(?:, \d+)*",
    r"comparison__pair.*": rf"{_TRUTH}|{_ITEM}",
    r"comparison.*": _LIST,
    r"measurement__time": r"\d+|\d+:\d\d [AP]M",
    r".*base.*": r"-?[\da-f]{1,60}",
    r"algebra__polynomial_roots.*": r"(?:(?![a-z]{2})[-+*/(), a-z\d]){1,120}",
    r"arithmetic__simplify_surd": r"(?:sqrt|[-+*/() \d]){1,80}",
    r"polynomials__simplify_power": r"[a-z](?:\*\*(?:\d+|\(-?\d+(?:/\d+)?\)))?|1",
    r"algebra__sequence_nth_term|calculus.*|polynomials.*": _POLYNOMIAL,
}
_WHOLE = re.compile(r"numbers__(?:div_remainder|gcd|is_factor|is_prime|list_prime_factors|place_value)_composed")


def pattern(module: str) -> str:
    """The form of a module's answers, as a regular expression. Raises `KeyError` for a name that is no module."""
    for modules, form in _PATTERNS.items():
        if re.fullmatch(modules, module):
            return form
    raise KeyError(module)


def check(module: str, program: str) -> str:
    """Code that asserts that `answer` has the form of the module's, and that what has to be a positive integer is one.

    >>> check("numbers__is_prime", "print(isprime(7))")
    "import re\\nassert re.fullmatch(r'True|False', answer)"
    """
    lines = ["import re", f"assert re.fullmatch(r'{pattern(module)}', answer)"]
    last = program.rpartition("\n")[2]
    if _WHOLE.fullmatch(module) and (operands := re.findall(r'R\("(.*?)"\)', last)):
        lines.append(f"assert all(R(x).is_Integer and R(x) > 0 for x in {operands!r})")
    return "\n".join(lines)
