"""Scaling curves and ablations: nested subsets, equal compute, and a study of a model that knows nothing, resumed."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.metrics.intervals import Estimate
from mathsolve.evaluation.running.options import Options
from mathsolve.training.recipe import FineTuning
from mathsolve.training.scaling.drawing import by_variant, over_sizes
from mathsolve.training.scaling.findings import Figures, Findings, pairs
from mathsolve.training.scaling.page import compared, markdown, measured, page
from mathsolve.training.scaling.study import Study, conduct
from mathsolve.training.scaling.subsets import write_subsets
from mathsolve.training.scaling.training import EXAMPLES, Compute, Tokenizers, first_rows, plan
from mathsolve.training.scaling.variant import Arm, Variant, read_variant
from mathsolve.training.sft.data import Source
from mathsolve.training.sft.packing import Rows

QUIET = Console(quiet=True)
RECIPE = FineTuning.model_validate(
    {
        "seed": 1,
        "family": "embedded",
        "row": 64,
        "vocabulary": 512,
        "shape": {"hidden": 16, "layers": 1, "heads": 2, "feed_forward": 24, "context": 64},
        "schedule": {
            "epochs": 2,
            "rows_per_step": 4,
            "learning_rate": 1e-3,
            "warmup_steps": 1,
            "checkpoint_steps": 2,
            "bf16": False,
        },
    }
)


def example(index: int, domain: str = "sums") -> dict[str, Any]:
    """A sum; every tenth is held out."""
    a, b = 11 + 7 * index, 12 + 5 * index
    program = [{"kind": "program", "code": f"print({a} + {b})"}, {"kind": "observation", "stdout": f"{a + b}\n"}]
    words = {"kind": "thought", "text": f"\\boxed{{{a + b}}}"}
    return {
        "index": index,
        "split": "train" if index % 10 else "numbers",
        "source": "test",
        "domain": domain,
        "seed": "sums/two",
        "level": 1,
        "question": f"What is {a} plus {b}?",
        "answer": str(a + b),
        "solutions": [{"mode": "mixed", "steps": [*program, words]}, {"mode": "cot", "steps": [words]}],
    }


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """200 sums, sorted by domain, 180 of them for training."""
    file = tmp_path / "sums.jsonl"
    rows = [example(index, "first" if index < 100 else "second") for index in range(200)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_a_smaller_subset_is_part_of_the_larger_and_has_its_mixture(data: Path, tmp_path: Path) -> None:
    targets = {size: tmp_path / f"{size}.jsonl" for size in (40, 120)}
    write_subsets([Source(data)], targets, seed=1)
    small, large = lines(targets[40]), lines(targets[120])
    assert (len(small), len(large)) == (40, 120)
    assert {row["index"] for row in small} < {row["index"] for row in large}
    assert all(row["split"] == "train" for row in large)
    assert 10 < sum(row["domain"] == "first" for row in small) < 30, "the file is sorted, the subset is not"


def test_files_with_the_same_questions_give_subsets_with_the_same_questions(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "unverified.jsonl"
    other.write_text("".join(reversed(data.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
    for source, name in ((data, "a"), (other, "b")):
        write_subsets([Source(source)], {30: tmp_path / name}, seed=1)
    assert {row["question"] for row in lines(tmp_path / "a")} == {row["question"] for row in lines(tmp_path / "b")}


def test_what_another_file_holds_out_is_in_no_subset_nor_is_what_lacks_the_mode(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    rows = [{**example(index), "split": "numbers" if index == 1 else "train"} for index in range(1, 9)]
    alone = [{**row, "solutions": row["solutions"][index % 2 : index % 2 + 1]} for index, row in enumerate(rows)]
    other.write_text("".join(json.dumps(row) + "\n" for row in alone), encoding="utf-8")
    write_subsets([Source(data), Source(other)], {150: tmp_path / "all"}, seed=1)
    assert "What is 18 plus 17?" not in {row["question"] for row in lines(tmp_path / "all")}, "held out by the other"
    write_subsets([Source(other)], {4: tmp_path / "cot"}, seed=1, modes=["cot"])
    assert [row["solutions"][0]["mode"] for row in lines(tmp_path / "cot")] == ["cot"] * 4
    with pytest.raises(UsageError, match="there are 4 examples"):
        write_subsets([Source(other)], {5: tmp_path / "more"}, seed=1, modes=["cot"])


def test_more_examples_than_there_are_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"180 examples for training in sums\.jsonl, not 181"):
        write_subsets([Source(data)], {181: tmp_path / "x"}, seed=1)
    assert not (tmp_path / "x").exists()


def test_a_variant_names_files_a_mode_and_keys_of_the_recipe(data: Path) -> None:
    all_of_them = (Source(data),)
    pot = read_variant("pot=mode=pot", all_of_them, RECIPE)
    assert (pot.mode, pot.sources) == ("pot", all_of_them)
    assert (pot.recipe.modes.pot, pot.recipe.modes.mixed, pot.recipe.modes.cot) == (1, 0, 0)
    mine = read_variant(f"noisy={data},schedule.word_noise=0.25,family=base", (), RECIPE)
    assert (mine.name, mine.mode, mine.recipe.family) == ("noisy", "mixed", "base")
    assert mine.sources == all_of_them and mine.recipe.schedule.word_noise == 0.25


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file.jsonl", "write NAME=FILE"),
        ("a/b=mode=pot", "write NAME=FILE"),
        ("a=nowhere.jsonl", "no data file 'nowhere.jsonl'"),
        ("a=mode=best", "unknown mode 'best'; choose mixed, pot, cot"),
        ("a=modes.pod=0", "no key 'modes.pod'"),
        ("a=seed.modes=0", "no key 'seed.modes'"),
        ("a=modes.pot=-1", "modes.pot: Input should be greater than or equal to 0"),
        ("a=family=klingon", "no model family 'klingon'"),
    ],
)
def test_what_is_no_variant_is_named(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_variant(text, (), RECIPE)


def test_arms_are_compared_with_the_first_variant_and_the_next_smaller_size() -> None:
    arms = [Arm(Variant(name, (), RECIPE), size) for name in ("all", "pot", "cot") for size in (10, 30)]
    assert [(a.name, b.name) for a, b in pairs(arms)] == [
        ("all-10", "pot-10"),
        ("all-10", "cot-10"),
        ("all-30", "pot-30"),
        ("all-30", "cot-30"),
        ("all-10", "all-30"),
        ("pot-10", "pot-30"),
        ("cot-10", "cot-30"),
    ]


def planned(data: Path, folder: Path, size: int, compute: Compute) -> tuple[float, Rows]:
    """The passes and rows of an arm."""
    arm = Arm(Variant("", (Source(data),), RECIPE), size)
    here = folder / arm.name
    here.mkdir(exist_ok=True)
    write_subsets([Source(data)], {size: here / EXAMPLES}, seed=1)
    made = plan(arm, here, Tokenizers(folder, {"embedded": (data,)}), compute)
    rows = Rows.load(here / "sft" / "rows")
    assert rows is not None and made.steps == len(rows) // RECIPE.schedule.rows_per_step
    return made.passes, rows


def test_equal_steps_are_more_passes_over_a_smaller_subset(data: Path, tmp_path: Path) -> None:
    few, small = planned(data, tmp_path, 20, Compute(steps=7))
    many, large = planned(data, tmp_path, 160, Compute(steps=7))
    assert len(small) == len(large) == 7 * RECIPE.schedule.rows_per_step
    assert 6 < few / many < 10
    tokenizers = [(tmp_path / name / "sft" / "tokenizer.json").read_text(encoding="utf-8") for name in ("20", "160")]
    assert tokenizers[0] == tokenizers[1]


def test_equal_passes_are_more_steps_over_a_larger_subset(data: Path, tmp_path: Path) -> None:
    few, small = planned(data, tmp_path, 20, Compute(epochs=3))
    many, large = planned(data, tmp_path, 160, Compute(epochs=3))
    assert few == pytest.approx(3, rel=0.1) and many == pytest.approx(3, rel=0.1)
    assert 5 < len(large) / len(small) < 10


def test_the_first_rows_are_those_that_were_first(data: Path, tmp_path: Path) -> None:
    _, rows = planned(data, tmp_path, 60, Compute(epochs=2))
    cut = first_rows(rows, 3)
    assert len(cut) == 3 and all(np.array_equal(cut[i].input_ids, rows[i].input_ids) for i in range(3))
    assert int(cut.lengths.sum()) == sum(int((cut[i].roles < 5).sum()) for i in range(3))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three problems."""
    file = tmp_path_factory.mktemp("bench") / "three.jsonl"
    rows = [{"question": f"What is {i} plus {i}?", "answer": str(2 * i)} for i in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_a_study_goes_on_where_it_was_ended_and_may_grow(data: Path, bench: Path, tmp_path: Path) -> None:
    def study(*sizes: int, steps: int = 3) -> Study:
        arms = tuple(Arm(Variant("", (Source(data),), RECIPE), size) for size in sizes)
        return Study(arms, Compute(steps=steps), Options(bench=str(bench), samples=2, temperature=1.0, max_tokens=48))

    out = tmp_path / "out"
    alone = conduct(study(20), out, QUIET)
    assert [one.problems for one in alone.figures] == [3] and not alone.contrasts
    weights, records = out / "20/sft/model/model.safetensors", out / "20/sampled/records.jsonl"
    before = weights.stat().st_mtime_ns, records.read_bytes()
    (out / "20" / "greedy" / "records.jsonl").unlink()

    both = conduct(study(20, 40), out, QUIET)
    assert (weights.stat().st_mtime_ns, records.read_bytes()) == before, "what was done was done again"
    assert len(lines(out / "20/greedy/records.jsonl")) == 3, "what was lost was not done again"
    assert [(one.size, one.steps, one.k) for one in both.figures] == [(20, 3, 2), (40, 3, 2)]
    assert {(one.arm, one.than, one.metric) for one in both.contrasts} == {
        ("40", "20", "PassRatio@2"),
        ("40", "20", "pass@2"),
        ("40", "20", "pass@1 greedy"),
    }
    assert json.loads((out / "scaling.json").read_text(encoding="utf-8"))["figures"][1]["size"] == 40
    assert "| three | 40 |" in (out / "scaling.md").read_text(encoding="utf-8")

    with pytest.raises(UsageError, match=r"20 takes 3 steps, not 4: add --steps 3"):
        conduct(study(20, steps=4), out, QUIET)
    data.write_text(data.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match="begun with another data"):
        conduct(study(20), out, QUIET)


def figures(variant: str, size: int, ability: float, stability: float) -> Figures:
    """Made-up figures."""
    found = [Estimate(x, max(0.0, x - 0.05), min(1.0, x + 0.05), "t", 0.02, None, 300) for x in (ability, stability)]
    return Figures(
        arm=f"{variant}-{size}",
        variant=variant,
        size=size,
        steps=10,
        passes=1.5,
        bench="<b>",
        problems=300,
        k=16,
        ability=found[0],
        stability=found[1],
        greedy=found[1],
        gap=Estimate(ability - stability, 0, 1, "t", 0.02, None, 300),
    )


def circles(svg: str) -> list[tuple[float, float]]:
    """Where the dots are."""
    found = [node for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("circle")]
    return [(float(node.get("cx", "")), float(node.get("cy", ""))) for node in found]


def test_sizes_are_drawn_on_a_logarithmic_axis_with_the_gap_between() -> None:
    found = [figures("", size, 0.9, share) for size, share in ((2000, 0.2), (20000, 0.5), (200000, 0.8))]
    svg = over_sizes("t", list(reversed(found)))
    (x1, y1), (x2, _), (x3, _) = circles(svg)[:3]
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.1) and y1 < circles(svg)[3][1], "ability lies above stability"
    texts = [node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]
    assert {"2,000", "20,000", "200,000", "70", "40", "pass@16", "PassRatio@16", "pass@1, greedy"} <= set(texts)
    assert sum("polyline" in str(node.tag) for node in ElementTree.fromstring(svg).iter()) == 3


def test_variants_are_drawn_beside_each_other_and_not_joined() -> None:
    svg = by_variant("t", [figures(name, 60000, 0.9, 0.4) for name in ("verified", "not")])
    assert len(circles(svg)) == 6 and "polyline" not in svg and ">verified<" in svg


def test_the_page_is_whole_and_asks_nothing_of_a_network() -> None:
    several = tuple(figures(name, 60000, 0.9, 0.4) for name in ("verified", "not"))
    found = Findings("T", "how", several, ())
    html = "".join(page(found))
    assert html.endswith("</html>\n") and "default-src 'none'" in html and " src=" not in html
    assert "<figcaption><b>&lt;b&gt;</b>" in html, "a benchmark's name is only ever text"
    assert measured(found).columns[:2] == ("benchmark", "variant") and not compared(found).rows
    assert "| verified | 60,000 | 1.5 | 10 | 40.0%" in markdown(found)


@pytest.fixture(scope="module")
def table() -> ModuleType:
    """The script that prints the table of the paper on the dataset of DeepMind."""
    path = Path(__file__).parents[2] / "benchmarks" / "deepmind_table.py"
    spec = importlib.util.spec_from_file_location("deepmind_table", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_paper_s_mean_is_over_modules_not_over_problems(table: ModuleType) -> None:
    text = table.section("extrapolate", {"big": table.accuracy([1.0] * 90), "small": table.accuracy([0.0, 1.0])})
    assert "| big | 90 | 100.0% [95.9, 100.0] |" in text
    assert "| mean over 2 of 15 modules | 92 | 75.0% [" in text and "| 50% |" in text
    nothing = table.section("extrapolate", {"a": table.accuracy([0.0] * 40)})
    assert "| mean over 1 of 15 modules | 40 | 0.0% [0.0, 4.4] |" in nothing, "none of 40 is no certainty"
