"""Where the answer stands in what a model wrote: a fixed order of rules, each of which says that it was the one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .parser import parse
from .tokens import Unreadable
from .tree import Text


@dataclass(frozen=True, slots=True)
class Extracted:
    """An answer that was found in a text."""

    answer: str
    """Its text."""
    rule: str
    """Which rule found it: `boxed`, `hashes`, `phrase`, `display`, `bold`, `mathematics`, `last number`, `whole`."""


_BOX = re.compile(r"\\?(?:boxed|fbox)\s*\{")
_THINK = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_PHRASE = re.compile(
    r"(?:final answer|answer|result|solution)s?\s*(?:is|are|was|=|:)+\s*:?\s*(?:therefore |thus |simply |equal to |that )?",
    re.IGNORECASE,
)
_MATHS = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\$([^$]+)\$|\\\((.+?)\\\)", re.DOTALL)
_NUMBER = re.compile(
    r"[-−]?[$£€]?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?|[-−]?[$£€]?\d+(?:\.\d+)?(?:/\d+)?(?:[eE][+-]?\d+)?%?|(?<!\d)[-−]?\.\d+"
)
_JOINT = re.compile(r"\\(?:quad|qquad|text|[,;:! ()\[\]])|\b(?:and|or)\b|[\s,;$&{}.]")
"""What may stand between two boxes that are one answer."""
_NEGATED = re.compile(r"\b(?:not|isn't|never|cannot be)\s*(?:equal to )?$", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:or|maybe|perhaps|either)\b", re.IGNORECASE)


def extract(text: str) -> Extracted | None:
    """The answer of a completion, or None when it states none or hedges between several."""
    text = _THINK.sub(" ", text) if "</think>" in text or "<think>" in text else text
    for rule in (_boxed, _hashes, _phrase, _whole, _mathematics, _bold, _last_number):
        if (found := rule(text)) is not None:
            return found if found.answer else None
    return None


def _boxed(text: str) -> Extracted | None:
    """The last box; boxes joined only by commas or "and" are one answer."""
    boxes = _boxes(text)
    if not boxes:
        return None
    start = len(boxes) - 1
    while start and not _JOINT.sub("", text[boxes[start - 1][2] : boxes[start][0]]):
        start -= 1
    contents = [content for _, content, _ in boxes[start:]]
    if len(set(contents)) == 1:
        contents = contents[:1]
    return Extracted(", ".join(_peeled(content) for content in contents), "boxed")


def _peeled(content: str) -> str:
    """The inside of boxes inside the box."""
    for _ in range(len(content) // 7 + 1):
        match = re.match(r"\s*\\boxed\s*\{", content)
        if match is None:
            break
        content = content[match.end() :].rstrip()
        content = content[:-1] if content.endswith("}") else content
    return content.strip()


def _boxes(text: str) -> list[tuple[int, str, int]]:
    """Start, content and end of each outermost box; a box that is never closed ends with its line."""
    found = []
    position = 0
    while (match := _BOX.search(text, position)) is not None:
        depth, i = 1, match.end()
        while i < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[i], 0)
            i += 1
        content = text[match.end() : i - 1] if not depth else text[match.end() :].split("\n")[0].rstrip("$. ")
        if depth and content.count("{") > content.count("}") and content.count("{") < 200:
            content = content.rstrip("}") + "}" * content.rstrip("}").count("{") if content.endswith("}") else content
        found.append((match.start(), content, i))
        position = i if not depth else len(text)
    return found


def _hashes(text: str) -> Extracted | None:
    match = re.findall(r"####\s*(.+)", text)
    return Extracted(match[-1].strip(), "hashes") if match else None


def _phrase(text: str) -> Extracted | None:
    """What follows the last "the answer is"."""
    matches = list(_PHRASE.finditer(text))
    if not matches:
        return None
    tail = text[matches[-1].end() :].split("\n")[0].strip()
    if not tail:
        tail = text[matches[-1].end() :].strip().split("\n")[0].strip()
    if re.match(r"(?:not|never)\b", tail, re.IGNORECASE):
        return Extracted("", "phrase")
    return Extracted(_trimmed(tail), "phrase") if tail else None


def _trimmed(tail: str) -> str:
    """The statement itself, without what is said after it."""
    tail = tail.strip().strip("*").strip()
    if (maths := _MATHS.match(tail)) is not None:
        rest = tail[maths.end() :]
        if not re.match(r"\s*(?:,|or|and)\s*\$", rest):
            return _last_side(_content(maths))
        return re.sub(r"[.\s]+$", "", tail.replace("$", ""))
    choice = re.match(r"\(([A-Z])\)", tail)
    if choice:
        return choice[1]
    tail = re.split(r"(?<=[^\d\s])[.!?](?:\s|$)|(?<=\d)\.(?:\s|$)|\s\(|\bbecause\b|\bsince\b|\*\*|\. Note", tail)[0]
    tail = tail.strip(" .*")
    if len(tail.split()) > 2 and re.search(r"\d", tail) and not _is_mathematics(tail):
        inner = _mathematics(tail[tail.rfind(" is ") + 1 :]) or _last_number(tail)
        return inner.answer if inner is not None else tail
    return tail


def _whole(text: str) -> Extracted | None:
    """A text that is nothing but an answer."""
    stripped = text.strip()
    if "\n" in stripped or len(stripped) > 120 or len(stripped.split()) > 12:
        return None
    if not re.search(r"\$\s*or\s*\$", stripped) and _is_mathematics(stripped):
        return Extracted(stripped, "whole")
    first = re.match(r"(Yes|No|True|False)\b", stripped, re.IGNORECASE)
    return Extracted(first[1], "whole") if first else None


def _is_mathematics(text: str) -> bool:
    """Whether all of it can be read, and not only as words."""
    try:
        return not isinstance(parse(text), Text)
    except Unreadable:
        return False


def _mathematics(text: str) -> Extracted | None:
    """The last formula between delimiters, if the text does not hedge about it."""
    matches = list(_MATHS.finditer(text))
    if not matches:
        return None
    if len(matches) > 1 and re.search(r"\bor\b", text[matches[-2].end() : matches[-1].start()]):
        return Extracted("", "mathematics")
    return Extracted(_last_side(_content(matches[-1])), "mathematics")


def _content(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None).strip()


def _last_side(formula: str) -> str:
    """`\\frac12 = 0.5 = 50\\%` ends with one of several names of the answer: the first value is kept."""
    sides = [side.strip() for side in re.split(r"(?<![<>!\\])=(?!=)", formula)]
    return sides[0] if len(sides) > 2 and not re.match(r"^[A-Za-z]", sides[0]) else formula


def _bold(text: str) -> Extracted | None:
    matches = re.findall(r"\*\*([^*\n]+)\*\*", text)
    return Extracted(matches[-1].strip(" ."), "bold") if matches else None


def _last_number(text: str) -> Extracted | None:
    matches = list(_NUMBER.finditer(text))
    if not matches:
        return None
    last = matches[-1]
    if (
        _NEGATED.search(text[: last.start()])
        or re.search(r"\bor\s*$", text[: last.start()])
        or (len(matches) > 1 and _HEDGE.search(text[matches[-2].end() : last.start()]))
    ):
        return Extracted("", "last number")
    return Extracted(last[0], "last number")
