"""The transformers backend on the small model that ships with the repository."""

import asyncio
import shutil
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mathsolve import Problem, Settings, Solver  # noqa: E402
from mathsolve.engine.backend import Completion, Context, Sampling  # noqa: E402
from mathsolve.engine.backends.capacity import longest_context, row_bytes, rows_that_fit  # noqa: E402
from mathsolve.engine.backends.sampler import choose  # noqa: E402
from mathsolve.engine.backends.slots import Slots  # noqa: E402
from mathsolve.engine.backends.transformers import TransformersBackend  # noqa: E402
from mathsolve.engine.errors import BackendError, UsageError  # noqa: E402
from mathsolve.prompts import load_family  # noqa: E402

MODEL = Path(__file__).parents[2] / "training" / "embedded_model"
FAMILY = load_family("embedded")
QUESTIONS = ("What is 15% of 80?", "What is the derivative of x**3*sin(x)?", "17 + 5", "What is 12 times 34?")
GREEDY = Sampling(max_tokens=80, stops=FAMILY.stops)
T = TypeVar("T")


@pytest.fixture(scope="module")
def backend() -> Iterator[TransformersBackend]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    backend = TransformersBackend(str(MODEL), FAMILY)
    yield backend
    asyncio.run(backend.close())
    # What later tests train would otherwise differ from what a process of its own trains, with all threads.
    torch.set_num_threads(threads)


def context(backend: TransformersBackend, question: str) -> Context:
    prompt = backend.renderer.prompt(question, "mixed")
    return Context(Problem(question), "mixed", (), prompt, backend.renderer.encode(prompt))


def together(*work: Coroutine[Any, Any, T]) -> list[T]:
    async def gather() -> list[T]:
        return await asyncio.gather(*work)

    return asyncio.run(gather())


def test_greedy_completions_are_those_of_the_model_s_own_generate(backend: TransformersBackend) -> None:
    found = together(*(backend.generate(context(backend, question), GREEDY) for question in QUESTIONS))
    ends = [backend.renderer.tag_ids[stop] for stop in FAMILY.stops]
    for question, completion in zip(QUESTIONS, found, strict=True):
        ids = context(backend, question).tokens.ids
        out = backend._model.generate(torch.tensor([ids]), max_new_tokens=80, do_sample=False, eos_token_id=ends)
        assert completion.ids == tuple(out[0, len(ids) :].tolist())
        assert backend.renderer.decode(completion.ids) == completion.text + (completion.stop or "")


def test_log_probabilities_are_those_of_scoring(backend: TransformersBackend) -> None:
    asked = context(backend, QUESTIONS[1])
    completion = together(backend.generate(asked, GREEDY))[0]
    scored = together(backend.score([*asked.tokens.ids, *completion.ids]))[0]
    assert scored[-len(completion.ids) :] == pytest.approx(completion.logprobs, abs=1e-3)


def test_a_sample_does_not_depend_on_company_or_on_what_was_read_before(backend: TransformersBackend) -> None:
    def sample(seed: int) -> Coroutine[Any, Any, Completion]:
        sampling = Sampling(1.0, 0.95, 24, seed, FAMILY.stops)
        return backend.generate(context(backend, QUESTIONS[seed % 4]), sampling)

    crowd = [completion.ids for completion in together(*(sample(seed) for seed in range(70)))]
    assert [together(sample(seed))[0].ids for seed in range(0, 70, 20)] == crowd[::20]
    assert len(set(crowd)) > 4


def test_a_long_text_is_cut_and_a_stop_of_several_tokens_found(backend: TransformersBackend) -> None:
    (free,) = together(backend.generate(context(backend, QUESTIONS[1]), Sampling(max_tokens=80)))
    wanted = free.text[3:17]
    short, stopped = together(
        backend.generate(context(backend, QUESTIONS[1]), Sampling(max_tokens=5)),
        backend.generate(context(backend, QUESTIONS[1]), Sampling(max_tokens=80, stops=(wanted,))),
    )
    assert (short.finished, len(short.ids)) == ("length", 5)
    whole = stopped.text + (stopped.stop or "")
    assert (
        stopped.stop == wanted
        and stopped.text == free.text[:3]
        and backend.renderer.decode(stopped.ids) + stopped.rest == whole
    )


def test_one_that_ends_with_its_first_token_takes_no_other_with_it(backend: TransformersBackend) -> None:
    long = backend.generate(context(backend, QUESTIONS[0]), GREEDY)

    async def after_a_while() -> Completion:
        await asyncio.sleep(0.05)
        return await backend.generate(context(backend, QUESTIONS[1]), Sampling(max_tokens=1))

    whole, short = together(long, after_a_while())
    assert (short.finished, len(short.ids), whole.finished) == ("length", 1, "stop")


def test_whoever_is_called_off_leaves_room_for_others(backend: TransformersBackend) -> None:
    async def impatient() -> Completion:
        lost = [asyncio.create_task(backend.generate(context(backend, q), Sampling(max_tokens=400))) for q in QUESTIONS]
        await asyncio.sleep(0.05)
        for task in lost:
            task.cancel()
        return await backend.generate(context(backend, QUESTIONS[2]), GREEDY)

    assert "17" in asyncio.run(impatient()).text
    assert not any(slot.busy for slot in backend._slots.slots)


def test_the_nucleus_holds_the_probability_that_was_asked_for() -> None:
    logits = torch.tensor([[0.15, 0.5, 0.05, 0.3]]).log().expand(2000, 4)
    draws = [number / 2000 for number in range(2000)]
    drawn = choose(logits, [Sampling(1.0, 0.75)] * 2000, draws).tolist()
    assert set(drawn) == {1, 3} and drawn.count(1) == pytest.approx(1250, abs=2)
    whole = choose(logits, [Sampling(1.0)] * 2000, draws).tolist()
    assert [whole.count(token) for token in range(4)] == pytest.approx([300, 1000, 100, 600], abs=2)
    assert choose(logits[:1], [Sampling()], [0.9]).tolist() == [1]


TINY = {
    "vocab_size": 100,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
}


def tiny(kind: str, **more: Any) -> Any:
    """A small random model of a kind."""
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(kind, **TINY, **more)
    return transformers.AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize(
    ("kind", "more", "context"),
    [
        ("gpt2", {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 64}, 64),
        ("gemma2", {"head_dim": 16, "sliding_window": 16, "final_logit_softcapping": 0.1}, 16),
        ("granite", {"logits_scaling": 8.0}, 64),
    ],
)
def test_models_of_many_kinds_read_in_slots_as_in_one_piece(kind: str, more: dict[str, Any], context: int) -> None:
    model = tiny(kind, **more)
    assert longest_context(model.config.get_text_config()) == context
    slots = Slots(model, 2, context)
    slots.check()
    long, short = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5], [8, 9, 7]
    first, second = slots.take(long), slots.take(short)
    assert first is not None and second is not None
    slots.extend([second, first], [short[:1], long[:6]])
    logits = slots.extend([first, second], [long[6:], short[1:]])
    for ids, row in zip((long, short), logits, strict=True):
        with torch.inference_mode():
            assert row.tolist() == pytest.approx(model(torch.tensor([ids])).logits[0, -1].tolist(), abs=1e-5)


def test_a_model_that_keeps_no_keys_and_values_is_refused() -> None:
    with pytest.raises(BackendError, match=r"cannot be served in slots .*; try vllm:NAME"):
        Slots(tiny("mamba"), 2, 64).check()


def test_rows_are_as_many_as_fit_into_the_memory() -> None:
    config = transformers.AutoConfig.for_model("llama")
    assert row_bytes(config, 4095, 2) == 2**31
    model = tiny("llama")
    assert rows_that_fit(model, 64) == 64
    with pytest.raises(BackendError, match=r"keys and values of one sequence of .* GiB, and .* GiB are free; close"):
        rows_that_fit(model, 10**12)


def test_a_solver_on_a_folder_of_transformers() -> None:
    with Solver(Settings(str(MODEL), mode="mixed", samples=3)) as solver:
        assert solver.solve("Multiply 12 by 34.").answer == "408"


def test_what_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no model .*--model"):
        Solver(Settings(str(tmp_path / "none")))
    shutil.copytree(MODEL, tmp_path / "broken")
    (tmp_path / "broken" / "config.json").write_text("{}")
    with Solver(Settings(str(tmp_path / "broken"))) as solver, pytest.raises(BackendError, match="broken"):
        solver.solve("2 + 2")
