"""What attempts are worth, and what a policy learns from them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from torch import tensor
from transformers import PreTrainedTokenizerFast

from mathsolve.engine.renderer import Renderer
from mathsolve.engine.trajectory import Problem, Role, Step, Stop, Thought, Tokens, Trajectory
from mathsolve.evaluation.item import Item
from mathsolve.prompts import load_family
from mathsolve.sandbox import Observation, Program
from mathsolve.training.ppo.advantages import group_relative
from mathsolve.training.ppo.experience import batch_of
from mathsolve.training.ppo.policy import PolicyModel
from mathsolve.training.ppo.rewards import Reward, balance, fewest_failures, is_truncated, is_void, reward, tie_broken
from mathsolve.training.ppo.rollouts import Group, Rollout, learnable
from mathsolve.training.ppo.trainer import PolicyTrainer
from mathsolve.training.recipe import PolicyTraining, load_fine_tuning
from mathsolve.training.sft.model import Writing, new_model
from mathsolve.training.sft.tokenizer import train_tokenizer
from mathsolve.training.tables import Policy

RULES = Policy(method="ppo", problems=2, samples=2)
FINE, BROKEN = Observation("ok", stdout="7\n"), Observation("error", error="NameError: x")


def attempt(*steps: Step, answer: str | None = None, stop: Stop = "answered") -> Trajectory:
    """An attempt without tokens."""
    return Trajectory(Problem("What is 3 plus 4?"), steps, answer, stop)


def test_a_right_attempt_is_worth_one_whatever_its_programs_did() -> None:
    assert reward(attempt(Program("x"), BROKEN, answer="7"), RULES, right=True).total == 1


@pytest.mark.parametrize(
    ("steps", "answer", "expected"),
    [
        ((Thought("8"),), "8", 0.0),
        ((Thought("?"),), None, -0.1),
        ((Program("a"), FINE, Thought("8")), "8", 0.05),
        ((Program("a"), BROKEN), None, -0.15),
        ((Program("a"), BROKEN, Program("b"), FINE), "8", 0.0),
    ],
)
def test_what_a_wrong_attempt_is_worth(steps: tuple[Step, ...], answer: str | None, expected: float) -> None:
    assert reward(attempt(*steps, answer=answer), RULES, right=False).total == pytest.approx(expected)


def test_no_score_lifts_a_wrong_attempt_over_a_right_one() -> None:
    most = Policy(method="ppo", problems=1, samples=2, tools=0.2, no_answer=0.5)
    wrong = reward(attempt(Program("a"), FINE, answer="8"), most, right=False)
    right = reward(attempt(Thought("7"), answer="7"), most, right=True)
    scored = tie_broken([wrong, wrong, right, right], [9.0, 1.0, -5.0, -9.0], 0.2)
    assert [one.score for one in scored] == pytest.approx([0.15, 0.05, 0.15, 0.05])
    assert max(one.total for one in scored[:2]) < 0.5 < min(one.total for one in scored[2:])
    assert balance(attempt()) == 0


@pytest.mark.parametrize("right", range(1, 16))
@pytest.mark.parametrize("by_deviation", [True, False])
def test_a_right_attempt_is_never_learnt_away_from_for_its_score(right: int, by_deviation: bool) -> None:
    most = Policy(method="grpo", problems=1, samples=16, tools=0.2)
    wrong = reward(attempt(Program("a"), FINE, answer="8"), most, right=False)
    rewards = [Reward(1.0, 0.0, 0.0)] * right + [wrong] * (16 - right)
    scored = tie_broken(rewards, [float(n) for n in range(16)], most.tie_break)
    told, _ = group_relative(tensor([[one.total for one in scored]]), by_deviation=by_deviation)
    assert told[0, :right].min() > 0 > told[0, right:].max()
    assert sorted(one.score for one in scored[:right]) == [one.score for one in scored[:right]]


def test_scores_make_no_difference_between_problems_nor_for_an_attempt_alone() -> None:
    right, wrong = Reward(1, 0, 0), Reward(0, 0, 0)
    for verdicts in ([right], [right, wrong], [right, right, right, wrong], [wrong, wrong], [right] * 4):
        scored = tie_broken(verdicts, [3.0, -1.0, 8.0, 8.0][: len(verdicts)], 0.2)
        for verdict in (right, wrong):
            given = [one.score for one in scored if one.right == verdict.right]
            assert not given or sum(given) / len(given) == pytest.approx(0.1)
    alone, _ = tie_broken([right, wrong], [0.0, 9.0], 0.2)
    assert alone.score == 0.1
    same = tie_broken([right] * 3, [1.0, 2.0, 3.0], 0.2)
    assert {one.score for one in same} == {0.1}, "where all are right a learned score alone teaches nothing"


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_keeps_the_promises(broken: float) -> None:
    right, wrong = Reward(1, 0, 0), Reward(0, 0, 0)
    scored = tie_broken([right, right, right, wrong], [broken, 5.0, broken, broken], 0.3)
    assert all(one.total >= 1 for one in scored[:3]) and scored[3].total < 0.5
    assert sum(one.score for one in scored[:3]) / 3 == pytest.approx(0.15)
    assert scored[0] == scored[2] and (broken > 0 or scored[0].total < scored[1].total or math.isnan(broken))


def test_void_turns_and_truncated_attempts_are_told_apart() -> None:
    void = attempt(Thought("hm"), stop="no_answer")
    cut = attempt(Thought("and so on and"), stop="max_tokens")
    silent = attempt(Program("a"), FINE, stop="no_answer")
    assert (is_void(void), is_void(cut), is_void(silent)) == (True, False, False)
    assert (is_truncated(void), is_truncated(cut)) == (False, True)


def test_of_right_attempts_the_cleanest_are_kept_and_of_wrong_ones_their_share() -> None:
    clean, dirty = (
        attempt(Program("a"), FINE, answer="7"),
        attempt(Program("a"), BROKEN, Program("b"), FINE, answer="7"),
    )
    assert fewest_failures([dirty, clean, clean, dirty], [True] * 4, 2) == [1, 2]
    assert fewest_failures([dirty, clean, dirty, clean], [True, True, False, False], 2) == [1, 2]
    assert fewest_failures([clean] * 8, [True] * 7 + [False], 2) == [0, 7], "the only failure stays"
    assert fewest_failures([clean] * 2, [True, False], 4) == [0, 1]


def test_what_is_left_out_is_not_learnt_from_unless_it_is_right() -> None:
    cut, void = attempt(Thought("1"), stop="max_tokens"), attempt(Thought("1"), stop="no_answer")
    group = [written(cut), written(void), written(void, right=True), written(attempt(answer="8"))]
    strict = Policy(method="grpo", problems=1, samples=4, leave_out=("void", "truncated"))
    assert learnable(group, RULES) == group
    assert learnable(group, strict) == group[2:]


def test_what_the_machinery_spoilt_is_not_learnt_from() -> None:
    failed = [written(attempt(stop=stop)) for stop in ("sandbox_error", "timeout", "backend_error")]
    unclear = Rollout(ITEM, "mixed", written(attempt(answer="7")).attempt, "undecided", Reward(0, 0, 0))
    assert learnable([*failed, unclear], RULES) == []


ITEM = Item("sums/1", "sums", "What is 3 plus 4?", "7")


def written(
    steps: Trajectory, ids: tuple[int, ...] = (5, 6, 7, 8), roles: str = "ptos", right: bool = False, worth: float = 0.0
) -> Rollout:
    """An attempt of these tokens: p is the prompt, o an observation, t and s were written by the model."""
    names: dict[str, Role] = {"p": "prompt", "o": "observation", "t": "thought", "s": "stop"}
    logprobs = tuple(-1.0 if role in "ts" else None for role in roles)
    tokens = Tokens(ids, tuple(names[role] for role in roles), logprobs)
    told = Trajectory(steps.problem, steps.steps, steps.answer, steps.stop, tokens)
    return Rollout(ITEM, "mixed", told, "correct" if right else "wrong", Reward(worth, 0.0, 0.0))


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Writing:
    """A tokenizer, and beside it in the folder that it names a model of random weights."""
    family, folder = load_family("embedded"), tmp_path_factory.mktemp("random")
    raw: Tokenizer = train_tokenizer(["What is 3 plus 4?", "print(3 + 4)"], [], family, 512)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=raw, pad_token="<pad>", eos_token="<end>", bos_token="<end>", name_or_path=str(folder)
    )
    shape = load_fine_tuning("tiny").shape
    assert shape is not None
    small = shape.model_copy(update={"hidden": 32, "feed_forward": 48, "context": 64})
    new_model(small, len(tokenizer), tokenizer.eos_token_id, 1).save_pretrained(folder)
    return Writing(tokenizer, Renderer(family, tokenizer.backend_tokenizer))


def trainer(
    words: Writing,
    method: str,
    *,
    rows_at_once: int | None = None,
    recompute: bool = False,
    lora: dict[str, int] | None = None,
    **rules: object,
) -> PolicyTrainer:
    """A trainer of the random model."""
    torch.manual_seed(0)
    recipe = PolicyTraining.model_validate(
        {
            "seed": 1,
            "row": 64,
            "family": "embedded",
            "model": words.tokenizer.name_or_path,
            "lora": lora,
            "policy": {"method": method, "problems": 2, "samples": 2, "passes": 2, "reference": 0.1, **rules},
            "schedule": {
                "epochs": 1,
                "rows_per_step": 2,
                "rows_at_once": rows_at_once,
                "recompute": recompute,
                "learning_rate": 1e-3,
                "warmup_steps": 0,
                "checkpoint_steps": 1,
                "bf16": False,
            },
        }
    )
    return PolicyTrainer(recipe, PolicyModel(recipe, words), steps=4)


def groups(observed: int = 9, worths: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0)) -> list[Group]:
    """Two problems with two attempts each, the last token of each an observation after which nothing was written."""
    rows = [(5, 6, 7, 8, observed), (5, 9, 6, 7, observed), (5, 6, 8, 8, observed), (5, 6, 8, 7, 9, 7, observed)]
    roles = ["pttso", "pttto", "pttto", "pttotto"]
    found = [
        written(attempt(answer="8"), ids, told, worth=worth)
        for ids, told, worth in zip(rows, roles, worths, strict=True)
    ]
    return [Group(tuple(found[:2]), tuple(found[:2])), Group(tuple(found[2:]), tuple(found[2:]))]


def weights(one: PolicyTrainer) -> dict[str, torch.Tensor]:
    """All that is trained."""
    head = one.policy.head.state_dict() if one.policy.head is not None else {}
    return {name: value.clone() for name, value in {**one.policy.model.state_dict(), **head}.items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Whether all of it is equal to the last bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("method", ["ppo", "grpo"])
def test_what_was_observed_last_changes_nothing_that_is_learnt(words: Writing, method: str) -> None:
    first, second = trainer(words, method), trainer(words, method)
    before = weights(first)
    first.learn(groups(observed=9))
    second.learn(groups(observed=11))
    assert same(weights(first), weights(second)) and not same(weights(first), before)


@pytest.mark.parametrize("method", ["ppo", "grpo"])
def test_an_update_in_pieces_with_activations_computed_twice_is_the_update_at_once(words: Writing, method: str) -> None:
    whole, parts = trainer(words, method), trainer(words, method, rows_at_once=1, recompute=True)
    whole.learn(groups())
    parts.learn(groups())
    expected, found = weights(whole), weights(parts)
    assert all(torch.allclose(expected[name], found[name], atol=1e-5) for name in expected)


@pytest.mark.parametrize("method", ["ppo", "grpo"])
def test_a_checkpoint_goes_on_to_the_same_weights_to_the_last_bit(words: Writing, method: str, tmp_path: Path) -> None:
    whole = trainer(words, method)
    whole.learn(groups())
    whole.save(tmp_path)
    whole.learn(groups())
    resumed = trainer(words, method)
    resumed.load(tmp_path)
    assert resumed.step == 1
    resumed.learn(groups())
    assert same(weights(whole), weights(resumed))


def test_adapters_alone_are_trained_and_saved_and_the_reference_is_the_model_without_them(
    words: Writing, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    one = trainer(words, "grpo", lora={"rank": 2, "alpha": 4})
    before, start = weights(one), one.lesson([group.learnt for group in groups()])[0].reference_BT
    one.learn(groups())
    changed = {name for name, value in weights(one).items() if not torch.equal(value, before[name])}
    assert changed and all("lora" in name for name in changed)
    assert torch.equal(one.lesson([group.learnt for group in groups()])[0].reference_BT, start)
    one.save(tmp_path)
    resumed = trainer(words, "grpo", lora={"rank": 2, "alpha": 4})
    resumed.load(tmp_path)
    assert same(weights(one), weights(resumed))


def test_problems_whose_attempts_are_worth_the_same_give_grpo_no_gradient(words: Writing) -> None:
    one = trainer(words, "grpo")
    before = weights(one)
    log = one.learn(groups(worths=(1.0, 1.0, 0.0, 0.0)))
    assert log["dropped_groups"] == 2 and log["learnt"] == 0 and same(weights(one), before)
    half = one.learn(groups(worths=(1.0, 1.0, 0.0, 1.0)))
    assert half["dropped_groups"] == 1 and half["learnt"] == 2 and not same(weights(one), before)


def test_learned_scores_alone_are_no_reason_to_learn(words: Writing) -> None:
    one = trainer(words, "grpo")
    scored = [
        Rollout(r.item, r.mode, r.attempt, r.verdict, Reward(1.0, 0.0, 0.0, score))
        for r, score in zip(groups()[0].learnt, (0.0, 0.2), strict=True)
    ]
    assert one.learn([Group(tuple(scored), tuple(scored))])["dropped_groups"] == 1


def test_advantages_of_a_batch_by_hand(words: Writing) -> None:
    learnt = [group.learnt for group in groups()]
    batch = batch_of([one for group in learnt for one in group])
    assert batch.written_BT.sum(-1).tolist() == [3, 3, 3, 4]
    relative, _ = trainer(words, "grpo").lesson(learnt)
    signs = tensor([1.0, -1.0, -1.0, 1.0])[:, None] * batch.written_BT
    assert torch.allclose(relative.advantages_BT, signs, atol=1e-4)
    valued, log = trainer(words, "ppo", reference=0.0).lesson(learnt)
    assert torch.equal(valued.returns_BT, batch.rewards_B[:, None] * batch.written_BT), "values begin at 0"
    mean, deviation = 7 / 13, (7 * 6) ** 0.5 / 13
    expected = ((batch.rewards_B - mean) / deviation)[:, None] * batch.written_BT
    assert torch.allclose(valued.advantages_BT, expected, atol=1e-4)
    assert log["explained"] == pytest.approx(0)


def test_the_distance_from_the_reference_costs_reward_where_a_token_was_written(words: Writing) -> None:
    one = trainer(words, "ppo", reference=0.5)
    lesson, log = one.lesson([group.learnt for group in groups()])
    away = (lesson.batch.sampled_BT - lesson.reference_BT) * lesson.batch.written_BT
    to_the_end = away.flip(-1).cumsum(-1).flip(-1)
    expected = (lesson.batch.rewards_B[:, None] - 0.5 * to_the_end) * lesson.batch.written_BT
    assert torch.allclose(lesson.returns_BT, expected, atol=1e-5)
    assert log["kl"] == pytest.approx((away.sum() / lesson.batch.written_BT.sum()).item(), abs=1e-5)
