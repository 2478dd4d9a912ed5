"""Where the answer stands in what a model wrote: a fixed order of rules, each of which says that it was the one.

`strict` takes only what the text states as its answer; `flexible` falls back to the output of its last program and then to the
last formula or number. A text that hedges or takes its answer back states none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from .fallbacks import bold, last_number, mathematics, output, whole
from .found import Found
from .statements import boxed, boxes, hashes, labelled, phrase

Style = Literal["strict", "flexible"]
Flag = Literal["several boxes", "hedge", "negated", "truncated", "from thoughts", "from output"]
Rule = Callable[[str], Found | None]

STRICT: dict[str, Rule] = {"boxed": boxed, "hashes": hashes, "phrase": phrase, "labelled": labelled}
"""Rules that find what is stated as the answer, in their order."""
FLEXIBLE: dict[str, Rule] = STRICT | {
    "whole": whole,
    "output": output,
    "mathematics": mathematics,
    "bold": bold,
    "last number": last_number,
}
"""The same, and then what is probably the answer."""

_THOUGHTS = re.compile(r"\A(?:(?!<think>).)*?</think>|<think>.*?(?:</think>|\Z)", re.DOTALL)
_STOP = re.compile(r"<\|(?:im_end|im_start|endoftext|eot_id|end_of_text)\|>|</s>")


@dataclass(frozen=True, slots=True)
class Extracted:
    """An answer that was found in a text, and where it comes from."""

    answer: str
    """Its text."""
    rule: str
    """Which rule found it, a key of `FLEXIBLE`."""
    span: tuple[int, int] = (0, 0)
    """Where it stands: characters from and to, in the text as it was given."""
    flags: tuple[Flag, ...] = ()
    """What is strange about it."""


def extract(text: str, style: Style = "flexible") -> Extracted | None:
    """The answer of a completion, or None when it states none or hedges between several.

    >>> extract("So 3 + 4 = 7.\\\\n#### 7")
    Extracted(answer='7', rule='hashes', span=(20, 21), flags=())
    """
    plain, flags = _without_thoughts(text)
    for name, rule in (FLEXIBLE if style == "flexible" else STRICT).items():
        if (found := rule(plain)) is not None:
            return _extracted(name, found, text, flags) if found.answer else None
    if flags == ("from thoughts",) and style == "flexible" and (found := boxed(text)) is not None and found.answer:
        return _extracted("boxed", found, text, flags)
    return None


def candidates(text: str) -> list[Extracted]:
    """What each rule would take, and every box, in the order of the rules; refusals have no answer."""
    plain, flags = _without_thoughts(text)
    found = [_extracted(name, one, text, flags) for name, rule in FLEXIBLE.items() if (one := rule(plain)) is not None]
    several = boxes(plain)
    return found + [Extracted(box.answer, "box", box.span) for box in several[:20] if len(several) > 1]


def _without_thoughts(text: str) -> tuple[str, tuple[Flag, ...]]:
    """The text with spaces for what is not said aloud, so that places stay the same."""
    if (stop := _STOP.search(text)) is not None and text[: stop.start()].strip():
        text = text[: stop.start()]
    if "think>" not in text:
        return text, ()
    plain = _THOUGHTS.sub(lambda match: " " * len(match[0]), text)
    return plain, () if plain.strip() else ("from thoughts",)


def _extracted(rule: str, found: Found, text: str, flags: tuple[Flag, ...]) -> Extracted:
    more: list[Flag] = list(flags)
    if rule == "boxed" and len({box.answer for box in boxes(text)}) > 1:
        more.append("several boxes")
    if re.search(r"\bor\b", found.answer) or found.why == "hedge":
        more.append("hedge")
    if found.why == "negated":
        more.append("negated")
    if found.why == "truncated" or text.count("```") % 2:
        more.append("truncated")
    if rule == "output":
        more.append("from output")
    return replace(Extracted(found.answer, rule, found.span), flags=tuple(more))
