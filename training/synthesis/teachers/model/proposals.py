"""An attempt as a proposed solution: what a model is to learn from it, to be executed again by whoever judges it."""

from __future__ import annotations

from collections.abc import Iterable

from .....engine.answers import BOX, boxed
from .....engine.trajectory import Step, Thought, Trajectory
from .....prompts import Family
from .....sandbox import Observation, Program
from ...candidate import ANSWER, Code, Proposal, Words, Written


def proposals(attempts: Iterable[Trajectory], family: Family) -> tuple[Proposal, ...]:
    """Different proposals of these attempts, in order; what is not fit to be learnt from is left out."""
    found = (proposal(attempt, family) for attempt in attempts)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def proposal(attempt: Trajectory, family: Family) -> Proposal | None:
    """One attempt as a proposal. None where a program failed on the way, where the engine had to ask for the answer, and
    where words alone do not state it in a box. Reasoning between a family's think tags is left out."""
    observed = [step for step in attempt.steps if isinstance(step, Observation)]
    if not all(one.ok for one in observed):
        return None
    steps = [step for step in (_step(one, family) for one in attempt.steps) if step is not None]
    last = steps[-1] if steps else None
    if isinstance(last, Words) and family.nudge and family.nudge.strip() in last.text:
        return None
    if not observed:
        return Proposal("cot", tuple(steps)) if isinstance(last, Words) and boxed(last.text) else None
    mode: Written = "mixed" if isinstance(steps[0], Words) else "pot"
    final = Words(_with_place(last.text, observed[-1].text.strip())) if isinstance(last, Words) else Words(ANSWER)
    before = steps[:-1] if isinstance(last, Words) else steps
    if mode == "pot" and ANSWER in final.text:
        final = Words(ANSWER)  # after a program without words, an explanation would be of another mode
    return Proposal(mode, (*before, final))


def _step(step: Step, family: Family) -> Words | Code | None:
    """A step without what is not said; None for an observation and for words of which nothing is left."""
    if isinstance(step, Thought):
        said = family.answer_text(step.text)
        return Words(said.strip()) if said.strip() else None
    return Code(step.code) if isinstance(step, Program) else None


def _with_place(text: str, printed: str) -> str:
    """The text with `ANSWER` where its last box holds what was printed.

    >>> _with_place("It is \\\\boxed{\\\\frac{1}{2}}.", "\\\\frac{1}{2}") == f"It is {ANSWER}."
    True
    """
    content = boxed(text)
    if content is None or content != printed:
        return text
    before, _, rest = text.rpartition(BOX)
    after = rest[rest.index(content) + len(content) :].partition("}")[2]
    return f"{before}{ANSWER}{after}"
