"""How often a solution is seen in training: ways to write one answer take turns, paths that models sampled are rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mathsolve.engine.renderer import Renderer
from mathsolve.prompts import load_family
from mathsolve.training.recipe import FineTuning
from mathsolve.training.sft.data import Source, solutions
from mathsolve.training.sft.tokenizer import train_tokenizer
from mathsolve.training.synthesis.candidate import Written
from mathsolve.training.synthesis.example import SAMPLES_OF, Example, ObservationLine, ProgramLine, ThoughtLine, Worked
from mathsolve.training.synthesis.filters.duplicate import question_key

WORDS = ("ant", "bee", "cat", "dog", "elk", "fox")


def worked(mode: Written, word: str) -> Worked:
    """A solution that is known by a word."""
    program = (ProgramLine(code=f"{word} = 2\n{word}"), ObservationLine(stdout="", value="2"))
    return Worked(mode=mode, steps=(*(() if mode == "cot" else program), ThoughtLine(text=f"{word} \\boxed{{2}}")))


def example(index: int, *ways: Worked, source: str = "toy") -> Example:
    """A question with its solutions."""
    common = {"split": "train", "domain": "d", "seed": "s", "level": 1, "answer": "2"}
    return Example(index=index, source=source, question=f"How many {index}?", solutions=ways, **common)  # type: ignore[arg-type]


def seen(
    file: Path,
    examples: list[Example],
    epochs: float,
    share: float = 1.0,
    multiples: dict[bytes, float] | None = None,
    **more: object,
) -> list[tuple[int, str, int]]:
    """The question, the word and the times of each solution that is trained on, in order."""
    family = load_family("embedded")
    file.write_text("".join(one.model_dump_json() + "\n" for one in examples), encoding="utf-8")
    schedule = {"epochs": epochs, "rows_per_step": 1, "learning_rate": 1e-3, "warmup_steps": 0, "checkpoint_steps": 1}
    recipe = FineTuning.model_validate({"seed": 5, "row": 64, "schedule": schedule, **more})
    renderer = Renderer(family, train_tokenizer([f"How many 0 1 2 3? {' '.join(WORDS)}"], [], family, 400))
    found = []
    for tokens, times in solutions([Source(file, share)], recipe, renderer, 1, multiples):
        text = renderer.decode(tokens.ids)
        number = next(one.index for one in examples if one.question in text)
        found.append((number, next(word for word in WORDS if word in text), times))
    return found


def test_the_modes_of_one_solution_take_turns_as_they_always_have(tmp_path: Path) -> None:
    ways = [worked("mixed", "ant"), worked("pot", "bee"), worked("cot", "cat"), worked("cot", "dog")]
    told = [example(0, *ways), example(1, *ways[2:]), example(2, ways[0]), example(3, *ways)]
    assert seen(tmp_path / "a.jsonl", told, 3, 1.5) == [
        *((0, "cat", 2), (0, "bee", 1), (0, "dog", 1)),
        *((1, "cat", 2), (1, "dog", 2)),
        (2, "ant", 4),
        *((3, "cat", 1), (3, "dog", 2), (3, "ant", 1)),
    ]


def test_every_path_that_was_sampled_is_a_row_and_a_problem_weighs_as_many(tmp_path: Path) -> None:
    """The budget of DART: a hard problem with four paths is trained on four times as often as an easy one with one."""
    ways = [worked("mixed", word) for word in WORDS[:4]]
    told = [example(0, *ways, source=f"{SAMPLES_OF}toy"), example(1, worked("cot", "elk"), source=f"{SAMPLES_OF}toy")]
    once = seen(tmp_path / "a.jsonl", told, 1)
    assert sorted(once) == [(0, "ant", 1), (0, "bee", 1), (0, "cat", 1), (0, "dog", 1), (1, "elk", 1)]
    assert {(word, times) for _, word, times in seen(tmp_path / "a.jsonl", told, 3)} == {(w, 3) for w in WORDS[:5]}


def test_part_of_a_pass_sees_no_path_twice(tmp_path: Path) -> None:
    ways = [worked("mixed", word) for word in WORDS[:4]]
    told = [example(n, *ways, source=f"{SAMPLES_OF}toy") for n in range(4)]
    half = seen(tmp_path / "a.jsonl", told, 1, 0.5)
    assert Counter(number for number, _, _ in half) == dict.fromkeys(range(4), 2)
    assert {times for _, _, times in half} == {1}
    assert len({word for _, word, _ in half}) > 2, "other problems begin with other paths"
    more = seen(tmp_path / "a.jsonl", told, 1.5)
    assert Counter(times for _, _, times in more) == {1: 8, 2: 8}


def test_a_path_of_a_mode_without_a_share_is_no_row(tmp_path: Path) -> None:
    ways = [worked("mixed", "ant"), worked("cot", "bee"), worked("mixed", "cat")]
    told = [example(0, *ways, source=f"{SAMPLES_OF}toy"), example(1, worked("cot", "dog"), source=f"{SAMPLES_OF}toy")]
    found = seen(tmp_path / "a.jsonl", told, 2, modes={"mixed": 1, "pot": 1, "cot": 0})
    assert sorted(found) == [(0, "ant", 2), (0, "cat", 2)]


def test_hard_problems_are_seen_more_often_with_all_their_paths(tmp_path: Path) -> None:
    told = [example(0, worked("cot", "ant"), worked("cot", "bee"), source=f"{SAMPLES_OF}toy")]
    multiples = {question_key(told[0].question): 1.5}
    found = seen(tmp_path / "a.jsonl", told, 2, multiples=multiples)
    assert sorted(found) == [(0, "ant", 3), (0, "bee", 3)]
