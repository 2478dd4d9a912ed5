"""Routing: the kind of a question, the mode that is tried first, and what follows when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from mathsolve import Program, Settings, Solution, Solver
from mathsolve.engine.backend import Completion, Context, Sampling
from mathsolve.engine.backends.replay import ReplayBackend
from mathsolve.engine.backends.source import Source
from mathsolve.engine.errors import UsageError
from mathsolve.engine.renderer import TextRenderer
from mathsolve.engine.routing import fallback, kind, load_record, modes, routed
from mathsolve.prompts import load_family

STORY = "Ann has 3 apples and buys 4 more. How many has she?"
FAILING = "```python\nprint(1/0)\n```\n```output\nZeroDivisionError\n```\nIt is \\boxed{7}."
WORDS = "It is \\boxed{7}."


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Differentiate x^3.", "calculus"),
        ("What is the determinant of [[1, 2], [3, 4]]?", "matrices"),
        ("How many ways are there to arrange 5 books?", "counting"),
        ("What is the probability of two heads?", "probability"),
        ("What is the remainder of 17 divided by 5?", "number theory"),
        ("Solve x^2 = 4.", "algebra"),
        ("What is 12 * 34?", "arithmetic"),
        (STORY, "story"),
    ],
)
def test_the_kind_of_a_question(question: str, about: str) -> None:
    assert kind(question) == about


def test_words_come_first_only_in_stories_with_small_numbers() -> None:
    assert modes(STORY) == ("cot", "mixed")
    assert modes(STORY.replace("3", "31,415")) == ("mixed", "cot")


def test_a_record_goes_before_the_rule_when_it_is_long_enough() -> None:
    assert modes(STORY, {"story": {"cot": (2, 50), "mixed": (40, 50), "pot": (45, 50)}}) == ("pot", "cot")
    assert modes("Solve x^2 = 4.", {"algebra": {"cot": (45, 50), "pot": (20, 50)}}) == ("cot", "pot")
    assert modes(STORY, {"story": {"cot": (0, 5), "mixed": (5, 5)}}) == ("cot", "mixed")


class Listing(ReplayBackend):
    """A recording that notes in which modes it is asked."""

    def __init__(self, question: str) -> None:
        super().__init__({question: [WORDS]}, TextRenderer(load_family("qwen-tir")))
        self.modes: list[str] = []

    async def generate(self, context: Context, sampling: Sampling, on_text: Any = None) -> Completion:
        self.modes.append(context.mode)
        return await super().generate(context, sampling, on_text)


def test_a_record_is_read_from_its_file_and_decides_what_is_tried_first(tmp_path: Path) -> None:
    question, routes = "Solve x + 1 = 8.", tmp_path / "routes.json"
    routes.write_text(json.dumps({"routes": {"algebra": {"cot": [48, 50], "mixed": [30, 50]}}}))
    for named, first in ((None, "mixed"), (str(routes), "cot")):
        backend = Listing(question)
        with Solver(Settings(samples=1, routes=named), backend=backend) as solver:
            assert solver.solve(question).answer == "7"
        assert backend.modes == [first]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "Expecting value"),
        ("[]", "holds no routes"),
        ('{"routes": {"sums": {"cot": [1, 2]}}}', "'sums' is no kind"),
        ('{"routes": {"story": {"auto": [1, 2]}}}', "must be a mode"),
        ('{"routes": {"story": {"cot": [3, 2]}}}', "must be a mode"),
        ('{"routes": {"story": {"cot": 2}}}', "holds no routes"),
    ],
)
def test_a_file_without_routes_says_why(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "routes.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=words):
        load_record(path)
    with pytest.raises(UsageError, match="cannot read the routes"):
        load_record(tmp_path / "none.json")


def test_a_model_s_own_folder_may_hold_its_record(tmp_path: Path) -> None:
    folder = tmp_path / "strong-qwen2.5-math"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    assert Source("transformers", str(folder)).record() == {}
    (folder / "mathsolve.json").write_text('{"routes": {"story": {"cot": [48, 50], "mixed": [30, 50]}}}')
    source = Source("transformers", str(folder))
    assert source.record() == {"story": {"cot": (48, 50), "mixed": (30, 50)}}
    assert source.layout().name == "qwen-tir"  # by its name: the file names no family


def test_temperatures_stay_where_they_are() -> None:
    ways = [("mixed", 0.0), ("cot", 0.0), ("mixed", 0.7), ("mixed", 0.7)]
    assert routed(ways, STORY) == [("cot", 0.0), ("mixed", 0.0), ("cot", 0.7), ("cot", 0.7)]
    assert routed([], STORY) == []


def solved(tmp_path: Path, question: str, completions: list[str], samples: int = 1) -> Solution:
    path = tmp_path / "solutions.jsonl"
    path.write_text(json.dumps({"question": question, "completions": completions}))
    with Solver(Settings(f"replay:{path}", samples=samples, family="qwen-tir")) as solver:
        return solver.solve(question)


def test_after_a_failing_program_the_question_is_reasoned_about(tmp_path: Path) -> None:
    solution = solved(tmp_path, "Solve x + 1 = 8.", [FAILING, WORDS])
    assert (solution.answer, len(solution.trajectories)) == ("7", 2)
    assert not any(isinstance(step, Program) for step in solution.steps)


def test_after_words_without_an_answer_a_program_is_tried(tmp_path: Path) -> None:
    computed = "```python\nprint(3 + 4)\n```\n```output\n7\n```\nIt is \\boxed{7}."
    solution = solved(tmp_path, STORY, ["I do not know", computed])
    assert (solution.answer, len(solution.trajectories)) == ("7", 2)


def test_a_program_that_failed_agrees_with_nobody(tmp_path: Path) -> None:
    assert len(solved(tmp_path, "Solve x + 1 = 8.", [FAILING, WORDS], samples=4).trajectories) > 2


def test_a_mode_that_needed_no_program_agrees_with_nobody(tmp_path: Path) -> None:
    assert len(solved(tmp_path, "Solve x + 1 = 8.", [WORDS], samples=4).trajectories) > 2


def test_there_is_nothing_to_fall_back_to_when_both_were_tried() -> None:
    assert fallback([], ["mixed", "cot"]) is None
    assert (fallback([], ["mixed"]), fallback([], ["pot", "pot"]), fallback([], ["cot"])) == ("cot", "cot", "mixed")
