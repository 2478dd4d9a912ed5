"""Programs that models wrote, with what the authors' own executors recorded for them, as `sandbox_corpus.py` reads them.

A corpus says where its programs lie, how to find program and recorded output in a line of the file, and how its own
executor would have put one of our observations. None of the files is part of this repository.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathsolve.sandbox import Observation


@dataclass(frozen=True, slots=True)
class Recorded:
    """One program."""

    name: str
    """Corpus and number, to find it again."""
    code: str
    """The program, with what its executor adds at the end."""
    output: str | None
    """What the file says that it showed; None when the file does not say."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Programs of one source."""

    name: str
    """A short name."""
    path: str
    """Its files, as a pattern below the data folder."""
    read: Callable[[dict[str, Any]], tuple[str, str | None] | None]
    """Program and recorded output of one line; None for a line without a program."""
    told: Callable[[Observation], str]
    """What this source's own executor would have recorded instead of the observation."""
    preset: str = "plain"
    """The preset of its model's family."""

    def programs(self, data: Path) -> list[Recorded]:
        """All programs; empty when the files are missing."""
        found = (self.read(line) for file in sorted(data.glob(self.path)) for line in _lines(file))
        return [Recorded(f"{self.name}/{n}", *pair) for n, pair in enumerate(found) if pair is not None]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def fenced(markdown: str, language: str) -> str | None:
    """The first block of a language in Markdown."""
    found = re.search(rf"```{language}\n(.*?)\n?```", markdown, re.DOTALL)
    return found[1] if found else None


def text(seen: Observation) -> str:
    """What the preset makes of it."""
    return seen.text


def answer(seen: Observation) -> str:
    """Program of thoughts: the variable `ans` as a float, of several the first; None after any error."""
    if not seen.ok or seen.value is None:
        return "None"
    first = seen.value.strip("()[] ").split(",")[0]
    try:
        return repr(float(first))
    except ValueError:
        return first


def _tora(line: dict[str, Any]) -> tuple[str, str | None]:
    return fenced(line["code"][0], "python") or "", fenced(line["code"][0], "output")


def _codex(line: dict[str, Any]) -> tuple[str, str | None] | None:
    if "generated" not in line:  # the prompt
        return None
    return f"{line['generated'][0]}\nans", repr(line["executed"])


def _qsolv(line: dict[str, Any]) -> tuple[str, str | None]:
    return fenced(line["messages"][-1]["content"], "python") or "", line["exec_output"]


def _lila(line: dict[str, Any]) -> tuple[str, str | None]:
    return line["Output Program"][0], repr(float(line["Output Answer"][0]))


def _lila_told(seen: Observation) -> str:
    """The file's answers were rewritten: 400.0 as 400."""
    return repr(float(seen.stdout)) if seen.ok else seen.text


def _tinygsm(line: dict[str, Any]) -> tuple[str, str | None]:
    code = fenced(line["assistant"], "python") or line["assistant"]
    return (f"{code}\nsimple_math_problem()" if "def simple_math_problem" in code else code), None


CORPORA = (
    Corpus("ToRA-34B", "replay/tora_outputs/*.jsonl.gz", _tora, text, "tora"),
    Corpus("Codex PoT", "replay/pot_outputs_codex/*.jsonl.gz", _codex, answer),
)
"""What the promise about real programs is measured on."""

MORE = (
    Corpus("Q-Solv", "train/qsolv_gsm8k_python/*.jsonl.gz", _qsolv, text),
    Corpus("Lila MathQA", "train/lila_mathqa_gain/*.jsonl.gz", _lila, _lila_told),
    Corpus("TinyGSM, 11 models", "train/tinygsm_llm_samples/*.jsonl.gz", _tinygsm, text),
)
"""More programs, the last of them without recorded outputs: for differences between policies."""
