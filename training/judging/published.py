"""Files of what other models wrote, one line a question; every line is a JSON object of one of two forms.

    {"question": ..., "expected_answer": ..., "extracted_code": ...}                          a program
    {"question": ..., "ground_truth": ..., "6b_finetuning": {"solution": ..., "is_correct": ...}, ...}
                                                                    solutions in words, by several models

The second is the form in which the makers of GSM8K published solutions of GPT-3 to its test questions: the last line of a
solution is `A: ` and its answer, calculations are annotated (`<<48/2=24>>`), and every solution has a label. The name of a
solution begins with that of its model: `6b_finetuning` and `6b_verification` are two samples of `6b`.

Promises: the same question has the same id in every file. Does not promise that a label is true: see `disputes`.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ...engine.errors import UsageError
from ...engine.trajectory import Step, Thought
from ...evaluation.item import Item
from ...sandbox import Program
from ..corpora.annotated import sentences, words_of

FORMS = "question, expected_answer and extracted_code, or question, ground_truth and solutions with their is_correct"
"""What a line holds."""
PROGRAMS, TEST = "adopted", "gsm8k"
"""What problems are called where nobody says: those of programs, and those of solutions in words."""
_STATED = re.compile(r"(?:^|\n)A:[ \t]*(\S[^\n]*)\s*\Z")


@dataclass(frozen=True, slots=True)
class Published:
    """A solution of the file."""

    item: Item
    """The problem."""
    key: str
    """Of its record."""
    step: Step
    """A program that is to run, or words."""
    answer: str | None = None
    """The one that the words state."""
    name: str = ""
    """Of the solution, where a line has several."""
    label: bool | None = None
    """Whether the file calls it right; None: it does not say."""

    @property
    def model(self) -> str:
        """Who wrote it, where a line has solutions of several."""
        return self.name.partition("_")[0]


def read_published(file: Path, bench: str | None = None) -> list[Published]:
    """The solutions of a file.

    Args:
        file: JSONL, also compressed (.gz).
        bench: what its problems are called; by default `adopted`, those of solutions in words `gsm8k`.

    Raises:
        UsageError: the file cannot be read, is empty, or a line is of another form; it names the line.
    """
    found = [one for number, text in _texts(file) for one in _line(file, number, text, bench)]
    if not found:
        raise UsageError(f"{file} is empty: a line is an object with {FORMS}")
    return found


def _line(file: Path, number: int, text: str, bench: str | None) -> list[Published]:
    try:
        told = json.loads(text)
        return list(_in_words(told, bench or TEST)) if "ground_truth" in told else [_program(told, bench or PROGRAMS)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise UsageError(f"{file}, line {number}, is no object with {FORMS} ({what})") from error


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            yield from ((number, text) for number, text in enumerate(lines, 1) if text.strip())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}; make or copy it again") from error


def _program(told: dict[str, object], bench: str) -> Published:
    question, gold, code = str(told["question"]), str(told["expected_answer"]), str(told["extracted_code"])
    return Published(_item(question, gold, bench), _hash(question, gold, code)[:32], Program(code))


def _in_words(told: dict[str, object], bench: str) -> Iterator[Published]:
    question, solved = str(told["question"]), str(told["ground_truth"])
    if (gold := _STATED.search(solved)) is None:
        raise ValueError(f"ground_truth does not end in a line 'A: ' with its answer, but in {solved[-40:]!r}")
    solutions = {name: value for name, value in told.items() if isinstance(value, dict)}
    if not solutions:
        raise KeyError("a solution")
    for name, value in solutions.items():
        words, label = value["solution"], value["is_correct"]
        if not isinstance(words, str) or not isinstance(label, bool):
            raise TypeError(f"the solution of {name} is no text with an is_correct that is true or false")
        key = _hash(question, gold[1], f"{name}\0{words}")[:32]
        yield Published(_item(question, gold[1].strip(), bench), key, *spoken(words), name=name, label=label)


def spoken(solution: str) -> tuple[Thought, str | None]:
    r"""A solution with annotations as a thought, its answer in a box, and the answer; None where it states none.

    >>> thought, answer = spoken("He sold 48/2 = <<48/2=24>>24 clips\nA: 24")
    >>> thought.text, answer
    ('He sold 48/2 = 24 clips. The answer is \\boxed{24}.', '24')
    """
    stated = _STATED.search(solution)
    said = sentences(words_of(_STATED.sub("", solution)))
    if stated is None:
        return Thought(said), None
    answer = stated[1].strip()
    return Thought(f"{said} The answer is \\boxed{{{answer}}}.".lstrip()), answer


def _item(question: str, gold: str, bench: str) -> Item:
    return Item(f"{bench}/{_hash(question)[:12]}", bench, question, gold)


def _hash(*texts: str) -> str:
    return sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
