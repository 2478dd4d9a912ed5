"""Solutions put back into the equations, systems and inequalities that the question states.

A polynomial equation in one unknown is also asked whether there are more solutions than were given. Does not promise that
for any other equation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grading.tree import Call, Group, Name, Node, Number, PlusMinus, Relation, Union, variables
from .claim import Claim
from .formulas import Reading
from .source import Untranslatable, source
from .vocabulary import knows

_KNOWN = """
solve solving solved solves solution solutions root roots zero zeros zeroes satisfy satisfies satisfied satisfying
fulfil fulfils fulfilled fulfill hold holds true system simultaneous simultaneously together linear quadratic cubic
polynomial inequality interval notation complex rational imaginary positive negative become becomes meets horizontal
axis curve intercept intercepts vanish vanishes isolate rearrange rearranged alone stands transform factor factoring
bring side list point intersect lines graphs common substitution elimination eliminate method pair triple ordered
range condition allowed double middle large big standing subject smallest largest greatest least between whole natural
rule product inputs
"""
_COUNTED = re.compile(r"how many|calculator|approx|number of|product of|smallest.*largest")
"""Words that ask for something about the solutions."""
_ONE_OF = re.compile(
    r"positive|negative|smallest|largest|greatest|least|between|integer|natural|whole|real|rational|one (?:solution|root)"
)
_A_ASKED = re.compile(
    r"(?:for|is|find|isolate|that|need|but|get|only) a\b(?= *(?:$|[.?!]|stands|alone|in|is|as|if|from))"
)
"""Words that ask for the letter a, which is an article anywhere else."""
_NOUGHT = re.compile(r"root|zero|rotos|become #|make #|horizontal axis|x-axis|x-intercept|solve|vanish")
"""Words that ask where an expression is nought."""


def claims(question: Reading, answer: Node) -> Iterator[Claim]:
    """What follows from the answer being a solution."""
    if question.unread or not knows(question.words, _KNOWN) or _COUNTED.search(question.words):
        return
    equations = [tree for tree in question.formulas if isinstance(tree, Relation) and set(tree.signs) == {"="}]
    ranges = [
        tree for tree in question.formulas if isinstance(tree, Relation) and set(tree.signs) <= {"<", "<=", ">", ">="}
    ]
    if not equations and not ranges and _NOUGHT.search(question.words) and len(question.functions) == 1:
        equations = [Relation((question.functions[0], Number(0)), ("=",))]  # type: ignore[arg-type]
    elif any(isinstance(tree.sides[0], Name) and "(" in tree.sides[0].name for tree in equations):
        return
    elif any(isinstance(tree, Call) for tree in question.formulas):
        return  # what is asked is the value of that expression
    unknowns = set().union(*(variables(side) for tree in equations for side in tree.sides)) if equations else set()
    if len(equations) == 1 and not ranges and len(unknowns) == 1:
        yield from _one(equations[0], answer, unknowns.pop(), whole=not _ONE_OF.search(question.words))
    elif len(equations) == 1 and not ranges:
        alone = [tree.name for tree in question.formulas if isinstance(tree, Name)]
        if _A_ASKED.search(question.words):
            alone.append("a")
        if len(alone) == 1:
            yield from _letter(equations[0], answer, unknowns, alone[0])
    elif len(equations) > 1 and not ranges:
        yield from _system(equations, answer, unknowns)
    elif len(ranges) == 1 and not equations:
        yield from _range(ranges[0], answer)


def values(answer: Node) -> list[Node]:
    """The solutions that an answer lists: `x = 1`, `[1, 2]`, `{1, 2}`, `1 or 2`, `±1`.

    Raises:
        Untranslatable: it holds something else.
    """
    if isinstance(answer, Relation) and answer.signs == ("=",) and isinstance(answer.sides[0], Name):
        return [answer.sides[1]]
    if isinstance(answer, Group):
        return [value for item in answer.items for value in values(item)]
    if isinstance(answer, PlusMinus):
        return [Call("+", (answer.left, answer.right)), Call("+", (answer.left, Call("neg", (answer.right,))))]
    if not isinstance(answer, Number | Name | Call):
        raise Untranslatable(f"a {type(answer).__name__.lower()} among solutions")
    return [answer]


def _one(equation: Relation, answer: Node, unknown: str, *, whole: bool) -> Iterator[Claim]:
    given = values(answer)
    if (
        not given
        or any(map(variables, given))
        or (isinstance(equation.sides[0], Name) and not variables(equation.sides[1]))
    ):
        return
    names = {unknown: "v0"}
    left, right = (source(side, names) for side in (equation.sides[0], equation.sides[-1]))
    code = _ONE.format(left=left, right=right, given=", ".join(source(value, {}) for value in given), whole=whole)
    yield Claim(
        "put back",
        code,
        "put back: "
        + ("the solution fulfils" if len(given) == 1 else f"all {len(given)} solutions fulfil")
        + " the equation",
        "put back: the equation is not fulfilled, or a solution is missing",
    )


def _letter(equation: Relation, answer: Node, letters: set[str], asked: str) -> Iterator[Claim]:
    """An equation solved for one of its letters, at random values of the others."""
    given = values(answer)
    solved = letters - set().union(*map(variables, given)) if given else set()
    if len(solved) != 1 or not letters > solved or not all(variables(value) <= letters for value in given):
        return
    if isinstance(equation.sides[0], Name) and equation.sides[0].name in solved:
        return
    unknown = solved.pop()
    if asked != unknown:
        return
    names = {name: f"v{k}" for k, name in enumerate(sorted(letters - {unknown}))}
    arguments = ", ".join(names.values())
    sides = [source(side, {**names, unknown: f"y({arguments})"}) for side in (equation.sides[0], equation.sides[-1])]
    code = "".join(
        f"y = lambda {arguments}: {source(value, names)}\n"
        f"found.append(agree(lambda {arguments}: {sides[0]}, lambda {arguments}: {sides[1]}, {len(names)}))\n"
        for value in given
    )
    yield Claim(
        "put back",
        f"found = []\n{code}{_WORST}",
        f"put back: with it for {unknown} both sides are equal at 8 points",
        f"put back: with it for {unknown} the two sides differ",
    )


def _system(equations: list[Relation], answer: Node, unknowns: set[str]) -> Iterator[Claim]:
    items = answer.items if isinstance(answer, Group) else ()
    named_items = [item for item in items if isinstance(item, Relation) and isinstance(item.sides[0], Name)]
    order = sorted(unknowns)
    if len(named_items) == len(items) > 1:
        order = [item.sides[0].name for item in named_items if isinstance(item.sides[0], Name)]
    given = values(answer)
    if len(given) != len(order) or set(order) != unknowns or any(map(variables, given)):
        return
    names = dict(zip(order, (source(value, {}) for value in given), strict=True))
    pairs = ", ".join(f"({source(tree.sides[0], names)}, {source(tree.sides[-1], names)})" for tree in equations)
    code = f'print("yes" if all(near(a, b) for a, b in [{pairs}]) else {"no" if named_items else "unknown"!r})'
    yield Claim(
        "put back",
        code,
        f"put back: all {len(equations)} equations are fulfilled",
        "put back: not all equations are fulfilled",
    )


def _range(relation: Relation, answer: Node) -> Iterator[Claim]:
    """An inequality and its solution hold at the same points of a fine grid, the ends of the solution among them."""
    letters = set().union(*map(variables, relation.sides))
    if len(letters) != 1:
        return
    names = {letters.pop(): "v0"}
    ends: list[str] = []
    holds = _condition(answer, names, ends)
    if not ends:
        return
    code = _RANGE.format(stated=_condition(relation, names, []), holds=holds, ends=", ".join(ends))
    yield Claim(
        "put back",
        code,
        "put back: it holds exactly where the inequality does, at 400 points and the ends",
        "put back: it does not hold where the inequality does",
    )


def _condition(tree: Node, names: dict[str, str], ends: list[str]) -> str:
    """The tree as a condition; the numbers at its ends are collected."""
    match tree:
        case Relation(sides, signs) if set(signs) <= {"<", "<=", ">", ">=", "="}:
            ends += [source(side, {}) for side in sides if not variables(side) and "oo" not in str(side)]
            parts = [source(side, names) for side in sides]
            triples = [
                triple for triple in zip(parts, signs, parts[1:], strict=False) if not {"inf", "(-inf)"} & set(triple)
            ]
            return "(" + " and ".join(_SIGN[sign].format(a, b) for a, sign, b in triples or [("0", "=", "0")]) + ")"
        case Group(items, "") if all(isinstance(item, Relation) for item in items):
            return "(" + " and ".join(_condition(item, names, ends) for item in items) + ")"
        case Union(parts):
            return "(" + " or ".join(_condition(part, names, ends) for part in parts) + ")"
        case Group((low, high), "()" | "[]" | "[)" | "(]" as brackets):
            signs = "<=" if brackets[0] == "[" else "<", "<=" if brackets[1] == "]" else "<"
            return _condition(Relation((low, Name(next(iter(names))), high), signs), names, ends)
    raise Untranslatable("no condition")


_SIGN = {
    "<": "below({}, {})",
    ">": "below({1}, {0})",
    "<=": "not below({1}, {0})",
    ">=": "not below({}, {})",
    "=": "near({}, {})",
}
_WORST = 'print("no" if "no" in found else "yes" if set(found) == {"yes"} else "unknown")'

_ONE = """
difference = lambda v0: ({left}) - ({right})
given, whole = [{given}], {whole}

def polynomial_roots():
    for degree in range(1, 8):
        points = [mpf(k) - 3 for k in range(degree + 1)]
        rows = matrix([[p**k for k in range(degree, -1, -1)] for p in points])
        found = lu_solve(rows, matrix([difference(p) for p in points]))
        value = lambda p: sum(found[k] * p**(degree - k) for k in range(degree + 1))
        if all(near(value(mpf(p)), difference(mpf(p))) for p in (11.37, 17.21, -23.6)):
            return polyroots(list(found), maxsteps=300, extraprec=300)
    return []

def is_given(root):
    return any(near(root, value, mpf(10)**-8) for value in given)

def answer():
    if not all(near(difference(value), 0, mpf(10)**-18) for value in given):
        return "no"
    if not whole:
        return "yes"
    try:
        roots = polynomial_roots()
    except (ValueError, ZeroDivisionError, TypeError, mp.NoConvergence):
        return "yes"
    real = [root for root in roots if abs(im(root)) < mpf(10)**-8]
    wanted = roots if any(im(value) != 0 for value in given) else real
    return "yes" if all(map(is_given, wanted)) else "no"

print(answer())
"""

_RANGE = """
def below(a, b):
    return a < b and not near(a, b)
stated = lambda v0: {stated}
holds = lambda v0: {holds}
ends = [{ends}]
points = [mpf(k) / 7 - 29 for k in range(400)]
points += [end + step for end in ends for step in (0, mpf(10)**-6, -mpf(10)**-6, 1, -1)]

def same(p):
    try:
        return bool(stated(p)) == bool(holds(p))
    except ZeroDivisionError:
        return not holds(p)
    except (ValueError, TypeError):
        return True

print("yes" if all(map(same, points)) else "no")
"""
