"""Advantages and policy losses against values worked out by hand, and against the sequence without observations."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, tensor

from mathsolve.training.ppo.advantages import gae, group_relative, whitened
from mathsolve.training.ppo.loss import Clip, kl_penalty, policy_loss, value_loss

GAMMA, LAM = 0.9, 0.8


def test_two_steps_by_hand() -> None:
    advantages, returns = gae(tensor([[0.5, 2.0]]), tensor([[1.0, 3.0]]), tensor([[1, 1]]), GAMMA, LAM)
    last = 2.0 - 3.0
    first = 0.5 + GAMMA * 3.0 - 1.0 + GAMMA * LAM * last
    assert advantages[0].tolist() == pytest.approx([first, last])
    assert returns[0].tolist() == pytest.approx([first + 1, last + 3])


@pytest.mark.parametrize("seed", range(5))
def test_observations_are_as_if_they_were_not_there(seed: int) -> None:
    torch.manual_seed(seed)
    rewards, values = torch.randn(1, 12), torch.randn(1, 12)
    written = (torch.rand(1, 12) < 0.6).int()
    written[0, 3] = 1
    keep = written[0].bool()
    whole, _ = gae(rewards, values, written, GAMMA, LAM)
    short, _ = gae(rewards[:, keep], values[:, keep], torch.ones(1, int(keep.sum())), GAMMA, LAM)
    assert torch.allclose(whole[:, keep], short)
    assert whole[:, ~keep].abs().sum() == 0


def test_values_of_observations_change_nothing() -> None:
    torch.manual_seed(0)
    rewards, values, written = torch.randn(2, 8), torch.randn(2, 8), tensor([[1, 1, 0, 0, 1, 1, 0, 1]] * 2)
    other = torch.where(written.bool(), values, torch.full_like(values, 99.0))
    assert torch.equal(gae(rewards, values, written, GAMMA, LAM)[0], gae(rewards, other, written, GAMMA, LAM)[0])


def test_lambda_one_is_the_return_to_the_end() -> None:
    rewards, values = tensor([[0.0, 0.0, 1.0]]), tensor([[0.3, 0.5, 0.9]])
    advantages, returns = gae(rewards, values, torch.ones(1, 3), 1.0, 1.0)
    assert advantages[0].tolist() == pytest.approx([0.7, 0.5, 0.1])
    assert returns[0].tolist() == pytest.approx([1, 1, 1])


def test_whitened_over_written_tokens_alone() -> None:
    written = tensor([[1, 1, 0, 1]])
    out = whitened(tensor([[1.0, 2.0, 50.0, 3.0]]), written)
    used = out[written.bool()]
    assert used.mean().item() == pytest.approx(0, abs=1e-6)
    assert used.var(unbiased=False).item() == pytest.approx(1, abs=1e-4)
    assert out[0, 2] == 0


def test_groups_without_a_difference_teach_nothing() -> None:
    advantages, useful = group_relative(tensor([[1.0, 0, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]]))
    assert useful.tolist() == [True, False, False]
    assert advantages[0].tolist() == pytest.approx([1, -1, -1, 1], abs=1e-4)
    assert advantages[1:].abs().sum() == 0
    plain, _ = group_relative(tensor([[1.0, 0, 0, 0]]), by_deviation=False)
    assert plain[0].tolist() == pytest.approx([0.75, -0.25, -0.25, -0.25])


def loss_at(ratio: float, advantage: float, clip: Clip) -> tuple[float, float]:
    """The loss and its gradient for one token."""
    logprob = tensor([[ratio]]).log().requires_grad_()
    loss, _ = policy_loss(logprob, torch.zeros(1, 1), tensor([[advantage]]), torch.ones(1, 1), clip)
    loss.backward()  # type: ignore[no-untyped-call]
    assert isinstance(logprob.grad, Tensor)
    return loss.item(), logprob.grad.item()


@pytest.mark.parametrize(
    ("ratio", "advantage", "expected", "moves"),
    [
        (1.0, 2.0, -2.0, True),
        (1.27, 1.0, -1.27, True),
        (1.5, 1.0, -1.28, False),
        (0.5, 1.0, -0.5, True),
        (0.5, -1.0, 0.8, False),
        (2.0, -1.0, 2.0, True),
        (5.0, -1.0, 3.0, False),
    ],
)
def test_the_clip_by_hand(ratio: float, advantage: float, expected: float, moves: bool) -> None:
    loss, gradient = loss_at(ratio, advantage, Clip())
    assert loss == pytest.approx(expected, rel=1e-5)
    assert (abs(gradient) > 1e-6) == moves


@pytest.mark.parametrize("advantage", [-1.0, 0.0, 1.0])
def test_a_ratio_beyond_all_numbers_spoils_no_gradient(advantage: float) -> None:
    logprobs = tensor([[0.0, 0.0]], requires_grad=True)
    loss, log = policy_loss(logprobs, tensor([[-300.0, 0.0]]), tensor([[advantage, 1.0]]), torch.ones(1, 2), Clip())
    loss.backward()  # type: ignore[no-untyped-call]
    bounded = {-1.0: 3.0, 0.0: 0.0, 1.0: -1.28}[advantage]
    assert loss.item() == pytest.approx((bounded - 1) / 2) and math.isfinite(log["kl_old"])
    assert logprobs.grad is not None and logprobs.grad.tolist() == [[0.0, -0.5]]


def test_observations_give_no_gradient() -> None:
    torch.manual_seed(0)
    logprobs = torch.randn(2, 5, requires_grad=True)
    written = tensor([[1, 0, 1, 0, 1], [0, 1, 1, 1, 0]])
    loss, _ = policy_loss(logprobs, torch.randn(2, 5), torch.randn(2, 5), written, Clip(0.9, 9.0, 99.0))
    loss.backward()  # type: ignore[no-untyped-call]
    assert logprobs.grad is not None
    assert (logprobs.grad[written == 0] == 0).all()
    assert (logprobs.grad[written == 1] != 0).all()


def test_every_written_token_of_the_batch_weighs_the_same() -> None:
    advantages = tensor([[1.0, 0, 0], [1, 1, 1]])
    written = tensor([[1, 0, 0], [1, 1, 1]])
    zero = torch.zeros(2, 3)
    assert policy_loss(zero, zero, advantages, written, Clip())[0].item() == pytest.approx(-1)


def test_values_are_held_near_the_old_ones() -> None:
    one = torch.ones(1, 1)
    assert value_loss(tensor([[0.5]]), tensor([[0.0]]), tensor([[0.5]]), one, Clip()).item() == pytest.approx(0.045)
    assert value_loss(tensor([[0.1]]), tensor([[0.0]]), tensor([[0.5]]), one, Clip()).item() == pytest.approx(0.08)


def test_the_penalty_is_zero_at_the_reference_and_unbiased() -> None:
    torch.manual_seed(0)
    policy, reference = torch.randn(50).log_softmax(0), torch.randn(50).log_softmax(0)
    exact = (policy.exp() * (policy - reference)).sum()
    penalty = kl_penalty(policy[None], reference[None], torch.ones(1, 50))[0]
    assert (penalty >= 0).all()
    assert (policy.exp() * penalty).sum().item() == pytest.approx(exact.item(), rel=1e-4)
    assert kl_penalty(policy[None], policy[None], torch.ones(1, 50)).abs().max() == 0
