"""Accuracy of a solver on problems with known answers, with what abstention costs and saves.

Problems are JSONL: `question`, `answer` (null for a question that the model should decline), and optionally `id` and
`domain`. Every solution is kept as one line, so that the figures can be worked out again without solving again.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ..engine.errors import UsageError
from ..engine.solver import Solver
from ..engine.trajectory import Problem, Solution


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one problem."""

    id: str
    """The problem's own id, or its number."""
    domain: str
    """Sub-domain, `all` when the problem names none."""
    question: str
    """What was asked."""
    gold: str | None
    """The reference answer; None: it should be declined."""
    answer: str | None
    """What the solver answered; None: it declined."""
    belief: str | None
    """What it would have answered without abstention."""
    right: bool
    """Whether the answer given equals the reference."""
    belief_right: bool
    """Whether the belief equals the reference."""
    stop: str
    """Why it ended."""
    confidence: float | None
    """Its own estimate of P(right)."""
    agreement: float
    """Share of the attempts that agree."""
    seconds: float
    """Wall time of this problem; problems run together, so the sum is more than the time taken."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a group of results."""

    n: int
    """Problems."""
    right: int
    """Answered rightly."""
    wrong: int
    """Answered wrongly; on problems without a reference answer every answer is wrong."""
    lost: int
    """Right, but withheld by abstention."""

    @property
    def accuracy(self) -> float:
        """Share answered rightly."""
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson score interval of the accuracy (Wilson 1927)."""
        return wilson(self.right, self.n)


def wilson(successes: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson score interval of a proportion.

    >>> [round(x, 3) for x in wilson(25, 30)]
    [0.664, 0.927]
    """
    if n == 0:
        return 0.0, 1.0
    p, z2 = successes / n, z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def load_problems(path: Path, limit: int | None = None) -> list[Problem]:
    """Problems of a JSONL file.

    Raises:
        UsageError: the file is missing, or a line is no problem; it names the line.
    """
    if not path.is_file():
        raise UsageError(f"no problem file {str(path)!r}")
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[:limit], start=1):
        try:
            record = json.loads(line)
            problems.append(
                Problem(
                    record["question"],
                    id=str(record.get("id", number)),
                    answer=record.get("answer"),
                    domain=record.get("domain") or record.get("kind"),
                )
            )
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{path}, line {number}: not a JSON object with a question ({error})") from error
    return problems


def measure(solver: Solver, problems: Iterable[Problem], concurrency: int = 32) -> Iterator[Result]:
    """Solves and grades the problems, and yields results in their order."""
    for number, solution in enumerate(solver.solve_many(problems, concurrency), start=1):
        belief, gold = solution.trajectory.answer, solution.problem.answer
        right = gold is not None and belief is not None and solver.equal(belief, gold)
        yield _result(solution, right, number)


def _result(solution: Solution, belief_right: bool, number: int) -> Result:
    problem = solution.problem
    return Result(
        id=problem.id or str(number),
        domain=problem.domain or "all",
        question=problem.question,
        gold=problem.answer,
        answer=solution.answer,
        belief=solution.trajectory.answer,
        right=belief_right and solution.answer is not None,
        belief_right=belief_right,
        stop=solution.stop,
        confidence=solution.confidence,
        agreement=solution.agreement,
        seconds=solution.seconds,
    )


def summarise(results: Iterable[Result]) -> Summary:
    """Counts of a group."""
    group = list(results)
    return Summary(
        n=len(group),
        right=sum(r.right for r in group),
        wrong=sum(r.answer is not None and not r.right for r in group),
        lost=sum(r.belief_right and r.answer is None for r in group),
    )


def by_domain(results: Iterable[Result]) -> Iterator[tuple[str, Summary]]:
    """Summaries by sub-domain, in alphabetical order."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.domain].append(result)
    for domain in sorted(groups):
        yield domain, summarise(groups[domain])


def markdown_table(results: list[Result]) -> str:
    """The figures by sub-domain as a Markdown table, the total last."""
    lines = ["| sub-domain | n | right | 95% interval | wrong | right but withheld |", "|---|---|---|---|---|---|"]
    for name, row in [*by_domain(results), ("**all**", summarise(results))]:
        low, high = row.interval
        lines.append(
            f"| {name} | {row.n} | {row.accuracy:.1%} | {low:.1%} to {high:.1%} "
            f"| {row.wrong / row.n:.1%} | {row.lost / row.n:.1%} |"
        )
    return "\n".join(lines)


def save(results: Iterable[Result], path: Path) -> None:
    """One JSON line per result; the file appears when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(result), ensure_ascii=False) + "\n" for result in results)
    part.replace(path)


def load_results(path: Path) -> list[Result]:
    """What `save` wrote."""
    return [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
