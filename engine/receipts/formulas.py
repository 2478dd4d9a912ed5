"""The formulas of a question, and its words with a sign in the place of each.

Promises: a formula is read whole by the grammar of answers or not at all. Does not promise to find every formula: what stands
between words that look like mathematics, or mathematics that looks like words, is left with the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..grading.parser import parse
from ..grading.tokens import Unreadable
from ..grading.tree import Call, Group, Name, Node, Number, Ratio, Relation, Text, variables

LONGEST = 2_000
"""Characters of a question that is read."""
_DELIMITED = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_PIECE = re.compile(
    r"\s+|\d{1,3}(?:,\d{3})+(?![\d,])|\d*\.?\d+|\\[A-Za-z]+|[A-Za-z]+(?:'[a-z]+|'*)|\*\*|<=|>=|->|!=|==|\.\.\.|.",
    re.DOTALL,
)
_SIGNS = frozenset("+-*/^=<>()[]{}|!_≤≥≠√·×÷−²³⁴⁵⁶⁷⁸⁹∞π%") | {"**", "<=", ">=", "!=", "=="}
_WORDS = re.compile(
    r"a?(?:sin|cos|tan)|cot|sec|csc|arc(?:sin|cos|tan)|(?:sin|cos|tan)h|exp|log|ln|sqrt|abs|pi|oo|inf|infinity|Matrix"
)
_NO_PRODUCT = re.compile(r"st|nd|rd|th|cm|mm|km|kg|am|pm|ft|in|ml|mg|oz|lb|and|or|is|of|to|as|at|by|if")


def _matrix(found: re.Match[str]) -> str:
    """`[1 2; 3 4]` as a list of lists."""
    return "[" + ", ".join(f"[{', '.join(row.split())}]" for row in found[1].split(";")) + "]"


_Spelling = str | Callable[[re.Match[str]], str]
_SPELLINGS: tuple[tuple[re.Pattern[str], _Spelling], ...] = tuple(
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        (r"∫", r"\\int "),
        (r"Σ|\bsum(?=_)", r"\\sum "),
        (r"\blim(?=_)", r"\\lim"),
        (r"(?<=\{\w)\s*(?:->|→)", r" \\to "),
        (r"\bd/d([a-z])\b", r"derivative by \1 of "),
        (r"(?<=\d)\s+x\s+(?=[\d(])", " * "),
        (r"\s*=\s*(?:_+|\?)", " ?"),
        (r"\[(-?[\d/.]+(?: +-?[\d/.]+)*(?:; *-?[\d/.]+(?: +-?[\d/.]+)*)+)\]", _matrix),
    )
)
"""What is written in several ways, and the one that the grammar reads."""
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was read."""

    words: str
    """Its words in small letters, with `#0`, `#1` ... where the formulas stand."""
    formulas: tuple[Node, ...]
    """The formulas in order, numbers included."""
    unread: bool
    """Whether something that looks like a formula could not be read."""

    @property
    def numbers(self) -> list[int]:
        """The numbers in order, where all formulas are whole numbers or groups of them; else none."""
        leaves = [leaf for tree in self.formulas for leaf in (tree.items if isinstance(tree, Group) else (tree,))]
        found = [int(leaf.value) for leaf in leaves if isinstance(leaf, Number) and leaf.value.denominator == 1]
        return found if len(found) == len(leaves) else []

    @property
    def functions(self) -> list[Node]:
        """Expressions with a variable in them, and the right sides of definitions such as `f(x) = ...` and `y = ...`."""
        return [body for tree in self.formulas if (body := _body(tree)) is not None]

    def number(self, group: str | None) -> Node | None:
        """The formula that a `#3` of the words stands for."""
        return self.formulas[int(group)] if group is not None else None


def read(question: str) -> Reading:
    """The words and formulas of a question.

    >>> read("Solve x^2 - 5x + 3 = 0 for x.").words
    'solve #0 for #1 .'
    """
    words: list[str] = []
    formulas: list[Node] = []
    unread = False
    for text, is_formula in _runs(question[:LONGEST]):
        tree = _parsed(text) if is_formula else None
        if tree is not None:
            words.append(f"#{len(formulas)}")
            formulas.append(tree)
        else:
            words.append(text)
            unread |= is_formula and bool(re.search(r"[=^+*/\d]", text))
    return Reading(" ".join(" ".join(words).lower().split()), tuple(formulas), unread)


def _body(tree: Node) -> Node | None:
    if isinstance(tree, Relation) and tree.signs == ("=",) and isinstance(tree.sides[0], Name):
        named = tree.sides[0].name
        tree = tree.sides[1] if "(" in named or (named in "yzsv" and variables(tree.sides[1])) else Name("x")
    return tree if isinstance(tree, Call) and variables(tree) else None


def _parsed(text: str) -> Node | None:
    try:
        tree = parse(re.sub(r"\binf(?:inity)?\b", "oo", text))
    except Unreadable:
        return None
    return None if isinstance(tree, Text | Ratio) or tree == Group((), "") else tree


def _runs(question: str) -> list[tuple[str, bool]]:
    """Pieces of the question in order, each with whether it looks like a formula."""
    found: list[tuple[str, bool]] = []
    start = 0
    for match in _DELIMITED.finditer(question):
        inside = next(group for group in match.groups() if group is not None)
        if re.search(r"(?<!\\)\b[a-z]{4,}\b", re.sub(r"\\(?:begin|end)\{\w+\}|\\[a-z]+", "", inside)):
            continue  # two prices with words between them
        found += _plain(question[start : match.start()])
        found.append((inside, True))
        start = match.end()
    return found + _plain(question[start:])


def _plain(text: str) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    run: list[str] = []
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    pieces = _PIECE.findall(text)
    for number, piece in enumerate(pieces):
        after = pieces[number + 1] if number + 1 < len(pieces) else " "
        if _belongs(piece, run, after):
            run.append(piece)
        else:
            found += [*_trimmed("".join(run)), (piece, False)]
            run = []
    return found + _trimmed("".join(run))


def _belongs(piece: str, run: list[str], after: str) -> bool:
    """Whether a piece goes on with the formula, or begins one."""
    if piece.isspace() or piece in _SIGNS or piece[0].isdigit() or piece[0] == "\\" or piece[-1:].isdigit():
        return True
    if piece in (",", ";"):
        return sum(_BRACKETS.get(one, 0) for one in run) > 0
    if piece.isalpha():
        glued = bool(run) and run[-1][-1].isdigit()
        product = (
            glued and len(set(piece)) == len(piece) in (2, 3) and piece.islower() and not _NO_PRODUCT.fullmatch(piece)
        )
        differential = len(piece) == 2 and piece[0] == "d" and r"\int" in run
        return len(piece) == 1 or _WORDS.fullmatch(piece) is not None or product or differential
    return False


def _trimmed(text: str) -> list[tuple[str, bool]]:
    """A run without the article before it, and the dash or article after it."""
    before = re.match(r"\s*(?:[aAI]\s+(?=[\w(\\]))?", text)
    start = before.end() if before is not None else 0
    core = re.sub(r"\s+[aAI]?\s*[-]?\s*$", "", " " + text[start:]).strip()
    if letter := re.match(r"([A-Za-z]) (?=-\S.*[<>=≤≥].*\1)", core):  # `for which t -5 <= 2t`: the letter is no term
        return [(text[:start], False), (letter[1], True), (core[letter.end() :], True)]
    if not re.search(r"[A-Za-z\d]|∞|π", core) or core in ("a", "A", "I"):
        return [(text, False)]
    return [(text[:start], False), (core, True)]
