"""Near-duplicates within a set: found like by comparing every pair, in the same way every time."""

from itertools import product
from random import Random

from mathsolve.evaluation.contamination.duplicates import NearDuplicates, clusters
from mathsolve.evaluation.contamination.minhash import BANDS, Table, signatures
from mathsolve.evaluation.contamination.sequence import jaccard, lcs_ratio
from mathsolve.evaluation.contamination.words import words

SENTENCES = (
    ("Ann", "Boris", "The old teacher", "A farmer"),
    ("buys 12 pears for 3 dollars", "walks 5 miles in 2 hours", "plants 40 trees in 8 rows", "reads 90 pages a day"),
    ("after breakfast", "on the way to the harbour", "while it rains", "because her sister asked for it"),
    ("How much is that for one?", "What remains at the end of the week?", "How long does it take in all?"),
)
QUESTIONS = [" ".join(parts) for parts in product(*SENTENCES)]


def test_a_question_in_another_spelling_is_a_twin() -> None:
    sieve = NearDuplicates()
    assert sieve.keep("Ann has 1,200 red apples and 3 pears. How many fruits has she?") == 0
    assert sieve.keep("What is 17 + 4?") == 1
    twin = sieve.find("ann has $1200$ red apples, and three pears. How many fruits has she")
    assert twin is not None
    assert (twin.number, twin.jaccard, twin.lcs) == (0, 1.0, 1.0)
    assert sieve.find("Which prime numbers lie between 20 and 40?") is None


def test_other_numbers_are_new_where_templates_are_wanted() -> None:
    pair = [
        "A box holds 12 eggs and 3 are broken. How many are whole?",
        "A box holds 30 eggs and 4 are broken. How many are whole?",
    ]
    assert clusters(pair) == [0, 0]
    assert clusters(pair, NearDuplicates(other_numbers_are_new=True)) == [0, 1]
    assert clusters([pair[0], pair[0] + " Please!"], NearDuplicates(other_numbers_are_new=True)) == [0, 0]


def test_what_is_kept_has_no_twins_and_what_is_not_has_one() -> None:
    questions = Random(1).sample(QUESTIONS, len(QUESTIONS))
    kept: list[list[str]] = []
    missed = 0
    for question, twin in zip(questions, NearDuplicates().sift(questions), strict=True):
        of = words(question)
        alike = any(jaccard(_runs(of), _runs(other)) >= 0.6 or lcs_ratio(of, other) >= 0.7 for other in kept)
        assert alike or twin is None
        missed += alike and twin is None
        if twin is None:
            kept.append(of)
    assert missed <= len(questions) // 50


def _runs(of: list[str]) -> set[tuple[str, ...]]:
    return {tuple(of[begin : begin + 3]) for begin in range(len(of) - 2)}


def test_one_at_a_time_is_like_all_together() -> None:
    questions = Random(2).choices(QUESTIONS, k=150)
    sieve, one_by_one = NearDuplicates(), []
    for question in questions:
        twin = sieve.find(question)
        one_by_one.append(twin is None)
        if twin is None:
            sieve.keep(question)
    assert one_by_one == [twin is None for twin in NearDuplicates().sift(questions)]
    assert len(sieve) == sum(one_by_one)


def test_signatures_agree_as_often_as_the_sets_do() -> None:
    rng = Random(3)
    common, left, right = ([str(rng.random()) for _ in range(count)] for count in (2000, 1000, 1000))
    a, b = signatures([common + left, common + right])
    assert abs((a == b).mean() - 0.5) < 4 * (0.25 / len(a)) ** 0.5


def test_questions_without_words_are_alike_and_harm_nothing() -> None:
    assert clusters(["", "?", "One", "one."]) == [0, 0, 2, 2]


def test_a_table_that_grew_finds_what_was_there_before() -> None:
    table, rng = Table(), Random(4)
    keys = [[rng.randrange(50) for _ in range(BANDS)] for _ in range(500)]
    for row in keys:
        table.add(row)
    for row in keys[::50]:
        assert table.find(row) == [number for number, other in enumerate(keys) if {*row} & {*other}]
