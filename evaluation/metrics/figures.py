"""`Metrics`: every figure of a run, as `metrics.json` holds it.

All shares are from 0 to 1. A figure that cannot be known is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .intervals import Estimate
from .paired import Difference
from .scored import Weight

SCHEMA = 2
"""Rises whenever a figure changes its meaning."""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure at one k."""

    k: int
    """Samples that are drawn."""
    estimate: Estimate
    """The figure."""


@dataclass(frozen=True, slots=True)
class Part:
    """Accuracy on a part of a benchmark."""

    name: str
    """Subject or level, in the source's words."""
    accuracy: Estimate
    """pass@1."""
    ability: Estimate
    """pass@k at the largest k of the whole benchmark."""


@dataclass(frozen=True, slots=True)
class Stability:
    """How many problems are solved how often."""

    never: int
    """Problems without a right sample."""
    bins: tuple[int, ...]
    """Problems by the share of right samples, in ten equal steps between never and always."""
    always: int
    """Problems with right samples only."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is gained by choosing among all samples by a score."""

    scorer: str
    """Name of the scorer."""
    best: tuple[Point, ...]
    """Best-of-k; a sample without an answer is chosen where no other is there."""
    weighted: dict[str, Estimate]
    """Majority of all samples with votes weighed by the score, by kind of weight; `used` is the engine's."""
    filtered: Estimate | None
    """Majority among the samples that score at least `threshold`; None where no threshold was given."""
    coverage: float | None
    """Share of problems with a sample that scores that much."""
    threshold: float | None
    """The lowest score that counts."""
    used: Weight = "sigmoid"
    """The weight that the engine takes: probabilities are their own."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What became of answers, given and withheld; shares of all samples."""

    answered: float
    """An answer was given."""
    right: float
    """It was given and right."""
    wrong: float
    """It was given and wrong: confidently wrong."""
    undecided: float
    """It was given, and the grader could not decide."""
    withheld_right: float
    """It was right but withheld."""
    withheld: float
    """It was withheld, right or not."""
    declined: float
    """No answer was given where none was due, which is right."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What programs did."""

    used: float
    """Share of samples with a program."""
    each: float
    """Programs for each sample."""
    statuses: dict[str, int]
    """How programs ended; what did not occur is left out."""
    failing: float | None
    """Share of programs that did not run to their end."""
    silent: float | None
    """Share of programs that ran to their end and showed nothing."""
    right_if_ran: float | None
    """Accuracy of the samples whose last program ran to its end."""
    right_if_failed: float | None
    """Accuracy of the samples whose last program did not."""
    first_failed: float | None
    """Share of the samples with a program whose first one failed."""
    repaired: float | None
    """Share of those whose last program ran to its end."""
    repair_gain: float | None
    """Share of the samples with a program that are right after such a repair: the accuracy that repairing adds."""
    agreement: float | None
    """Share of samples whose answer equals what the last program showed, where both are there."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What it took, for each sample."""

    prompt_tokens: float
    """Mean tokens of the prompt."""
    sampled_tokens: float
    """Mean tokens that the model chose."""
    observed_tokens: float
    """Mean tokens of observations."""
    sampled_per_right: float | None
    """Tokens that the model chose, for each right sample."""
    seconds: float
    """Mean wall time; samples run beside each other."""
    median_seconds: float
    """Median wall time."""
    cost: float | None
    """Cost of all samples, where prices were given."""


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one benchmark in one mode."""

    bench: str
    """Name of the benchmark."""
    mode: str
    """How it was answered."""
    problems: int
    """Problems with samples."""
    samples: int
    """Samples."""
    fewest: int
    """Samples of the problem with the fewest: the largest k."""
    accuracy: Estimate
    """pass@1, which is mean@n and PassRatio@k: the share of right replies, a mean over problems."""
    strict: Estimate
    """The same, counting only samples that ended by stating their answer."""
    stated: Estimate
    """The same for all stated answers, those that were withheld too."""
    undecided: float
    """Share of samples that the grader could not decide on; they count as not right."""
    unanswered: float
    """Share of samples that state no answer."""
    passes: tuple[Point, ...]
    """pass@k."""
    steady: tuple[Point, ...]
    """pass^k."""
    votes: tuple[Point, ...]
    """maj@k."""
    gap: Estimate
    """Instability gap: pass@k - PassRatio@k at the largest k."""
    g_pass: dict[str, float]
    """G-Pass@k_tau at the largest k, by tau."""
    mean_g_pass: float | None
    """mG-Pass@k at the largest k."""
    stability: Stability
    """Problems by how often they are solved."""
    subjects: tuple[Part, ...]
    """By subject, where the source names them."""
    levels: tuple[Part, ...]
    """By level, where the source names them."""
    stops: dict[str, int]
    """Samples by why they ended."""
    trust: Trust
    """Answers given and withheld."""
    programs: Programs
    """What programs did."""
    effort: Effort
    """Tokens, time, cost."""
    chosen: tuple[Chosen, ...] = ()
    """What choosing by scores gains, for each scorer."""


@dataclass(frozen=True, slots=True)
class Average:
    """A figure over all benchmarks in one mode."""

    mode: str
    """How they were answered."""
    metric: str
    """Name of the figure."""
    micro: Estimate
    """Mean over problems."""
    macro: Estimate
    """Mean over benchmarks."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Modes on the problems of one benchmark that all of them tried."""

    bench: str
    """Name of the benchmark."""
    modes: tuple[str, ...]
    """The modes."""
    solved: dict[str, int]
    """Problems that exactly these modes solve (at least half of their samples are right), names joined by `+`; `none`."""
    differences: dict[str, Difference]
    """pass@1 of the second mode less that of the first, by `second - first`."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Every figure of a run."""

    groups: tuple[Group, ...]
    """One for each benchmark and mode."""
    averages: tuple[Average, ...]
    """Over benchmarks, where there are several."""
    overlaps: tuple[Overlap, ...]
    """Modes beside each other, where there are several."""
    failed: dict[str, int] = field(default_factory=dict)
    """Samples that the machinery failed in, by `benchmark mode`; they are in no other figure."""
    strays: int = 0
    """Records whose problem the run does not hold."""
    graders: tuple[int, ...] = ()
    """Versions of the grader that decided; more than one: grade the run again."""
    schema: int = SCHEMA
    """Version of this form."""

    def to_json(self) -> str:
        """The text of `metrics.json`."""
        from pydantic import TypeAdapter

        return TypeAdapter(Metrics).dump_json(self, indent=1).decode()

    @classmethod
    def from_json(cls, text: str) -> Metrics:
        """What `to_json` wrote. Raises `ValueError` for what is none."""
        from pydantic import TypeAdapter

        return TypeAdapter(Metrics).validate_json(text)
