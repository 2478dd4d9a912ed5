"""`Index`: which questions of benchmarks is a text a copy of?

Kinds of match, the surest first:

    exact       the same words in the same order, however spelled
    13-gram     a run of 13 words in common (GPT-3, appendix C; the score is the share of the benchmark's runs found)
    lcs         longest common subsequence over 0.6 of the longer, and 3 in 4 numbers, operators and variables agree
    short       for benchmark questions of fewer than 13 words: the same content words in the same order; or the whole
                question stands in the text (4 words with a number, 8 without); or the same calculation in nearly the
                same words
    template    the same wording with other numbers: the skill is the same, the answer is not; no contamination by itself

Promises: exact, 13-gram and the first two rules for short questions miss nothing that they define. Does not promise: to
see a paraphrase that shares few words in order, a translation, or text in a picture. Questions are compared by LCS only
where two rare runs of 3 words agree, so one that was changed at every third word escapes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...engine.errors import UsageError
from ..benchmarks.options import with_options
from ..item import Item
from .grams import Batch, Postings
from .sequence import agreement, jaccard, lcs_ratio
from .words import Words, calculation, content, numbers, skeleton, without_operators, words

Kind = Literal["exact", "13-gram", "lcs", "short", "template"]
"""How a text and a question of a benchmark are the same."""
KINDS: tuple[Kind, ...] = ("exact", "13-gram", "lcs", "short", "template")
"""The kinds, the surest first."""

RUN = 13
"""Words in a run that is no chance; shorter benchmark questions have their own rule."""
WHOLE = 4
"""Words of the shortest question with a number that is searched for inside longer texts."""
PLAIN = 8
"""Words of the shortest one without a number: shorter ones are often part of another question."""
LCS = 0.6
"""A longest common subsequence of more than this share is a copy."""
FIGURES = 0.75
"""Share of the numbers, and of the operators and variables in order, below which a copy is only the same template."""
WORDING = 0.7
"""Jaccard similarity of content words, from which two short questions with one calculation are the same."""
RUNS = range(WHOLE, RUN + 1)
"""Lengths of the runs that are indexed: of a question of fewer than 13 words the whole, of others every 13 words."""
RARE_RUN = 3
"""Words in a run that makes two questions worth a comparison by LCS."""
RARE = 50
"""Benchmark questions that may hold a run of 3 words for it to be rare."""


@dataclass(frozen=True, slots=True)
class Match:
    """A question of a benchmark that a text repeats."""

    kind: Kind
    """How."""
    item: Item
    """The question."""
    score: float
    """How much of it, 0 to 1; what it is a share of depends on the kind."""

    @property
    def rank(self) -> tuple[int, float]:
        """Order of matches, the surest first."""
        return KINDS.index(self.kind), -self.score


@dataclass(frozen=True, slots=True)
class _Question:
    """A question of a benchmark, prepared."""

    item: Item
    words: Words
    long: bool
    """Whether it is long enough for the rules of runs and LCS."""
    runs: int
    """How many runs of it are indexed."""


class Index:
    """Questions of benchmarks, prepared for being found in other texts."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Prepare the questions. Raises `UsageError` where there is none, or where one has no text."""
        forms = [(item, of, without_operators(of)) for item in items for of in _forms(item)]
        if not forms:
            raise UsageError("there are no benchmark questions to compare with")
        self._runs, self._rare = _postings([plain for _, _, plain in forms])
        counts = np.bincount(self._runs.questions, minlength=len(forms)).tolist()
        self._questions = [
            _Question(item, of, len(plain) >= RUN, runs) for (item, of, plain), runs in zip(forms, counts, strict=True)
        ]
        every, short = range(len(forms)), [n for n, question in enumerate(self._questions) if not question.long]
        self._alike = (
            (_whole, self._first_of_each_bench(_whole, every)),
            (_skeleton, self._first_of_each_bench(_skeleton, every)),
            (_content, self._first_of_each_bench(_content, short)),
            (_calculation, self._all(_calculation, short)),
        )

    @property
    def counts(self) -> Counter[str]:
        """Questions of each benchmark."""
        benches = {question.item.id: question.item.bench for question in self._questions}
        return Counter(benches.values())

    def match(self, text: str) -> Match | None:
        """The surest match of a text, or None."""
        return next(iter(self.matches([text])[0]), None)

    def matches(self, texts: Sequence[str]) -> list[tuple[Match, ...]]:
        """For each text its best match in each benchmark that has one, the surest first.

        A few hundred texts at a time are several times faster than one.
        """
        asked = [words(text) for text in texts]
        candidates = self._candidates(asked)
        return [self._best(of, candidates[number]) for number, of in enumerate(asked)]

    def _candidates(self, asked: Sequence[Words]) -> list[dict[int, int]]:
        """For each text the questions that may match, and how many of their runs it holds."""
        batch = Batch.of([without_operators(of) for of in asked])
        grams = batch.grams((RARE_RUN, *RUNS))
        found: list[dict[int, int]] = [{} for _ in asked]
        hashes, begins = grams[RARE_RUN]
        for asker, question, shared in zip(*self._rare.find(hashes, batch.question[begins]), strict=True):
            if shared > 1:
                found[asker][int(question)] = 0
        hashes, begins = (np.concatenate(parts) for parts in zip(*(grams[length] for length in RUNS), strict=True))
        for asker, question, shared in zip(*self._runs.find(hashes, batch.question[begins]), strict=True):
            found[asker][int(question)] = int(shared)
        for of, known in zip(asked, found, strict=True):
            for form, questions in self._alike:
                for question in questions.get(form(of), ()):
                    known.setdefault(question, 0)
        return found

    def _best(self, asked: Words, candidates: Mapping[int, int]) -> tuple[Match, ...]:
        best: dict[str, Match] = {}
        for number, runs in sorted(candidates.items()):
            question = self._questions[number]
            if found := _compare(asked, question, runs):
                match, bench = Match(found[0], question.item, found[1]), question.item.bench
                if bench not in best or match.rank < best[bench].rank:
                    best[bench] = match
        return tuple(sorted(best.values(), key=lambda match: match.rank))

    def _all(self, form: Form, of: Iterable[int]) -> dict[str, list[int]]:
        """The questions with each form."""
        found = defaultdict[str, list[int]](list)
        for number in of:
            if key := form(self._questions[number].words):
                found[key].append(number)
        return dict(found)

    def _first_of_each_bench(self, form: Form, of: Iterable[int]) -> dict[str, list[int]]:
        """The first question of each benchmark with each form: the others would match in the same way."""
        return {
            key: list({self._questions[number].item.bench: number for number in reversed(numbers)}.values())
            for key, numbers in self._all(form, of).items()
        }


Form = Callable[[Words], str]
"""What two texts must have in common to be compared."""


def _forms(item: Item) -> Iterator[list[str]]:
    """The words of a question; where it has options, and is long enough to be known without them, also those before them."""
    if not (whole := words(item.question)):
        raise UsageError(f"benchmark question {item.id} has no text: {item.question!r}")
    yield whole
    if item.choices:
        options = len(words(with_options("", item.choices)))
        if len(without_operators(stem := whole[:-options])) >= RUN:
            yield stem


def _whole(of: Words) -> str:
    return " ".join(of)


def _skeleton(of: Words) -> str:
    return " ".join(skeleton(of))


def _content(of: Words) -> str:
    return " ".join(content(of))


def _calculation(of: Words) -> str:
    return " ".join(calculation(of))


def _postings(questions: Sequence[Words]) -> tuple[Postings, Postings]:
    """Which questions hold a run that is no chance (all of it, for a short one), and which a rare run of 3 words."""
    batch = Batch.of(questions)
    grams = batch.grams((RARE_RUN, *RUNS))
    kept = []
    for length in RUNS:
        hashes, begins = grams[length]
        whole = np.ones(len(begins), bool)
        if length < RUN:
            lengths = np.bincount(batch.question, minlength=len(questions))
            whole = lengths[batch.question[begins]] == length
        kept.append((hashes[whole], batch.question[begins[whole]]))
    hashes, begins = grams[RARE_RUN]
    runs = Postings.of(*(np.concatenate(parts) for parts in zip(*kept, strict=True)))
    return runs, Postings.of(hashes, batch.question[begins]).rare(RARE)


def _compare(asked: Words, question: _Question, runs: int) -> tuple[Kind, float] | None:
    """How a text that holds so many runs of a question repeats it; None if it does not."""
    other = question.words
    if asked == other:
        return "exact", 1.0
    if runs and question.long:
        return "13-gram", runs / question.runs
    if found := _by_lcs(asked, other) if question.long else _short(asked, other, runs):
        return found
    same = len(asked) == len(other) and skeleton(asked) == skeleton(other)
    return ("template", lcs_ratio(asked, other)) if same else None


def _by_lcs(asked: Words, other: Words) -> tuple[Kind, float] | None:
    if min(len(asked), len(other)) <= LCS * max(len(asked), len(other)) or (ratio := lcs_ratio(asked, other)) <= LCS:
        return None
    same = agreement(numbers(asked), numbers(other)) >= FIGURES
    same = same and lcs_ratio(calculation(asked), calculation(other)) >= FIGURES
    return ("lcs" if same else "template"), ratio


def _short(asked: Words, other: Words, runs: int) -> tuple[Kind, float] | None:
    telling = runs and (len(other) >= PLAIN or numbers(other))
    if (telling and f" {_whole(other)} " in f" {_whole(asked)} ") or content(asked) == content(other):
        return "short", 1.0
    if (sums := calculation(other)) and sums == calculation(asked):
        wording = jaccard(content(asked), content(other))
        return ("short", wording) if wording >= WORDING else None
    return None
