"""The teacher of rejection-sampling fine-tuning: of problems that models have sampled, the right solutions that differ most.

    mathsolve eval problems.jsonl --model M --samples 16 --out runs/m       # one run for each model, on training problems
    mathsolve train rft --runs runs/m runs/n --out rft.jsonl
    mathsolve train sft --model M --data rft.jsonl --out runs/rft

Promises: the same runs and settings give the same candidates in the same order. Solutions that go the same way are handed out
once, a hard problem gets more of them than an easy one, and solutions of several models compete with each other; the data card
says how many ways each model found, and how many it alone. In training each solution that is kept is a row of its own. Does not
promise that a solution is right: the pipeline executes it again, and compares what comes out with the problem's answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal

from ...engine.trajectory import Thought
from ...sandbox import Program
from ..samples import Sample, Sampled, digest, pooled
from ..seeds.drafts import Split
from ..synthesis.candidate import ANSWER, Candidate, Code, Proposal, Words, Written
from ..synthesis.example import SAMPLES_OF
from ..synthesis.teacher import NoCandidate
from ..trainable import refuse_benchmarks
from .budget import Rule, budgets
from .contributions import contributions
from .diversity import most_different
from .gate import Bounds, Gate
from .paths import path_of, similarity

Choice = Literal["different", "random", "unverified"]
"""Which solutions are kept: of the right ones those that differ most; or, to compare with, as many of them at random; or any
one that answers, with its own answer, as if nobody had looked whether it is right."""


class SampleTeacher:
    """Hands out the sampled problems with a solution to learn from; with `unverified`, those with any answer."""

    def __init__(
        self,
        runs: Sequence[Path],
        *,
        most: int = 4,
        rule: Rule = "prop2diff",
        choice: Choice = "different",
        bounds: Bounds | None = None,
        seed: int = 0,
    ) -> None:
        """Read the runs.

        Args:
            runs: folders of evaluation runs.
            most: solutions of the hardest problem.
            rule: how many others get.
            choice: which are kept.
            bounds: what is asked of scores; a critique is also a solution's quality where one of several is chosen.
            seed: of the choice at random.

        Raises:
            UsageError: see `samples.pooled` and `gate.Gate.of`; or a run is on a benchmark.
        """
        bounds = bounds or Bounds()
        self._settings = {"most": most, "rule": rule, "choice": choice, "seed": seed, "bounds": asdict(bounds)}
        self._most, self._rule, self._choice, self._seed = most, rule, choice, seed
        refuse_benchmarks(runs)
        self._problems = pooled(runs)
        self._gate = Gate.of(bounds, self._problems, runs)
        self._digest = digest(self._problems, bounds.names)

    @property
    def configuration(self) -> Mapping[str, Any]:
        """The settings, a hash of what the runs hold, and for the data card what each model contributes."""
        return {"teacher": "samples", "digest": self._digest, "models": self._contributions, **self._settings}

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        """Problem number `number`; None when there are no more, and for splits that are held out."""
        if split != "train" or number >= len(self._problems):
            return None
        problem = self._problems[number]
        seed, domain = problem.lineage, problem.item.subject or problem.item.bench
        kept = self.kept(problem)
        if not kept:
            return NoCandidate(seed, self._lack(problem), problem.item.question, domain)
        return Candidate(
            question=problem.item.question,
            domain=domain,
            seed=seed,
            level=_level(problem.pass_rate),
            source=f"{SAMPLES_OF}{problem.item.bench}",
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
        passed = self._gate.passed(problem)
        if not passed:
            return []
        ways, count = self._ways(passed), self._budgets[problem.item.id]
        if self._choice == "random":
            places = Random(f"{self._seed}/{problem.item.id}").sample(range(len(ways)), min(count, len(ways)))
        else:
            paths = [path_of(sample.record.steps) for sample in ways]
            places = most_different(paths, [self._gate.quality(sample) for sample in ways], similarity, count)
        return [ways[place] for place in places]

    def _ways(self, right: Sequence[Sample]) -> list[Sample]:
        """A solution for each way that right ones go: the best by critique, of equal ones the earliest."""
        best: dict[tuple[object, ...], Sample] = {}
        for sample in right:
            way = path_of(sample.record.steps).identity
            if way not in best or self._gate.quality(sample) > self._gate.quality(best[way]):
                best[way] = sample
        return list(best.values())

    def _lack(self, problem: Sampled) -> str:
        """Why a problem gives nothing."""
        samples = f"{len(problem.samples)} samples"
        if self._choice == "unverified":
            return f"unanswered: none of {samples}"
        if not problem.solved:
            return f"unsolved: none of {samples}"
        if problem.right:
            return f"poor scores: {len(problem.right)} right of {samples}, none with those that are asked for"
        return f"false steps: {problem.solved} right of {samples}, by failed programs or false equations"

    @cached_property
    def _contributions(self) -> dict[str, dict[str, int]]:
        return contributions(self._problems)

    @cached_property
    def _budgets(self) -> dict[str, int]:
        found = {one.item.id: one.pass_rate for one in self._problems if self._gate.passed(one)}
        return budgets(found, self._most, self._rule)


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
