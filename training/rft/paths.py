"""What makes a solution another way to the answer, and how like two ways are.

A path is compared by its words, its equations, and its programs, as trees and by what they printed; never by its text alone,
because the same program with other names is the same way. Programs are parsed, never run, and equations are checked by the
grammar of `engine.grading`.

    sim = 0.5 words + 0.2 equations + 0.3 programs

after the path identity of Yuan et al. 2023 (arXiv 2308.01825: one path for each list of equations), extended to programs. A
part that neither path has is left out, and the weights of the others grow to 1.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...engine.receipts.programs import normal_form
from ...engine.trajectory import Step, Thought
from ...evaluation.contamination.sequence import jaccard, lcs_ratio
from ...sandbox import Observation, Program
from ..corpora.arithmetic import false_claim

WEIGHTS = {"words": 0.5, "equations": 0.2, "programs": 0.3}
"""Shares of the parts in the similarity."""
GRAM = 3
"""Words in a run of words."""

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[^\sa-z\d]")
_EQUATION = re.compile(r"(?<![\w.^)])([-\d(][\d.,+\-*/() ]*?) ?= ?(-?\d[\d,]*(?:\.\d+)?(?:/\d+)?)(?![\d.]*\w)")
_SUM_OR_PRODUCT = re.compile(r"[\d.]+(?:\+[\d.]+)+|[\d.]+(?:\*[\d.]+)+")


@dataclass(frozen=True, slots=True)
class Path:
    """What of a solution is compared."""

    words: tuple[str, ...]
    """The words of its thoughts, in small letters."""
    equations: tuple[str, ...]
    """`expression=number` in order, without spaces, the operands of plain sums and products sorted."""
    programs: tuple[str, ...]
    """Normal forms of its programs."""
    printed: tuple[str, ...]
    """What its programs printed: the trace of values."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two solutions that go the same way: the same programs with the same values, and the same equations;
        by their words where they have none of these."""
        calculation = (self.programs, self.printed if self.programs else (), self.equations)
        return calculation if self.programs or self.equations else (self.words,)


def path_of(steps: Sequence[Step]) -> Path:
    """The path of a solution.

    >>> path_of([Thought("So 5 * 3 = 15 cats.")]).equations
    ('3*5=15',)
    """
    said = " ".join(step.text for step in steps if isinstance(step, Thought))
    code = [step.code for step in steps if isinstance(step, Program)]
    return Path(
        words=tuple(_WORD.findall(said.lower())),
        equations=tuple(f"{left}={right}" for left, right in _equations(said)),
        programs=tuple(normal_form(text) or text for text in code),
        printed=tuple(step.text.strip() for step in steps if isinstance(step, Observation)),
    )


def sound(steps: Sequence[Step]) -> bool:
    """Whether every equation between numbers that the words state is true."""
    return not any(false_claim(step.text) for step in steps if isinstance(step, Thought))


def similarity(a: Path, b: Path) -> float:
    """How like two paths are, from 0 (nothing in common) to 1 (the same)."""
    if a.identity == b.identity:
        return 1.0
    parts: dict[str, float] = {}
    if a.words and b.words:
        parts["words"] = (jaccard(_grams(a.words), _grams(b.words)) + lcs_ratio(a.words, b.words)) / 2
    if a.equations or b.equations:
        parts["equations"] = lcs_ratio(a.equations, b.equations)
    if a.programs or b.programs:
        parts["programs"] = _bags_jaccard(_subtrees(a.programs), _subtrees(b.programs))
    whole = sum(WEIGHTS[name] for name in parts)
    return sum(WEIGHTS[name] * value for name, value in parts.items()) / whole if parts else 1.0


def _bags_jaccard(a: Counter[str], b: Counter[str]) -> float:
    """Shared elements, with repetitions, as a share of all elements; 1 for two empty bags."""
    return (a & b).total() / (a | b).total() if a or b else 1.0


def _equations(text: str) -> Iterator[tuple[str, str]]:
    for left, right in _EQUATION.findall(text):
        tight = left.replace(" ", "").replace(",", "")
        if any(operator in tight[1:] for operator in "+-*/"):
            yield _SUM_OR_PRODUCT.sub(_sorted, tight), right.replace(",", "")


def _sorted(match: re.Match[str]) -> str:
    operator = "+" if "+" in match[0] else "*"
    whole = match.start() == 0 and match.end() == len(match.string)
    return operator.join(sorted(match[0].split(operator))) if whole else match[0]


def _grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + GRAM]) for place in range(max(1, len(words) - GRAM + 1))]


@lru_cache(maxsize=4096)
def _subtrees(programs: tuple[str, ...]) -> Counter[str]:
    """The sub-trees of depth 2 of programs, as a bag: each node's kind with those of its children; names and texts are left
    out, numbers are kept."""
    bag: Counter[str] = Counter()
    for program in programs:
        bag.update(_nodes(program))
    return bag


def _nodes(form: str) -> Iterator[str]:
    """The nodes of a normal form, which is the dump of a tree; of a program without one, its lines."""
    try:
        tree = ast.parse(form)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from form.splitlines()
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield f"{_label(node.func)}({', '.join(_label(child) for child in ast.iter_child_nodes(node))})"


def _label(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=int() | float() as number):
            return str(number)
        case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
            return name
        case ast.keyword(value=value):
            return _label(value)
    return type(node).__name__
