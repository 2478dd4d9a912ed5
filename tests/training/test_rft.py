"""Selection of solutions: what counts as another way, which are kept, and how many."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.engine.trajectory import Step, Thought
from mathsolve.sandbox import Observation, Program
from mathsolve.training.rft.budget import budgets
from mathsolve.training.rft.diversity import most_different
from mathsolve.training.rft.paths import path_of, similarity, sound


def words(text: str) -> list[Step]:
    return [Thought(text)]


def program(code: str, printed: str = "12") -> list[Step]:
    return [Program(code), Observation("ok", stdout=printed)]


SAME = [
    (words("3 * 4 = 12, so 12."), words("We get 4 * 3 = 12. That is it.")),
    (program("a = 3\nb = 4\nprint(a * b)"), program("cats = 3\nlegs = 4\nprint(legs * cats)")),
    (program("print(3 * 4)"), program("# product\nanswer = 3 * 4\nprint(answer)")),
]
OTHER = [
    (words("3 * 4 = 12."), words("3 + 3 = 6, 6 + 3 = 9, 9 + 3 = 12.")),
    (program("print(3 * 4)"), program("print(sum(3 for _ in range(4)))")),
    (words("It is 12 by counting."), words("Twelve.")),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same_way_in_other_clothes(a: list[Step], b: list[Step]) -> None:
    assert path_of(a).identity == path_of(b).identity
    assert similarity(path_of(a), path_of(b)) == 1


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_another_way(a: list[Step], b: list[Step]) -> None:
    assert path_of(a).identity != path_of(b).identity
    assert 0 <= similarity(path_of(a), path_of(b)) < 0.99


def test_a_nearer_program_is_more_similar() -> None:
    product = path_of(program("a = 3\nb = 4\nprint(a * b + 1)"))
    near = path_of(program("print(3 * 4 + 2)"))
    far = path_of(program("from sympy import *\nx = symbols('x')\nprint(solve(x - 13, x)[0])"))
    assert similarity(product, near) > similarity(product, far)


def test_programs_with_other_values_are_other_ways() -> None:
    a, b = path_of(program("print(3 * 4)", "12")), path_of(program("print(3 * 4)", "12.0"))
    assert a.identity != b.identity


@given(st.lists(st.sampled_from([*itertools.chain(*SAME), *itertools.chain(*OTHER)]), min_size=2, max_size=2))
def test_similarity_is_symmetric_and_bounded(pair: list[list[Step]]) -> None:
    a, b = map(path_of, pair)
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 * 4 = 12, then 12 / 5 = 2.4", True),
        ("3 * 4 = 13", False),
        ("10 / 3 = 3.33", True),
        ("2^3 = 9", False),
        ("that is $5 * 3 = $16", False),
        ("1,200 + 300 = 1,500", True),
        ("f(2) = 3 and x = 5", True),
        ("1/2 + 1/3 = 5/6", True),
        ("__import__('os') 2**99**99 = 1", True),
    ],
)
def test_equations_in_words_are_checked_without_running_them(text: str, expected: bool) -> None:
    assert sound(words(text)) is expected


def exact(points: list[float], count: int) -> float:
    """The largest possible least distance between `count` of the points."""
    return max(
        min(abs(a - b) for a, b in itertools.combinations(chosen, 2))
        for chosen in itertools.combinations(points, count)
    )


@given(st.lists(st.floats(0, 1), min_size=3, max_size=9, unique=True), st.integers(2, 3))
def test_greedy_is_at_most_twice_as_near_as_the_best_choice(points: list[float], count: int) -> None:
    quality = [0.0] * len(points)
    chosen = most_different(points, quality, lambda a, b: 1 - abs(a - b), count, share=0, near=0)
    assert len(chosen) == len(set(chosen)) == count
    least = min(abs(points[a] - points[b]) for a, b in itertools.combinations(chosen, 2))
    assert least >= exact(points, count) / 2 - 1e-12


def test_near_repetitions_are_never_both_kept() -> None:
    points = [0.0, 0.01, 0.5, 0.52, 1.0]
    assert most_different(points, [1.0] * 5, lambda a, b: 1 - abs(a - b), 5) == [0, 4, 2]


def test_quality_decides_the_first_and_weighs_in_the_rest() -> None:
    points, quality = [0.0, 0.5, 0.6], [0.1, 0.2, 1.0]
    assert most_different(points, quality, lambda a, b: 1 - abs(a - b), 1) == [2]
    assert most_different([0.0, 0.5, 0.55], [1.0, 0.0, 0.9], lambda a, b: 1 - abs(a - b), 2) == [0, 2]


def test_more_different_than_a_random_choice() -> None:
    draw = random.Random(0)
    points = [draw.random() for _ in range(30)]

    def least(chosen: list[int]) -> float:
        return min(abs(points[a] - points[b]) for a, b in itertools.combinations(chosen, 2))

    ours = least(most_different(points, [0.0] * 30, lambda a, b: 1 - abs(a - b), 4, near=0))
    chance = sorted(least(draw.sample(range(30), 4)) for _ in range(99))
    assert ours > chance[90]


def test_hard_problems_get_more() -> None:
    rates = {"a": 0.0, "b": 0.25, "c": 0.9, "d": 1.0}
    assert budgets(rates, 8, "prop2diff") == {"a": 8, "b": 6, "c": 1, "d": 1}
    assert set(budgets(rates, 8, "uniform").values()) == {8}
    assert budgets({"a": 1.0}, 8, "prop2diff") == {"a": 8}
    assert budgets({}, 8, "prop2diff") == {}


def test_programs_are_compared_as_bags_by_what_they_share_of_all() -> None:
    """Two lines in common of three each are two of four, not two of three."""
    a, b = (path_of(program(f"print(7)\nprint(8)\nprint({last})")) for last in (9, 5))
    assert similarity(a, b) == 0.5
    longer = path_of(program("print(7)\nprint(8)\nprint(9)\nprint(9)"))
    assert similarity(a, longer) == 0.75, "what is repeated counts as often"
