"""Asks of the comparison modules: the answer is what stands in the question, a letter of a choice, or True or False."""

from __future__ import annotations

import re

from .reading import ORDINALS, Groups, ask


def _items(groups: Groups) -> tuple[str, str]:
    """The line that names the items, and what gives the value of an item `k`."""
    exact = groups["exact"]
    if "options" not in groups:
        return f'items = "{groups["items"]}".split(", ")\n', f"{exact}(k)"
    named = re.findall(r"\(([a-z])\) (\S+)", groups["options"])
    pairs = ", ".join(f'{letter}="{number}"' for letter, number in named)
    return f"items = dict({pairs})\n", f"{exact}(items[k])"


def _kth(groups: Groups) -> str:
    line, value = _items(groups)
    rank = ORDINALS.index((groups.get("rank") or "first").strip())
    key = f"lambda k: {value}" if "options" in groups else groups["exact"]
    return f"{line}print(sorted(items, key={key})[{rank if groups['end'] == 'smallest' else -rank - 1}])"


def _closest(groups: Groups) -> str:
    line, value = _items(groups)
    return f'{line}print(min(items, key=lambda k: abs({value} - {groups["exact"]}("{groups["to"]}"))))'


def _sorted(groups: Groups) -> str:
    down = ", reverse=True" if groups.get("way", "").startswith("de") else ""
    return f'print(*sorted("{groups["items"]}".split(", "), key={groups["exact"]}{down}), sep=", ")'


def _chosen(groups: Groups) -> str:
    which = "min" if groups["end"] == "smaller" else "max"
    return f'print({which}("{groups["a"]}", "{groups["b"]}", key={groups["exact"]}))'


_SIGNS = {
    "less than or equal to": "<=",
    "at most as big as": "<=",
    "at most": "<=",
    "<=": "<=",
    "greater than or equal to": ">=",
    "at least as big as": ">=",
    "at least": ">=",
    ">=": ">=",
    "less than": "<",
    "smaller than": "<",
    "<": "<",
    "greater than": ">",
    "bigger than": ">",
    ">": ">",
    "not equal to": "!=",
    "!=": "!=",
    "equal to": "==",
    "=": "==",
}


def _relation(groups: Groups) -> str:
    exact = groups["exact"]
    return f'print({exact}("{groups["a"]}") {_SIGNS[groups["relation"]]} {exact}("{groups["b"]}"))'


_COMPARE, _DISTANCES = "Compare the numbers.", "Compare the distances."
_SAME, _DIFFERENT = (f'print({{exact}}("{{a}}") {sign} {{exact}}("{{b}}"))' for sign in ("==", "!="))

ASKS = (
    ask(r"Which is the (?P<rank>\w+ )?(?P<end>biggest|smallest) value\?\s+<options:O>", _COMPARE, _kth),
    ask(r"What is the (?P<rank>\w+ )?(?P<end>biggest|smallest) value in <items:L>\?", _COMPARE, _kth),
    ask(r"Which is the (?:closest|nearest) to <to:N>\?\s+<options:O>", _DISTANCES, _closest),
    ask(r"What is the (?:closest|nearest) to <to:N> in <items:L>\?", _DISTANCES, _closest),
    ask(r"(?:Sort|Put) <items:L>(?: in (?P<way>\w+) order)?\.", "Sort the numbers.", _sorted),
    ask(r"Which is (?P<end>smaller|bigger|greater): <a:N> or <b:N>\?", _COMPARE, _chosen),
    ask(rf"(?:Is|Does) <a:N> (?P<relation>{'|'.join(_SIGNS)}) <b:N>\?", _COMPARE, _relation),
    ask(r"Do <a:N> and <b:N> have the same value\?", _COMPARE, _SAME),
    ask(r"Are <a:N> and <b:N> equal\?", _COMPARE, _SAME),
    ask(r"Do <a:N> and <b:N> have different values\?", _COMPARE, _DIFFERENT),
    ask(r"Are <a:N> and <b:N> (?:unequal|non-?equal)\?", _COMPARE, _DIFFERENT),
)
