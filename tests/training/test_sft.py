"""Fine-tuning: the loss against hand-computed values, masks, packing, resume."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from mathsolve.engine.trajectory import Tokens
from mathsolve.prompts import load_family
from mathsolve.training.recipe import Schedule, Shape
from mathsolve.training.sft import trainer
from mathsolve.training.sft.noise import WordNoise
from mathsolve.training.sft.packing import ROLES, pack
from mathsolve.training.sft.tokenizer import train_tokenizer

SHAPE = Shape(hidden=32, layers=2, heads=4, feed_forward=48, context=64)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A tokenizer that has whole words."""
    texts = ["Find three apples without sin", "apples apples without three find sin"] * 20
    return train_tokenizer(texts, [], load_family("embedded"), 400)


def solution(start: int, length: int = 10) -> Tokens:
    """A solution of every role, with ids that count up from `start`."""
    thirds = length // 5
    roles = [role for role in ("prompt", "thought", "program", "observation") for _ in range(thirds)]
    roles += ["stop"] * (length - len(roles))
    return Tokens(tuple(range(start, start + length)), tuple(roles), (None,) * length)  # type: ignore[arg-type]


def test_weights_of_one_give_plain_cross_entropy() -> None:
    logits, ids = torch.randn(2, 7, 11), torch.randint(0, 11, (2, 7))
    loss, _ = trainer.weighted_loss(logits, ids, torch.ones(2, 7))
    plain = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, 11), ids[:, 1:].reshape(-1))
    assert torch.allclose(loss, plain, atol=1e-6)


def test_the_loss_by_hand() -> None:
    logits = torch.log(torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [1.0, 1.0, 1.0]]]))
    loss, _ = trainer.weighted_loss(logits, torch.tensor([[0, 0, 1]]), torch.tensor([[9.0, 1.0, 3.0]]))
    expected = (1 * torch.log(torch.tensor(2.0)) - 3 * torch.log(torch.tensor(0.8))) / 4
    assert torch.allclose(loss, expected, atol=1e-6)


def test_what_the_sandbox_wrote_changes_no_gradient() -> None:
    """Permuting an observation that nothing trained depends on leaves the gradient as it was: its own tokens weigh 0."""
    row = next(iter(pack([solution(1)], 16, seed=0)))
    observed = [i for i, role in enumerate(row.roles) if ROLES[role] == "observation"]
    assert observed and all(row.weights[i] == 0 for i in observed)
    logits = torch.randn(1, 16, 40, requires_grad=True)
    ids = torch.tensor([row.input_ids])
    changed = ids.clone()
    changed[0, observed] = 39
    gradients = []
    for batch in (ids, changed):
        loss, _ = trainer.weighted_loss(logits, batch, torch.tensor([row.weights]))
        gradients.append(torch.autograd.grad(loss, logits)[0])
    assert torch.equal(*gradients)


def test_solutions_in_a_row_do_not_see_each_other() -> None:
    model = trainer.new_model(SHAPE, vocabulary=64, end_id=6, seed=0).eval()
    row = next(iter(pack([solution(1), solution(20), solution(40)], 32, seed=0)))
    ids, positions = torch.tensor([row.input_ids]), torch.tensor([row.position_ids])
    with torch.no_grad():
        packed = model(input_ids=ids, position_ids=positions, use_cache=False).logits[0]
        starts = [i for i in range(30) if row.position_ids[i] == 0]
        for start in starts:
            alone = model(input_ids=ids[:, start : start + 10], use_cache=False).logits[0]
            assert torch.allclose(packed[start : start + 10], alone, atol=1e-5)


def test_packing_keeps_every_solution_once_and_leaves_out_the_too_long() -> None:
    solutions = [solution(1 + 10 * (i % 5), 5 + i % 20) for i in range(100)] + [solution(1, 40)]
    rows = list(pack(solutions, 32, seed=3))
    packed = sum(
        sum(1 for position, weight in zip(row.position_ids, row.weights, strict=True) if weight) for row in rows
    )
    expected = sum(sum(role != "observation" for role in s.roles[1:]) for s in solutions[:100])
    assert packed == expected
    assert all(len(row.input_ids) == 32 for row in rows)
    assert rows == list(pack(solutions, 32, seed=3)) != list(pack(solutions, 32, seed=4))


def test_noise_replaces_words_of_questions_and_nothing_else(tokenizer: Tokenizer) -> None:
    text = "apples 12 without three apples sin apples"
    ids = torch.tensor([tokenizer.encode(text).ids])
    prompt, thought = (torch.full_like(ids, ROLES.index(role)) for role in ("prompt", "thought"))
    noise = WordNoise(tokenizer, 0.5, seed=1)
    seen = [tokenizer.decode(noise(ids, prompt, step)[0].tolist()) for step in range(20)]
    assert len(set(seen)) > 4
    assert all(" 12 without three" in question and " sin" in question for question in seen)
    assert all(torch.equal(noise(ids, thought, step), ids) for step in range(20))
    assert torch.equal(noise(ids, prompt, 3), WordNoise(tokenizer, 0.5, seed=1)(ids, prompt, 3))


def test_a_run_that_was_cut_short_ends_with_the_same_weights(tmp_path: Path, tokenizer: Tokenizer) -> None:
    rows = list(pack([solution(1 + i % 40) for i in range(60)], 20, seed=1))
    schedule = Schedule(
        epochs=2, rows_per_step=5, learning_rate=3e-3, warmup_steps=2, checkpoint_steps=4, word_noise=0.3
    )

    def trained(folder: Path) -> trainer.LlamaForCausalLM:
        model = trainer.new_model(SHAPE, tokenizer.get_vocab_size(), end_id=6, seed=0)
        trainer.train(model, rows, tokenizer, schedule, folder, seed=0)
        return model

    whole = trained(tmp_path / "whole")
    for checkpoint in (tmp_path / "whole").glob("checkpoint-*"):
        if int(checkpoint.name.split("-")[1]) > 4:
            for file in sorted(checkpoint.rglob("*"), reverse=True):
                file.unlink()
            checkpoint.rmdir()
    again = trained(tmp_path / "whole")
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
