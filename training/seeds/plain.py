"""Expressions on one line: Python's notation, and the `x^2 - 5x + 6` that people type.

Both keep the order of the tree, so that a program repeats the question's symbols from left to right: copying in order
is what a small model learns most easily.
"""

from __future__ import annotations

from .notation import Equation, Func, Math, Matrix, Num, Numbers, Power, Product, Quotient, Sum, Var, is_negative
from .style import PLAIN, Style


def plain(expression: Math, style: Style) -> str:
    """One line of text; `python` has explicit products and `**`, `caret` has juxtaposition and `^`."""
    match expression:
        case Num(number):
            return format(number, "f") if not isinstance(number, int) else str(number)
        case Var(name):
            return name
        case Sum(terms):
            return _plain_sum(terms, style)
        case Product(factors):
            return _plain_product(factors, style)
        case Quotient(top, bottom):
            return _plain_quotient(top, bottom, style)
        case Power(base, exponent):
            return _plain_power(base, exponent, style)
        case Func(name, argument):
            return _plain_function(name, argument, style)
        case Equation(left, right):
            if style.in_program:
                return f"Eq({plain(left, style)}, {plain(right, style)})"
            return f"{plain(left, style)}{' = ' if style.spaced else '='}{plain(right, style)}"
        case Matrix(rows):
            return _plain_matrix([[plain(entry, style) for entry in row] for row in rows], style)
        case Numbers(items):
            return _listing([plain(item, style) for item in items], style)
    raise TypeError(f"no notation for {type(expression).__name__}")


def _plain_sum(terms: tuple[Math, ...], style: Style) -> str:
    plus, minus = (" + ", " - ") if style.spaced else ("+", "-")
    text = plain(terms[0], style)
    for term in terms[1:]:
        # A negative term starts with its sign whatever its kind; only the spacing of the sign changes.
        written = plain(term, style)
        text += minus + written[1:] if written.startswith("-") else plus + written
    return text


def _plain_product(factors: tuple[Math, ...], style: Style) -> str:
    if factors[0] == Num(-1):
        rest = factors[1:]
        written = _factor(rest[0], style, first=False) if len(rest) == 1 else _plain_product(rest, style)
        return "-" + (written if not written.startswith("-") else f"({written})")
    text, previous = "", None
    for factor in factors:
        written = _factor(factor, style, first=previous is None)
        text += ("" if previous is None else _times(previous, factor, text, written, style)) + written
        previous = factor
    return text


def _factor(factor: Math, style: Style, *, first: bool) -> str:
    text = plain(factor, style)
    needs = isinstance(factor, Sum) or (not first and (is_negative(factor) or isinstance(factor, Quotient)))
    return f"({text})" if needs and not _is_call(factor, style) else text


def _times(previous: Math, factor: Math, before: str, after: str, style: Style) -> str:
    """What stands between two factors; nothing only where nobody could misread it."""
    if style.form == "python" or after[0].isdigit() or isinstance(previous, Quotient):
        return "*"
    if isinstance(previous, Num):
        return ""
    if after[0] == "(" and (isinstance(previous, Sum) or (isinstance(previous, Var) and previous.name not in "fgh")):
        return ""
    if isinstance(previous, Var) and isinstance(factor, Var) and len(previous.name) == len(factor.name) == 1:
        return ""
    if (after[0].isalpha() and isinstance(previous, Var)) or (isinstance(previous, Power) and before[-1].isdigit()):
        return " " if after[0].isalpha() else "*"
    return "*"


def _plain_quotient(top: Math, bottom: Math, style: Style) -> str:
    if style.exact and _is_whole(top) and _is_whole(bottom):
        return f"{style.exact}({plain(top, style)}, {plain(bottom, style)})"
    above, below = plain(top, style), plain(bottom, style)
    above = f"({above})" if isinstance(top, Sum) or (isinstance(top, Quotient) and above[0] != "R") else above
    simple = isinstance(bottom, Var | Func | Power) or (isinstance(bottom, Num) and not is_negative(bottom))
    return f"{above}/{below}" if simple and not below.startswith("-") else f"{above}/({below})"


def _plain_power(base: Math, exponent: Math, style: Style) -> str:
    operator = "**" if style.form == "python" else "^"
    below, above = plain(base, style), plain(exponent, style)
    atom = isinstance(base, Var | Func) or (isinstance(base, Num) and not is_negative(base))
    if style.exact and isinstance(base, Num) and is_negative(exponent):
        below = f"{style.exact}({below})"
    elif not atom or "^" in below:
        below = f"({below})"
    simple = isinstance(exponent, Var) or (isinstance(exponent, Num) and not is_negative(exponent))
    return f"{below}{operator}{above}" if simple else f"{below}{operator}({above})"


def _plain_function(name: str, argument: Math, style: Style) -> str:
    inside = plain(argument, style)
    if style.form == "caret" and style.natural:
        if name == "exp":
            return f"e^{inside}" if isinstance(argument, Var) else f"e^({inside})"
        if name == "abs" and "|" not in inside:
            return f"|{inside}|"
        name = "ln" if name == "log" else name
    return f"{name}({inside})"


def _is_call(expression: Math, style: Style) -> bool:
    """Whether a fraction is written as a call, which needs no brackets: `Rational(3, 4)`."""
    return (
        bool(style.exact)
        and isinstance(expression, Quotient)
        and _is_whole(expression.top)
        and _is_whole(expression.bottom)
    )


def _is_whole(expression: Math) -> bool:
    """Whether Python would compute this with ints alone, so that a division of two of them would give a float."""
    match expression:
        case Num(number):
            return isinstance(number, int)
        case Sum(parts) | Product(parts):
            return all(_is_whole(part) for part in parts)
        case Power(base, exponent):
            return _is_whole(base) and _is_whole(exponent) and not is_negative(exponent)
        case Func("abs", argument):
            return _is_whole(argument)
    return False


def _plain_matrix(rows: list[list[str]], style: Style) -> str:
    nested = "[" + ", ".join("[" + ", ".join(row) + "]" for row in rows) + "]"
    if style.in_program or style.matrix == "Matrix":
        return f"Matrix({nested})"
    if style.matrix == "semicolon" and not any(" " in entry for row in rows for entry in row):
        return "[" + "; ".join(" ".join(row) for row in rows) + "]"
    return nested if style.spaced else nested.replace(" ", "")


def _listing(items: list[str], style: Style) -> str:
    if style.in_program or style.listing == "list" or style == PLAIN:
        return "[" + ", ".join(items) + "]"
    if style.listing == "tight list":
        return "[" + ",".join(items) + "]"
    if style.listing == "set":
        return "{" + ", ".join(items) + "}"
    if style.listing == "and" and len(items) > 1:
        return ", ".join(items[:-1]) + " and " + items[-1]
    return ", ".join(items)
