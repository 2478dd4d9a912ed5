"""Where an attempt states its answer, with the rule that found it."""

from __future__ import annotations

from collections.abc import Sequence

from ..prompts import Family
from ..sandbox import Observation
from .answers import boxed
from .trajectory import Step, Thought

STATED = ("boxed", "hashes", "phrase")
"""Rules of `grading.extraction` by which a model says that something is its answer."""


def final_answer(steps: Sequence[Step], family: Family, *, cut: bool = False) -> tuple[str | None, str | None]:
    """The answer and the rule that found it: what the last words state, or else the last line that a program printed.

    Reasoning between a family's think tags states nothing. A number that merely stands last is no answer,
    and neither is what stands in a box that is still open where the text was `cut`.
    """
    text = _last_words(steps, family)
    if answer := boxed(text):  # most answers: no need for the grammar of all the others
        return answer, "boxed"
    from .grading.extraction import extract

    found = extract(text) if text.strip() else None
    if found is not None and found.rule in STATED and not (cut and "truncated" in found.flags):
        return found.answer, found.rule
    seen = next((step for step in reversed(steps) if isinstance(step, Observation)), None)
    printed = seen.text.strip() if seen is not None and seen.ok else ""
    return (printed.splitlines()[-1], "printed") if printed else (None, None)


def _last_words(steps: Sequence[Step], family: Family) -> str:
    """The last thought, if nothing came after it; with a family that thinks in tags, what of it is outside them."""
    last = steps[-1] if steps else None
    if not isinstance(last, Thought) or family.think is None:
        return last.text if isinstance(last, Thought) else ""
    before = "".join(step.text for step in steps[:-1] if isinstance(step, Thought))
    thinking = before.rfind(family.think[0]) > before.rfind(family.think[1])
    return family.answer_text((family.think[0] if thinking else "") + last.text)
