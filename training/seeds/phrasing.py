"""How different people type the same question: greetings, missing full stops, small letters, slips, typographic operators.

Promises: the mathematics of a question is never changed, only what is around it and which character an operator is
typed with. Trained questions and held-out phrasings draw their greetings from lists without a common entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from ...engine.grading.spoken import spelled_number

OPENERS = (
    "Hi, ", "Hi! ", "Hello, ", "Hey, ", "hey ", "Please ", "please ", "Question: ", "Q: ", "Problem: ", "Task: ",
    "Exercise: ", "Homework: ", "Math question: ", "Quick question: ", "quick one: ", "Can you help me? ",
    "Help me with this: ", "Help: ", "I need help with this one. ", "Solve this: ", "Here is a problem. ",
    "Consider this. ", "Good morning! ", "Dear tutor, ", "ok so ", "So, ", "Next: ", "1. ", "2) ", "(a) ",
    "Answer this: ", "Try this: ", "My teacher asks: ",
)  # fmt: skip
"""Put before a trained question."""

CLOSERS = (
    " Thanks!", " Thank you.", " thanks", " Please.", " please", " Show your work.", " Explain.",
    " Give the answer only.",
    " Give an exact answer.", " I need the exact answer.", " Can you help?", " Help please!", " What's the answer?",
    " Just the result, please.", " Thanks in advance!",
)  # fmt: skip
"""Put after a trained question."""

HELD_OUT_OPENERS = (
    "Good evening. ", "Could you look at this? ", "I was wondering: ", "Math: ", "Riddle me this: ", "Yo, ",
    "Problem 7. ", "From my textbook: ",
)  # fmt: skip
"""Put before a held-out phrasing; never trained on."""

_COMMANDS = re.compile(
    r"(?:Find|Compute|Determine|Work out|Calculate|Give|Evaluate|Solve|Differentiate|Integrate|Factor|Simplify|Expand|"
    r"Add|Subtract|Multiply|Divide|Convert|Round|Write|List|Show|Tell|Take|State|Use)\b",
    re.IGNORECASE,
)


_ROUNDED = re.compile(r"round|decimal|nearest|approximat|estimat|significant|\bd\.?p\b|\bs\.?f\b", re.IGNORECASE)
"""Of a question whose answer is not exact."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How often something is typed differently from the frame."""

    opener: float = 0.12
    """Something before the question."""
    closer: float = 0.07
    """Something after it."""
    small: float = 0.12
    """A small first letter."""
    bare: float = 0.12
    """Without the final punctuation mark."""
    marked: float = 0.06
    """With a final punctuation mark that the frame lacks."""
    typographic: float = 0.07
    """Operators typed as ×, −, ², √ ..."""
    double_space: float = 0.02
    """One space typed twice."""
    slip: float = 0.04
    """Two letters of a word exchanged."""


TRAINED = Habits()
"""For questions that are trained on, and for held-out numbers, which differ from them in nothing else."""


def vary(question: str, rng: Random, openers: tuple[str, ...] = OPENERS, habits: Habits = TRAINED) -> str:
    """The question as somebody might type it."""
    if rng.random() < habits.typographic:
        question = typographic(question, rng)
    question = _ending(question, rng, habits)
    if rng.random() < habits.small and question[1:2].islower():
        question = question[0].lower() + question[1:]
    if rng.random() < habits.opener:
        question = _opened(question, rng.choice(openers))
    if rng.random() < habits.slip:
        question = slipped(question, rng)
    if rng.random() < habits.double_space and " " in question:
        words = question.split(" ")
        cut = rng.randrange(1, len(words))
        question = " ".join(words[:cut]) + "  " + " ".join(words[cut:])
    return question


def plainly_opened(question: str, rng: Random) -> str:
    """A held-out phrasing: as the frame has it, in one case of eight after a greeting that is never trained on."""
    return _opened(question, rng.choice(HELD_OUT_OPENERS)) if rng.random() < 0.125 else question


_WORD_AT_END = re.compile(r"(?:^|\s)[A-Za-z]{2,}$")
"""What may stand before an exclamation mark; after anything else it would be a factorial."""


def _ending(question: str, rng: Random, habits: Habits) -> str:
    last = question[-1:]
    factorial = last == "!" and not _WORD_AT_END.search(question[:-1])
    if last in ".?!" and rng.random() < habits.bare:
        return question if factorial else question[:-1].rstrip()
    if last.isalnum() and rng.random() < habits.marked:
        mark = rng.choice((".", "?", " ?", "!", " ="))
        amiss = (mark == "!" and not _WORD_AT_END.search(question)) or (mark == " =" and "=" in question)
        question += "." if amiss else mark
    if question[-1:] in ".?!" and rng.random() < habits.closer:
        closer = rng.choice(CLOSERS)
        return question if "exact" in closer and _ROUNDED.search(question) else question + closer
    return question


def _opened(question: str, opener: str) -> str:
    """`please` goes only before a command; after a comma or nothing, the question goes on with a small letter. A question that
    begins so already stays as it is."""
    if question.lower().startswith(opener.lower()):
        return question
    if opener.lower() == "please ":
        return opener + question[0].lower() + question[1:] if _COMMANDS.match(question) else question
    if (
        opener[-2] not in ".?!:)"
        and (question[1:2].islower() or question.startswith("A "))
        and not question.startswith(("I ", "I'"))
    ):
        return opener + question[0].lower() + question[1:]
    return opener + question


_WORD = re.compile(r"(?<= )[a-z]{5,}(?=[ ,.?!])")
"""Words that stay readable with a slip; names, units and symbols are shorter, have capitals, or stand in formulas."""


def slipped(question: str, rng: Random) -> str:
    """One letter inside a long word exchanged with the next; a word keeps its letters, should they be counted. A number in
    words stays as it is, and no other word becomes one ("there", "three")."""
    words = list(_WORD.finditer(question))
    if not words:
        return question
    word = rng.choice(words)
    place = word.start() + rng.randrange(1, len(word[0]) - 2)
    found = question[:place] + question[place + 1] + question[place] + question[place + 2 :]
    is_number = (spelled_number(text[word.start() : word.end()]) is not None for text in (question, found))
    return question if any(is_number) else found


_TYPOGRAPHIC = (
    (re.compile(r"(?<![*]) ?\* ?(?![*])"), ("×", "·", " × ", " · ")),
    (re.compile(r"(?<=\d) / (?=\d)"), (" ÷ ",)),
    (re.compile(r"(?<=[\d)a-z]) - (?=[\d(a-z]\b)|(?<=[\d)]) - (?=[\d(])"), (" − ",)),
    (re.compile(r"(?<![\w.)])-(?=\d)"), ("−",)),
    (re.compile(r"(?<=[\w)])(?:\^|\*\*)2(?![\d.^*/])"), ("²",)),
    (re.compile(r"(?<=[\w)])(?:\^|\*\*)3(?![\d.^*/])"), ("³",)),
    (re.compile(r"\bsqrt\((\d+)\)"), ("√\\1",)),
    (re.compile(r"\bsqrt\("), ("√(",)),
    (re.compile(r"\bpi\b"), ("π",)),
)
"""What is typed in the place of an ASCII operator."""


def typographic(question: str, rng: Random) -> str:
    """Some of the operators as typographic characters; LaTeX is left alone."""
    if "$" in question or "\\" in question:
        return question
    for pattern, replacements in _TYPOGRAPHIC:
        if rng.random() < 0.8:
            question = pattern.sub(rng.choice(replacements), question)
    return question
