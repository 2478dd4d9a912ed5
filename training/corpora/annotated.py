"""Annotated arithmetic: solutions in words with `<<48/2=24>>`, as in GSM8K; or with plain equations in the text.

Every annotation becomes a line of a program, named by the words behind it; a number that an earlier line gave becomes
that line's name. So `Natalia sold 48/2 = <<48/2=24>>24 clips in May.` becomes `clips_in_may = 48 / 2`. The words without
annotations are the solution in words.

Promises: all annotations, and every claim of the words that can be read, are true. Does not promise that a number equal
to an earlier result is meant to be it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .arithmetic import NUMBER, Claim, NotArithmetic, claims, false_claim, plain, python, tree, value, without_units
from .givens import refuse_invented
from .naming import name_from
from .programs import printed
from .solution import Row, Solution, Unusable, bare_number

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_NUMBER = re.compile(NUMBER)
_GOLD = re.compile(r"\n?####\s*(.+?)\s*$")


_Found = Iterable[tuple[Claim, str, str]]
"""Claims, each with the words before and after it."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    calculation: ast.expr
    value: Fraction


def annotated(row: Row) -> Solution:
    """A program and words from a solution with annotations, or else with equations in its text. Raises `Unusable`."""
    gold = _GOLD.search(row.words)
    answer = bare_number(gold[1] if gold else row.gold)
    question = "\n".join(" ".join(line.split()) for line in row.question.strip().splitlines())
    text = _GOLD.sub("", row.words)
    said = words_of(text)
    cot = sentences(said)
    steps = _leading_to(answer, question, (_annotations(text), _equations(said)))
    return Solution(question, answer, program_of(steps), "" if false_claim(cot) else cot, len(steps))


def words_of(text: str) -> str:
    """A text without its annotations, its arithmetic in Python's operators.

    >>> words_of("He sold 48/2 = <<48/2=24>>24 of them.")
    'He sold 48/2 = 24 of them.'
    """
    return plain(_ANNOTATION.sub("", text))


def sentences(text: str) -> str:
    r"""Lines as sentences of one paragraph.

    >>> sentences("Two cats\n\nThree dogs.\n")
    'Two cats. Three dogs.'
    """
    lines = (" ".join(line.split()) for line in text.splitlines())
    return " ".join(line if line[-1] in ".!?:;," else f"{line}." for line in lines if line)


def program_of(steps: Iterable[_Step]) -> str:
    """Lines that compute the steps, those that nothing uses left out, and print the last."""
    steps = list(steps)
    used = {steps[-1].name}
    for step in reversed(steps):
        if step.name in used:
            used |= {node.id for node in ast.walk(step.calculation) if isinstance(node, ast.Name)}
    body: list[ast.stmt] = [
        ast.Assign([ast.Name(step.name, ast.Store())], step.calculation, lineno=0)
        for step in steps
        if step.name in used
    ]
    return printed(body, ast.Name(steps[-1].name, ast.Load()))


def _leading_to(answer: str, question: str, ways: Iterable[_Found]) -> list[_Step]:
    """The steps of the first way that computes the answer from the question's numbers. Raises `Unusable`."""
    fault: Unusable | None = None
    for found in ways:
        try:
            steps = _steps(list(found), question)
            if not Claim((answer, str(steps[-1].value)), 0, 0).true:
                raise Unusable("arithmetic leads elsewhere: its last result is not the right answer")
            refuse_invented(program_of(steps), question)
        except Unusable as reason:
            fault = fault or reason
        else:
            return steps
    raise fault or Unusable("no arithmetic:")


def _steps(found: Sequence[tuple[Claim, str, str]], question: str) -> list[_Step]:
    given = {value(number) for number in map(python, _NUMBER.findall(question))}
    steps: list[_Step] = []
    for claim, before, after in found:
        try:
            result, calculation = [value(term) for term in claim.terms][-1], tree(claim.calculation)
        except NotArithmetic:
            raise Unusable(f"annotation not understood: {claim}") from None
        if not claim.true:
            raise Unusable(f"wrong annotation: {claim}")
        if any(isinstance(node, ast.BinOp) for node in ast.walk(calculation)):
            name = name_from(after, [step.name for step in steps], "amount" if before.endswith("$") else "number")
            last = claim is found[-1][0]
            steps.append(_Step(name, _linked(calculation, steps, given, last=last), result))
    if not steps:
        raise Unusable("no arithmetic: there is nothing to make a program of")
    return steps


def _annotations(text: str) -> _Found:
    """Each annotation with the words before and after its result."""
    for match in _ANNOTATION.finditer(text):
        after = re.sub(rf"^\s*\$?-?(?:{NUMBER})", "", text[match.end() :])
        claim = Claim(tuple(map(python, match[1].split("="))), match.start(), match.end())
        yield claim, text[: match.start()].rstrip(), after.lstrip(" ")


def _equations(text: str) -> _Found:
    text = without_units(text)
    for claim in claims(text):
        if false_claim(str(claim)) is None:
            yield claim, text[: claim.end].rstrip("0123456789.,"), text[claim.end :].lstrip(" ")


def _linked(calculation: ast.expr, steps: list[_Step], given: set[Fraction], *, last: bool) -> ast.expr:
    """The calculation with earlier results by name, where the number is not given.

    The last step puts together what is not used yet: there such results go before numbers that are given.
    """
    used = {node.id for step in steps for node in ast.walk(step.calculation) if isinstance(node, ast.Name)}

    class Links(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            number = Fraction(str(node.value))
            for step in reversed(steps):
                if step.value == number and (number not in given or (last and step.name not in used)):
                    return ast.Name(step.name, ast.Load())
            return node

    linked: ast.expr = Links().visit(calculation)
    return linked
