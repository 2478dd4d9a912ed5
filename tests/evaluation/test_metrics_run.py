"""From the records of a run to its figures, on runs small enough to count by hand."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Step, Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.metrics import Metrics, headline_rows, markdown_table, metrics, notes, text_table
from mathsolve.evaluation.metrics.classes import answer_classes
from mathsolve.evaluation.metrics.figures import Group
from mathsolve.evaluation.metrics.usage import Prices
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.report.tables import Named, choices
from mathsolve.evaluation.run import Run
from mathsolve.sandbox import Observation, Program

BASE = Record(
    key="",
    problem="a/1",
    sample=0,
    mode="mixed",
    answer="4",
    given=True,
    verdict="correct",
    reason="",
    method="exact",
    grader=1,
    stop="answered",
    detail=None,
    steps=(Thought("Adding."),),
    prompt_tokens=10,
    sampled_tokens=100,
    observed_tokens=5,
    seconds=2.0,
)
WRONG = replace(BASE, answer="5", verdict="wrong")
SILENT = replace(BASE, answer=None, given=False, verdict="wrong", stop="max_tokens")


def item(name: str, bench: str = "a", **more: object) -> Item:
    return Item(f"{bench}/{name}", bench, f"Question {name}?", "4", **more)


def made(folder: Path, items: Iterable[Item], samples: Iterable[Record]) -> Run:
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text("{}")
    (folder / "problems.jsonl").write_text("".join(json.dumps(asdict(each)) + "\n" for each in items))
    lines = (replace(each, key=f"{number:032x}").to_json() + "\n" for number, each in enumerate(samples))
    (folder / "records.jsonl").write_text("".join(lines))
    return Run(folder)


def only(figures: Metrics) -> Group:
    (group,) = figures.groups
    return group


def programs(*outcomes: Observation) -> tuple[Step, ...]:
    return tuple(step for outcome in outcomes for step in (Program("print(2 + 2)"), outcome))


RAN, FAILED = Observation("ok", "4\n"), Observation("error", error="NameError: x")


def test_a_run_counted_by_hand(tmp_path: Path) -> None:
    answers = {
        "1": (BASE, BASE, WRONG, replace(BASE, answer="8/2")),
        "2": (WRONG, replace(WRONG, answer="6"), SILENT, BASE),
    }
    records = [
        replace(each, problem=f"a/{name}", sample=number)
        for name, samples in answers.items()
        for number, each in reversed(list(enumerate(samples)))
    ]
    found = only(metrics(made(tmp_path, [item("1"), item("2"), item("unused")], records)))
    assert (found.problems, found.samples, found.fewest) == (2, 8, 4)
    assert found.accuracy.value == (0.75 + 0.25) / 2
    assert {point.k: point.estimate.value for point in found.passes} == pytest.approx(
        {1: 0.5, 2: (1 + 0.5) / 2, 4: 1.0}
    )
    assert {point.k: point.estimate.value for point in found.votes} == pytest.approx(
        {1: 0.5, 2: ((3 + 3 / 2) / 6 + (1 + 1 / 2 + 1 / 2) / 6) / 2, 4: (1 + 1 / 3) / 2}
    )
    assert found.gap.value == 0.5
    assert found.g_pass == {"0.25": 1.0, "0.5": 0.5, "0.75": 0.5, "1": 0.0}
    assert found.mean_g_pass == pytest.approx((2 / 4 * 1 + 0) / 2)
    assert (found.stability.never, found.stability.always, sum(found.stability.bins)) == (0, 0, 2)
    assert (found.unanswered, found.stops) == (1 / 8, {"answered": 7, "max_tokens": 1})


def test_the_latest_record_of_a_key_counts_and_the_order_of_lines_does_not(tmp_path: Path) -> None:
    first = replace(BASE, key="0" * 32)
    run = made(tmp_path, [item("1")], [])
    (tmp_path / "records.jsonl").write_text(replace(first, verdict="wrong").to_json() + "\n" + first.to_json() + "\n")
    assert only(metrics(run)).accuracy.value == 1


def test_every_figure_survives_its_file(tmp_path: Path) -> None:
    samples = [replace(each, sample=i, scores={"reward": float(i)}) for i, each in enumerate((BASE, WRONG, SILENT))]
    pots = [replace(each, mode="pot") for each in samples]
    others = [replace(each, problem="b/1") for each in samples]
    items = [item("1", subject="x"), item("2", subject="y"), item("1", "b")]
    more = [replace(each, problem="a/2") for each in samples]
    found = metrics(made(tmp_path, items, [*samples, *more, *pots, *others]), thresholds={"reward": 1.0})
    assert Metrics.from_json(found.to_json()) == found
    with pytest.raises(ValueError):
        Metrics.from_json("{}")


def test_an_empty_run_has_no_figures(tmp_path: Path) -> None:
    found = metrics(made(tmp_path, [item("1")], []))
    assert found == Metrics(groups=(), averages=(), overlaps=())
    assert len(headline_rows(found)) == 1


def test_samples_that_the_machinery_failed_in_are_counted_and_left_out(tmp_path: Path) -> None:
    failed = replace(SILENT, stop="sandbox_error", sample=1)
    found = metrics(made(tmp_path, [item("1")], [BASE, failed, replace(BASE, problem="gone")]))
    assert only(found).accuracy.value == 1
    assert (found.failed, found.strays) == ({"a mixed": 1}, 1)
    assert [note.split(":")[0] for note in notes(found)] == ["Left out", "Left out"]


def test_a_record_of_another_version_is_named(tmp_path: Path) -> None:
    run = made(tmp_path, [item("1")], [BASE])
    path = tmp_path / "records.jsonl"
    path.write_text(path.read_text().replace('"answered"', '"bored"'))
    with pytest.raises(UsageError, match="stop is 'bored'"):
        metrics(run)


def test_undecided_is_not_right_and_is_said(tmp_path: Path) -> None:
    unclear = replace(WRONG, verdict="undecided")
    found = metrics(made(tmp_path, [item("1")], [replace(unclear, sample=i) for i in range(3)]))
    assert (only(found).accuracy.value, only(found).undecided) == (0, 1)
    assert "pass@1 is 100.0% at most" in next(notes(found))


def test_what_is_withheld_is_not_right_but_is_known(tmp_path: Path) -> None:
    held = replace(BASE, given=False, stop="untrusted")
    declined = replace(SILENT, problem="a/2", verdict="correct", method="declined", stop="refused")
    items = [item("1"), replace(item("2"), gold=None)]
    found = only(metrics(made(tmp_path, items, [held, replace(WRONG, sample=1), declined])))
    assert found.accuracy.value == 0.5
    assert found.stated.value == (0.5 + 1) / 2
    assert found.votes[0].estimate.value == 0.5  # a withheld answer has no vote; declining what has no answer is right
    trust = found.trust
    assert (trust.answered, trust.right, trust.wrong, trust.withheld, trust.withheld_right, trust.declined) == (
        pytest.approx((1 / 3, 0, 1 / 3, 1 / 3, 1 / 3, 1 / 3))
    )


def test_unequal_numbers_of_samples_leave_the_k_that_all_have(tmp_path: Path) -> None:
    more = [replace(BASE, problem="a/2", sample=i) for i in range(4)]
    found = metrics(made(tmp_path, [item("1"), item("2")], [WRONG, *more]))
    assert [point.k for point in only(found).passes] == [1]
    assert only(found).accuracy.value == 0.5
    assert any("unequal numbers" in note for note in notes(found))


def test_programs_are_counted_and_what_repairing_gains(tmp_path: Path) -> None:
    quiet = Observation("ok", " \n")
    samples = [
        replace(BASE, steps=programs(RAN)),
        replace(BASE, steps=programs(FAILED, RAN)),
        replace(WRONG, steps=programs(FAILED, Observation("timeout", "4\n"))),
        replace(WRONG, steps=programs(quiet, Observation("ok", "5.0"))),
        replace(WRONG, answer="3", steps=programs(Observation("ok", "", value="7"))),
        BASE,
    ]
    run = made(tmp_path, [item("1")], [replace(each, sample=i) for i, each in enumerate(samples)])
    found = only(metrics(run)).programs
    assert (found.used, found.each) == (pytest.approx(5 / 6), pytest.approx(8 / 6))
    assert found.statuses == {"ok": 5, "error": 2, "timeout": 1}
    assert (found.failing, found.silent) == (pytest.approx(3 / 8), pytest.approx(1 / 8))
    assert (found.right_if_ran, found.right_if_failed) == (2 / 4, 0)
    assert (found.first_failed, found.repaired, found.repair_gain) == (2 / 5, 1 / 2, 1 / 5)
    assert found.agreement == 3 / 4


def test_effort_and_cost(tmp_path: Path) -> None:
    run = made(tmp_path, [item("1")], [BASE, replace(WRONG, sample=1, sampled_tokens=300, seconds=6.0)])
    effort = only(metrics(run, prices=Prices(prompt=1.0, sampled=10.0))).effort
    assert (effort.sampled_tokens, effort.sampled_per_right, effort.seconds) == (200, 400, 4)
    assert effort.cost == pytest.approx((2 * 15 * 1 + 400 * 10) / 1e6)
    assert only(metrics(run)).effort.cost is None


def test_variants_of_one_problem_are_one_cluster(tmp_path: Path) -> None:
    names = [str(i) for i in range(12)]
    samples = [replace(BASE if i < 6 else WRONG, problem=f"a/{name}") for i, name in enumerate(names)]
    apart = only(metrics(made(tmp_path, [item(name) for name in names], samples)))
    alike = [item(name, cluster=str(i // 3)) for i, name in enumerate(names)]
    together = only(metrics(made(tmp_path, alike, samples)))
    assert (apart.accuracy.se, together.accuracy.se) == (pytest.approx((3 / 132) ** 0.5), pytest.approx(48**-0.5 * 2))
    assert together.accuracy.high - together.accuracy.low > apart.accuracy.high - apart.accuracy.low


def test_choosing_by_scores(tmp_path: Path) -> None:
    samples = [
        replace(WRONG, sample=0, scores={"reward": -1.0}),
        replace(WRONG, sample=1, scores={"reward": -1.5}),
        replace(BASE, sample=2, scores={"reward": 6.0}),
        replace(SILENT, sample=3),
    ]
    (chosen,) = only(metrics(made(tmp_path, [item("1")], samples), thresholds={"reward": 0.0})).chosen
    assert chosen.best[-1].estimate.value == 1
    assert {name: figure.value for name, figure in chosen.weighted.items()} == {"sigmoid": 1, "softmax": 1, "rank": 0}
    assert chosen.filtered is not None
    assert (chosen.filtered.value, chosen.coverage) == (1, 1)


def test_a_probability_is_the_weight_of_its_vote(tmp_path: Path) -> None:
    samples = [replace(WRONG, sample=n, scores={"critic": 0.4}) for n in range(2)]
    run = made(tmp_path, [item("1")], [*samples, replace(BASE, sample=2, scores={"critic": 0.9})])
    (tmp_path / "scores.json").write_text('{"critic": {"judge": "0", "kind": "critique"}}')
    (chosen,) = only(metrics(run)).chosen
    assert (chosen.used, chosen.weighted["probability"].value, chosen.weighted["sigmoid"].value) == (
        "probability",
        1,
        0,
    )
    rows = choices([Named("run", metrics(run))]).rows
    assert [row[3] for row in rows if "as in use" in str(row[3])] == ["vote weighed by probability, as in use"]


def test_a_sample_without_an_answer_is_never_the_best(tmp_path: Path) -> None:
    silent = replace(SILENT, sample=0, scores={"reward": 0.9})
    samples = [silent, replace(BASE, sample=1, scores={"reward": 0.5})]
    (chosen,) = only(metrics(made(tmp_path, [item("1")], samples))).chosen
    assert [point.estimate.value for point in chosen.best] == [0.5, 1]


def test_modes_on_the_same_problems(tmp_path: Path) -> None:
    cot = [replace(each, mode="cot", problem=f"a/{name}") for name, each in (("1", BASE), ("2", WRONG), ("3", BASE))]
    pot = [replace(each, mode="pot", problem=f"a/{name}") for name, each in (("1", BASE), ("2", BASE))]
    (overlap,) = metrics(made(tmp_path, map(item, "123"), cot + pot)).overlaps
    assert overlap.solved == {"cot+pot": 1, "pot": 1}
    assert overlap.differences["pot - cot"].wins == 1


def test_averages_weigh_by_problems_and_by_benchmarks(tmp_path: Path) -> None:
    items = [item("1"), item("2"), item("3"), item("1", "b")]
    samples = [replace(WRONG if each.bench == "a" else BASE, problem=each.id) for each in items]
    found = metrics(made(tmp_path, items, samples))
    first = found.averages[0]
    assert (first.metric, first.micro.value, first.macro.value) == ("pass@1", 0.25, 0.5)
    table = text_table(headline_rows(found))
    assert "all, by problems" in table and "all, by benchmarks" in table
    assert markdown_table(headline_rows(found)).splitlines()[1] == "|---|---|---|---|---|"


def test_classes_do_not_depend_on_order_or_on_the_right_answer() -> None:
    answers = ["0.5", "x", "1/2", "\\frac{2}{4}", "1", "((("]
    classes = answer_classes(answers)
    assert len({classes[same] for same in ("0.5", "1/2", "\\frac{2}{4}")}) == 1
    assert len(set(classes.values())) == 4
    turned = answer_classes(answers[::-1])
    assert all((classes[a] == classes[b]) == (turned[a] == turned[b]) for a in answers for b in answers)
