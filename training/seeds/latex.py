"""Expressions in LaTeX, without delimiters."""

from __future__ import annotations

from .notation import Equation, Func, Math, Matrix, Num, Power, Product, Quotient, Sum, Var, is_negative
from .plain import plain
from .style import Style

_GREEK = {"pi", "theta", "alpha", "beta", "gamma", "lambda", "mu", "sigma", "omega", "phi"}
_LATEX_NAMES = {"asin": "\\arcsin", "acos": "\\arccos", "atan": "\\arctan", "log": "\\ln"}


def latex(expression: Math, style: Style) -> str:
    """The expression in LaTeX."""
    match expression:
        case Var(name):
            return f"\\{name}" if name in _GREEK else "e" if name == "E" else name
        case Sum(terms):
            return _latex_sum(terms, style)
        case Product(factors):
            return _latex_product(factors, style)
        case Quotient(top, bottom):
            sign, above = ("-", -top) if is_negative(top) else ("", top)
            return f"{sign}\\frac{{{latex(above, style)}}}{{{latex(bottom, style)}}}"
        case Power(base, exponent):
            return _latex_power(base, exponent, style)
        case Func(name, argument):
            return _latex_function(name, latex(argument, style), style)
        case Equation(left, right):
            return f"{latex(left, style)} = {latex(right, style)}"
        case Matrix(rows):
            kind = style.matrix if style.matrix in ("pmatrix", "bmatrix") else "pmatrix"
            body = " \\\\ ".join(" & ".join(latex(entry, style) for entry in row) for row in rows)
            return f"\\begin{{{kind}}} {body} \\end{{{kind}}}"
    return plain(expression, style)


def _latex_sum(terms: tuple[Math, ...], style: Style) -> str:
    text = latex(terms[0], style)
    for term in terms[1:]:
        written = latex(term, style)
        text += f" - {written[1:]}" if written.startswith("-") else f" + {written}"
    return text


def _latex_product(factors: tuple[Math, ...], style: Style) -> str:
    if factors[0] == Num(-1):
        rest = _latex_product(factors[1:], style)
        return f"-({rest})" if rest.startswith("-") else f"-{rest}"
    text = ""
    for factor in factors:
        written = latex(factor, style)
        if isinstance(factor, Sum) or (text and is_negative(factor)):
            written = f"({written})" if style.spaced else f"\\left({written}\\right)"
        if text and written[0].isdigit():
            text += " \\cdot "
        elif text and (written[0].isalpha() or written[0] == "\\") and not text[-1].isdigit():
            text += " "
        text += written
    return text


def _latex_power(base: Math, exponent: Math, style: Style) -> str:
    below, above = latex(base, style), latex(exponent, style)
    if isinstance(base, Func) and base.name in ("sin", "cos", "tan") and isinstance(exponent, Num):
        return f"\\{base.name}^{{{above}}}({latex(base.argument, style)})"
    if not isinstance(base, Var) and not (isinstance(base, Num) and not is_negative(base)):
        below = f"\\left({below}\\right)"
    short = len(above) == 1 and style.natural
    return f"{below}^{above}" if short else f"{below}^{{{above}}}"


def _latex_function(name: str, inside: str, style: Style) -> str:
    if name == "sqrt":
        return f"\\sqrt{{{inside}}}"
    if name == "abs":
        return f"|{inside}|"
    if name == "exp":
        return f"e^{{{inside}}}"
    if name == "log" and not style.natural:
        return f"\\log({inside})"
    return f"{_LATEX_NAMES.get(name, chr(92) + name)}({inside})"
