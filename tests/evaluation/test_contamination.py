"""Contamination: what counts as a copy of a benchmark's question, what does not, and what cannot be decided."""

from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.contamination.check import contaminated
from mathsolve.evaluation.contamination.grams import Batch
from mathsolve.evaluation.contamination.index import Index
from mathsolve.evaluation.contamination.sequence import jaccard, lcs_length
from mathsolve.evaluation.contamination.words import words
from mathsolve.evaluation.item import Item

FERRY = (
    "A ferry leaves the harbour with 48 passengers. At the island 19 of them get off and 7 new passengers come "
    "aboard. How many passengers are on the ferry when it sails on?"
)
TILES = "Nora lays 15 tiles in each of 12 rows and then breaks 9 of them. How many whole tiles lie on her floor?"
ROOTS = r"Let $p$ and $q$ be the roots of $3x^2 - 11x + 4 = 0$. Compute $\frac{p}{q} + \frac{q}{p}$ without solving it."
LAMPS = "Nine lamps use 27 watts. How much do 14 lamps use?"
SUM = "What is 3817 + 2964?"
BENCHMARK = {"ferry": FERRY, "tiles": TILES, "roots": ROOTS, "lamps": LAMPS, "sum": SUM}


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(Item(f"own/{name}", "own", question, None) for name, question in BENCHMARK.items())


COPIES = [
    ("ferry", "exact", FERRY.upper()),
    ("ferry", "exact", FERRY.replace(" ", "  ").replace(".", " .")),
    ("roots", "exact", "Let p and q be the roots of 3x² − 11x + 4 = 0. Compute p/q + q/p, without solving it!"),
    ("lamps", "exact", "**9 lamps** use 27 watts; how much do 14 lamps use"),
    ("ferry", "13-gram", f"You are a careful teacher. Solve step by step.\n\nProblem: {FERRY}\nAnswer:"),
    (
        "tiles",
        "13-gram",
        f"{TILES} Her floor is blue, and she has a dog that is called Tom and likes to sleep all day.",
    ),
    (
        "ferry",
        "lcs",
        "A boat leaves the harbour with 48 people. At the first island 19 people get off and 7 new people come aboard. "
        "How many people are on the boat as it sails on?",
    ),
    ("tiles", "lcs", "Ina lays 15 tiles in each of 12 rows, then she breaks 9. How many whole tiles lie on the floor?"),
    (
        "lamps",
        "short",
        "Teacher says: nine lamps use 27 watts. How much do 14 lamps use? Answer in watts please, quickly.",
    ),
    ("lamps", "short", "If nine lamps use 27 watts, how much would 14 lamps use?"),
    ("sum", "short", "Calculate 3,817 + 2,964."),
    ("sum", "short", "Do it in your head: what is 3817 + 2964? Then say what comes next in the row."),
]


@pytest.mark.parametrize(("name", "kind", "text"), COPIES)
def test_copies_are_found(index: Index, name: str, kind: str, text: str) -> None:
    match = index.match(text)
    assert match is not None
    assert (match.item.id, match.kind) == (f"own/{name}", kind)


OTHERS = [
    "What is 3817 - 2964?",
    "Twelve lamps stand in 3 rooms. How many stand in each room, if all rooms have the same number of lamps?",
    "A ferry needs 48 minutes to the island. It leaves the harbour at 19:07. When does it arrive there?",
    r"Let $a$ and $b$ be the roots of $x^2 - 5x + 6 = 0$. Compute $a^3 + b^3$.",
    "How many whole numbers lie between 9 and 15?",
]


@pytest.mark.parametrize("text", OTHERS)
def test_other_questions_pass(index: Index, text: str) -> None:
    assert index.match(text) is None


def test_other_numbers_in_the_same_words_are_a_template_and_no_contamination_unless_asked(index: Index) -> None:
    text = "Five lamps use 35 watts. How much do 8 lamps use?"
    match = index.match(text)
    assert match is not None
    assert match.kind == "template"
    assert contaminated([text], index).clean
    assert not contaminated([text], index, counted=["template"]).clean


def test_edits_of_one_word_in_ten_are_always_found(index: Index) -> None:
    """A planted copy in which every tenth word, not a number, is another one."""
    rng = Random(0)
    for name in ("ferry", "tiles"):
        for _ in range(50):
            text = BENCHMARK[name].split()
            plain = [place for place, word in enumerate(text) if not word.strip("?.,").isdigit()]
            for place in rng.sample(plain, len(text) // 10):
                text[place] = rng.choice(["some", "blue", "really", "seven-fold"])
            match = index.match(" ".join(text))
            assert match is not None
            assert match.item.id == f"own/{name}"


def test_a_few_words_without_a_number_are_part_of_many_questions() -> None:
    index = Index([Item("own/1", "own", "How many miles is it?", None)])
    assert index.match("It takes 5 hours to get there at 60 miles an hour. How many miles is it?") is None
    assert index.match("how many miles is it") is not None


def test_every_benchmark_that_has_the_question_is_named() -> None:
    index = Index([Item("a/1", "a", FERRY, None), Item("b/7", "b", FERRY + " Give a number.", None)])
    assert [(match.item.id, match.kind) for match in index.matches([FERRY])[0]] == [
        ("a/1", "exact"),
        ("b/7", "13-gram"),
    ]


def test_a_question_with_options_is_known_without_them() -> None:
    question = f"{TILES}\n\nOptions:\n(A) 171\n(B) 189\n(C) 180"
    index = Index([Item("mc/1", "mc", question, "A", choices=("171", "189", "180"))])
    match = index.match(TILES)
    assert match is not None
    assert match.kind == "exact"


def test_what_cannot_be_decided_counts_as_contaminated() -> None:
    report = contaminated([None, "  ", "?!", "How many legs have 7 dogs?"], [Item("own/1", "own", FERRY, None)])
    assert (report.rows, report.undecided, report.contaminated, report.clean) == (4, 3, 3, False)


def test_the_report_counts_rows_and_questions() -> None:
    items = [Item(f"own/{name}", "own", question, None) for name, question in BENCHMARK.items()]
    report = contaminated([FERRY, FERRY, TILES, "Something else about 8 cats?"], items)
    assert report.rows_by_kind == {("own", "exact"): 3}
    assert (report.rows_by_benchmark, report.questions_by_benchmark) == ({"own": 3}, {"own": 2})
    assert [finding.row.number for finding in report.examples] == [1, 2, 3]


@pytest.mark.parametrize("items", [[], [Item("own/1", "own", " $$ ", None)]])
def test_a_benchmark_without_questions_is_an_error(items: list[Item]) -> None:
    with pytest.raises(UsageError, match=r"no benchmark questions|own/1 has no text"):
        contaminated([FERRY], items)


def test_a_drawing_does_not_make_questions_alike() -> None:
    drawing = "[asy] size(150); draw((0,0)--(1,0)--(1,1)--(0,1)--cycle); label({}); dot((3,4)); dot((5,6)); [/asy]"
    index = Index([Item("own/1", "own", "What is the area of the shaded part? " + drawing.format("A"), None)])
    assert index.match("How many corners has the figure that you see? " + drawing.format("B")) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"$\dfrac{3}{4} \le x$", "3/4 ≤ x"),
        (r"\left(x-1\right)\cdot 2", "(x - 1) * 2"),
        ("1,234,567 and 2{,}500", "1234567 and 2500"),
        ("Tom's 5.0 km", "Tom ’ s 5 km"),
        ("2**3", "2^3"),
        ("half-empty", "half empty"),
        ("５ apples", "five apples"),
        ("40 percent", "40%"),
        (r"$\theta = 90^{\circ}$, $n \neq \pi$", "θ = 90°, n ≠ π"),
        ("**Find** *all* 3*x and 4 * y", "find all 3 * x and 4*y"),
    ],
)
def test_spelling_does_not_matter(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"), [("3 - 5", "3 + 5"), ("x < 3", "x > 3"), ("2*(3+4)", "2*3+4"), ("1.5", "15"), ("7!", "7")]
)
def test_what_is_asked_matters(one: str, other: str) -> None:
    assert words(one) != words(other)


@given(st.text(alphabet="abc", max_size=9), st.text(alphabet="abc", max_size=9))
def test_lcs_is_the_longest_common_subsequence(a: str, b: str) -> None:
    subsequences = ({"".join(chosen) for n in range(len(s) + 1) for chosen in combinations(s, n)} for s in (a, b))
    assert lcs_length(a, b) == max(map(len, set.intersection(*subsequences)))


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=6), max_size=5))
def test_runs_are_equal_exactly_where_their_words_are(questions: list[list[str]]) -> None:
    hashes, begins = Batch.of(questions).grams([2])[2]
    pairs = [(a, b) for words in questions for a, b in pairwise(words)]
    assert len(hashes) == len(begins) == len(pairs)
    assert len(set(hashes.tolist())) == len(set(pairs))


@given(st.text(max_size=60))
def test_any_text_has_words_without_spaces(text: str) -> None:
    assert all(word and not word.isspace() for word in words(text))


def test_jaccard_of_nothing_is_one() -> None:
    assert jaccard([], []) == 1
