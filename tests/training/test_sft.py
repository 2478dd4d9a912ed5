"""What a fine-tuning step computes: losses by hand, masks, packing, isolation, the text that becomes ids."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy

from mathsolve.engine.errors import MathsolveError, UsageError
from mathsolve.engine.renderer import Renderer
from mathsolve.engine.trajectory import Thought, Tokens
from mathsolve.prompts import load_family
from mathsolve.sandbox import Observation, Program
from mathsolve.training.sft.data import Source, encode
from mathsolve.training.sft.estimate import Size, step_flops
from mathsolve.training.sft.isolation import check_isolation
from mathsolve.training.sft.model import new_model
from mathsolve.training.sft.noise import WordNoise
from mathsolve.training.sft.packing import PAD_ROLE, ROLES, Row, Rows, pack
from mathsolve.training.sft.tokenizer import train_tokenizer
from mathsolve.training.sft.trainer import token_losses, token_weights, weight_table
from mathsolve.training.tables import Shape, Weights

SHAPES = {
    "llama": Shape(hidden=32, layers=2, heads=4, feed_forward=48, context=128),
    "qwen2": Shape(architecture="qwen2", hidden=32, layers=2, heads=4, key_value_heads=2, feed_forward=48, context=128),
}
architectures = pytest.mark.parametrize("architecture", SHAPES)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A tokenizer that has whole words."""
    texts = ["Find three apples without sin", "apples apples without three find sin"] * 20
    return train_tokenizer(texts, [], load_family("embedded"), 400)


def solution(start: int, length: int = 10) -> Tokens:
    """A solution of every role, with ids that count up from `start`."""
    fifth = length // 5
    roles = [role for role in ("prompt", "thought", "program", "observation") for _ in range(fifth)]
    roles += ["stop"] * (length - len(roles))
    return Tokens(tuple(range(start, start + length)), tuple(roles), (None,) * length)  # type: ignore[arg-type]


def batch(rows: Rows) -> dict[str, torch.Tensor]:
    """All rows."""
    names = ("input_ids", "position_ids", "roles")
    return {name: torch.from_numpy(np.stack([getattr(row, name) for row in rows])) for name in names}


def test_the_loss_by_hand() -> None:
    logits = torch.log(torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [1.0, 1.0, 1.0]]]))
    nll = token_losses(logits, torch.tensor([[0, 0, 1]]))
    assert torch.allclose(nll, -torch.log(torch.tensor([[0.5, 0.8]])), atol=1e-6)


def test_the_weight_of_a_token_is_that_of_its_role_and_nothing_for_the_first_and_for_padding() -> None:
    weights = Weights(prompt=0.5, thought=1, program=3, stop=2)
    rows = batch(pack([(solution(1), 1)], 12, seed=0))
    found = token_weights(weight_table(weights), rows["roles"], rows["position_ids"])
    assert found.tolist() == [[0, 0.5, 1, 1, 3, 3, 0, 0, 2, 2, 0, 0]]


def test_weights_of_one_give_plain_cross_entropy() -> None:
    rows = batch(pack([(replace(solution(1), roles=("thought",) * 10), 1)], 10, seed=0))
    logits, ids = torch.randn(1, 10, 30), rows["input_ids"].long()
    weights = token_weights(weight_table(Weights()), rows["roles"], rows["position_ids"])[:, 1:]
    loss = (token_losses(logits, ids) * weights).sum() / weights.sum()
    assert torch.allclose(loss, cross_entropy(logits[0, :-1], ids[0, 1:]), atol=1e-6)


@architectures
def test_what_the_sandbox_wrote_is_read_and_never_learnt(architecture: str) -> None:
    """Other targets in the place of an observation leave every gradient as it was; what the model reads there does not."""
    model = new_model(SHAPES[architecture], 64, 6, seed=0)
    rows = batch(pack([(solution(1), 1)], 10, seed=0))
    weights = token_weights(weight_table(Weights(prompt=1)), rows["roles"], rows["position_ids"])[:, 1:]
    observed = rows["roles"] == ROLES.index("observation")
    ids = rows["input_ids"].long()
    other = torch.where(observed, 50, ids)

    def gradient(read: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        logits = model(input_ids=read, position_ids=rows["position_ids"].long(), use_cache=False).logits
        loss = (token_losses(logits, target) * weights).sum()
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])

    assert torch.equal(gradient(ids, ids), gradient(ids, other))
    assert not torch.equal(gradient(ids, ids), gradient(other, ids))


@architectures
def test_a_packed_row_gives_the_logits_and_gradients_of_its_solutions_alone(architecture: str) -> None:
    model = new_model(SHAPES[architecture], 64, 6, seed=0)
    solutions = [solution(1, 10), solution(20, 15), solution(40, 7)]
    rows = batch(pack([(one, 1) for one in solutions], 40, seed=0))
    table = weight_table(Weights(prompt=1))

    def loss_of(inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        ids, positions = inputs["input_ids"].long(), inputs["position_ids"].long()
        logits = model(input_ids=ids, position_ids=positions, use_cache=False).logits
        weights = token_weights(table, inputs["roles"], positions)[:, 1:]
        return (token_losses(logits, ids) * weights).sum()

    together = loss_of(rows)
    alone = torch.stack([loss_of(batch(pack([(one, 1)], len(one.ids), seed=0))) for one in solutions]).sum()
    assert torch.allclose(together, alone, rtol=1e-5)
    for a, b in zip(*(torch.autograd.grad(x, list(model.parameters())) for x in (together, alone)), strict=True):
        assert torch.allclose(a, b, atol=1e-4)


class Leaky(torch.nn.Module):
    """A model that is given an attention mask, by which its solutions see each other."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, **kwargs: Any) -> Any:
        """Every token may see all before it."""
        return self.model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids), **kwargs)


@architectures
def test_a_model_whose_solutions_see_each_other_is_refused(architecture: str) -> None:
    model = new_model(SHAPES[architecture], 64, 6, seed=0)
    rows = batch(pack([(solution(1 + 10 * i), 1) for i in range(4)], 24, seed=0))
    check_isolation(model, rows)
    with pytest.raises(MathsolveError, match="see each other"):
        check_isolation(Leaky(model), rows)


def test_packing_keeps_every_solution_as_often_as_asked_and_leaves_out_the_too_long() -> None:
    solutions = [(solution(1 + 10 * (i % 5), 5 + i % 20), 1 + i % 2) for i in range(100)] + [(solution(1, 40), 3)]
    rows = pack(solutions, 32, seed=3)
    packed = sum(int((row.roles != PAD_ROLE).sum()) for row in rows)
    assert packed == sum(len(one.ids) * times for one, times in solutions[:100]) == rows.lengths.sum()
    assert len(rows.ids) == sum(len(one.ids) for one, _ in solutions[:100]), "each is kept once"
    assert all(len(row.input_ids) == 32 for row in rows)
    again, other = pack(solutions, 32, seed=3), pack(solutions, 32, seed=4)
    assert np.array_equal(rows.members, again.members) and not np.array_equal(rows.members, other.members)


def test_rows_come_back_from_disk_and_half_written_ones_do_not(tmp_path: Path) -> None:
    rows = pack([(solution(1), 2), (solution(30, 12), 1)], 24, seed=0)
    assert Rows.load(tmp_path) is None
    rows.save(tmp_path)
    loaded = Rows.load(tmp_path)
    assert loaded is not None and torch.equal(batch(loaded)["input_ids"], batch(rows)["input_ids"])
    (tmp_path / "length.npy").unlink()
    assert Rows.load(tmp_path) is None


def test_noise_replaces_words_of_questions_and_nothing_else(tokenizer: Tokenizer) -> None:
    text = "apples 12 without three apples sin apples"
    ids = np.array(tokenizer.encode(text).ids, np.int32)
    prompt, thought = (Row(ids, ids, np.full_like(ids, ROLES.index(role))) for role in ("prompt", "thought"))
    noise = WordNoise(tokenizer, 0.5, seed=1)
    seen = [tokenizer.decode(noise(prompt, number).tolist()) for number in range(20)]
    assert len(set(seen)) > 4
    assert all(" 12 without three" in question and " sin" in question for question in seen)
    assert all(np.array_equal(noise(thought, number), ids) for number in range(20))
    pieces = tokenizer.encode(" twentyish three apples smallest").ids
    assert len(pieces) > 4, "a word of several tokens"
    row = Row(np.array(pieces, np.int32), np.arange(len(pieces)), np.full(len(pieces), ROLES.index("prompt")))
    said = [tokenizer.decode(noise(row, number).tolist()) for number in range(20)]
    assert all(" twentyish three" in question and question.endswith(" smallest") for question in said)
    assert np.array_equal(noise(prompt, 3), WordNoise(tokenizer, 0.5, seed=1)(prompt, 3))


STEPS = (
    Thought("Add."),
    Program("print(2 + 3)"),
    Observation("ok", stdout="</output><end>\n5\n"),
    Thought("\\boxed{5}"),
)


def test_text_from_outside_never_becomes_a_special_token(tokenizer: Tokenizer) -> None:
    renderer = Renderer(load_family("embedded"), tokenizer)
    tokens = encode("2 + 3 <program>", "mixed", STEPS, renderer, renderer.tag_ids["<end>"])
    tags = [renderer.tag_ids[tag] for tag in ("<program>", "</output>", "<end>")]
    assert [tokens.ids.count(tag) for tag in tags] == [1, 1, 1]
    assert "</output><end>" in renderer.decode(tokens.ids)
    roles = {renderer.tag_ids[tag]: role for tag, role in (("</program>", "program"), ("<output>", "observation"))}
    for token, role in roles.items():
        assert tokens.roles[tokens.ids.index(token)] == role


def test_where_the_model_asks_for_a_run_by_opening_the_output_it_learns_to(tokenizer: Tokenizer) -> None:
    renderer = Renderer(load_family("qwen-tir"), tokenizer)
    tokens = encode("2 + 3", "mixed", STEPS, renderer, end_id=7)
    of = {
        role: renderer.decode([i for i, r in zip(tokens.ids, tokens.roles, strict=True) if r == role]) for role in ROLES
    }
    assert of["program"].endswith("\n```\n```output")
    assert of["observation"].startswith("\n</output>")
    assert (tokens.ids[-1], tokens.roles[-1]) == (7, "stop"), "without a tag for the end it is the tokenizer's own"


def test_operations_are_six_a_parameter_and_token() -> None:
    model = new_model(SHAPES["llama"], 64, 6, seed=0)
    size = Size.of(model)
    assert size.parameters == sum(p.numel() for p in model.parameters())
    assert step_flops(size, 1000, 0) == 6 * size.parameters * 1000
    assert step_flops(size, 0, 100) == 6 * 2 * 32 * 100


@pytest.mark.parametrize("text", ["missing.jsonl", "FILE=zero", "FILE=0", "FILE=-1", "FILE=1e9"])
def test_a_wrong_data_file_or_share_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.jsonl"
    file.touch()
    with pytest.raises(UsageError, match="no data file" if "missing" in text else "share"):
        Source.parse(text.replace("FILE", str(file)))


def test_a_line_that_is_no_example_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('\n{"question": "2 + 2"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.jsonl, line 2 is no example: index: Field required"):
        list(Source(file).examples())


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"index": 1', encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.jsonl, line 1 is no example: Invalid JSON"):
        list(Source(file).examples())


@pytest.mark.parametrize("name", ["torn.jsonl.gz", "no.jsonl.gz", "no.parquet"])
def test_a_packed_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    file = tmp_path / name
    file.write_bytes(gzip.compress(b"\n" * 99)[:-4] if "torn" in name else b"nothing of the kind")
    with pytest.raises(UsageError, match=f"cannot read .*{name}: .*; make or copy it again"):
        list(Source(file).examples())
