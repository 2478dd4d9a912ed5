"""Expressions of the question, worked out again from the question alone."""

from __future__ import annotations

from collections.abc import Iterator

from ..grading.tree import Call, Group, Name, Node, Number, Quantity, Relation, parts, variables
from .claim import Claim
from .formulas import Reading
from .source import function, named, source
from .vocabulary import knows

_VALUE = """
simplify brackets bracket multiplication division products product sums calculation arithmetic numerical without type
tells mixed practice operations operation do computed evaluated do total outcome equals
"""
_SAME = """
expand expanded expanding factor factors factored factoring factorise factorize factorisation factorization completely
product multiply multiplied multiplying out simplify parentheses brackets remove removed without standard combine like
polynomial polynomials quadratic trinomial sum powers rewrite reverse expansion linear
"""
_AT_PLACE = """
evaluate replace replaced put plug plugged substitute substituting substituted insert polynomial number
"""


def claims(question: Reading, answer: Node) -> Iterator[Claim]:
    """What follows from the answer being the value of the question's expression, or the same expression."""
    if question.unread:
        return
    if len(question.formulas) == 1:
        tree = _asked(question.formulas[0])
        if not isinstance(tree, Call):
            return
        numbers = sum(isinstance(part, Number) for part in parts(tree))
        if numbers > 1 and not variables(tree) and not variables(answer) and knows(question.words, _VALUE):
            yield from _value(tree, answer)
        elif variables(tree) and knows(question.words, _SAME):
            yield from _identity(tree, answer)
    else:
        yield from _at_place(question, answer)


def _at_place(question: Reading, answer: Node) -> Iterator[Claim]:
    """The value of an expression in one variable where `x = 2`."""
    functions = question.functions
    places = [tree for tree in question.formulas if isinstance(tree, Relation) and _is_place(tree)]
    rest = [tree for tree in question.formulas if not isinstance(tree, Name) and tree not in places]
    if len(functions) == len(places) == len(rest) == 1 and not variables(answer) and knows(question.words, _AT_PLACE):
        names = named(functions[0])
        if variables(places[0].sides[0]) == set(names):
            value = f"{function(functions[0], names)}({source(places[0].sides[1], {})})"
            code = f"print('yes' if near({value}, {source(answer, {})}) else 'no')"
            yield Claim(
                "recomputed", code, "put in and worked out again: equal", "put in and worked out again: not equal"
            )


def _is_place(tree: Relation) -> bool:
    """`x = 2`."""
    return tree.signs == ("=",) and isinstance(tree.sides[0], Name) and not variables(tree.sides[1])


def _asked(tree: Node) -> Node:
    """What stands before an empty right side."""
    return tree.value if isinstance(tree, Quantity) else tree


def _value(tree: Node, answer: Node) -> Iterator[Claim]:
    code = f"print('yes' if near({source(tree, {})}, {source(answer, {})}, {_tolerance(answer)}) else 'no')"
    yield Claim("recomputed", code, "worked out again: equal", "worked out again: not equal")


def _tolerance(answer: Node) -> str:
    """How far a decimal may be from the value."""
    return (
        f"mpf(10)**-{answer.places + 3}" if isinstance(answer, Number) and answer.places is not None else "mpf(10)**-20"
    )


def _identity(tree: Node, answer: Node) -> Iterator[Claim]:
    names = named(tree)
    if isinstance(answer, Relation | Group) or variables(answer) != set(names):
        return
    code = f"print(agree({function(tree, names)}, {function(answer, names)}, {len(names)}))"
    yield Claim("recomputed", code, "equal to the given expression at 8 points", "not equal to the given expression")
