"""What came of making pairs: how many of which kind, of how many problems, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ..hard.score import Scale
from ..samples import Sampled
from ..synthesis.candidate import Written
from ..trainable import Trainable
from .balance import balanced, forms
from .pairing import pairs_of
from .pairs import KINDS, Kind, Pair

if TYPE_CHECKING:
    from rich.table import Table

FORMS: tuple[Written, ...] = ("cot", "pot", "mixed")
"""What sides are told apart by."""


@dataclass(frozen=True, slots=True)
class Made:
    """Pairs, and what is to be told of them."""

    pairs: list[Pair]
    """All of them, in the order of the problems."""
    problems: Counter[str]
    """Problems by what became of them."""
    unbalanced: int
    """Pairs that were dropped so that both sides have the same mix of forms."""

    def of(self, kind: Kind) -> list[Pair]:
        """The pairs of a kind."""
        return [pair for pair in self.pairs if pair.kind == kind]

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "pairs": {kind: len(self.of(kind)) for kind in KINDS},
            "problems": dict(self.problems),
            "dropped_for_balance": self.unbalanced,
            "forms": {f"{chosen} over {rejected}": n for (chosen, rejected), n in sorted(forms(self.pairs).items())},
            "tokens_as_served": sum(pair.chosen.tokens is not None for pair in self.pairs),
        }


def make_pairs(found: Trainable, scale: Scale, kinds: Sequence[Kind] = KINDS) -> Made:
    """The pairs of all problems, with the same mix of forms on both sides."""
    made = [pairs_of(problem, scale, kinds) for problem in found.problems]
    every = [pair for pairs in made for pair in pairs]
    kept = balanced(every)
    left = {pair.problem for pair in kept}
    problems: Counter[str] = Counter({"asked by a benchmark of mathsolve": found.contaminated})
    problems.update(_became(problem, pairs, left) for problem, pairs in zip(found.problems, made, strict=True))
    return Made(kept, +problems, len(every) - len(kept))


def _became(problem: Sampled, pairs: Sequence[Pair], left: Collection[str]) -> str:
    """What became of a problem."""
    if not problem.right or not problem.wrong:
        return "without a right one" if not problem.right else "without a wrong one"
    if not pairs:
        return "without a pair that meets the rules"
    return "with pairs" if problem.item.id in left else "with pairs that were all dropped for balance"


def rows(made: Made) -> list[tuple[str, ...]]:
    """A row for each kind and one for all: pairs, problems, gap, length of the chosen side against the rejected one."""
    named = [(str(kind), made.of(kind)) for kind in KINDS]
    return [_row(name, pairs) for name, pairs in (*named, ("all", made.pairs))]


HEADER = ("kind", "pairs", "problems", "gap", "length ratio", *(f"{form} +/-" for form in FORMS))


def table(made: Made) -> Table:
    """For a terminal."""
    from rich.box import SIMPLE
    from rich.table import Table

    shown = Table(box=SIMPLE)
    for name in HEADER:
        shown.add_column(name, justify="left" if name == "kind" else "right")
    for row in rows(made):
        shown.add_row(*row)
    return shown


def card(name: str, made: Made, configuration: dict[str, Any]) -> str:
    """The data card, as Markdown."""
    lines = [HEADER, tuple("---" for _ in HEADER), *rows(made)]
    grid = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    settings = "\n".join(f"- {key}: {value}" for key, value in configuration.items())
    became = "\n".join(f"- {count} {what}" for what, count in made.problems.most_common())
    return f"""# {name}

{len(made.pairs)} pairs of a better and a worse solution of one problem, made by `mathsolve train pairs` from samples of models.
`gap` is the mean difference of their scores (1 where only verdicts count), `length ratio` the mean length of the chosen
side over that of the rejected one, and `+/-` how many chosen and rejected sides have a form.

{grid}

{made.unbalanced} pairs were dropped so that both sides have the same mix of forms.

## Problems

{became}

## Made of

{settings}
"""


def _row(name: str, pairs: Sequence[Pair]) -> tuple[str, ...]:
    chosen, rejected = Counter(pair.chosen.form for pair in pairs), Counter(pair.rejected.form for pair in pairs)
    mix = (f"{chosen[form]}/{rejected[form]}" for form in FORMS)
    if not pairs:
        return (name, "0", "0", "", "", *mix)
    ratio = fmean(max(1, pair.chosen.written) / max(1, pair.rejected.written) for pair in pairs)
    problems = len({pair.problem for pair in pairs})
    return (name, str(len(pairs)), str(problems), f"{fmean(pair.gap for pair in pairs):.2f}", f"{ratio:.2f}", *mix)
