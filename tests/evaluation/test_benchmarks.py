"""Benchmarks: every trap of the sources on made-up records, and the sources themselves where they are at hand."""

import doctest
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.evaluation import benchmarks
from mathsolve.evaluation.benchmarks.entry import entries
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.benchmarks.options import options
from mathsolve.evaluation.benchmarks.selfcheck import check_golds
from mathsolve.evaluation.item import Item

SHARED = Path(__file__).parents[3] / "shared" / "data" / "eval"
"""The sources' own files, on machines that have them."""


def write(folder: Path, name: str, *records: dict[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def only(folder: Path, bench: str, record: dict[str, Any], name: str = "test.jsonl") -> Item:
    """The problem that one record of a benchmark makes."""
    write(folder, f"{bench}/{name}", record)
    (item,) = load(bench, folder=folder)
    return item


@pytest.mark.parametrize(
    ("bench", "record", "gold"),
    [
        ("gsm8k", {"question": "Q?", "answer": "1 + 1 = <<1+1=2>>2 thousand\n#### 2,000"}, "2000"),
        ("math", {"problem": "Q?", "solution": r"$\boxed{7}$, no: $\boxed{\frac{1}{2}}$."}, r"\frac{1}{2}"),
        ("math", {"problem": "Q?", "solution": r"$\boxed{-2}$ and $\boxed{1}$"}, "-2, 1"),
        ("math", {"problem": "Q?", "solution": r"$\boxed{1\frac12}$ or $\boxed{\frac32}$"}, r"\frac32"),
        ("svamp", {"Body": "B.", "Question": "Q?", "Answer": 145.0}, "145"),
        ("svamp", {"Body": "B.", "Question": "Q?", "Answer": "0.50"}, "0.50"),
        ("asdiv", {"body": "B.", "question": "Q?", "answer": "9 (apples)"}, "9"),
        ("asdiv", {"body": "B.", "question": "Q?", "answer": "14  (seats)"}, "14"),
        ("asdiv", {"body": "B.", "question": "Q?", "answer": "-(1/3)"}, "-(1/3)"),
        ("asdiv", {"body": "B.", "question": "Q?", "answer": "3:30 p.m."}, "3:30 p.m."),
        ("asdiv", {"body": "B.", "question": "Q?", "answer": "Yes"}, "Yes"),
        ("gsm_hard", {"input": "Q?", "target": -9867630.0}, "-9867630"),
        ("gsm_hard", {"input": "Q?", "target": 9099577.916666666}, "9099577.916666666"),
        ("aime24", {"problem": "Q?", "answer": "025"}, "25"),
        ("amc23", {"question": "Q?", "answer": 27.0}, "27"),
        ("minerva", {"problem": "Q?", "solution": r"\[ \boxed{4.5e33} \mathrm{erg} \]"}, "4.5e33"),
        ("gaokao2023en", {"question": "Q?", "answer": "$145$solution:"}, "145"),
        ("mgsm/de", {"question": "Q?", "answer": "Schritt", "answer_number": 2125}, "2125"),
        ("tabmwp", {"question": "Q?", "table": "a | 1", "answer": "4,656"}, "4,656"),
        ("deepmind", {"question": "b'Q?\\n'", "answer": "b'-4*x**2\\n'"}, "-4*x**2"),
    ],
)
def test_the_right_answer_is_found_in_each_form(tmp_path: Path, bench: str, record: dict[str, Any], gold: str) -> None:
    name = "mgsm/de.jsonl" if bench.startswith("mgsm") else f"{bench}/test.jsonl"
    write(tmp_path, name, record)
    assert [item.gold for item in load(bench, folder=tmp_path)] == [gold]


@pytest.mark.parametrize(
    ("bench", "record"),
    [
        ("aqua", {"question": "Which?", "options": ["A)2 : 3", "B)4"], "correct": "B"}),
        ("mathqa", {"Problem": "Which?", "options": "a ) 2 : 3 , b ) b ) 4", "correct": "b"}),
        ("mathqa", {"Problem": "Which?", "options": "['a ) 2 : 3', 'b ) 4']", "correct": "b"}),
        ("sat", {"question": "Which?", "options": "A) 2 : 3 B) 4", "Answer": "B"}),
        ("sat", {"question": "Which?", "options": "A. 2 : 3 B. 4", "Answer": "(B)"}),
        ("tabmwp", {"question": "Which?", "choices": ["2 : 3", "4"], "answer": "4"}),
    ],
)
def test_options_have_one_layout_and_the_letter_is_the_answer(
    tmp_path: Path, bench: str, record: dict[str, Any]
) -> None:
    item = only(tmp_path, bench, record)
    assert (item.question, item.choices, item.gold) == ("Which?\n\nOptions:\n(A) 2 : 3\n(B) 4", ("2 : 3", "4"), "B")


def test_options_that_read_alike_are_all_right(tmp_path: Path) -> None:
    record = {"question": "Which?", "options": ["A)15 s", "B)12 s", "C)15 s"], "correct": "A"}
    assert only(tmp_path, "aqua", record).accepted == ("C",)
    assert only(tmp_path, "aqua", {**record, "options": ["A)s", "B)s", "C)s"]}).accepted == ()


@given(st.lists(st.text("xyz12 +-=", min_size=1).map(str.strip).filter(bool), min_size=2, max_size=8))
def test_a_line_of_options_is_split_as_it_was_joined(texts: list[str]) -> None:
    line = " , ".join(f"{mark} ) {text}" for mark, text in zip("abcdefgh", texts, strict=False))
    assert options(line) == tuple(texts)


def test_the_right_option_inside_a_question_is_right_by_its_text_too(tmp_path: Path) -> None:
    record = {"question": "Which: (F) $x$ (G) $(2, 1)$ (J) $y+1$ (K) none?", "answer": "J"}
    assert only(tmp_path, "gaokao2023en", record).accepted == ("$y+1$",)
    assert only(tmp_path, "gaokao2023en", {"question": "What is f(A)?", "answer": "A"}).accepted == ()


def test_a_table_stands_before_its_question_and_the_unit_after_it(tmp_path: Path) -> None:
    record = {
        "id": "7",
        "question": "How much?",
        "table_title": "Fees",
        "table": "a | $1",
        "unit": "$",
        "answer": "3.30",
    }
    item = only(tmp_path, "tabmwp", record, "test1k.jsonl")
    assert (item.id, item.question) == ("tabmwp/7", "Fees\na | $1\n\nHow much? (Unit: $)")


def test_a_body_without_an_end_gets_a_full_stop(tmp_path: Path) -> None:
    assert only(tmp_path, "svamp", {"Body": "Al has 2", "Question": "Why?", "Answer": 2}).question == "Al has 2. Why?"


def test_olympiad_answers_count_with_all_parts_unit_and_margin(tmp_path: Path) -> None:
    record = {"question": "Find.", "final_answer": ["$1$", "$2$"], "is_multiple_answer": True, "context": "Let $x$."}
    item = only(tmp_path, "olympiadbench", record)
    assert (item.gold, item.rules.ordered, item.question) == ("$1$, $2$", False, "Let $x$.\n\nFind.")
    record = {"question": "Find.", "final_answer": ["5"], "error": "1e-1", "unit": "km/h", "is_multiple_answer": False}
    item = only(tmp_path, "olympiadbench", record)
    assert (item.rules.tolerance, item.accepted) == (0.02, ("5 km/h",))


def test_order_matters_where_the_question_asks_for_one(tmp_path: Path) -> None:
    asked = ["Sort 2, 1 in increasing order.", "What are the factors of 6?", "Give both roots, in any order."]
    write(tmp_path, "deepmind/dev.jsonl", *({"question": text, "answer": "1, 2"} for text in asked))
    assert [item.rules.ordered for item in load("deepmind", folder=tmp_path)] == [True, False, False]


def test_records_without_a_right_answer_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "gaokao2023en/test.jsonl", *({"question": "Q?", "answer": text} for text in ("", "$2$")))
    assert [item.id for item in load("gaokao2023en", folder=tmp_path)] == ["gaokao2023en/1"]


def test_equal_questions_are_one_cluster(tmp_path: Path) -> None:
    asked = ["Al has 1.5 pies . Why ?", "Al has 1.5 pies. Why?", "Al has 15 pies. Why?"]
    write(tmp_path, "mawps/test.jsonl", *({"input": text, "target": 2.0, "type": "addsub"} for text in asked))
    assert [item.cluster for item in load("mawps", folder=tmp_path)] == ["mawps/0", "mawps/0", None]


def test_a_problem_in_two_languages_is_one_cluster_and_a_language_is_a_part(tmp_path: Path) -> None:
    (tmp_path / "mgsm").mkdir()
    for language in ("de", "en"):
        (tmp_path / f"mgsm/mgsm_{language}.tsv").write_text(f'Wie "viel" in {language}?\t2,125\n', encoding="utf-8")
    items = load("mgsm", folder=tmp_path)
    assert [(item.id, item.cluster, item.subject) for item in items] == [
        ("mgsm/de-0", "mgsm/0", "de"),
        ("mgsm/en-0", "mgsm/0", "en"),
    ]
    assert load("mgsm/en", folder=tmp_path) == items[1:]


def test_what_the_package_brings_is_whole_and_its_answers_hold() -> None:
    for name in ("builtin", "handwritten"):
        items = load(name)
        assert len(items) == entries()[name].total
        assert [finding.item.id for finding in check_golds(items) if not finding.accepted] == []
    assert all(item.gold is None for item in load("handwritten/outside"))


def test_the_examples_in_the_docstrings_hold() -> None:
    for module in pkgutil.iter_modules(benchmarks.__path__, "mathsolve.evaluation.benchmarks."):
        assert doctest.testmod(importlib.import_module(module.name)).failed == 0, module.name


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sources' files are not on this machine")
@pytest.mark.parametrize("name", sorted(name for name, bench in entries().items() if not bench.packaged))
def test_every_right_answer_of_every_benchmark_is_accepted(name: str) -> None:
    bench = entries()[name]
    findings = list(check_golds(load(name, folder=SHARED)))
    declined = {finding.item.id.partition("/")[2]: finding.reason for finding in findings if not finding.accepted}
    assert {id: reason for id, reason in declined.items() if id not in bench.broken} == {}


SIZES = {"deepmind": 2756, "gaokao2023en": 383, "mgsm": 1250}
"""Problems at hand, where those are not all: a sample, two without an answer, five languages."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sources' files are not on this machine")
def test_every_benchmark_has_the_problems_that_papers_count() -> None:
    found = {name: load(name, folder=SHARED) for name, bench in entries().items() if not bench.packaged}
    assert {name: len(items) for name, items in found.items()} == {
        name: SIZES.get(name, entries()[name].total) for name in found
    }
    assert all(len({item.id for item in items}) == len(items) for items in found.values())
    assert len({item.cluster or item.id for item in found["mawps"]}) == 1866
