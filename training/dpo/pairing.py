"""Which solutions of a problem make pairs.

Both sides answer the same prompt, were written by models that we sampled, and are of a similar length. A problem gives four
pairs at most, of each kind in turn, and in `wide` and `near` a wrong solution is used once.

    wide    right and scored 0.85 at least, against wrong and scored 0.3 at most; by verdicts alone without a scorer
    near    of learnable-hard problems: the wrong solution most like the right one, but no copy of it (similarity up to 0.95)
    step    up to the first program of the wrong one that failed, or printed what no right one printed, against a right one
            that went the same way until there; what they have in common becomes the prompt

The thresholds of 0.85 and 0.3 are the "9 against 2" of critique-DPO (Xu et al. 2024, arXiv 2404.02893); step pairs are those of
Step-DPO (Lai et al. 2024, arXiv 2406.18629), with the step found by execution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product, takewhile
from typing import Any

from ...engine.trajectory import Step
from ...sandbox import Observation, Program
from ..hard.mining import class_of
from ..hard.score import Scale
from ..rft.paths import path_of, similarity
from ..samples import Sample, Sampled
from .pairs import ENDED, KINDS, Kind, Pair, Served, Side, form_of, written

PAIRS = 4
"""Pairs of one problem at most."""
CLEARLY_RIGHT, CLEARLY_WRONG = 0.85, 0.3
"""Scores of the sides of a wide pair."""
NEAR_GAP = 0.3
"""Least difference of the scores of a near pair."""
COPY = 0.95
"""A wrong solution more like the right one than this says nothing about where it went wrong."""
RATIO = 2.0
"""How many times as long as the other a side may be; of step pairs, what the two do not have in common."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two solutions that could be a pair."""

    kind: Kind
    """Why."""
    right: Sample
    """The better one."""
    wrong: Sample
    """The worse one."""
    rank: tuple[float, ...]
    """The smaller, the better a pair."""
    steps: tuple[int, int] | None = None
    """Steps of both that are compared; None: all."""

    @property
    def compared(self) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The steps of both."""
        first, second = self.steps or (None, None)
        return self.right.record.steps[:first], self.wrong.record.steps[:second]


def pairs_of(problem: Sampled, scale: Scale, kinds: Sequence[Kind] = KINDS) -> list[Pair]:
    """The pairs of one problem, the same ones for the same samples."""
    found: dict[Kind, list[Candidate]] = {kind: [] for kind in kinds}
    hard = class_of(problem, scale) == "learnable-hard"
    for mode in dict.fromkeys(sample.record.mode for sample in problem.samples):
        right, wrong = (_distinct(scale.scored(side), mode) for side in (problem.right, problem.wrong))
        for kind in kinds:
            if kind != "near" or hard:
                found[kind] += [one for one in _FINDERS[kind](right, wrong, scale) if _alike_in_length(one)]
    return [_pair(problem, one, scale) for one in _chosen(found)]


def _wide(right: Sequence[Sample], wrong: Sequence[Sample], scale: Scale) -> Iterator[Candidate]:
    for better, worse in product(right, wrong):
        high, low = scale.of(better), scale.of(worse)
        if high is not None and low is not None and (high < CLEARLY_RIGHT or low > CLEARLY_WRONG):
            continue
        one = Candidate("wide", better, worse, ())
        other_form = form_of(better.record.steps) != form_of(worse.record.steps)
        yield replace(one, rank=(other_form, -_gap(better, worse, scale), abs(math.log(_ratio(one)))))


def _near(right: Sequence[Sample], wrong: Sequence[Sample], scale: Scale) -> Iterator[Candidate]:
    paths = {id(sample): path_of(sample.record.steps) for sample in (*right, *wrong)}
    for better, worse in product(right, wrong):
        like = similarity(paths[id(better)], paths[id(worse)])
        if like <= COPY and _gap(better, worse, scale) >= NEAR_GAP:
            yield Candidate("near", better, worse, (-like,))


def _steps(right: Sequence[Sample], wrong: Sequence[Sample], scale: Scale) -> Iterator[Candidate]:
    verified = {text for sample in right for text in path_of(sample.record.steps).printed}
    for better, worse in product(right, wrong):
        runs, others = _runs(better), _runs(worse)
        pairs = list(zip(runs, others, strict=False))
        same = len(list(takewhile(lambda both: both[0][1] == both[1][1], pairs)))
        if same < len(pairs) and (not pairs[same][1][2] or pairs[same][1][1] not in verified):
            ends = pairs[same][0][0], pairs[same][1][0]
            yield Candidate("step", better, worse, (-_shared(better, worse), -same), ends)


_FINDERS: dict[Kind, Callable[[Sequence[Sample], Sequence[Sample], Scale], Iterable[Candidate]]] = {
    "wide": _wide,
    "near": _near,
    "step": _steps,
}


def _runs(sample: Sample) -> list[tuple[int, str, bool]]:
    """Of each program that ran: the steps until its output, the output, and whether it came to its end."""
    steps = enumerate(sample.record.steps, 1)
    return [(end, step.text.strip(), step.ok) for end, step in steps if isinstance(step, Observation)]


def _shared(a: Sample, b: Sample) -> int:
    """How many first steps both have in common, word for word."""
    both = zip(a.record.steps, b.record.steps, strict=False)
    return sum(1 for _ in takewhile(lambda pair: _text(pair[0]) == _text(pair[1]), both))


def _text(step: Step) -> tuple[type[Any], str]:
    return type(step), step.code if isinstance(step, Program) else step.text


def _distinct(samples: Iterable[Sample], mode: str) -> list[Sample]:
    """The samples asked in a mode, the first of those that go the same way."""
    found: dict[tuple[object, ...], Sample] = {}
    for sample in samples:
        if sample.record.mode == mode:
            path = path_of(sample.record.steps)
            found.setdefault((*path.identity, sample.record.answer), sample)
    return list(found.values())


def _ratio(one: Candidate) -> float:
    """How many times as long the right side is as the wrong one, in characters that the model wrote."""
    shared = _shared(one.right, one.wrong) if one.kind == "step" else 0
    right, wrong = (max(1, written(steps[shared:])) for steps in one.compared)
    return right / wrong


def _alike_in_length(one: Candidate) -> bool:
    return 1 / RATIO <= _ratio(one) <= RATIO


def _gap(right: Sample, wrong: Sample, scale: Scale) -> float:
    """The difference of the scores; by verdicts alone 1."""
    high, low = scale.of(right), scale.of(wrong)
    return 1.0 if high is None or low is None else high - low


def _chosen(found: dict[Kind, list[Candidate]]) -> list[Candidate]:
    """The best of each kind in turn. Right solutions that were not used yet come first; ties go to the earlier one."""
    chosen: list[Candidate] = []
    kinds = [kind for kind in KINDS if kind in found]
    while len(chosen) < PAIRS and kinds:
        for kind in list(kinds):
            left = [one for one in found[kind] if not _used(one, chosen)]
            if not left or len(chosen) == PAIRS:
                kinds.remove(kind)
                continue
            uses = {id(one.right): 0 for one in left}
            for taken in chosen:
                uses[id(taken.right)] = uses.get(id(taken.right), 0) + 1
            chosen.append(min(left, key=lambda one: (uses[id(one.right)], one.rank)))
    return chosen


def _used(one: Candidate, chosen: Iterable[Candidate]) -> bool:
    """Whether the wrong solution was used: as a whole, or up to the same step."""
    return any((one.kind == "step") == (other.kind == "step") and one.wrong is other.wrong for other in chosen)


def _pair(problem: Sampled, one: Candidate, scale: Scale) -> Pair:
    right, wrong = one.compared
    return Pair(
        kind=one.kind,
        problem=problem.item.id,
        lineage=problem.lineage,
        domain=problem.item.subject or problem.item.bench,
        question=problem.item.question,
        answer=problem.item.gold,
        mode=one.right.record.mode,
        pass_rate=round(problem.pass_rate, 6),
        gap=round(_gap(one.right, one.wrong, scale), 6),
        chosen=_side(one.right, right, scale),
        rejected=_side(one.wrong, wrong, scale),
    )


def _side(sample: Sample, steps: tuple[Step, ...], scale: Scale) -> Side:
    record, tokens = sample.record, sample.record.tokens
    whole = len(steps) == len(record.steps)
    return Side(
        model=sample.model,
        sample=record.sample,
        form=form_of(steps),
        ended=whole and record.stop in ENDED,
        score=scale.of(sample),
        steps=steps,
        tokens=Served(ids=tokens.ids, roles=tokens.roles) if tokens and tokens.ids else None,
    )
