"""Families as data: every one reads back what it writes, and a user's own file is one of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.prompts import MODES, Family, Piece, families, family_of, load_family
from mathsolve.sandbox import PRESETS

EVERY = pytest.mark.parametrize("name", families())
WORDS = st.text(st.characters(exclude_characters="`<>|", exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@EVERY
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=3), WORDS)
def test_steps_text_steps(name: str, rounds: list[tuple[str, str, str]], end: str) -> None:
    family = load_family(name)
    text, written = "", []
    for thought, code, output in rounds:
        segments = [*family.program(code), *family.observe(output)]
        text += thought + "".join(segment.text for segment in segments)
        written += [Piece("thought", thought), Piece("program", code), Piece("output", output)]
    assert list(family.pieces(text + end)) == [*written, Piece("thought", end)]


@EVERY
def test_a_program_that_was_stopped_for_asks_to_be_run(name: str) -> None:
    family = load_family(name)
    stop = next((stop for stop in family.stops if stop in family.program_close + family.output_open), None)
    whole = f"So:{family.program_open}print(1){family.program_close}{family.output_open}"
    text = whole[: whole.index(stop)] if stop else whole.removesuffix(family.output_open)
    turn = family.turn(text, stop)
    assert turn.asks and turn.pieces == (Piece("thought", "So:"), Piece("program", "print(1)"))
    after = "".join(segment.text for segment in family.observe("1", stop))
    assert text + (stop or "") + after == whole + "1" + family.output_close


@EVERY
def test_words_and_unfinished_programs_ask_for_nothing(name: str) -> None:
    family = load_family(name)
    assert not family.turn("It is \\boxed{4}.", None).asks
    assert not family.turn(f"So:{family.program_open}print(", None).asks


@EVERY
@pytest.mark.parametrize("mode", MODES)
def test_the_question_stands_in_the_prompt_once_and_is_no_tag(name: str, mode: str) -> None:
    family = load_family(name)
    prompt = family.ask("Is <end> a {question}?", mode)
    assert [segment.text for segment in prompt if not segment.tag] == ["Is <end> a {question}?"]
    assert "{" not in "".join(segment.text for segment in prompt if segment.tag).replace("\\boxed{", "")
    assert family.preset in PRESETS and family.about


def test_reasoning_between_tags_is_no_answer() -> None:
    family = load_family("think")
    assert family.answer_text("<think>Is it \\boxed{3}?</think>It is \\boxed{4}.") == "It is \\boxed{4}."
    assert family.answer_text("Is it \\boxed{3}?</think>It is \\boxed{4}.") == "It is \\boxed{4}."
    assert family.answer_text("<think>Is it \\boxed{3}?") == ""
    assert load_family("base").answer_text("<think>4") == "<think>4"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen2.5-Math-7B-Instruct", "qwen-tir"),
        ("llm-agents/tora-code-34b-v1.0", "tora"),
        ("AI-MO/NuminaMath-7B-TIR", "numina-tir"),
        ("nvidia/OpenMath-Nemotron-1.5B", "openmath"),
        ("meta-llama/Llama-3.1-8B-Instruct", "llama3"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", "base"),  # it knows no python tag
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "think"),
        ("deepseek-ai/deepseek-math-7b-rl", "deepseek-math"),
        ("my/own-model", "base"),
        ("/mnt/storage/own-model", "base"),
        ("Qwen/Qwen3-4B-Thinking-2507", "think"),
    ],
)
def test_a_model_s_name_tells_its_family(model: str, family: str) -> None:
    assert family_of(model).name == family


OWN = """
about = "mine"
program_open = "[py]"
program_close = "[/py]"
output_open = "[out]"
output_close = "[/out]"
stops = ["[/py]"]
prompts.mixed.user = "Q: {question} A: "
"""


def test_a_file_of_one_s_own_is_a_family(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    family = load_family(str(path))
    assert isinstance(family, Family) and family.name == "mine"
    assert "".join(segment.text for segment in family.ask("2+2?", "pot")) == "Q: 2+2? A: "


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("about", "abuot"), "abuot"),
        (("{question}", ""), "question"),
        (("prompts.mixed", "prompts.cot"), "prompts.mixed"),
        (('stops = ["[/py]"]', ""), "stops"),
        (("=", "=="), "mine.toml"),
        (('["[/py]"]', '"[/py]"'), "stops"),
        (('["[/py]"]', '[""]'), "stops"),
        (('"[py]"', '""'), "program_open"),
        (('"[py]"', "5"), "program_open"),
        (("mixed.user", "mixed.system"), "user"),
        (("mixed.user", "mixed"), "prompts.mixed"),
        (("{question}", "{question} {question}"), "question"),
        (("about", 'prompts.coT.user = "{question}"\nabout'), "coT"),
        (("about", 'hint = "{lft} left"\nabout'), "hint"),
        (("about", 'think = ["<t>"]\nabout'), "think"),
        (("about", 'template = "Question:"\nabout'), "template"),
        (("about", "chat = 1\nabout"), "chat"),
        (("about", "max_tokens = 0\nabout"), "max_tokens"),
        (("about", 'max_tokens = "many"\nabout'), "max_tokens"),
    ],
)
def test_a_file_that_is_no_family_says_why(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace(*change))
    with pytest.raises(ValueError, match=words):
        load_family(str(path))
    with pytest.raises(FileNotFoundError, match="qwen-tir"):
        load_family("no such family")
