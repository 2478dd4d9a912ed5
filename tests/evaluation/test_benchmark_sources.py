"""Where problems are read from: files of every format, the trees that sources publish, the hub, the cache, the package."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.benchmarks import hub, sources
from mathsolve.evaluation.benchmarks.choose import choose, choose_all
from mathsolve.evaluation.benchmarks.entry import HubSource, entries
from mathsolve.evaluation.benchmarks.loading import load


def write(folder: Path, name: str, *records: dict[str, Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_the_trees_in_which_sources_publish_are_read(tmp_path: Path) -> None:
    for number, subject in ((10, "Geometry"), (2, "Geometry")):
        record = {"problem": "Q?", "level": "Level 3", "type": subject, "solution": rf"$\boxed{{{number}}}$"}
        write(tmp_path, f"MATH/test/geometry/{number}.json", record)
    assert [item.id for item in load("math/level-3", folder=tmp_path)] == ["math/geometry/2", "math/geometry/10"]
    for split in ("interpolate", "extrapolate", "train-easy"):
        (tmp_path / f"deepmind/{split}").mkdir(parents=True)
        (tmp_path / f"deepmind/{split}/numbers__gcd.txt").write_text("What is 1?\n1\nWhat is 2?\n2\n", encoding="utf-8")
    found = load("deepmind", folder=tmp_path)
    assert [(item.level, item.gold, item.id) for item in found] == [
        ("extrapolate", "1", "deepmind/extrapolate/numbers__gcd-0"),
        ("extrapolate", "2", "deepmind/extrapolate/numbers__gcd-1"),
        ("interpolate", "1", "deepmind/interpolate/numbers__gcd-0"),
        ("interpolate", "2", "deepmind/interpolate/numbers__gcd-1"),
    ]
    (tmp_path / "asdiv").mkdir()
    text = "<Body>B</Body><Question>Q?</Question><Solution-Type>Sum</Solution-Type><Answer>{}</Answer>"
    problems = "".join(f"<Problem ID='a'>{text.format(answer)}</Problem>" for answer in ("9 (cats)", "1; 2"))
    (tmp_path / "asdiv/ASDiv.xml").write_text(f"<Set><All>{problems}</All></Set>", encoding="utf-8")
    found = load("asdiv", folder=tmp_path)
    assert [(item.question, item.gold, item.subject) for item in found] == [("B. Q?", "9", "Sum")]
    (tmp_path / "tabmwp").mkdir()
    by_id = {"3": {"question": "Q?", "answer": "1"}, "9": {"question": "R?", "answer": "2"}}
    (tmp_path / "tabmwp/problems_test1k.json").write_text(json.dumps(by_id), encoding="utf-8")
    assert [item.id for item in load("tabmwp", folder=tmp_path)] == ["tabmwp/3", "tabmwp/9"]


def test_a_file_of_one_s_own_makes_the_same_problems_in_every_format(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    records = [{"problem": f"What is {n} + {n}, or so?", "final_answer": str(2 * n), "id": f"p{n}"} for n in range(3)]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "mine.jsonl").write_text(lines, encoding="utf-8-sig")
    (tmp_path / "mine.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "mine.json").write_text(json.dumps(records), encoding="utf-8")
    rows = "".join(f'"{record["problem"]}",{record["final_answer"]},{record["id"]}\n' for record in records)
    (tmp_path / "mine.csv").write_text("problem,final_answer,id\n" + rows, encoding="utf-8")
    parquet.write_table(arrow.Table.from_pylist(records), tmp_path / "mine.parquet")
    found = [load(path) for path in sorted(tmp_path.iterdir())]
    assert [item.id for item in found[0]] == ["mine/p0", "mine/p1", "mine/p2"]
    assert len(found) == 5
    assert all(items == found[0] for items in found)


def test_fields_of_a_file_are_guessed_or_named(tmp_path: Path) -> None:
    guessed = write(
        tmp_path,
        "guessed.jsonl",
        {"question": "1?", "answer": r"so \boxed{2}"},
        {"Body": "B", "Question": "2?", "Answer": 2.0},
        {"input": "3?", "target": "#### 2"},
        {"problem": "4?", "choices": ["2", "3"], "answer": 1},
        {"question": "5?", "answer": None},
    )
    assert [item.gold for item in load(guessed)] == ["2", "2.0", "2", "B", None]
    named = write(tmp_path, "named.jsonl", {"frage": "1?", "antwort": 3, "answer": "no"})
    assert [item.gold for item in load(named, question_field="frage", answer_field="antwort")] == ["3"]


def test_variants_in_a_file_of_one_s_own_hang_together(tmp_path: Path) -> None:
    """What `train synthesise` made says by `seed` which template a question is of; a number there is a seed of chance."""
    path = write(
        tmp_path,
        "mine.jsonl",
        {"question": "1?", "answer": 1, "seed": "ages/older"},
        {"question": "2?", "answer": 2, "seed": "ages/older"},
        {"question": "3?", "answer": 3, "seed": 42},
        {"question": "4?", "answer": 4, "seed": 42},
        {"question": "5?", "answer": 5, "cluster": "pair", "seed": "ages/older"},
    )
    assert [item.cluster for item in load(path)] == ["mine/ages/older", "mine/ages/older", None, None, "mine/pair"]


def test_limit_ids_and_shuffling_leave_the_ids_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "many.jsonl", *({"question": f"{n}?", "answer": n} for n in range(50)))
    whole = load(path)
    assert load(path, limit=3) == whole[:3]
    shuffled = load(path, seed=1)
    assert shuffled != whole
    assert sorted(shuffled, key=whole.index) == whole
    assert load(path, seed=1, limit=5) == shuffled[:5]
    assert [item.gold for item in load(path, ids=["many/7", "3"])] == ["3", "7"]
    again = write(
        tmp_path, "gsm8k/again.jsonl", *({"id": id, "question": "1?", "answer": 1} for id in ("x", "x-2", "x"))
    )
    assert [item.id for item in load(again)] == ["again/x", "again/x-2", "again/x-3"]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("torn.jsonl", b'{"question": "1?", "answer": 2}\n{"question": "1', "torn.jsonl, line 2: not JSON"),
        ("deep.jsonl", b"[" * 100_000, "deep.jsonl, line 1: not JSON (nested too deeply)"),
        ("long.jsonl", b'{"question": "1?", "answer": ' + b"9" * 5000 + b"}", "put it in quotes"),
        ("list.jsonl", b"[1]\n", "list where an object is expected"),
        ("bad.json", b'[{"question":\n1', "bad.json, line 2"),
        ("numbers.json", b"[1, 2]", "neither a list of objects"),
        ("empty.jsonl", b"", "no record has a question"),
        ("other.jsonl", b'{"frage": "1?", "answer": 2}', "record 1 has no question; its fields are frage, answer"),
        ("half.jsonl", b'{"question": "1?"}', "record 1 has no answer"),
        ("nan.jsonl", b'{"question": "1?", "answer": NaN}', "record 1: 'nan' is no answer"),
        ("object.jsonl", b'{"question": "1?", "answer": {"a": 1}}', "is no answer"),
        ("option.jsonl", b'{"question": "1?", "answer": "C", "choices": ["1", "2"]}', "'C' is none of the 2 options"),
        ("cut.jsonl.gz", gzip.compress(b"{}" * 1000)[:20], "is torn or no gzip file"),
        ("plain.jsonl.gz", b"{}", "is torn or no gzip file"),
        ("latin.jsonl", b'{"question": "\xff"}', "is not text in UTF-8"),
        ("cut.xml", b"<a><b>1</b>\n", "cut.xml, line 2: not XML"),
        ("odd.txt", b"What?\n1\nWhy?\n", "line 3: the last question has no answer"),
        ("page.html", b"", "a file must end in"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, name: str, content: bytes, named: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=r"\A[^\n]*\Z") as caught:
        load(tmp_path / name)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("gsm9k", "did you mean 'gsm8k'"),
        ("zzz", "`mathsolve bench list` shows them"),
        ("missing.jsonl", "cannot read 'missing.jsonl'"),
        ("handwritten/upside", "ages, "),
        ("mawps", "get them from https://github.com/microsoft/ToRA"),
    ],
)
def test_a_name_that_leads_nowhere_says_what_to_do(tmp_path: Path, name: str, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(name, folder=tmp_path)
    assert named in str(caught.value)


def test_names_are_taken_as_people_write_them() -> None:
    assert [choose(name).name for name in ("GSM8K", "MATH-500", "aqua_rat", "math/Number Theory")] == [
        "gsm8k",
        "math500",
        "aqua",
        "math/number-theory",
    ]
    assert [selection.name for selection in choose_all("gsm8k, svamp,gsm8k")] == ["gsm8k", "svamp"]


def test_a_benchmark_is_downloaded_once_and_then_read_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("datasets", reason="the hub needs the library datasets")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(sources.DATA, raising=False)
    write(tmp_path, "repository/train.jsonl", {"Body": "B.", "Question": "1?", "Answer": "7.0", "ID": "a"})
    write(tmp_path, "repository/test.jsonl", {"Body": "B.", "Question": "2?", "Answer": "8.0", "ID": "b"})
    source = HubSource(repository=str(tmp_path / "repository"), splits=("train", "test"))
    bench = entries()["svamp"].model_copy(update={"hub": source})
    hub.fetch(bench, sources.cache_folder())
    assert sources.place(choose("svamp")).kind == "cache"
    assert [(item.id, item.gold) for item in load("svamp")] == [("svamp/a", "7"), ("svamp/b", "8")]


@pytest.mark.parametrize("in_folders", [False, True])
def test_every_configuration_of_a_hub_dataset_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_folders: bool
) -> None:
    pytest.importorskip("datasets", reason="the hub needs the library datasets")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(sources.DATA, raising=False)
    repository = tmp_path / "repository"
    configs = ""
    for language in ("de", "en"):
        record = {"question": f"{language}?", "answer": None, "answer_number": 2125}
        path = write(repository, f"{language}/test.jsonl", record).relative_to(repository)
        configs += f"- config_name: {language}\n  data_files:\n  - split: test\n    path: {path}\n"
    if not in_folders:
        (repository / "README.md").write_text(f"---\nconfigs:\n{configs}---\n", encoding="utf-8")
    source = HubSource(repository=str(repository), configs=("de", "en"), in_folders=in_folders)
    hub.fetch(entries()["mgsm"].model_copy(update={"hub": source}), sources.cache_folder())
    assert [(item.id, item.question) for item in load("mgsm")] == [("mgsm/de-0", "de?"), ("mgsm/en-0", "en?")]
    assert [item.id for item in load("mgsm/en")] == ["mgsm/en-0"]


def test_a_download_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="the hub needs the library datasets")
    source = HubSource(repository=str(tmp_path / "no such repository"))
    with pytest.raises(UsageError, match="cannot download 'svamp'"):
        hub.fetch(entries()["svamp"].model_copy(update={"hub": source}), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_user_s_folder_comes_before_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(sources.DATA, raising=False)
    write(sources.cache_folder(), "gsm8k/test.jsonl", {"question": "cached?", "answer": "#### 1"})
    assert [item.question for item in load("gsm8k")] == ["cached?"]
    write(tmp_path, "own/gsm8k.jsonl", {"question": "own?", "answer": "#### 2"})
    monkeypatch.setenv(sources.DATA, str(tmp_path / "own"))
    assert [item.question for item in load("gsm8k")] == ["own?"]
