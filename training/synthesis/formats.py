"""Examples in the format that a file's name asks for: JSONL, Parquet, or a folder for `datasets.load_from_disk`.

A synthesis itself is always JSONL, which can be gone on with; the other formats are made of it at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ...engine.errors import UsageError
from .example import Example
from .ledger import read_examples
from .runcard import card_of

if TYPE_CHECKING:
    import pyarrow

ROWS = 1000
"""Examples that are converted at a time."""


def working_file(out: Path) -> Path:
    """The JSONL file of a synthesis whose result goes to `out`.

    >>> str(working_file(Path("data.parquet"))), str(working_file(Path("data.jsonl")))
    ('data.parquet.jsonl', 'data.jsonl')
    """
    return out if out.suffix == ".jsonl" else out.with_name(f"{out.name}.jsonl")


def check_format(out: Path) -> None:
    """Make sure that this can be written here, and is nobody else's, before hours are spent. Raises `UsageError`."""
    if out.suffix not in (".jsonl", ".parquet", "") or not out.name or (out.suffix and out.is_dir()):
        raise UsageError(f"--out {out}: write a .jsonl or .parquet file, or a folder, whose name has no dot")
    needed = {".jsonl": (), ".parquet": ("pyarrow",), "": ("pyarrow", "datasets")}[out.suffix]
    if missing := [name for name in needed if find_spec(name) is None]:
        raise UsageError(f"--out {out} needs {missing[0]}: pip install 'mathsolve[data]', or write a .jsonl file")
    there = any(out.iterdir()) if out.is_dir() else out.exists()
    if there and not card_of(working_file(out)).exists():
        raise UsageError(f"--out {out} exists and is not a synthesis: choose another name")


def convert(working: Path, out: Path) -> None:
    """Write the examples in the format that the name of `out` asks for; nothing to do for JSONL."""
    if out.suffix == ".parquet":
        _write_parquet(read_examples(working), out)
    elif not out.suffix:
        _write_folder(working, out)


def schema() -> pyarrow.Schema:
    """The columns; a step has those fields that its kind has, the others are null."""
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    step = pa.struct([(name, text) for name in ("kind", "text", "code", "stdout", "value")])
    solution = pa.struct([("mode", text), ("steps", pa.list_(step))])
    columns = {"index": number, "split": text, "source": text, "domain": text, "seed": text, "level": number}
    columns |= {"question": text, "answer": text, "solutions": pa.list_(solution), "refused": number}
    return pa.schema(list(columns.items()))


def _write_parquet(examples: Iterator[Example], out: Path) -> None:
    from pyarrow import Table, parquet

    part = out.with_name(f"{out.name}.part")
    with parquet.ParquetWriter(part, schema()) as writer:
        while rows := [example.model_dump() for example in islice(examples, ROWS)]:
            writer.write_table(Table.from_pylist(rows, schema=schema()))
    part.replace(out)


def _write_folder(working: Path, out: Path) -> None:
    """One dataset for each split."""
    from datasets import Dataset, DatasetDict, Features, disable_progress_bars

    disable_progress_bars()
    features = Features.from_arrow_schema(schema())
    splits = sorted({example.split for example in read_examples(working)})

    def rows(split: str) -> Iterator[dict[str, Any]]:
        return (example.model_dump() for example in read_examples(working) if example.split == split)

    with TemporaryDirectory(
        dir=out.parent
    ) as cache:  # the usual one would give back what another file of this name held
        parts = {
            split: Dataset.from_generator(
                rows, features=features, gen_kwargs={"split": split}, split=split, cache_dir=cache
            )
            for split in splits
        }
        DatasetDict(parts).save_to_disk(str(out))
