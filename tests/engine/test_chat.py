"""Chat templates: prompts by a model's own one, outputs as turns of the user, and templates that refuse what others take."""

from pathlib import Path
from typing import Any

import pytest

transformers = pytest.importorskip("transformers")

from mathsolve import Observation, Problem, Program, Solver, Thought, Trajectory  # noqa: E402
from mathsolve.engine.backend import Completion, Context, Profile, Sampling  # noqa: E402
from mathsolve.engine.backends.chat import chat_renderer  # noqa: E402
from mathsolve.engine.loop import Attempt, Budget  # noqa: E402
from mathsolve.engine.renderer import Renderer  # noqa: E402
from mathsolve.prompts import load_family  # noqa: E402

MODEL = Path(__file__).parents[2] / "training" / "embedded_model"
EACH = "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}[/{{ m.role }}]{% endfor %}[assistant]"
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + EACH
DEAF = (
    "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}[/{{ m.role }}]{% endfor %}[assistant]"
)
ONE_TURN = "{% if messages | length > 2 %}{{ raise_exception('one question') }}{% endif %}" + EACH
CODE = "I compute.\n```python\nx = 6 * 7\nprint(x)"


def tokenizer(template: str | None) -> Any:
    found = transformers.AutoTokenizer.from_pretrained(str(MODEL))
    found.chat_template = template
    return found


class Scripted:
    """A model with a chat template that says what it was given: text, and the stop at which it is ended, if any."""

    def __init__(self, renderer: Renderer, *turns: tuple[str, str | None]) -> None:
        self.renderer, self.profile = renderer, Profile(4096)
        self._turns = [*turns]
        self.seen: list[Context] = []

    async def generate(self, context: Context, sampling: Sampling, on_text: object = None) -> Completion:
        self.seen.append(context)
        text, stop = self._turns.pop(0)
        assert stop is None or stop in sampling.stops
        return Completion(text, "stop", stop, count=len(text))

    async def score(self, ids: object) -> list[float]:
        return []

    async def close(self) -> None:
        pass


def attempt(solver: Solver, model: Scripted) -> Trajectory:
    made = Attempt(Problem("6*7?"), "mixed", model, solver.sandbox, budget=Budget(tokens=2000), sampling=Sampling())
    solver.run(made.run())
    return made.trajectory()


def test_a_model_of_no_known_family_is_talked_to_by_its_chat_template() -> None:
    assert chat_renderer(tokenizer(EACH), None).family.name == "chat"
    assert chat_renderer(tokenizer(None), None).family.name == "base"
    assert chat_renderer(tokenizer(EACH), load_family("base")).family.name == "base"


@pytest.mark.parametrize("ended", ["\n```\n", None])
def test_an_output_is_a_turn_of_the_user_s(solver: Solver, ended: str | None) -> None:
    model = Scripted(
        chat_renderer(tokenizer(EACH), None), (CODE + ("" if ended else "\n```"), ended), ("It is \\boxed{42}.", None)
    )
    done = attempt(solver, model)
    assert [type(step) for step in done.steps] == [Thought, Program, Observation, Thought]
    assert (done.answer, done.stop) == ("42", "answered")
    fence = "\n```\n" if ended else "\n```"
    output = "```output\n42\n(3 more programs can be run.)\n```"
    assert model.seen[1].text.endswith(f"[assistant]{CODE}{fence}[/assistant][user]{output}[/user][assistant]")
    assert model.seen[1].text.startswith("[system]You solve") and "[user]6*7?[/user]" in model.seen[1].text


def test_a_block_that_is_no_program_ends_nothing(solver: Solver) -> None:
    plain = "```\n6 * 7"
    model = Scripted(
        chat_renderer(tokenizer(EACH), None),
        ("First:", "\n```\n"),
        ("6 * 7", "\n```\n"),
        ("Now by program.\n" + CODE, "\n```\n"),
        ("It is \\boxed{42}.", None),
    )
    done = attempt(solver, model)
    assert [type(step) for step in done.steps] == [Thought, Program, Observation, Thought]
    assert done.steps[0] == Thought("First:\n```\n6 * 7\n```\nNow by program.\nI compute.\n")
    assert model.seen[2].text.endswith(f"First:\n{plain}\n```\n") and done.answer == "42"


@pytest.mark.parametrize("template", [NO_SYSTEM, DEAF])
def test_a_template_without_a_system_message_gets_its_words_with_the_question(template: str) -> None:
    renderer = chat_renderer(tokenizer(template), None)
    text = "".join(segment.text for segment in renderer.prompt("6*7?", "cot"))
    words = load_family("chat").messages("cot")[0].text
    assert text.endswith(f"[user]{words}\n\n6*7?[/user][assistant]") and "[system]" not in text


def test_a_template_for_one_turn_leaves_outputs_where_they_are(solver: Solver) -> None:
    model = Scripted(chat_renderer(tokenizer(ONE_TURN), None), (CODE, "\n```\n"), ("It is \\boxed{42}.", None))
    assert attempt(solver, model).answer == "42"
    assert f"{CODE}\n```\n```output\n42\n" in model.seen[1].text


def test_the_form_of_llama_3_1_is_that_of_its_documents(solver: Solver) -> None:
    family = load_family("llama3")
    code, shown = family.program("print(7)"), family.observe("7", "<|eom_id|>")
    assert "".join(segment.text for segment in (*code, *shown)) == (
        "<|python_tag|>print(7)<|eom_id|>"
        "<|start_header_id|>ipython<|end_header_id|>\n\n7<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    prompt = "".join(segment.text for segment in family.ask("2+2?", "mixed"))
    begin = "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nEnvironment: ipython\n"
    assert prompt.startswith(begin)
    assert prompt.endswith(
        "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n2+2?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
