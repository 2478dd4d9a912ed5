"""Names of variables, and the plan of a program in one sentence made from them."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Collection

LONGEST_NAME = 3
"""Words of a name."""
MOST_NAMES = 4
"""Quantities that a plan names; a longer one says what is done instead."""

_ENDS = frozenset(
    [
        "because",
        "since",
        "so",
        "that",
        "which",
        "who",
        "he",
        "she",
        "they",
        "it",
        "and",
        "but",
        "while",
        "when",
        "if",
        "is",
        "are",
        "was",
        "were",
        "will",
        "as",
        "after",
        "before",
        "then",
        "where",
        "with",
        "from",
        "than",
        "or",
        "this",
        "these",
        "those",
        "there",
        "has",
        "have",
        "had",
        "can",
        "would",
        "must",
        "do",
        "does",
        "did",
        "we",
        "you",
        "i",
        "be",
        "to",
    ]
)
_LOOSE = frozenset(
    [
        "in",
        "of",
        "the",
        "for",
        "a",
        "an",
        "per",
        "each",
        "on",
        "at",
        "by",
        "more",
        "less",
        "total",
        "his",
        "her",
        "their",
        "its",
        "my",
        "your",
        "other",
        "all",
    ]
)
_OPENING = frozenset(["of", "the", "a", "an", "more", "in", "his", "her", "their", "its", "such"])
_UNTOLD = frozenset(["amount", "number"])
"""Names of what a source does not name."""
_TAKEN = frozenset([*keyword.kwlist, *dir(builtins)])
_DONE = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.FloorDiv: "divide"}
_DONE |= {ast.Mod: "take the remainder", ast.Pow: "take the power"}


def name_from(phrase: str, taken: Collection[str], otherwise: str) -> str:
    """A variable's name from the words that follow a number, up to three of them and none that says nothing.

    >>> name_from("clips in May. Then", (), "amount"), name_from(" because of", (), "amount"), name_from("%", (), "amount")
    ('clips_in_may', 'amount', 'percent')
    """
    words = "percent" if phrase.startswith("%") else re.split(r"[^\w' -]|\d|_| - ", phrase, maxsplit=1)[0]
    kept: list[str] = []
    for word in words.lower().replace("'s", "").replace("'", "").replace("-", " ").split():
        if word in _ENDS or len(kept) == LONGEST_NAME:
            break
        if kept or word not in _OPENING:
            kept.append(word)
    if kept and kept[0] in ("per", "each", "for", "by", "on", "at"):
        kept = [otherwise, *(word for word in kept if word not in _OPENING)]
    while kept and kept[-1] in _LOOSE:
        kept.pop()
    name = "_".join(kept)
    return free(name if name.isascii() and name.isidentifier() and len(name) > 1 else otherwise, taken)


def free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of name2, name3, ... that is not taken.

    >>> free("cats", {"cats", "cats2"}), free("sum", ())
    ('cats3', 'sum2')
    """
    number, tried = 2, name
    while tried in taken or tried in _TAKEN:
        tried = f"{name}{number}"
        number += 1
    return tried


def snake(name: str) -> str:
    """A name in the way Python's are written.

    >>> snake("pencilsGiven"), snake("N"), snake("totalKWh")
    ('pencils_given', 'n', 'total_kwh')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() if not name.isupper() else name.lower()


def plan(program: str) -> str:
    """One sentence that says what a program works out, in the words of its names, or else what it does.

    >>> plan("price = 4\\nbooks_cost = 3 * price\\nmoney_left = 20 - books_cost\\nprint(money_left)")
    'Find the books cost, then the money left.'
    >>> plan("a = 3 * 4\\nprint(20 - a)")
    'Multiply, then subtract.'
    """
    body = ast.parse(program).body
    if any("solve(" in ast.unparse(node) for node in body):
        return "Write down the equations and solve them."
    names = dict.fromkeys(
        node.targets[0].id.rstrip("0123456789").replace("_", " ").strip()
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _computed(node.value)
    )
    if (
        (telling := [name for name in names if name not in _UNTOLD])
        and len(names) <= MOST_NAMES
        and min(map(len, names)) > 2
    ):
        first, *rest = [f"the {name}" for name in telling]
        return f"Find {', then '.join([first, *rest])}."
    done = list(dict.fromkeys(_DONE[type(node.op)] for node in _operations(body) if type(node.op) in _DONE))
    return f"{', then '.join(done[:MOST_NAMES]).capitalize()}." if done else "Compute it step by step."


def _computed(node: ast.expr) -> bool:
    return any(isinstance(part, ast.BinOp | ast.Call | ast.IfExp | ast.ListComp) for part in ast.walk(node))


def _operations(body: list[ast.stmt]) -> list[ast.BinOp]:
    """The operations in the order in which they are carried out."""
    found: list[ast.BinOp] = []

    class Inner(ast.NodeVisitor):
        def visit_BinOp(self, node: ast.BinOp) -> None:
            self.generic_visit(node)
            found.append(node)

    for statement in body:
        Inner().visit(statement)
    return found
