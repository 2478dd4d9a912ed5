"""Rules of extraction that take what a text states as its answer: a box, `####`, "the answer is", `A:`."""

from __future__ import annotations

import re

from .fallbacks import last_number, mathematics
from .found import MATHS, Found, content, is_mathematics, last_side

LONGEST = 300
"""Characters of a statement that is read as a whole at first."""
_BOX = re.compile(r"\\?(?:boxed|fbox)\s*\{")
_PHRASE = re.compile(
    r"(?:final answer|answer|result|solution)s?\s*(?:is|are|was|=|:)+\s*:?\s*(?:therefore |thus |simply |equal to |that )?",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\\(?:quad|qquad|text|[,;:! ()\[\]])|\b(?:and|or)\b|[\s,;$&{}.]")
"""What may stand between two boxes that are one answer."""
_LISTED = re.compile(
    r"(?!.*\b(?:is|was|but|so|not|wrong|then|thus|hence|therefore|or)\b)[^.\n]{0,40}\band\b[^.\n]{0,20}", re.IGNORECASE
)
"""`papers and` between two boxes: the parts of one answer, each with what it is."""
_END = re.compile(
    r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\b[ap])(?<!\b[ap]\.m)(?<=[^\d\s])[.!?](?:\s|$)|(?<=\d)\.(?:\s|$)"
    r"|(?<![-,;&|+*/=<>])\s\(|\bbecause\b|\bsince\b|(?<=\S)\*\*(?=[\s.,;:!?]|$)|\. Note"
)
"""Where a statement ends; `**` before a letter or a digit is a power of Python."""


def boxed(text: str) -> Found | None:
    """The last box; boxes joined only by commas or "and" are one answer. A final answer that is stated later counts more."""
    several = boxes(text)
    if not several:
        return None
    if (later := phrase(text[several[-1].span[1] :], final=True)) is not None and is_mathematics(later.answer):
        offset = several[-1].span[1]
        return Found(later.answer, (later.span[0] + offset, later.span[1] + offset))
    start = len(several) - 1
    while start and _are_joined(text[several[start - 1].span[1] : several[start].span[0]]):
        start -= 1
    contents = list(dict.fromkeys(box.answer for box in several[start:]))
    if len(contents) < len(several) - start and len(contents) > 1:
        contents = [box.answer for box in several[start:]]
    span = several[start].span[0], several[-1].span[1]
    return Found(", ".join(_peeled(one) for one in contents), span, several[-1].why)


def _are_joined(between: str) -> bool:
    """Whether two boxes with this between them are one answer."""
    return not _JOINT.sub("", between) or _LISTED.fullmatch(between) is not None


def boxes(text: str) -> list[Found]:
    """Each outermost box; one that is never closed ends with its line."""
    found = []
    position = 0
    while (match := _BOX.search(text, position)) is not None:
        depth, i = 1, match.end()
        while i < len(text) and depth:
            if text[i] == "\\":
                i += 1  # a brace with a backslash is a sign like any other
            elif text[i] in "{}":
                depth += 1 if text[i] == "{" else -1
            i += 1
        inside = text[match.end() : i - 1] if not depth else _mended(text[match.end() :].split("\n")[0].rstrip("$. "))
        found.append(Found(inside, (match.start(), i), "truncated" if depth else ""))
        position = i if not depth else len(text)
    return found


def _mended(inside: str) -> str:
    """Braces that a text which was cut off leaves open are closed, where only closing ones were lost."""
    opened = inside.rstrip("}").count("{")
    if inside.endswith("}") and inside.count("{") > inside.count("}") and opened < 200:
        return inside.rstrip("}") + "}" * opened
    return inside


def _peeled(inside: str) -> str:
    """The inside of boxes inside the box."""
    for _ in range(len(inside) // 7 + 1):
        match = re.match(r"\s*\\boxed\s*\{", inside)
        if match is None:
            break
        inside = inside[match.end() :].rstrip()
        inside = inside[:-1] if inside.endswith("}") else inside
    return inside.strip()


def hashes(text: str) -> Found | None:
    """What stands behind the last `####`."""
    return _last_line(r"####[ \t]*(\S.*)", text)


def labelled(text: str) -> Found | None:
    """What stands behind the last `A:` at the beginning of a line."""
    return _last_line(r"(?m)^[ \t]*A(?:ns)?:[ \t]*(\S.*)", text)


def _last_line(pattern: str, text: str) -> Found | None:
    matches = list(re.finditer(pattern, text))
    return Found(matches[-1][1].strip(), matches[-1].span(1)) if matches else None


def phrase(text: str, *, final: bool = False) -> Found | None:
    """What follows the last "the answer is"; with `final` only after "the final answer is"."""
    matches = [match for match in _PHRASE.finditer(text) if not final or match[0].lower().startswith("final")]
    if not matches:
        return None
    start = matches[-1].end()
    line = re.search(r"\S.*", text[start:])
    if line is None:
        return None
    tail, span = line[0].strip(), (start + line.start(), start + line.end())
    if re.match(r"(?:not|never)\b", tail, re.IGNORECASE):
        return Found("", span, "negated")
    return Found(_trimmed(tail), span)


def _trimmed(tail: str) -> str:
    """The statement itself, without what is said after it."""
    tail = re.sub(r'^\\?["“”]+|\\?["“”]+(?=\.|$)', "", tail.strip().strip("*").strip())
    if (maths := MATHS.match(tail)) is not None:
        rest = tail[maths.end() :]
        if not re.match(r"\s*(?:,|or|and)\s*\$", rest):
            return last_side(content(maths))
        return tail.replace("$", "").rstrip(". \t")
    if len(tail) < LONGEST and is_mathematics(stripped := tail.rstrip(" .")):
        return stripped
    if choice := re.match(r"\(([A-Z])\)", tail):
        return choice[1]
    tail = _END.split(tail)[0].strip(" .*")
    ordinal = re.search(r"\d(?:st|nd|rd|th)\b", tail)
    if len(tail.split()) > 2 and re.search(r"\d", tail) and not ordinal and not is_mathematics(tail):
        inner = mathematics(tail[tail.rfind(" is ") + 1 :]) or last_number(tail)
        return inner.answer if inner is not None else tail
    return tail
