"""Equations and inequalities."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .numeric import NoValue, value
from .regions import TURNED, as_set, variable
from .tree import (
    Call,
    Name,
    Node,
    Relation,
    variables,
)
from .verdict import Compare, Verdict, all_equal, no, yes


def relations(gold: Node, pred: Node, compare: Compare) -> Verdict | None:
    if not isinstance(gold, Relation) and not isinstance(pred, Relation):
        return None
    if isinstance(gold, Relation) and isinstance(pred, Relation) and gold.signs == pred.signs == ("=",):
        return _equations(gold, pred, compare)
    left, right = as_set(gold), as_set(pred)
    if left is not None and right is not None:
        names = {variable(tree) for tree in (gold, pred) if isinstance(tree, Relation)}
        if len(names) > 1:
            return no("relation", f"about {' and '.join(sorted(names))}")
        return yes("set", "the same set") if left == right else no("set", "another set")
    if isinstance(gold, Relation) and isinstance(pred, Relation) and len(gold.sides) == len(pred.sides):
        return _inequalities(gold, pred, compare)
    return no("relation", "a relation where a value is expected" if isinstance(pred, Relation) else "no relation")


def _equations(gold: Relation, pred: Relation, compare: Compare) -> Verdict:
    """Equal sides, or equal solutions: equal up to a factor, or one solved for a variable fulfils the other."""
    gold, pred = _as_graph(gold, pred), _as_graph(pred, gold)
    for version in (pred.sides, pred.sides[::-1]):
        sides = all_equal(zip(gold.sides, version, strict=True), "equation", compare)
        if sides.verdict == "correct":
            return sides
    first, second = (Call("+", (r.sides[0], Call("neg", (r.sides[1],)))) for r in (gold, pred))
    names = sorted(variables(first) | variables(second))
    if variables(first) != variables(second) or any("(" in name for name in names) or len(names) < 2:
        return no("equation", "another equation")
    try:
        ratios = [_ratio(first, second, dict(zip(names, _spread(k), strict=False))) for k in range(4)]
        if all(abs(ratio - ratios[0]) < 1e-18 * abs(ratio) for ratio in ratios):
            return yes("equation", "equal up to a factor")
        for one, other in ((gold, second), (pred, first)):
            if isinstance(one.sides[0], Name) and one.sides[0].name not in variables(one.sides[1]):
                return _fulfils(one, other, names)
    except NoValue as problem:
        return compare.leave(first, second, str(problem))
    return no("equation", "another equation")


def _as_graph(equation: Relation, other: Relation) -> Relation:
    """`f(x) = x^2` as `y = x^2` beside an equation for y."""
    left = equation.sides[0]
    if other.sides[0] == Name("y") and isinstance(left, Name) and left.name.endswith("(x)"):
        return Relation((Name("y"), equation.sides[1]), equation.signs)
    return equation


def _ratio(first: Node, second: Node, at: dict[str, Fraction]) -> Any:
    bottom = value(second, at, 30)
    if abs(bottom) < 1e-20:
        raise NoValue("a division by zero")
    return value(first, at, 30) / bottom


def _fulfils(solved: Relation, other: Node, names: list[str]) -> Verdict:
    assert isinstance(solved.sides[0], Name)
    for k in range(4):
        at = dict(zip(names, _spread(k), strict=False))
        point = value(solved.sides[1], at, 40)
        if point.imag:
            continue
        at[solved.sides[0].name] = Fraction(str(point.real))
        if abs(value(other, at, 40)) > 1e-25:
            return no("equation", "another equation")
    return yes("equation", "the same solutions")


def _spread(k: int) -> list[Fraction]:
    """Different positive numbers for many variables."""
    return [Fraction(311 + 97 * k + 173 * n + n * n * 7, 211) for n in range(12)]


def _inequalities(gold: Relation, pred: Relation, compare: Compare) -> Verdict:
    turned = Relation(pred.sides[::-1], tuple(TURNED[sign] for sign in pred.signs[::-1]))
    for version in (pred, turned):
        pairs = zip(gold.sides, version.sides, strict=True)
        if version.signs == gold.signs and all(compare(*pair).verdict == "correct" for pair in pairs):
            return yes("relation", "the same relation")
    return no("relation", "another relation")
