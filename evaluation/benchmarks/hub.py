"""Downloading a benchmark from the Hugging Face hub into the cache, through the library `datasets`."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...engine.errors import UsageError
from .entry import Benchmark, HubSource


def fetch(bench: Benchmark, folder: Path) -> Path:
    """Download into `folder/<name>`, a file for each configuration; the folder appears when it is whole.

    Raises:
        UsageError: the benchmark is not on the hub, `datasets` is not installed, or the download failed.
    """
    if bench.hub is None:
        own = (
            "comes with the package"
            if bench.packaged
            else f"is not on the hub in the form that papers use: {by_hand(bench)}"
        )
        raise UsageError(f"{bench.name!r} {own}")
    target = folder / bench.name
    folder.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{bench.name}-", dir=folder))
    try:
        configs = bench.hub.configs or (None,)
        for config in configs:
            _write(_download(bench, bench.hub, config), part / f"{config if len(configs) > 1 else 'test'}.jsonl.gz")
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def remedy(bench: Benchmark) -> str:
    """How to get the records."""
    fetched = f"`mathsolve bench fetch {bench.name}` downloads them; or " if bench.hub else ""
    return f"{fetched}{by_hand(bench)}"


def by_hand(bench: Benchmark) -> str:
    """How to get the records without the hub."""
    file = bench.files[0].replace("*", "...").replace("??", bench.parts[0] if bench.parts else "")
    return f"get them from {bench.source} as DIR/{bench.name}/{file}.jsonl and pass --data DIR"


def _download(bench: Benchmark, hub: HubSource, config: str | None) -> Iterator[dict[str, Any]]:
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise UsageError(
            f"reading {bench.name!r} from the hub needs the library datasets: pip install 'mathsolve[data]'; "
            f"or {by_hand(bench)}"
        ) from error
    named = {"data_dir" if hub.in_folders else "name": config}
    for split in hub.splits:
        try:
            yield from load_dataset(hub.repository, **named, split=split, revision=hub.revision)
        except Exception as error:  # the library lets through whatever its own libraries raise
            reason = (str(error).splitlines() or [""])[0]
            raise UsageError(
                f"cannot download {bench.name!r} from {hub.repository!r} on the hub ({type(error).__name__}: {reason}); "
                f"try again, or {by_hand(bench)}"
            ) from error


def _write(records: Iterator[dict[str, Any]], path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
