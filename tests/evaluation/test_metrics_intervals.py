"""Error bars and paired comparison: against their definitions and against values from elsewhere."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.evaluation.metrics.intervals import (
    Estimate,
    bootstrap_means,
    estimates,
    macro_average,
    micro_average,
    percentiles,
    sampling_error,
    share_interval,
    standard_error,
    wilson,
)
from mathsolve.evaluation.metrics.paired import difference, holm, mcnemar, problems_needed
from mathsolve.evaluation.metrics.student import quantile, two_sided_p

values = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=12)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"), [(25, 30, 66.4, 92.7), (30, 30, 88.6, 100.0), (0, 30, 0.0, 11.4), (0, 0, 0.0, 100.0)]
)
def test_wilson_gives_published_intervals(right: int, n: int, low: float, high: float) -> None:
    share = right / n if n else 0.0
    assert [round(100 * end, 1) for end in wilson(share, n)] == [low, high]
    single = np.array([1.0] * right + [0.0] * (n - right))
    assert [round(100 * end, 1) for end in share_interval(single)[:2]] == [low, high]


@pytest.mark.parametrize(("df", "t"), [(1, 12.7062), (2, 4.3027), (5, 2.5706), (29, 2.0452), (99, 1.9842), (1e6, 1.96)])
def test_student_s_t_gives_tabulated_values(df: float, t: float) -> None:
    assert quantile(df) == pytest.approx(t, abs=5e-5)
    assert two_sided_p(quantile(df), df) == pytest.approx(0.05, abs=1e-9)


@given(values, st.data())
def test_clustered_errors_are_their_definition(sample: list[float], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.integers(0, 4), min_size=len(sample), max_size=len(sample)))
    mean, n, count = sum(sample) / len(sample), len(sample), len(set(names))
    found = standard_error(np.array(sample), np.array(names))
    if count < 2:
        assert found is None
        return
    sums = [sum(s - mean for s, name in zip(sample, names, strict=True) if name == c) for c in set(names)]
    assert found == pytest.approx(math.sqrt(count / (count - 1) * sum(x * x for x in sums)) / n, abs=1e-9)
    assert standard_error(np.array(sample), np.arange(n)) == standard_error(np.array(sample))


def test_recorded_samples_give_the_reference_errors() -> None:
    right = np.array([8] * 86 + [0] * 4 + [4, 4, 4, 3, 3, 6, 6, 2, 1, 7], dtype=float)
    found = estimates([right / 8])[0]
    assert standard_error(right / 8) == pytest.approx(0.0250, abs=5e-5)
    assert sampling_error(right, np.full(100, 8.0)) == pytest.approx(0.0053, abs=5e-5)
    assert (found.value, found.method) == (0.91, "t")
    assert found.resampled == pytest.approx((found.low, found.high), abs=0.006)


def test_one_sample_says_nothing_about_its_spread() -> None:
    assert sampling_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])) is None


def test_one_cluster_leaves_nearly_everything_possible() -> None:
    sample, same = np.array([1.0, 0.0, 1.0, 1.0]), np.zeros(4, dtype=int)
    assert standard_error(sample, same) is None
    low, high, method = share_interval(sample, same)
    assert (low < 0.2, high > 0.95, method) == (True, True, "wilson")


def test_all_right_is_not_certainty() -> None:
    low, high, method = share_interval(np.ones(1000))
    assert (0.99 < low < 1, high, method) == (True, 1.0, "wilson")


@pytest.mark.parametrize(("n", "samples"), [(30, 1), (30, 16), (200, 8)])
def test_intervals_hold_the_truth_in_95_of_100_runs(n: int, samples: int) -> None:
    generator = np.random.default_rng(0)
    held = []
    for _ in range(600):
        skills = generator.beta(4, 1, size=n)  # of problems that share a mean of 0.8
        low, high, _method = share_interval(generator.binomial(samples, skills) / samples)
        held.append(low <= 0.8 <= high)
    assert 0.92 < np.mean(held) < 0.985


def test_the_bootstrap_is_the_exact_distribution_of_redrawn_means() -> None:
    sample = np.array([0.0, 0.5, 1.0])
    exact = sorted(np.mean(drawn) for drawn in product(sample, repeat=3))
    replicates = bootstrap_means(sample[:, None], replicates=50_000)[:, 0]
    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        below = np.mean([mean <= exact[int(level * 27)] + 1e-9 for mean in exact])
        assert np.mean(replicates <= exact[int(level * 27)] + 1e-9) == pytest.approx(below, abs=0.01)


def test_the_bootstrap_draws_whole_clusters_and_keeps_columns_together() -> None:
    rows = np.array([[1.0, 0.9], [1.0, 0.9], [1.0, 0.9], [0.0, -0.1]])
    replicates = bootstrap_means(rows, np.array([0, 0, 0, 1]), replicates=2000)
    assert set(np.round(replicates[:, 0], 6)) == {0.0, 0.75, 1.0}
    assert np.allclose(replicates[:, 0] - replicates[:, 1], 0.1)
    assert (bootstrap_means(rows) == bootstrap_means(rows)).all()


def test_averages_weigh_by_problems_and_by_benchmarks() -> None:
    small = Estimate(0.2, 0.1, 0.3, "t", 0.03, n=100)
    large = Estimate(0.8, 0.7, 0.9, "t", 0.01, n=900)
    assert micro_average([small, large]).value == pytest.approx(0.74)
    assert macro_average([small, large]).value == pytest.approx(0.5)
    assert macro_average([small, large]).se == pytest.approx(math.sqrt(0.03**2 + 0.01**2) / 2)


@given(st.integers(0, 30), st.integers(0, 30))
def test_mcnemar_is_the_binomial_tail(wins: int, losses: int) -> None:
    n = wins + losses
    exact = sum(math.comb(n, i) for i in range(n + 1) if min(i, n - i) <= min(wins, losses)) / 2**n
    assert mcnemar(wins, losses) == pytest.approx(exact)


def test_mcnemar_counts_thousands() -> None:
    assert mcnemar(5100, 4900) == pytest.approx(0.0466, abs=2e-4)


def test_wins_of_17_percent_against_10_need_some_220_problems() -> None:
    assert problems_needed(0.17, 0.10) == 212
    assert mcnemar(34, 20) > 0.05  # of 200 problems
    assert mcnemar(43, 25) < 0.05  # of 250


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_corrects_as_a_step_down_of_bonferroni(ps: list[float]) -> None:
    adjusted = holm(ps)
    for alpha in (0.01, 0.05, 0.3):
        rejected = 0
        for place, p in enumerate(sorted(ps)):
            if p * (len(ps) - place) > alpha:
                break
            rejected += 1
        assert sum(p <= alpha for p in adjusted) == rejected
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))


def test_a_paired_difference_is_tested_by_what_its_values_are() -> None:
    a, b = np.array([1.0, 0, 0, 0, 1, 1, 0, 0] * 20), np.array([1.0, 1, 1, 0, 0, 1, 1, 0] * 20)
    greedy = difference(a, b)
    assert (greedy.wins, greedy.losses, greedy.ties, greedy.test) == (60, 20, 80, "mcnemar")
    assert greedy.p == mcnemar(60, 20)
    assert greedy.value == pytest.approx(0.25)
    sampled = difference(a * 0.5, b * 0.5)
    assert sampled.test == "t"
    assert sampled.p == pytest.approx(two_sided_p(0.125 / sampled.se, 159))
    assert sampled.resampled == pytest.approx((sampled.low, sampled.high), abs=0.01)
    clustered = difference(a, b, np.repeat(np.arange(20), 8))
    assert clustered.p == mcnemar(20, 0)  # every cluster has the same difference: no spread to test by
    assert clustered.low < greedy.value < clustered.high


def test_equal_runs_are_not_known_to_be_equal() -> None:
    same = np.array([1.0, 0.0] * 25)
    found = difference(same, same)
    assert (found.value, found.p, found.significant) == (0.0, 1.0, False)
    assert found.low < -0.05 < 0.05 < found.high
    assert found.detectable > 0.05


def test_nothing_to_pair_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 and 0 problems"):
        difference(np.array([]), np.array([]))


def test_percentiles_take_the_middle() -> None:
    assert percentiles(np.arange(1001.0)) == (25.0, 975.0)
