"""`Problems`: for each problem of one benchmark and mode how many samples it has, how many are right, and how they vote."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...engine.errors import UsageError
from ..item import Item
from .outcomes import Flags, Floats, Ints, Outcomes
from .passes import pass_at_k, pass_hat_k
from .scored import best_of_k, heard
from .votes import Classes, majority_at_k

_METRIC = re.compile(r"(pass@|pass\^|maj@|best@)([1-9]\d*)(?::(.+))?")
EXAMPLES = "pass@1, pass@8, pass^8, maj@8, or best@8:SCORER"


@dataclass(frozen=True, slots=True)
class Problems:
    """One row for each problem."""

    items: tuple[Item, ...]
    """The problems."""
    n: Ints
    """Samples."""
    right: Ints
    """Right ones."""
    tokens: Floats
    """Mean number of tokens that the model wrote in a sample."""
    classes: tuple[Classes, ...]
    """Size and share of right ones of each class of equal answers."""
    silent: tuple[tuple[int, float], ...]
    """The same for the samples without an answer: they are right where the problem should be declined."""
    scores: dict[str, tuple[Floats, ...]]
    """Scores of the samples, by scorer."""
    worths: tuple[Floats, ...]
    """For each sample 1 if it is right, else 0, in the order of the scores."""
    answers: tuple[Ints, ...]
    """For each sample the class of its answer, -1 for none."""
    critics: frozenset[str] = frozenset()
    """Scorers whose scores are probabilities."""

    @property
    def clusters(self) -> Ints | None:
        """Number of each problem's cluster; None when each stands alone."""
        names = [f"c{item.cluster}" if item.cluster is not None else f"i{item.id}" for item in self.items]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        return None if len(numbers) == len(names) else np.array([numbers[name] for name in names], dtype=np.int64)

    @property
    def fewest(self) -> int:
        """Samples of the problem that has the fewest."""
        return int(self.n.min()) if len(self.n) else 0

    @property
    def ratios(self) -> Floats:
        """PassRatio of each problem: the share of its samples that are right."""
        return self.right / self.n

    def means(self, flags: Flags) -> Floats:
        """The share of each problem's samples that have a flag, which has a row for each sample."""
        starts = np.cumsum(self.n) - self.n
        return np.add.reduceat(flags.astype(float), starts) / self.n

    def counted(self, estimator: Callable[[int, int], float]) -> Floats:
        """A figure that depends on the numbers of samples and right ones alone; worked out once for each such pair."""
        pairs, places = np.unique(np.column_stack([self.n, self.right]), axis=0, return_inverse=True)
        return np.array([estimator(int(n), int(c)) for n, c in pairs])[places.reshape(-1)]

    def majority(self, k: int) -> Floats:
        """maj@k of each problem."""
        rows = zip(self.classes, self.silent, strict=True)
        return np.array([majority_at_k(classes, silent, k, worth) for classes, (silent, worth) in rows])

    def best(self, scorer: str, k: int) -> Floats:
        """best-of-k of each problem by the scores of a scorer, among the samples that state an answer, where any does."""
        if scorer not in self.scores:
            raise UsageError(f"no scores of {scorer!r}; there are: {', '.join(self.scores) or 'none'}")
        rows = zip(self.scores[scorer], self.answers, self.worths, strict=True)
        return np.array(
            [best_of_k(heard(scores.tolist(), own.tolist()), worths.tolist(), k) for scores, own, worths in rows]
        )

    def only(self, ids: Sequence[str]) -> Problems:
        """The problems with these ids, in this order."""
        places = {item.id: place for place, item in enumerate(self.items)}
        kept = [places[name] for name in ids]
        return Problems(
            items=tuple(self.items[i] for i in kept),
            n=self.n[kept],
            right=self.right[kept],
            tokens=self.tokens[kept],
            classes=tuple(self.classes[i] for i in kept),
            silent=tuple(self.silent[i] for i in kept),
            scores={name: tuple(scores[i] for i in kept) for name, scores in self.scores.items()},
            worths=tuple(self.worths[i] for i in kept),
            answers=tuple(self.answers[i] for i in kept),
            critics=self.critics,
        )

    def figure(self, metric: str) -> Floats:
        """A metric by its name, e.g. `pass@1`, `pass@8`, `pass^4`, `maj@16`, `best@8:reward`.

        Raises:
            UsageError: there is no such metric, or a problem has too few samples; it names the problem.
        """
        found = _METRIC.fullmatch(metric)
        if found is None or (found[3] is None) == (found[1] == "best@"):
            raise UsageError(f"unknown metric {metric!r}; choose e.g. {EXAMPLES}")
        k = int(found[2])
        self._enough(k)
        match found[1]:
            case "pass@":
                return self.counted(lambda n, c: pass_at_k(n, c, k))
            case "pass^":
                return self.counted(lambda n, c: pass_hat_k(n, c, k))
            case "maj@":
                return self.majority(k)
        return self.best(found[3], k)

    def _enough(self, k: int) -> None:
        if k > self.fewest:
            short = int(np.argmin(self.n))
            raise UsageError(
                f"k is {k}, but problem {self.items[short].id!r} has {self.n[short]} of so many samples; "
                f"choose k up to {self.fewest}, or let `mathsolve eval` take more samples"
            )


def problems(outcomes: Outcomes) -> Problems:
    """The problems of a table, its samples of all modes taken together."""
    samples = outcomes.samples
    present, starts = np.unique(samples.problem, return_index=True)
    cuts = starts[1:]
    worths = np.split(samples.right.astype(float), cuts) if len(present) else []
    answers = np.split(samples.answer, cuts) if len(present) else []
    votes = [_votes(mine.tolist(), right.tolist()) for mine, right in zip(answers, worths, strict=True)]
    return Problems(
        items=tuple(outcomes.items[place] for place in present),
        n=np.array([len(mine) for mine in answers], dtype=np.int64),
        right=np.array([int(mine.sum()) for mine in worths], dtype=np.int64),
        tokens=np.array([mine.mean() for mine in np.split(samples.sampled_tokens, cuts)] if len(present) else []),
        classes=tuple(classes for classes, _ in votes),
        silent=tuple(silent for _, silent in votes),
        scores={name: tuple(np.split(values, cuts)) for name, values in outcomes.scores.items()}
        if len(present)
        else {},
        worths=tuple(worths),
        answers=tuple(answers),
        critics=outcomes.critics,
    )


def _votes(answers: list[int], right: list[float]) -> tuple[Classes, tuple[int, float]]:
    """Classes by falling size, and the samples without an answer."""
    members: dict[int, list[float]] = {}
    for answer, worth in zip(answers, right, strict=True):
        members.setdefault(answer, []).append(worth)
    silent = members.pop(-1, [])
    classes = sorted(((len(mine), sum(mine) / len(mine)) for mine in members.values()), reverse=True)
    return tuple(classes), (len(silent), sum(silent) / len(silent) if silent else 0.0)
