"""Estimators over k of n samples: against looking at every subset, and against values on recorded samples."""

import doctest
import importlib
import math
import pkgutil
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.evaluation import metrics
from mathsolve.evaluation.metrics import passes, scored, votes

ALL, NONE = [1] * 8, [0] * 8
MIXED = (
    ([0, 1, 1, 2, 1, 3, 4, 0], [0, 1, 1, 0, 1, 0, 0, 0], [-2.69, 0.06, 0.36, -0.53, 0.16, -1.22, -1.79, -2.28]),
    ([0, 0, 1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1, 0, 0], [0.52, 0.53, -0.59, -0.38, 0.55, 0.53, -1.15, -0.44]),
    ([0, 0, 1, 2, 1, 3, 4, 5], [0, 0, 1, 0, 1, 0, 0, 0], [-0.42, 0.37, -0.49, -1.54, -0.76, -1.08, -0.47, -2.05]),
    ([0, 1, 1, 1, 2, 1, 1, 1], [0, 1, 1, 1, 0, 1, 1, 1], [-2.58, 0.96, 0.98, 1.02, -0.87, 1.27, 0.84, 1.22]),
    ([0, 1, 1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 1, 0, 0, 0], [-2.89, -1.3, -1.53, -0.91, -0.19, -1.73, -1.18, -2.14]),
    ([0, 1, 0, 1, 1, 0, 0, 1], [1, 0, 1, 0, 0, 1, 1, 0], [4.62, -3.59, 4.62, -3.44, -3.59, 4.31, 4.62, -3.39]),
    ([0, 1, 1, 0, 0, 1, 0, 0], [0, 1, 1, 0, 0, 1, 0, 0], [0.73, 2.11, 2.09, 1.26, 0.99, 1.71, 1.02, 0.92]),
    ([0, 0, 0, 1, 0, 0, 0, 0], [1, 1, 1, 0, 1, 1, 1, 1], [1.39, 1.73, 1.4, 0.59, 1.24, 0.99, 1.43, 1.2]),
    ([0, 1, 2, 1, 1, 1, 1, 1], [0, 1, 0, 1, 1, 1, 1, 1], [-2.52, 1.16, -3.86, 1.31, 1.18, 1.31, 1.19, 1.35]),
    ([0, 1, 0, 0, 2, 3, 1, 0], [1, 0, 1, 1, 0, 0, 0, 1], [0.68, 2.3, 0.6, -0.21, -0.49, -1.93, 2.23, 0.5]),
)
"""The ten problems of Qwen2.5-Math's recorded example of a reward model, of 100 with 8 samples, that are neither always
right (86) nor never (4): class of the answer, whether it is right, and its score."""

counts = st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))
samples = st.lists(
    st.tuples(st.integers(-1, 3), st.sampled_from([-3.0, -1.0, 0.0, 0.5, 2.0]) | st.floats(-5, 5)),
    min_size=1,
    max_size=7,
)


def over_subsets(n: int, k: int, figure: Callable[[tuple[int, ...]], float]) -> float:
    """The mean of a figure over every choice of k of n samples."""
    return fmean(map(figure, combinations(range(n), k)))


def classes_of(answers: Sequence[int], right: Sequence[int]) -> tuple[list[tuple[int, float]], int]:
    sizes = Counter(answers)
    silent = sizes.pop(-1, 0)
    return [(size, float(right[answers.index(name)])) for name, size in sizes.items()], silent


def test_every_example_in_a_docstring_is_true() -> None:
    for module in pkgutil.iter_modules(metrics.__path__, "mathsolve.evaluation.metrics."):
        assert doctest.testmod(importlib.import_module(module.name)).failed == 0, module.name


@given(counts)
def test_counts_equal_the_mean_over_all_subsets(case: tuple[int, int, int]) -> None:
    n, c, k = case
    right = [i < c for i in range(n)]

    def share(chosen: tuple[int, ...]) -> float:
        return sum(right[i] for i in chosen)

    assert passes.pass_at_k(n, c, k) == pytest.approx(over_subsets(n, k, lambda s: share(s) > 0))
    assert passes.pass_hat_k(n, c, k) == pytest.approx(over_subsets(n, k, lambda s: share(s) == k))
    assert passes.pass_ratio(n, c) == pytest.approx(over_subsets(n, k, lambda s: share(s) / k))
    for tau in (0.0, 0.25, 0.3, 0.5, 1.0):
        least = max(1, next(j for j in range(k + 1) if j >= tau * k - 1e-9))
        expected = over_subsets(n, k, lambda s, least=least: share(s) >= least)
        assert passes.g_pass_at_k(n, c, k, tau) == pytest.approx(expected)
    if k > 1:
        steps = range(math.ceil(k / 2) + 1, k + 1)
        expected = 2 / k * sum(passes.g_pass_at_k(n, c, k, j / k) for j in steps)
        assert passes.mean_g_pass_at_k(n, c, k) == pytest.approx(expected)


@given(samples, st.data())
def test_a_vote_equals_the_mean_over_all_subsets(case: list[tuple[int, float]], data: st.DataObject) -> None:
    answers = [answer for answer, _ in case]
    k = data.draw(st.integers(1, len(answers)))
    winners = data.draw(st.sets(st.integers(0, 3)))
    declined = data.draw(st.sampled_from([0.0, 1.0]))
    right = [int(answer in winners) for answer in answers]

    def voted(chosen: tuple[int, ...]) -> float:
        heard = Counter(answers[i] for i in chosen if answers[i] >= 0)
        best = [answer for answer, count in heard.items() if count == max(heard.values())]
        return fmean(float(answer in winners) for answer in best) if best else declined

    classes, silent = classes_of(answers, right)
    assert votes.majority_at_k(classes, silent, k, declined) == pytest.approx(over_subsets(len(answers), k, voted))


@given(samples, st.data())
def test_a_choice_by_score_equals_the_mean_over_all_subsets(case: list[tuple[int, float]], data: st.DataObject) -> None:
    answers, scores = [answer for answer, _ in case], [score for _, score in case]
    right = [int(answer == 0) for answer in answers]
    k = data.draw(st.integers(1, len(answers)))

    def best(chosen: tuple[int, ...]) -> float:
        return right[max(chosen, key=lambda i: (scores[i], -i))]

    def weighted(chosen: tuple[int, ...]) -> float:
        totals: dict[int, float] = {}
        for i in chosen:
            if answers[i] >= 0:
                totals[answers[i]] = totals.get(answers[i], 0.0) + 1 / (1 + math.exp(-scores[i]))
        if not totals:
            return 0.0
        highest = {a: max(scores[i] for i in chosen if answers[i] == a) for a in totals}
        tied = [a for a in totals if totals[a] >= max(totals.values()) * (1 - 1e-12)]
        return float(max(tied, key=lambda a: (highest[a], -min(i for i in chosen if answers[i] == a))) == 0)

    assert scored.best_of_k(scores, right, k) == pytest.approx(over_subsets(len(answers), k, best))
    found = scored.weighted_majority_at_k(answers, right, scores, k, "sigmoid")
    assert found.value == pytest.approx(over_subsets(len(answers), k, weighted))
    assert found.se == 0


def recorded(figure: Callable[[list[int], list[int], list[float]], float]) -> float:
    """Mean of a figure over the 100 recorded problems."""
    same = [0] * 8
    return (
        86 * figure(same, ALL, [0.0] * 8) + 4 * figure(same, NONE, [0.0] * 8) + sum(figure(*row) for row in MIXED)
    ) / 100


@pytest.mark.parametrize(
    ("k", "ability", "vote", "best", "weighted"),
    [
        (1, 0.91, 0.91, 0.91, 0.91),
        (2, 0.93286, 0.91, 0.92786, 0.92786),
        (4, 0.951, 0.92011, 0.93614, 0.93571),
        (8, 0.96, 0.925, 0.94, 0.94),
    ],
)
def test_recorded_samples_give_the_reference_values(
    k: int, ability: float, vote: float, best: float, weighted: float
) -> None:
    assert recorded(lambda _, right, __: passes.pass_at_k(8, sum(right), k)) == pytest.approx(ability, abs=5e-6)
    assert recorded(lambda answers, right, _: votes.majority_at_k(*classes_of(answers, right), k)) == pytest.approx(
        vote, abs=5e-6
    )
    assert recorded(lambda _, right, scores: scored.best_of_k(scores, right, k)) == pytest.approx(best, abs=5e-6)
    assert recorded(
        lambda answers, right, scores: scored.weighted_majority_at_k(answers, right, scores, k, "sigmoid").value
    ) == pytest.approx(weighted, abs=5e-6)


def test_recorded_samples_give_the_reference_value_of_votes_by_odds() -> None:
    found = recorded(
        lambda answers, right, scores: scored.weighted_majority_at_k(answers, right, scores, 4, "softmax").value
    )
    assert found == pytest.approx(0.93357, abs=5e-6)


@pytest.mark.parametrize("weight", ["sigmoid", "softmax", "rank"])
def test_negative_scores_do_not_turn_a_vote_around(weight: scored.Weight) -> None:
    found = scored.weighted_majority_at_k([0, 0, 0, 1], [1, 1, 1, 0], [-1.0, -1.0, -1.0, -1.1], 4, weight)
    assert found.value == 1  # raw sums would make the three votes for the right answer count -3


def test_too_many_subsets_are_drawn_and_the_error_of_that_is_stated() -> None:
    answers, right, scores = MIXED[0]
    exact = scored.weighted_majority_at_k(answers, right, scores, 4)
    drawn = scored.weighted_majority_at_k(answers, right, scores, 4, subsets=69)
    again = scored.weighted_majority_at_k(answers, right, scores, 4, subsets=69)
    assert drawn == again
    assert exact.se == 0 < drawn.se
    assert abs(drawn.value - exact.value) < 4 * drawn.se


def test_a_score_that_is_no_number_is_chosen_last_and_has_no_vote() -> None:
    nan = math.nan
    assert scored.best_of_k([nan, -9.0], [1, 0], 2) == 0
    assert scored.best_of_k([nan, nan], [1, 0], 2) == 1
    assert scored.weighted_majority_at_k([0, 0, 1], [1, 1, 0], [nan, nan, -9.0], 3).value == 0
    assert scored.weighted_majority_at_k([0, 1], [1, 0], [nan, nan], 2).value == 0
    assert scored.weighted_majority_at_k([-1, -1], [0, 0], [1.0, 2.0], 2).value == 0
    assert scored.filtered_vote([0, 1], [1, 0], [nan, 1.0], 0.5) == (0.0, True)


@pytest.mark.parametrize("weight", ["sigmoid", "softmax", "rank", "probability"])
def test_a_problem_that_all_samples_rightly_decline_is_right_in_every_vote(weight: scored.Weight) -> None:
    nobody, scores = [-1, -1, -1], [0.5, 0.1, 0.9]
    assert votes.majority_at_k([], 3, 2, 1.0) == 1
    assert scored.weighted_majority_at_k(nobody, [1, 1, 1], scores, 2, weight).value == 1
    assert scored.filtered_vote(nobody, [1, 1, 1], scores, 0.5) == (1.0, False)
    assert scored.weighted_majority_at_k([-1, -1, 0], [1, 1, 0], scores, 3, weight).value == 0, "one answers, wrongly"


def test_thousands_of_samples_do_not_overflow() -> None:
    right = [1.0] * 1000 + [0.0] * 1000
    assert scored.best_of_k(list(range(2000)), right, 1000) == pytest.approx(0, abs=1e-9)
    assert passes.pass_at_k(2000, 1, 1000) == pytest.approx(0.5)
    assert votes.majority_at_k([(900, 1.0), (300, 0.0)], 0, 1) == pytest.approx(0.75)
    assert votes.majority_at_k([(900, 1.0), (300, 0.0)], 0, 400) == pytest.approx(1.0)


def test_a_critic_that_lets_nothing_through_covers_nothing() -> None:
    assert scored.filtered_vote([0, 0, 1], [1, 1, 0], [2, 3, 4], 9) == (0.0, False)
    assert scored.filtered_vote([0, 1], [1, 0], [9, 9], 9) == (0.5, True)


@pytest.mark.parametrize(
    "figure",
    [
        lambda k: passes.pass_at_k(3, 1, k),
        lambda k: passes.pass_hat_k(3, 1, k),
        lambda k: passes.g_pass_at_k(3, 1, k, 0.5),
        lambda k: votes.majority_at_k([(3, 1.0)], 0, k),
        lambda k: scored.best_of_k([1.0, 2.0, 3.0], [1, 0, 0], k),
        lambda k: scored.weighted_majority_at_k([0, 0, 0], [1, 1, 1], [1.0, 2.0, 3.0], k),
    ],
)
@pytest.mark.parametrize("k", [0, 4])
def test_more_samples_than_there_are_is_an_error(figure: Callable[[int], float], k: int) -> None:
    with pytest.raises(ValueError, match=f"k is {k}"):
        figure(k)


def test_a_vote_of_256_samples_loses_nothing_to_rounding() -> None:
    sizes = [100, 60, 30] + [1] * 40
    classes = [(size, float(place == 1)) for place, size in enumerate(sizes)]
    assert votes.majority_at_k(classes, 26, 1) == pytest.approx(60 / 256)
    assert votes.majority_at_k([(size, 1.0) for size, _ in classes], 26, 64) == pytest.approx(1.0)
    assert votes.majority_at_k(classes, 26, 256) == 0
    drawn = np.random.default_rng(0).multivariate_hypergeometric([*sizes, 26], 16, size=20_000)[:, :-1]
    most = drawn == drawn.max(axis=1, keepdims=True)
    worths = most[:, 1] / most.sum(axis=1)
    assert votes.majority_at_k(classes, 26, 16) == pytest.approx(worths.mean(), abs=4 * worths.std() / 20_000**0.5)
