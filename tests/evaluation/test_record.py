"""Records as lines of a file."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathsolve.engine.errors import UsageError
from mathsolve.engine.trajectory import Check, Thought, Tokens
from mathsolve.evaluation.record import DECLINED, Record, keys, read_records
from mathsolve.sandbox import Observation, Program

RECORD = Record(
    key="a" * 32,
    problem="sums/1",
    sample=0,
    mode="mixed",
    answer="4",
    given=True,
    verdict="correct",
    reason="equal",
    method="number",
    grader=1,
    stop="answered",
    detail=None,
    steps=(Thought("Add."), Program("print(2 + 2)"), Observation("ok", "4\n")),
    prompt_tokens=5,
    sampled_tokens=9,
    observed_tokens=2,
    seconds=0.5,
)


def written(path: Path, *records: Record, end: str = "\n") -> Path:
    path.write_text("\n".join(record.to_json() for record in records) + end, encoding="utf-8")
    return path


@given(answer=st.none() | st.text(), thought=st.text(), score=st.floats(allow_nan=False, allow_infinity=False))
def test_a_record_is_one_line_and_comes_back_equal(answer: str | None, thought: str, score: float) -> None:
    record = replace(
        RECORD,
        answer=answer,
        steps=(Thought(thought), *RECORD.steps),
        scores={"reward": score},
        checks=(Check("put back", None, thought),),
        tokens=Tokens((1, 2), ("prompt", "thought"), (None, -0.5)),
    )
    line = record.to_json()
    assert "\n" not in line
    assert Record.from_json(line) == record


def test_the_latest_record_of_a_key_counts(tmp_path: Path) -> None:
    failed = replace(RECORD, stop="backend_error")
    other = replace(RECORD, key="b" * 32)
    path = written(tmp_path / "records.jsonl", failed, other, RECORD)
    assert list(read_records(path)) == [other, RECORD]
    assert list(keys(path)) == [failed.key, other.key, RECORD.key]


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "records.jsonl", RECORD, replace(RECORD, key="b" * 32), end="")
    assert list(read_records(path)) == [RECORD]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "maybe"),
        ("stop", "bored"),
        ("seconds", float("nan")),
        ("sampled_tokens", float("inf")),
        ("answer", 5),
        ("steps", [5]),
    ],
)
def test_a_value_that_no_record_has_is_named(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(json.loads(RECORD.to_json()) | {name: value}) + "\n")
    with pytest.raises(UsageError, match="line 1"):
        list(read_records(path))


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "records.jsonl", RECORD)
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n" + path.read_bytes().replace(b'"4"', b'"\xff"'))
    with pytest.raises(UsageError, match="line 2"):
        list(read_records(path))


@pytest.mark.parametrize("damage", ["", "{", '{"key": "x"}', "\0" * 50, "[]"])
def test_a_damaged_line_is_named(tmp_path: Path, damage: str) -> None:
    path = written(tmp_path / "records.jsonl", RECORD)
    path.write_text(path.read_text() + damage + "\n" + RECORD.to_json() + "\n")
    with pytest.raises(UsageError, match="line 2"):
        list(read_records(path))


def test_what_a_right_reply_is() -> None:
    assert RECORD.right
    assert not replace(RECORD, given=False).right, "right but withheld"
    assert not replace(RECORD, verdict="undecided").right
    assert replace(RECORD, answer=None, given=False, method=DECLINED).right
