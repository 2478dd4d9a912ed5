"""The teacher of rejection-sampling fine-tuning: of problems that models have sampled, the right solutions that differ most.

    mathsolve eval problems.jsonl --model M --samples 16 --out runs/m       # one run for each model, on training problems
    mathsolve train synthesise --teacher samples --set runs=runs/m,runs/n -n 0 --out rft.jsonl
    mathsolve train sft --model M --data rft.jsonl --out runs/rft

Promises: the same runs and settings give the same candidates in the same order. Solutions that go the same way are handed out
once, a hard problem gets more of them than an easy one, and solutions of several models compete with each other. Does not
promise that a solution is right: the pipeline executes it again, and compares what comes out with the problem's answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal, cast, get_args

from ...engine.errors import UsageError
from ...engine.trajectory import Thought
from ...sandbox import Program
from ..samples import Sample, Sampled, pooled
from ..seeds.drafts import Split
from ..synthesis.candidate import ANSWER, Candidate, Code, Proposal, Words, Written
from ..synthesis.teacher import NoCandidate
from ..synthesis.teachers.registry import Wishes, unsettled
from ..trainable import refuse_benchmarks
from .budget import Rule, budgets
from .diversity import most_different
from .paths import path_of, similarity

Choice = Literal["different", "random", "unverified"]
"""Which solutions are kept: of the right ones those that differ most; or, to compare with, as many of them at random; or any
one that answers, with its own answer, as if nobody had looked whether it is right."""


class SampleTeacher:
    """Hands out the sampled problems that were solved at least once."""

    def __init__(
        self,
        runs: Sequence[Path],
        *,
        most: int = 4,
        rule: Rule = "prop2diff",
        choice: Choice = "different",
        score: str | None = None,
        seed: int = 0,
    ) -> None:
        """Read the runs.

        Args:
            runs: folders of evaluation runs.
            most: solutions of the hardest problem.
            rule: how many others get.
            choice: which are kept.
            score: scorer whose score is a solution's quality.
            seed: of the choice at random.

        Raises:
            UsageError: see `samples.pooled`; or a run is on a benchmark.
        """
        self._settings = {"most": most, "rule": rule, "choice": choice, "score": score, "seed": seed}
        self._most, self._rule, self._choice, self._seed = most, rule, choice, seed
        self._score = score
        refuse_benchmarks(runs)
        self._problems = pooled(runs)
        self._digest = _digest(self._problems)

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The settings, and a hash of what the runs hold."""
        return {"teacher": "samples", "digest": self._digest, **self._settings}

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """Problem number `number`; None when there are no more, and for splits that are held out."""
        if split != "train" or number >= len(self._problems):
            return None
        problem = self._problems[number]
        seed, domain = problem.item.cluster or problem.item.id, problem.item.subject or problem.item.bench
        kept = self.kept(problem)
        if not kept:
            return NoCandidate(seed, f"unsolved: none of {len(problem.samples)} samples", problem.item.question, domain)
        return Candidate(
            question=problem.item.question,
            domain=domain,
            seed=seed,
            level=_level(problem.pass_rate),
            source=problem.item.bench,
            proposals=tuple(map(_proposal, kept)),
            answer=kept[0].record.answer if self._choice == "unverified" else problem.item.gold,
        )

    async def close(self) -> None:
        """Nothing is held open."""

    def kept(self, problem: Sampled) -> list[Sample]:
        """The solutions of one problem that are handed out, the best one first."""
        if self._choice == "unverified":
            answered = [one for one in problem.samples if one.record.answer is not None and one.record.steps]
            return [Random(f"{self._seed}/{problem.item.id}").choice(answered)] if answered else []
        right = problem.right
        if not right:
            return []
        paths = [path_of(sample.record.steps) for sample in right]
        first = {path.identity: place for place, path in reversed(list(enumerate(paths)))}
        distinct = sorted(first.values())
        count = self._budgets[problem.item.id]
        if self._choice == "random":
            distinct = Random(f"{self._seed}/{problem.item.id}").sample(distinct, min(count, len(distinct)))
            return [right[place] for place in distinct]
        quality = [self._quality(right[place]) for place in distinct]
        chosen = most_different([paths[place] for place in distinct], quality, similarity, count)
        return [right[distinct[place]] for place in chosen]

    def _quality(self, sample: Sample) -> float:
        """How good it is, 0 to 1, by the run's scores; 1 where none are asked for."""
        return 1.0 if self._score is None else min(1.0, max(0.0, sample.record.scores.get(self._score, 0.0)))

    @cached_property
    def _budgets(self) -> dict[str, int]:
        return budgets({one.item.id: one.pass_rate for one in self._problems if one.right}, self._most, self._rule)


def open_teacher(wishes: Wishes) -> SampleTeacher:
    """The teacher of `--set runs=FOLDER,FOLDER`. Raises `UsageError`."""
    unsettled(wishes, ("runs", "most", "rule", "choice", "score"))
    told = wishes.settings
    runs = tuple(Path(name.strip()).expanduser() for name in told.get("runs", "").split(",") if name.strip())
    rule, choice = told.get("rule", "prop2diff"), told.get("choice", "different")
    for name, value, known in (("rule", rule, get_args(Rule)), ("choice", choice, get_args(Choice))):
        if value not in known:
            raise UsageError(f"--set {name}={value}: choose {', '.join(known[:-1])} or {known[-1]}")
    most = told.get("most", "4")
    if not most.isdecimal() or not int(most):
        raise UsageError(f"--set most={most}: write a number from 1")
    return SampleTeacher(
        runs,
        most=int(most),
        rule=cast("Rule", rule),
        choice=cast("Choice", choice),
        score=told.get("score"),
        seed=wishes.seed,
    )


def _digest(problems: Sequence[Sampled]) -> str:
    """A hash of all that decides what is handed out; how long a sample took does not."""
    told = [
        (one.item, [(sample.model, sample.right, sample.record.steps, sample.record.scores) for sample in one.samples])
        for one in problems
    ]
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def _proposal(sample: Sample) -> Proposal:
    """A solution without what its programs printed, as the pipeline runs them again, in the mode that it really has.

    An answer that was what the last program printed is left open, so that it cannot outlive a program that prints another.
    """
    steps: list[Words | Code] = []
    printed = ""
    for step in sample.record.steps:
        if isinstance(step, Thought):
            open_ = step.text.replace(f"\\boxed{{{printed}}}", ANSWER) if printed else step.text
            steps.append(Words(open_))
        elif isinstance(step, Program):
            steps.append(Code(step.code))
        else:
            printed = step.text.strip()
    mode: Written = "mixed" if any(isinstance(step, Code) for step in steps) else "cot"
    return Proposal("pot" if isinstance(steps[0], Code) else mode, tuple(steps))


def _level(pass_rate: float) -> int:
    """1 for a problem that is nearly always solved, to 5 for one that hardly ever is."""
    return min(5, 1 + int((1 - pass_rate) * 5))
