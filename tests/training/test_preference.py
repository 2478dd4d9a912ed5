"""Losses and weights of preference training against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import tensor

from mathsolve.training.dpo.loss import Sums, Terms, dpo_loss, hard_weight, solution_logprobs
from mathsolve.training.dpo.pot_weight import PotWeight


def test_at_the_reference_the_loss_is_log_two() -> None:
    sums = Sums(tensor([-3.0, -7.0]), tensor([-4.0, -1.0]))
    loss, log = dpo_loss(sums, sums, tensor([2, 3]), Terms(nll=0))
    assert loss.item() == pytest.approx(math.log(2))
    assert log["accuracy"] == log["margin"] == 0


def test_every_term_by_hand() -> None:
    policy, reference = Sums(tensor([-3.0]), tensor([-6.0])), Sums(tensor([-2.0]), tensor([-4.0]))
    terms = Terms(beta=0.5, nll=2.0, guard=3.0)
    loss, log = dpo_loss(policy, reference, tensor([4]), terms, weights=tensor([1.5]), margins=tensor([0.1]))
    gap = 0.5 * ((-3 + 2) - (-6 + 4)) - 0.1
    preference = math.log(1 + math.exp(-gap))
    assert loss.item() == pytest.approx(1.5 * preference + 2.0 * 3 / 4 + 3.0 * 1)
    assert (log["chosen_moved"], log["rejected_moved"], log["fell"]) == (-1, -2, 1)


def test_log_probabilities_count_only_what_was_written() -> None:
    torch.manual_seed(0)
    logits, ids = torch.randn(2, 5, 7, requires_grad=True), torch.randint(0, 7, (2, 5))
    weights = tensor([[0.0, 0, 1, 0, 1], [0, 1, 1, 1, 0]])
    sums, counts = solution_logprobs(logits, ids, weights)
    table = logits.log_softmax(-1)
    assert counts.tolist() == [2, 3]
    assert sums[0].item() == pytest.approx((table[0, 1, ids[0, 2]] + table[0, 3, ids[0, 4]]).item())
    sums.sum().backward()
    assert logits.grad is not None
    assert logits.grad[0, [0, 2, 4]].abs().sum() == 0
    assert logits.grad[0, [1, 3]].abs().sum() > 0


def test_the_text_of_the_sandbox_changes_no_loss() -> None:
    torch.manual_seed(0)
    logits, ids = torch.randn(1, 6, 9), torch.randint(0, 9, (1, 6))
    weights = tensor([[0.0, 1, 0, 0, 1, 1]])
    other = ids.clone()
    other[0, 2:4] = (other[0, 2:4] + 1) % 9
    assert torch.equal(solution_logprobs(logits, ids, weights)[0], solution_logprobs(logits, other, weights)[0])


def test_a_step_raises_the_chosen_and_lowers_the_rejected() -> None:
    chosen, rejected = tensor([-5.0], requires_grad=True), tensor([-5.0], requires_grad=True)
    loss, _ = dpo_loss(Sums(chosen, rejected), Sums(tensor([-5.0]), tensor([-5.0])), tensor([3]), Terms())
    loss.backward()
    assert chosen.grad is not None and rejected.grad is not None
    assert chosen.grad.item() < 0 < rejected.grad.item()


def test_hard_problems_weigh_more_within_bounds() -> None:
    weights = hard_weight(tensor([0.1, 0.5, 0.99]))
    assert weights[0] > weights[1] > weights[2] == 0.25
    assert weights.max() <= 4
    assert hard_weight(tensor([1.0, 1.0])).isfinite().all()


def fed(controller: PotWeight, steps: int, thought: float, program: float) -> None:
    for _ in range(steps):
        controller.update(thought, program)


def test_the_program_weight_is_one_until_the_start_is_known() -> None:
    controller = PotWeight(warmup_steps=10)
    fed(controller, 9, 2.0, 1.0)
    assert controller.weight == 1
    fed(controller, 1, 2.0, 1.0)
    assert controller.weight == pytest.approx(1)


def test_the_kind_that_lags_behind_gets_more() -> None:
    slow_programs, slow_words = PotWeight(warmup_steps=1, decay=0.0), PotWeight(warmup_steps=1, decay=0.0)
    for controller, now in ((slow_programs, (1.0, 0.8)), (slow_words, (1.8, 0.4))):
        controller.update(2.0, 1.0)
        controller.update(*now)
    assert slow_programs.weight == pytest.approx((0.8 / 1.0) / (1.0 / 2.0))
    assert slow_words.weight == pytest.approx(0.5)  # 0.4 / 0.9, held at the bound


def test_failing_programs_get_more() -> None:
    controller = PotWeight(warmup_steps=1)
    controller.update(2.0, 1.0)
    controller.hear_failures(0.25)
    assert controller.weight == pytest.approx(1.2)


def test_the_state_survives_a_checkpoint() -> None:
    controller, other = PotWeight(warmup_steps=2), PotWeight(warmup_steps=2)
    fed(controller, 5, 2.0, 1.0)
    controller.hear_failures(0.1)
    other.restore(controller.state())
    fed(controller, 3, 1.0, 0.9)
    fed(other, 3, 1.0, 0.9)
    assert controller.weight == other.weight != 1
