"""`mathsolve contamination`: files in, a verdict out; nothing passes because it could not be looked at."""

import gzip
import json
from pathlib import Path

import pytest

from mathsolve.__main__ import run

QUESTION = "A baker fills 14 trays with 24 rolls each and sells 250 of all the rolls before noon. How many are left?"
OTHER = "How many minutes has a day of 24 hours?"


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "bakery.jsonl", {"question": QUESTION, "answer": "86"})


def check(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    code = run(["contamination", *map(str, words)])
    return code, *capsys.readouterr()


def test_contaminated_rows_are_counted_shown_and_taken_out(
    tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = jsonl(
        tmp_path / "train.jsonl", {"id": 1, "question": OTHER}, {"id": 2, "question": QUESTION.lower()}, {"id": 3}
    )
    flagged, clean = tmp_path / "flagged.jsonl", tmp_path / "clean.jsonl"
    code, out, _ = check(capsys, train, "--bench", bench, "--out", flagged, "--clean", clean)
    assert code == 4
    assert "exact 1.00" in out
    assert "Contaminated: 2 of 3 rows" in " ".join(out.split())
    found = [json.loads(line) for line in flagged.read_text(encoding="utf-8").splitlines()]
    assert [(row["row"], row["undecided"], [m["kind"] for m in row["matches"]]) for row in found] == [
        (2, False, ["exact"]),
        (3, True, []),
    ]
    assert clean.read_bytes() == train.read_bytes().splitlines(keepends=True)[0]


def test_a_clean_set_is_0(tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = jsonl(tmp_path / "train.jsonl", {"problem": OTHER})
    code, out, _ = check(capsys, train, "--bench", bench, "--json")
    report = json.loads(out)
    assert (code, report["clean"], report["rows"], report["contaminated"]) == (0, True, 1, 0)
    assert report["benchmarks"]["bakery"]["questions"] == 1


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "system", "content": "Solve."}, {"role": "user", "content": QUESTION}]},
        {"conversations": [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": "86"}]},
        {"instruction": "Answer with a number.", "input": QUESTION},
        {"body": QUESTION.partition("How")[0], "question": "How many are left?"},
        {"prompt": [{"role": "user", "content": "Good day!"}, {"role": "user", "content": QUESTION}]},
    ],
)
def test_questions_are_found_where_training_sets_keep_them(
    tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str], row: object
) -> None:
    train = tmp_path / "train.jsonl.gz"
    train.write_bytes(gzip.compress(json.dumps(row).encode()))
    assert check(capsys, train, "--bench", bench)[0] == 4


def test_parquet_is_read(tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    train = tmp_path / "train.parquet"
    parquet.write_table(pyarrow.table({"ask": [OTHER, QUESTION]}), train)
    assert check(capsys, train, "--bench", bench, "--field", "ask")[0] == 4
    train.write_bytes(train.read_bytes()[:100])
    code, _, error = check(capsys, train, "--bench", bench)
    assert code == 2
    assert "train.parquet is no readable Parquet" in error


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no rows"),
        (b"\n\n", "holds no rows"),
        (b'{"question": "What is 2 + 2?"}\n{"questi', "line 2 is not JSON"),
        (b"[1, 2]\n", "line 1 is no object"),
        (b'{"question": "caf\xe9"}\n', "line 1 is not JSON"),
        (b'{"topic": "What is 2 + 2?"}\n', "name its field with --field"),
    ],
)
def test_a_file_that_cannot_be_looked_at_is_an_error_and_leaves_nothing(
    tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    train, clean = tmp_path / "train.jsonl", tmp_path / "clean.jsonl"
    train.write_bytes(content)
    code, _, error = check(capsys, train, "--bench", bench, "--clean", clean)
    assert (code, message in " ".join(error.split()), "Traceback" in error) == (2, True, False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bakery.jsonl", "train.jsonl"]


def test_a_torn_archive_is_an_error(tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = tmp_path / "train.jsonl.gz"
    train.write_bytes(gzip.compress(b'{"question": "What is 2 + 2?"}\n' * 999)[:-20])
    assert check(capsys, train, "--bench", bench)[0] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.jsonl"], "cannot read missing.jsonl"),
        ([], "name the training data"),
        (["TRAIN", "--count", "exact,guess"], "--count is 'exact,guess'"),
        (["TRAIN", "--clean", "TRAIN"], "--clean"),
        (["TRAIN", "--bench", "no_such_benchmark"], "no_such_benchmark"),
        (["TRAIN", "--bench", "missing.jsonl"], "missing.jsonl"),
        (["TRAIN", "--bench", ","], "--bench is empty"),
        (["TRAIN", "--out", "nowhere/flagged.jsonl"], "cannot write nowhere/flagged.jsonl"),
        (["TRAIN", "--clean", "/dev/null"], "/dev/null is no ordinary file"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    tmp_path: Path, bench: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    train = jsonl(tmp_path / "train.jsonl", {"question": OTHER})
    words = [str(train) if word == "TRAIN" else word for word in words]
    code, _, error = check(capsys, *words, *([] if "--bench" in words else ["--bench", bench]))
    assert (code, message in " ".join(error.split())) == (2, True)
