"""Derivatives, antiderivatives, integrals, limits and sums against numbers: the operation is undone, or done numerically.

Promises: the numbers come from difference quotients, quadrature, values near the point and partial sums (mpmath), never
from the symbolic algebra that a model's own program would use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grading.tree import Bound, Call, Name, Node, Number, Relation, is_infinite, variables
from .claim import Claim
from .formulas import Reading
from .source import function, named, source
from .vocabulary import knows

_KNOWN = """
derivative derivatives differentiate differentiating differentiated differentiation respect slope gradient graph curve
rate change changes order once twice times thrice double nd rd th st third fourth fifth dy dx du dt dz function's
point derive integral integrals integrate integrated integrating antiderivative anti primitive definite indefinite
constant ignoring bounds limits upper lower running integrand whose original undo integration differentiated limit
limits lim approaches approach approaching tends tend tending goes go going gets getting close closer near very
infinity right left side behaviour runs run towards toward sum add added adding terms total infinite sigma up value
"""
_DERIVATIVE = re.compile(r"deriv|differentiat|slope|rate of change|gradient of|\b[fghy]'|dy/dx|d #\d+/d")
_NO_DERIVATIVE = re.compile(
    r"be the|tangent line|linear|normal|integra|anti|primitive|local|vanish|zero|critical|extrem|implicit|average|has deriv|"
    r"whose deriv|with deriv|second point|line|perpendicular|nth|partial|acceler"
)
_ORDERS = {
    2: r"\bsecond\b|twice|2nd|double|two times|[fghy]''(?!')|order #2",
    3: r"third|3rd|thrice|three times|[fghy]'''",
    4: r"fourth|4th|four times",
    5: r"fifth|5th",
    1: r"",
}
_ORDERED = re.compile(r"order|#\d+ (?:nd|rd|th|st)\b")
_INTEGRAL = re.compile(
    r"integra|antideriv|primitive|has deriv|whose deriv|with deriv|derivative equals|derivative is|undo"
)
_NO_INTEGRAL = re.compile(r"area|average|between them|numeric|approximat|round|decimal|double|volume")
_SUM = re.compile(r"\bsum\b|\badd\b|total|added")
_LIMIT = re.compile(r"limit|lmiit|\blim\b|approach|tend|get close|goes? to|runs? to|end up")
_BOUNDS = re.compile(
    r"(?:from|between|over|with bounds|limits?)(?: the bounds| [a-z])? #(\d+) (?:up |on )?(?:to|and|till|until) #(\d+)"
)
_TOWARDS = re.compile(r"(?:->|→|to|near|approach(?:es|ing)?|towards?|closer to|equals) #(\d+)")


def claims(question: Reading, answer: Node) -> Iterator[Claim]:
    """What follows from the answer being the derivative, integral, limit or sum that was asked for."""
    functions, words = question.functions, question.words
    if question.unread or not knows(words, _KNOWN):
        return
    for tree in question.formulas:
        if isinstance(tree, Bound) and len(question.formulas) == 1 and not variables(tree) and not variables(answer):
            is_limit = tree.name == "limit"
            yield from _limit(tree.body, tree.variable, tree.ends[0], answer) if is_limit else _number(tree, answer)
            return
    if len(functions) != 1 or len(variables(functions[0])) != 1:
        return
    if _LIMIT.search(words) and not _INTEGRAL.search(words):
        yield from _limit_in_words(question, functions[0], answer)
    elif _INTEGRAL.search(words) or _is(functions[0], "antiderivative"):
        if not _NO_INTEGRAL.search(words):
            yield from _integral(question, functions[0], answer)
    elif _SUM.search(words):
        yield from _sum(question, functions[0], answer)
    elif (_DERIVATIVE.search(words) or _is(functions[0], "derivative")) and not _NO_DERIVATIVE.search(words):
        yield from _derivative(question, functions[0], answer)


def _is(tree: Node, name: str) -> bool:
    return isinstance(tree, Call) and tree.name == name


def _sum(question: Reading, body: Node, answer: Node) -> Iterator[Claim]:
    """`the sum of #0 for k from #1 to #2`."""
    names = named(body)
    others = [tree for tree in question.formulas if not variables(tree) or _place(tree, names) is not None]
    if (match := _BOUNDS.search(question.words)) and len(others) == 2 and not variables(answer):
        low, high = (_place(question.formulas[int(group)], names) for group in match.groups())
        if low is not None and high is not None:
            yield from _number(Bound("sum", body, next(iter(names)), (low, high)), answer)


def _derivative(question: Reading, body: Node, answer: Node) -> Iterator[Claim]:
    order = next(n for n, pattern in _ORDERS.items() if re.search(pattern, question.words))
    if order == 1 and _ORDERED.search(question.words) and not re.search(r"first|1st", question.words):
        return
    match body:
        case Call("derivative", (inner, _, Number(times))):
            body, order = inner, int(times)
    names = named(body)
    places = [value for tree in question.formulas if (value := _place(tree, names)) is not None]
    if not variables(answer) <= set(names) or len(places) > 1 or (places and variables(answer)):
        return
    derivative = f"lambda v0: diff({function(body, names)}, v0, {order})"
    if not places:
        yield Claim(
            "inverse",
            f"print(agree({derivative}, {function(answer, names)}, 1))",
            "differentiated numerically: equal at random points",
            "differentiated numerically: not equal at random points",
        )
        return
    code = f"print('yes' if near(({derivative})({source(places[0], {})}), {source(answer, {})}) else 'no')"
    yield Claim("inverse", code, "differentiated numerically: equal", "differentiated numerically: not equal")


def _place(tree: Node, names: dict[str, str]) -> Node | None:
    """`2` of `x = 2`, and a number that stands alone."""
    if isinstance(tree, Relation) and tree.signs == ("=",) and isinstance(tree.sides[0], Name):
        return tree.sides[1] if tree.sides[0].name in names and not variables(tree.sides[1]) else None
    return None if variables(tree) or isinstance(tree, Relation) else tree


def _integral(question: Reading, body: Node, answer: Node) -> Iterator[Claim]:
    match body:
        case Call("antiderivative", (inner, _)):
            body = inner
    names = named(body)
    others = [tree for tree in question.formulas if _place(tree, names) is not None]
    if (match := _BOUNDS.search(question.words)) and len(others) == 2 and not variables(answer):
        low, high = (_place(question.formulas[int(group)], names) for group in match.groups())
        if low is not None and high is not None:
            yield from _number(Bound("integral", body, next(iter(names)), (low, high)), answer)
    elif not others and variables(answer) == set(names):
        yield Claim(
            "inverse",
            f"print(agree(lambda v0: diff({function(answer, names)}, v0), {function(body, names)}, 1))",
            "its derivative is the integrand, at random points",
            "its derivative is not the integrand",
        )


def _number(tree: Bound, answer: Node) -> Iterator[Claim]:
    """A definite integral or a sum that has a value."""
    found = "integrated numerically" if tree.name == "integral" else "terms added up"
    if tree.name in ("integral", "sum"):
        code = f"print('yes' if near({source(tree, {})}, {source(answer, {})}, mpf(10)**-9) else 'no')"
        yield Claim("inverse", code, f"{found}: equal", f"{found}: not equal")


def _limit_in_words(question: Reading, body: Node, answer: Node) -> Iterator[Claim]:
    names = named(body)
    points = [match[1] for match in _TOWARDS.finditer(question.words)]
    places = [place for group in points if (place := _place(question.formulas[int(group)], names)) is not None]
    rest = [tree for tree in question.formulas if not variables(tree)]
    if len(places) == 1 and len(rest) <= 1 and not variables(answer):
        side = (
            "+"
            if re.search(r"right|above", question.words)
            else "-"
            if re.search(r"left|below", question.words)
            else ""
        )
        yield from _limit(body, next(iter(names)), places[0], answer, side)


def _limit(body: Node, variable: str, point: Node, answer: Node, side: str = "") -> Iterator[Claim]:
    if is_infinite(point):
        sign = -1 if point != Name("oo") else 1
        steps, start = f"[{sign} * mpf(10)**k for k in (4, 6, 8, 10)]", "0"
    else:
        signs = {"+": "(1,)", "-": "(-1,)"}.get(side, "(1, -1)")
        steps, start = f"[s * mpf(10)**-k for s in {signs} for k in (4, 6, 8, 10)]", source(point, {})
    code = _NEAR.format(body=function(body, {variable: "v0"}), steps=steps, start=start, answer=source(answer, {}))
    yield Claim(
        "inverse", code, "values near the point come close to it", "values near the point do not come close to it"
    )


_NEAR = """
f, limit = {body}, {answer}
values = [at(f, {start} + step) for step in {steps}]
sides = [values[k:k + 4] for k in range(0, len(values), 4)]

def comes_near(side):
    if any(value is None for value in side):
        return "unknown"
    if isinf(limit):
        return "yes" if all(value * sign(limit) > 3 for value in side[1:]) and abs(side[3]) > abs(side[1]) else "no"
    if isnan(limit):
        return "unknown"
    off = [abs(value - limit) for value in side]
    if off[3] <= mpf(10)**-4 * max(1, abs(limit)) and off[3] <= off[0]:
        return "yes"
    return "no" if off[3] > mpf(10)**-2 and off[3] > off[0] / 4 else "unknown"

found = [comes_near(side) for side in sides]
print("no" if "no" in found else "yes" if set(found) == {{"yes"}} else "unknown")
"""
