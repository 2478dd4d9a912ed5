"""Asks of the algebra, calculus and polynomial modules."""

from __future__ import annotations

import re

from .reading import ORDINALS, Groups, ask


def _derivative(groups: Groups) -> str:
    order = ORDINALS.index(groups.get("order", "first")) + 1
    variable = groups.get("v") or re.findall("[a-z]", groups["e"])[0]
    return f'print(R("expand(diff({groups["e"]}, {variable}, {order}))"))'


def _coefficient(groups: Groups) -> str:
    """The coefficient whose letter in the form is asked for: of the variable, to the power that stands beside it."""
    powers = {term[0]: re.search(r"\*([a-z])(?:\*\*(\d+))?$", term) for term in groups["form"].split(" + ")}
    variable = next(match[1] for match in powers.values() if match)
    beside = powers[groups["v"]]
    power = (beside[2] or "1") if beside else "0"
    return f'print(R("expand({groups["e"]})").coeff("{variable}", {power}))'


_ROOTS = 'print(*sorted(R("roots({e} - ({r}), {v})")), sep=", ")'
_LINEAR, _FIND_ROOTS = "Solve for {v}.", "Find the roots."

ROOT_ASKS = (
    ask(r"(?:Let|Suppose) <e:E> = <r:E>\. (?:What is|Calculate) <v:v>[.?]", _FIND_ROOTS, _ROOTS),
    ask(r"(?:Find|Determine) <v:v>(?: such that|, given that| so that) <e:E> = <r:E>\.", _FIND_ROOTS, _ROOTS),
    ask(r"What is <v:v> in <e:E> = <r:E>\?", _FIND_ROOTS, _ROOTS),
    ask(r"Solve <e:E> = <r:E> for <v:v>\.", _FIND_ROOTS, _ROOTS),
    ask(r"Solve <e:E> = <r:E>\.", _FIND_ROOTS, 'print(*sorted(R("roots({e} - ({r}))")), sep=", ")'),
)
"""Those for all roots of a polynomial, which the modules on them put like linear equations."""

ASKS = (
    ask(r"Solve <e:E> = <r:E> for <v:v>\.", _LINEAR, 'suppose("{e} = {r}")\nprint(R("{v}"))'),
    ask(
        r"Solve <e:E> = <r:E>, <f:E> = <s:E> for <v:v>\.",
        _LINEAR,
        'suppose("{e} = {r}", "{f} = {s}")\nprint(R("{v}"))',
    ),
    ask(r"(?:Expand|Collect the terms in) <e:E>\.", "Expand and collect.", 'print(R("expand({e})"))'),
    ask(
        r"What (?:comes next:|is next in|is the next term in) <a:L>\?",
        "Find the next term.",
        "a = [{a}]\nprint(interpolate(a, len(a) + 1))",
    ),
    ask(
        r"What is the <v:v>'th term of <a:L>\?",
        "Find the formula of the terms.",
        'a = [{a}]\nprint(interpolate(a, Symbol("{v}")))',
    ),
    ask(r"(?:What is|Calculate|Determine|Give) <e:E>[.?]", "Find the value.", 'print(R("expand({e})"))'),
    ask(
        r"(?:What is|Find) the (?:<order:w> )?derivative of <e:E>(?: (?:wrt|with respect to) <v:v>)?[.?]",
        "Differentiate.",
        _derivative,
    ),
    ask(r"Differentiate <e:E>(?: (?:wrt|with respect to) <v:v>)?\.", "Differentiate.", _derivative),
    ask(
        r"(?:Express|Rearrange) <e:E> (?:in|as|to)(?: the form)? <form:E> and give <v:v>\.",
        "Find the coefficient.",
        _coefficient,
    ),
    ask(
        r"Simplify <e:E> assuming <v:v> is positive\.",
        "Add the powers.",
        'print(S("{e}", {{"{v}": Symbol("{v}", positive=True)}}))',
    ),
    ask(r"Simplify <e:E>\.", "Simplify the roots.", 'print(S("expand(radsimp({e}))"))'),
    ask(r"Factor <e:E>\.", "Factor.", 'print(R("factor({e})"))'),
)
