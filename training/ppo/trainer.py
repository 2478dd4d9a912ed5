"""Updates of a policy from a batch of its own attempts, by PPO or GRPO.

Promises: only tokens that the model wrote are actions, all of the same weight; a step in pieces is the step at once; a problem
whose attempts are worth the same teaches nothing to GRPO; with the same attempts, what is saved and loaded goes on to the same
weights, to the last bit.

Does not promise to train on more than one device.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..average import mean_weights
from ..recipe import PolicyTraining
from ..sft.checkpoints import step_of
from .advantages import gae, group_relative, whitened
from .experience import Batch, at_the_end, batch_of, cut, pieces
from .loss import Clip, kl_penalty, policy_loss, value_loss
from .policy import PolicyModel
from .rollouts import Group, Rollout

LEAST_RATE = 0.1
"""Share of the peak learning rate at the last step."""
LEAST_DEVIATION = 0.1
"""What GRPO divides by at least: the deviation of verdicts is never below it with fewer than 99 attempts at a problem, and what
an attempt gets beside its verdict stays as small as it is."""
MOST_GRADIENT = 1.0
"""Norm at which gradients are clipped."""
STATE = "policy.pt"
"""The file of a checkpoint with what is not the model's own."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A batch with all that an update needs, each of shape `[B, T]`; it does not change while the policy does."""

    batch: Batch
    """What was sampled."""
    advantages_BT: Tensor
    """Of the tokens that were written."""
    returns_BT: Tensor
    """What values should have been."""
    values_BT: Tensor
    """What they were."""
    reference_BT: Tensor
    """Log-probabilities under the reference; those of sampling where there is none."""

    def rows(self, numbers: Tensor, device: torch.device) -> Lesson:
        """Some of the attempts on a device."""
        batch = self.batch.rows(numbers, device)
        others = (self.advantages_BT, self.returns_BT, self.values_BT, self.reference_BT)
        return Lesson(batch, *(cut(part, numbers, batch.ids_BT.shape[1]).to(device) for part in others))


class PolicyTrainer:
    """A policy, its optimizer, and the steps that it has made."""

    def __init__(self, recipe: PolicyTraining, policy: PolicyModel, steps: int) -> None:
        """Args:
        recipe: how to train.
        policy: what to train.
        steps: batches of attempts in the whole run; they decide the learning rate.
        """
        self.recipe, self.policy, self.steps = recipe, policy, steps
        self.step = 0
        """Batches that were learnt from."""
        rules = recipe.policy
        self._clip = Clip(rules.clip_low, rules.clip_high, rules.clip_dual, rules.clip_value)
        groups: list[dict[str, Any]] = [{"params": policy.parameters, "peak": recipe.schedule.learning_rate}]
        if policy.head is not None:
            groups.append({"params": list(policy.head.parameters()), "peak": rules.value_rate})
        self._optimizer = torch.optim.AdamW(groups, lr=0.0, weight_decay=recipe.schedule.weight_decay)
        self._device = policy.parameters[0].device

    def learn(self, groups: Sequence[Group]) -> dict[str, float]:
        """Learns from one batch of attempts. Returns what there is to log."""
        grpo = self.recipe.policy.method == "grpo"
        used = [group.learnt for group in groups if (is_useful(group.learnt) if grpo else group.learnt)]
        log = {"learnt": sum(map(len, used)), "dropped_groups": len(groups) - len(used), "lr": self._rate()}
        if used:
            lesson, seen = self.lesson(used)
            log |= seen | self.update(lesson)
        self.step += 1
        return log

    def lesson(self, groups: Sequence[Sequence[Rollout]]) -> tuple[Lesson, dict[str, float]]:
        """What is to be learnt from attempts, by problem, and what there is to log about it: the difference between the
        log-probabilities of sampling and those of training, the entropy, the distance from the reference."""
        batch = batch_of([one for group in groups for one in group])
        read = self._read(batch)
        written = batch.written_BT.bool()
        gap = (read["logprobs"] - batch.sampled_BT)[written].abs()
        log = {
            "gap_mean": gap.mean().item(),
            "gap_max": gap.max().item(),
            "entropy": read["entropies"][written].mean().item(),
        }
        if self.recipe.policy.reference:
            log["kl"] = (batch.sampled_BT - read["reference"])[written].mean().item()
        if self.policy.head is None:
            advantages_BT, returns_BT = self._by_group(groups, batch), torch.zeros_like(batch.sampled_BT)
        else:
            advantages_BT, returns_BT = self._by_value(batch, read)
            spread = returns_BT[written].var(unbiased=False)
            missed = (returns_BT - read["values"])[written].var(unbiased=False)
            if spread > 1e-6:
                log["explained"] = 1 - (missed / spread).item()
        return Lesson(batch, advantages_BT, returns_BT, read["values"], read["reference"]), log

    def update(self, lesson: Lesson) -> dict[str, float]:
        """The passes over one batch. Returns means of losses, of the share of tokens that were clipped, of the distance that
        the policy moved, and of the norm of gradients."""
        rows, policy = len(lesson.batch.rewards_B), self.recipe.policy
        parts = max(1, round(rows / self.recipe.schedule.rows_per_step))
        sums: Counter[str] = Counter()
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * self._factor()
        with self.policy.training():
            for turn in range(policy.passes):
                order = random.Random(f"{self.recipe.seed} {self.step} {turn}").sample(range(rows), rows)
                for numbers in torch.tensor(order).tensor_split(parts):
                    sums.update(self._one_update(lesson, numbers))
        return {name: value / parts / policy.passes for name, value in sums.items()}

    def rehearsal_s(self, groups: Sequence[Group]) -> float:
        """Seconds that learning from these attempts would take. Nothing is changed."""
        begun, used = time.perf_counter(), [group.learnt for group in groups if group.learnt]
        if not used:
            return 0.0
        lesson, _ = self.lesson(used)
        read = time.perf_counter()
        with self.policy.training():
            for numbers in self._pieces(lesson.batch, torch.arange(len(lesson.batch.rewards_B))):
                loss, _ = self._loss(lesson.rows(numbers, self._device))
                loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.zero_grad()
        return read - begun + self.recipe.policy.passes * (time.perf_counter() - read)

    def save(self, folder: Path) -> None:
        """Writes a checkpoint; it is whole only when `trainer_state.json` is there."""
        folder.mkdir(parents=True, exist_ok=True)
        self.policy.model.save_pretrained(folder)
        head = self.policy.head
        state = {"optimizer": self._optimizer.state_dict(), "head": head.state_dict() if head is not None else None}
        torch.save(state, folder / STATE)
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": self.step}) + "\n", encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Goes on from a whole checkpoint."""
        self.policy.load(mean_weights([folder]))
        state = torch.load(folder / STATE, map_location=self._device, weights_only=True)
        self._optimizer.load_state_dict(state["optimizer"])
        if self.policy.head is not None:
            self.policy.head.load_state_dict(state["head"])
        self.step = step_of(folder) or 0

    def _by_group(self, groups: Sequence[Sequence[Rollout]], batch: Batch) -> Tensor:
        """Advantages against the other attempts at a problem, the same for every token of an attempt."""
        sizes, relative = [len(group) for group in groups], []
        for rewards_N in torch.split(batch.rewards_B, sizes):
            told, _ = group_relative(
                rewards_N[None], by_deviation=self.recipe.policy.by_deviation, least_deviation=LEAST_DEVIATION
            )
            relative.append(told[0])
        return torch.cat(relative)[:, None] * batch.written_BT

    def _by_value(self, batch: Batch, read: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Advantages against the learned value, and returns; the distance from the reference costs reward."""
        policy, written_BT = self.recipe.policy, batch.written_BT
        away_BT = (batch.sampled_BT - read["reference"]) * written_BT
        rewards_BT = at_the_end(batch.rewards_B, written_BT) - policy.reference * away_BT
        advantages_BT, returns_BT = gae(rewards_BT, read["values"], written_BT, policy.gamma, policy.lam)
        return whitened(advantages_BT, written_BT), returns_BT

    @torch.no_grad()
    def _read(self, batch: Batch) -> dict[str, Tensor]:
        """What the policy and the reference say of a batch before it changes the policy, on the CPU."""
        found = {name: torch.zeros_like(batch.sampled_BT) for name in ("logprobs", "values", "entropies")}
        found["reference"] = batch.sampled_BT.clone()
        for numbers in self._pieces(batch, torch.arange(len(batch.rewards_B))):
            piece = batch.rows(numbers, self._device)
            reading, width = self.policy.read(piece), piece.ids_BT.shape[1]
            told = {"logprobs": reading.logprobs_BT, "values": reading.values_BT, "entropies": reading.entropies_BT}
            if self.recipe.policy.reference:
                told["reference"] = self.policy.reference(piece)
            for name, values_BT in told.items():
                found[name][numbers, :width] = values_BT.cpu()
        return found

    def _one_update(self, lesson: Lesson, numbers: Tensor) -> dict[str, float]:
        """One step of the optimizer over some attempts, piece by piece."""
        self._optimizer.zero_grad()
        total, log = lesson.batch.written_BT[numbers].sum().item(), Counter[str]()
        for piece in self._pieces(lesson.batch, numbers):
            part = lesson.rows(piece, self._device)
            share = part.batch.written_BT.sum().item() / total
            loss, seen = self._loss(part)
            (loss * share).backward()  # type: ignore[no-untyped-call]
            log.update({name: value * share for name, value in seen.items()})
        trained = [parameter for group in self._optimizer.param_groups for parameter in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(trained, MOST_GRADIENT)
        if norm.isfinite():
            self._optimizer.step()
        return {**log, "grad_norm": norm.item(), "skipped": float(not norm.isfinite())}

    def _loss(self, lesson: Lesson) -> tuple[Tensor, dict[str, float]]:
        """The loss of a piece as a mean over its written tokens."""
        policy, batch, written_BT = self.recipe.policy, lesson.batch, lesson.batch.written_BT
        read = self.policy.read(batch)
        loss, log = policy_loss(read.logprobs_BT, batch.sampled_BT, lesson.advantages_BT, written_BT, self._clip)
        log["loss_policy"] = loss.item()
        if self.policy.head is not None:
            missed = value_loss(read.values_BT, lesson.values_BT, lesson.returns_BT, written_BT, self._clip)
            log["loss_value"] = missed.item()
            loss = loss + policy.value_weight * missed
        elif policy.reference:
            away_BT = kl_penalty(read.logprobs_BT, lesson.reference_BT, written_BT)
            loss = loss + policy.reference * away_BT.sum() / written_BT.sum()
        return loss, log

    def _pieces(self, batch: Batch, numbers: Tensor) -> list[Tensor]:
        return pieces(batch.lengths_B, numbers, self.recipe.schedule.rows_at_once or len(numbers))

    def _rate(self) -> float:
        return self.recipe.schedule.learning_rate * self._factor()

    def _factor(self) -> float:
        """The share of the peak learning rate: up in a line while it warms up, down in a line to a tenth."""
        warm = min(1.0, (self.step + 1) / max(1, self.recipe.schedule.warmup_steps))
        return warm * (1 - (1 - LEAST_RATE) * self.step / max(1, self.steps - 1))


def is_useful(group: Sequence[Rollout]) -> bool:
    """Whether the attempts at a problem differ in what is verified; learned scores alone are no reason to learn."""
    verified = [one.reward.verified for one in group]
    return bool(verified) and max(verified) - min(verified) > 1e-6
