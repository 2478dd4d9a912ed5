"""Losses and weights of preference training against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import tensor

from mathsolve.training.dpo.loss import FIGURES, Sums, Terms, dpo_loss
from mathsolve.training.sft.pot_weight import PotWeight


def told(figures: torch.Tensor) -> dict[str, float]:
    """The figures of one pair, by name."""
    return dict(zip(FIGURES, figures[:, 0].tolist(), strict=True))


def test_at_the_reference_the_loss_is_log_two() -> None:
    sums = Sums(tensor([-3.0, -7.0]), tensor([-4.0, -1.0]))
    losses, figures = dpo_loss(sums, sums, tensor([1.5, 7 / 3]), Terms(nll=0))
    assert losses.tolist() == pytest.approx([math.log(2)] * 2)
    assert told(figures)["preference_accuracy"] == told(figures)["margin"] == 0


def test_every_term_by_hand() -> None:
    policy, reference = Sums(tensor([-3.0]), tensor([-6.0])), Sums(tensor([-2.0]), tensor([-4.0]))
    terms = Terms(beta=0.5, nll=2.0, guard=3.0)
    losses, figures = dpo_loss(policy, reference, tensor([0.75]), terms, weights=tensor([1.5]), margins=tensor([0.1]))
    gap = 0.5 * ((-3 + 2) - (-6 + 4)) - 0.1
    preference = math.log(1 + math.exp(-gap))
    assert losses.tolist() == pytest.approx([1.5 * preference + 2.0 * 0.75 + 3.0 * 1])
    found = told(figures)
    assert (found["chosen_moved"], found["rejected_moved"], found["fell"]) == (-1, -2, 1)
    assert found["preference"] == pytest.approx(preference)


def test_a_step_raises_the_chosen_and_lowers_the_rejected() -> None:
    chosen, rejected = tensor([-5.0], requires_grad=True), tensor([-5.0], requires_grad=True)
    losses, _ = dpo_loss(Sums(chosen, rejected), Sums(tensor([-5.0]), tensor([-5.0])), -chosen / 3, Terms())
    losses.sum().backward()
    assert chosen.grad is not None and rejected.grad is not None
    assert chosen.grad.item() < 0 < rejected.grad.item()


def test_the_guard_acts_only_on_a_chosen_solution_that_fell() -> None:
    reference = Sums(tensor([-5.0]), tensor([-5.0]))
    for now, expected in ((-6.0, 1.0), (-4.0, 0.0)):
        policy = Sums(tensor([now]), tensor([-5.0]))
        with_guard, without = (dpo_loss(policy, reference, tensor([1.0]), Terms(guard=g))[0] for g in (1.0, 0.0))
        assert (with_guard - without).item() == pytest.approx(expected)


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
