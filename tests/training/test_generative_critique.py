"""The generative critique model: the words of the rules, marks read off tokens, and a tiny one that learns to give both."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from mathsolve.engine.critic import Layout
from mathsolve.engine.errors import BackendError, UsageError
from mathsolve.engine.judge import Judge, encode
from mathsolve.engine.renderer import Renderer
from mathsolve.engine.trajectory import Step, Thought, Trajectory
from mathsolve.evaluation.commands.score import score_runs
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.prompts import load_family
from mathsolve.sandbox import Observation, Program
from mathsolve.training.critique.stage import CritiqueStage
from mathsolve.training.judging.generative import critique
from mathsolve.training.judging.labels import labelled
from mathsolve.training.judging.remarks import FINDINGS, remark
from mathsolve.training.judging.rubric import RUBRIC, mark
from mathsolve.training.judging.run import train_judge
from mathsolve.training.recipe import JudgeTraining, load_fine_tuning
from mathsolve.training.reward.stage import RewardStage
from mathsolve.training.samples import Sample, Sampled, is_right
from mathsolve.training.sft.model import Writing, writing
from mathsolve.training.sft.tokenizer import train_tokenizer

from ..engine.tiny_judge import tiny_judge
from .judged_runs import RECIPE, boxed, failed, item, recipe_file, record, right, write_run, wrong

QUIET = Console(quiet=True)
SUM = item(4)
GOLD = str(SUM.gold)
ERROR = Observation("error", error=f"ValueError: {GOLD} is not it")
TIMEOUT = Observation("timeout", error="TimeoutError: the program ran for more than 5 s")
GENERATIVE = (
    RECIPE.replace("row = 96", "row = 192")
    .replace("context = 96", "context = 192")
    .replace("rows_per_step = 8", "rows_per_step = 4")
    .replace("epochs = 3", "epochs = 6")
    .replace("checkpoint_steps = 5", "checkpoint_steps = 20")
    .replace("[judge]", '[judge]\nform = "generative"')
)


def said(steps: tuple[Step, ...], answer: str | None, verdict: str = "wrong") -> str:
    one = replace(record(SUM, 0, steps, "wrong"), answer=answer, verdict=verdict)  # type: ignore[arg-type]
    due = mark(one, GOLD)
    assert due is not None
    return remark(one, due, GOLD)


def test_the_words_point_at_the_first_fault() -> None:
    run = (Program("print(1)"), Observation("ok", stdout="1\n"))
    assert said((Thought("I cannot."),), None) == "It states no answer, and no program ran."
    assert said((Program("f("), ERROR), None).endswith("The first program failed with ValueError.")
    assert said((*run, Program("f("), TIMEOUT, boxed("It", 5)), "5").endswith("The second program ended with timeout.")
    assert said((Thought("2 + 2 = 5, so it is."),), "998") == "The answer is wrong. It says 2 + 2 = 5, which is false."
    assert said((*run, boxed("It", 998)), "998").endswith("The answer is not what the last program printed.")
    unrun = said((*right(SUM)[:2], Program("print(7)"), boxed("It", 7)), GOLD, "correct")
    assert unrun == "The answer is right, but not the way to it. A program was never run."
    assert said(right(SUM), GOLD, "correct") == "The answer is right, and all programs ran."


def test_every_mark_has_a_sentence_of_its_own() -> None:
    assert FINDINGS.keys() == RUBRIC.keys() and len(set(FINDINGS.values())) == len(RUBRIC)


def test_no_right_answer_is_told_of_a_wrong_attempt() -> None:
    far, false = "7777", f"1 + 1 = {GOLD}"
    attempts: list[tuple[Step, ...]] = [
        (Thought(f"{false}."),),
        (Thought(f"We have {GOLD}.0 * 2 = 7777."),),
        (Program(f"print({GOLD})"), ERROR),
        (*right(SUM)[:2], boxed("It", 7777)),
    ]
    for steps in attempts:
        assert GOLD not in said(steps, far), steps
    assert "1 + 1" not in said(attempts[0], far), "one that holds the answer is not quoted"
    assert false in said(attempts[0], GOLD, "correct"), "of a right attempt everybody sees it"


@pytest.mark.parametrize("claim", ["0.5 + 1 = 2", "50% * 3 = 4", "1/2 + 1 = 2"])
@pytest.mark.parametrize("gold", ["1/2", "0.5", "\\frac{1}{2}", "50%"])
def test_no_right_answer_is_told_in_another_notation(gold: str, claim: str) -> None:
    one = replace(record(SUM, 0, (Thought(f"We have {claim}."),), "wrong"), answer="3")
    assert remark(one, 3, gold) == "The answer is wrong. An equation in it is false."
    assert "which is false" in remark(one, 3, "3/7"), "an equation without it is quoted"


def words(*texts: str) -> Writing:
    recipe = load_fine_tuning("critique-generative").model_copy(update={"family": "embedded"})
    return writing(recipe, lambda family: train_tokenizer([*texts, "0123456789"], [], family, 512))


def test_a_mark_is_read_off_the_tokens_of_its_digits() -> None:
    ids = tuple((number,) for number in range(20, 30))
    logits = torch.randn(1, 2, 64, generator=torch.Generator().manual_seed(1))
    of_two = Layout((5, 6), (*ids, (21, 20)), (60,))
    assert of_two.asked == (5, 6, 21)
    chances = of_two.log_chances(logits).exp()[0]
    first = logits[0, 0, 20:30].softmax(-1)
    ends = 1 / (1 + math.exp(float(logits[0, 1, 20] - logits[0, 1, 60])))
    assert chances.sum().item() == pytest.approx(1)
    assert chances[1].item() == pytest.approx(first[1].item() * ends, abs=1e-6)
    assert chances[10].item() == pytest.approx(first[1].item() * (1 - ends), abs=1e-6)
    assert chances[7].item() == pytest.approx(first[7].item(), abs=1e-6)
    of_one = Layout((5, 6), (*ids, (30,)), (60,))
    assert of_one.asked == (5, 6)
    assert torch.allclose(of_one.log_chances(logits[:, :1]).exp()[0], logits[0, 0, 20:31].softmax(-1))


def test_only_the_critique_is_learnt() -> None:
    one = record(SUM, 0, wrong(SUM), "wrong")
    (due,) = labelled(Sampled(SUM, (Sample(one, "m", is_right(one)),)), "critique")
    writer = words(due.remark)
    tokens = critique(due, Layout.of(writer.renderer), writer)
    own = [token for token, role in zip(tokens.ids, tokens.roles, strict=True) if role != "observation"]
    assert writer.renderer.decode(tokens.ids) == f"\nMark: 4\n{due.remark}<end>"
    assert writer.renderer.decode(own) == f"4\n{due.remark}<end>"
    assert tokens.roles[-1] == "stop" and tokens.ids[-1] == writer.end_id


def attempts(it: Item) -> list[Record]:
    """Three that are right, three that are wrong, and two of whose programs none ran."""
    a, b, c = "The sum", "It", "So it"
    steps = [*(right(it, say) for say in (a, b, c)), *(wrong(it, say) for say in (a, b, c)), failed(it), failed(it)]
    return [record(it, n, one, "correct" if n < 3 else "wrong") for n, one in enumerate(steps)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    items = [item(number) for number in range(48)]
    return write_run(tmp_path_factory.mktemp("sums") / "run", items, [one for it in items for one in attempts(it)])


def recipe_at(folder: Path, text: str = GENERATIVE) -> JudgeTraining:
    file = folder / "generative.toml"
    file.write_text(text)
    found = load_fine_tuning(str(file))
    assert isinstance(found, JudgeTraining)
    return found


@pytest.fixture(scope="module")
def trained(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    root = tmp_path_factory.mktemp("generative")
    train_judge(CritiqueStage(), recipe_at(root), [run], root / "out", QUIET)
    return root / "out"


def at_hand() -> list[Trajectory]:
    it = item(2)
    long = (Thought("Let me see. " * 9), *right(it))
    return [Trajectory(it.problem, steps, "1", "answered") for steps in (right(it), wrong(it), failed(it), long)]


def test_a_tiny_model_learns_marks_and_the_words_for_them(trained: Path) -> None:
    report = json.loads((trained / "report.json").read_text())
    assert report["auroc"] >= 0.9 and report["spearman"] > 0.5
    assert report["words"]["mark"] > 0.6 and report["words"]["words"] > 0.6
    assert f"Of {report['words']['attempts']} critiques" in (trained / "report.md").read_text()
    judge = Judge(trained)
    good, bad, broken, _ = judge.scores(at_hand())
    assert 0 <= max(bad, broken) < good <= 1
    told = judge.critiques(at_hand())
    assert told[0].words == "The answer is right, and all programs ran."
    assert told[2].words == "The answer is wrong. The first program failed with NameError."
    assert str(told[2]) == f"3 of 10: {told[2].words}"
    assert judge.manifest.curves[""] and judge.name == "critique"


def test_a_score_does_not_depend_on_what_is_read_beside(trained: Path) -> None:
    judge = Judge(trained)
    attempts = at_hand()
    together = judge.raw(attempts)
    assert judge.raw(attempts) == together
    assert judge.raw(attempts[::-1])[::-1] == pytest.approx(together, abs=1e-4)
    assert [judge.raw([one])[0] for one in attempts] == pytest.approx(together, abs=1e-4)
    assert judge.critiques(attempts) == [judge.critiques([one])[0] for one in attempts]
    assert judge.raw([]) == [] and judge.critiques([]) == []


def test_a_score_is_the_mean_of_what_the_model_would_write(trained: Path) -> None:
    """Against one forward pass over each of the eleven marks, without padding and without batches."""
    judge = Judge(trained)
    reader, (attempt, *_) = judge.reader, at_hand()
    layout, context = Layout.of(reader.renderer), judge.manifest.context
    asked = encode(reader.renderer, attempt.problem.question, attempt.steps, reader.end_id, context)
    prompt = [*asked, *layout.opening]
    chances = []
    for ids in layout.marks:
        whole = torch.tensor([[*prompt, *ids, layout.closing[0]]])
        with torch.inference_mode():
            logp = reader.model(input_ids=whole, use_cache=False).logits[0].log_softmax(-1)
        chances.append(sum(logp[len(prompt) - 1 + n, token].item() for n, token in enumerate(whole[0, len(prompt) :])))
    weights = torch.tensor(chances).softmax(-1)
    assert judge.raw([attempt])[0] == pytest.approx(float(weights @ torch.arange(11.0)), abs=0.1)


def test_a_command_shows_what_it_writes(trained: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score_runs([run], scorer=trained, critiques=3, as_json=True)
    (told,) = json.loads(capsys.readouterr().out).values()
    assert len(told["critiques"]) == 3 and all(one["words"] for one in told["critiques"])
    score_runs([run], scorer=trained, critiques=2)
    assert capsys.readouterr().out.count(" of 10: ") == 2


def test_a_run_that_was_killed_goes_on_to_the_same_weights(trained: Path, run: Path, tmp_path: Path) -> None:
    recipe = recipe_at(tmp_path)
    told = ["train", "critique", str(tmp_path / "generative.toml"), "--runs", str(run), "--out", str(tmp_path / "out")]
    with subprocess.Popen([sys.executable, "-m", "mathsolve", *told], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 900
        while not list(tmp_path.glob("out/checkpoint-*/trainer_state.json")):
            assert process.poll() is None and time.monotonic() < deadline, "it ended before its first checkpoint"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out" / "model").exists(), "it was too fast to be stopped"
    train_judge(CritiqueStage(), recipe, [run], tmp_path / "out", QUIET)
    expected, found = (load_file(folder / "model" / "model.safetensors") for folder in (trained, tmp_path / "out"))
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_mistakes_of_a_user_are_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"judge\.form"):
        recipe_at(tmp_path, GENERATIVE.replace('"generative"', '"spoken"'))
    recipe = recipe_at(tmp_path)
    with pytest.raises(UsageError, match=r"a reward model has a head: take form out of the recipe's table \[judge\]"):
        train_judge(RewardStage(recipe.judge), recipe, [run], tmp_path / "a", QUIET)
    with pytest.raises(UsageError, match="row is 24 tokens, of which a critique takes"):
        train_judge(CritiqueStage(), recipe.model_copy(update={"row": 24}), [run], tmp_path / "b", QUIET)
    with pytest.raises(UsageError, match="row is 25 tokens"):  # the folder may be used again
        train_judge(CritiqueStage(), recipe.model_copy(update={"row": 25}), [run], tmp_path / "b", QUIET)
    head = load_fine_tuning(str(recipe_file(tmp_path)))
    assert isinstance(head, JudgeTraining) and head.judge.form == "head"


def test_a_folder_of_the_other_form_is_named(tmp_path: Path) -> None:
    head = tiny_judge(tmp_path / "head", "critique")
    attempts = at_hand()
    with pytest.raises(UsageError, match="has a head, which writes no critiques"):
        Judge(head).critiques(attempts)
    manifest = json.loads((head / "judge.json").read_text())
    (head / "judge.json").write_text(json.dumps({**manifest, "form": "generative", "words": 40}))
    with pytest.raises(BackendError, match="has a head, so it is no generative critique"):
        Judge(head).raw(attempts)
    (head / "judge.json").write_text(json.dumps({**manifest, "form": "generative"}))
    with pytest.raises(UsageError, match="only a critique is generative, and it needs words"):
        Judge(head)


def test_a_tokenizer_without_digits_is_named() -> None:
    letters = Tokenizer(WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    with pytest.raises(UsageError, match="no token for each digit"):
        Layout.of(Renderer(load_family("embedded"), letters))
