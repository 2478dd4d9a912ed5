"""Files of examples as encoded solutions: JSONL or Parquet in, token ids with roles out, each file and mode in its share."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from ...engine.errors import UsageError, first_fault
from ...engine.loop import Budget
from ...engine.renderer import Renderer
from ...engine.shown import OUTPUT_CHARS, shorten
from ...engine.trajectory import Problem, Step, Tokens
from ...prompts import Family, Segment
from ...sandbox import Observation, Program
from ..recipe import FineTuning
from ..synthesis.candidate import Written
from ..synthesis.example import Example
from ..synthesis.filters.duplicate import question_key


@dataclass(frozen=True, slots=True)
class Source:
    """A file of examples."""

    path: Path
    """JSONL, also compressed (.gz), or Parquet."""
    share: float = 1.0
    """How often each of its questions is seen in a pass over the data, or each of its solutions where models sampled them; 0.5:
    every other one."""

    @classmethod
    def parse(cls, text: str) -> Source:
        """FILE or FILE=SHARE.

        >>> Source.parse("gsm8k.jsonl=2").share
        2.0

        Raises:
            UsageError: no such file, or no such share.
        """
        name, equals, share = text.rpartition("=")
        if not equals or Path(text).is_file():
            name, share = text, "1"
        if not Path(name).is_file():
            raise UsageError(f"there is no data file {name!r}")
        try:
            value = float(share)
        except ValueError:
            value = -1.0
        if not 0 < value <= 100:
            raise UsageError(f"{text!r}: the share of a file is a number above 0, at most 100, e.g. {name}=0.5")
        return cls(Path(name), value)

    def examples(self) -> Iterator[Example]:
        """Its examples in order.

        Raises:
            UsageError: the file cannot be read, or a line is no example; it names the line.
        """
        for number, line in enumerate(_lines(self.path), 1):
            try:
                if line.strip():
                    yield Example.model_validate_json(line)
            except ValidationError as error:
                raise UsageError(f"{self.path}, line {number} is no example: {first_fault(error)}") from error


def solutions(
    sources: Iterable[Source],
    recipe: FineTuning,
    renderer: Renderer,
    end_id: int,
    multiples: Mapping[bytes, float] | None = None,
) -> Iterator[tuple[Tokens, int]]:
    """The training solutions of all files, encoded, and how often each of them is seen in the whole run.

    In every pass a question is seen with one of its solutions, of a mode that the recipe's shares decide; where models sampled
    them (`Example.sampled`), with each, so that a problem weighs as much as was kept of it. A question that any of the files
    holds out is seen in none, nor is a solution of a mode that has no share.

    multiples: by `question_key` how many times as often as others a question is seen; where it is not named, as often.
    """
    sources = list(sources)
    kept_out = {question_key(e.question) for source in sources for e in source.examples() if e.split != "train"}
    shares: dict[Written, float] = {"mixed": recipe.modes.mixed, "pot": recipe.modes.pot, "cot": recipe.modes.cot}
    draw = random.Random(recipe.seed)
    for source in sources:
        for example in source.examples():
            key = question_key(example.question)
            if example.split == "train" and key not in kept_out:
                passes = recipe.schedule.epochs * source.share * (multiples or {}).get(key, 1.0)
                wanted = passes * example.rows(shares)
                turns = int(wanted) + (draw.random() < wanted % 1)
                seen = example.seen(shares, recipe.seed, turns)
                for number, count in Counter(map(example.solutions.index, seen)).items():
                    worked = example.solutions[number]
                    tokens = encode(example.question, worked.mode, worked.trajectory, renderer, end_id)
                    yield tokens, count


def texts(sources: Iterable[Source]) -> tuple[list[str], list[str]]:
    """All that the training examples let a model read or write, and the programs among it: what a tokenizer is trained on."""
    found: list[str] = []
    programs: list[str] = []
    for example in (example for source in sources for example in source.examples() if example.split == "train"):
        steps = [step for worked in example.solutions for step in worked.trajectory]
        programs += [step.code for step in steps if isinstance(step, Program)]
        found += [example.question, *(step.code if isinstance(step, Program) else step.text for step in steps)]
    return found, programs


def held_out(sources: Iterable[Source], limit: int, seed: int) -> list[Problem]:
    """A few problems with an answer that are not for training, drawn by the seed."""
    found = [e for source in sources for e in source.examples() if e.split != "train" and e.answer is not None]
    random.Random(seed).shuffle(found)
    return [Problem(one.question, answer=one.answer) for one in found[:limit]]


def encode(
    question: str, mode: str, steps: Iterable[Step], renderer: Renderer, end_id: int, *, fills: bool = False
) -> Tokens:
    """A whole solution as the ids that the engine would have at its end, and who each of them belongs to.

    fills: whether what the engine writes into a box, where the family asks for that, counts as its own, an observation; else a
    model also learns to copy it.
    """
    family, end = renderer.family, renderer.decode([end_id])
    written = renderer.steps(_shown(steps, family))
    if fills and family.fills_box:
        written = list(_with_fills(written, family))
    asked = [part for segment in written for part in _asked_for(segment, family, end)]
    tokens = renderer.encode([*renderer.prompt(question, mode), *asked, *family.finish()])
    return tokens if family.end else tokens.extended([end_id], "stop")


def _shown(steps: Iterable[Step], family: Family) -> Iterator[Step]:
    """The steps with observations in the words of the family, and no longer than the engine shows them."""
    left = Budget().programs
    for step in steps:
        if isinstance(step, Observation):
            left -= 1
            text = shorten(replace(step, preset=family.preset).text, OUTPUT_CHARS)
            step = Observation("ok", stdout=text + family.hint.format(left=left))
        yield step


def _with_fills(written: Iterable[Segment], family: Family) -> Iterator[Segment]:
    """The segments, divided where the engine wrote what was printed into the box that a thought opens."""
    printed = ""
    for segment in written:
        if segment.role == "observation" and not segment.tag:
            printed = segment.text.strip()
        filling = f"{printed}}}"
        before, box, after = segment.text.partition(family.box + filling)
        if segment.role != "thought" or not printed or not box:
            yield segment
            continue
        yield Segment(before + family.box, "thought")
        yield Segment(filling, "observation")
        if after:
            yield Segment(after, "thought")
        printed = ""


def _asked_for(segment: Segment, family: Family, end: str) -> Iterator[Segment]:
    """A segment, divided where it opens an output by which the model asks for a run. A model that is not stopped at the end
    of a program begins to write the output, or ends its turn; that part is its own, and it has to learn it."""
    text = segment.text
    if segment.role != "observation" or text != family.output_open or family.program_close in family.stops:
        yield segment
        return
    own = max((text.index(stop) + len(stop) for stop in (*family.stops, end) if stop in text), default=0)
    if own:
        yield Segment(text[:own], "program", tag=True)
    if text[own:]:
        yield Segment(text[own:], "observation", tag=True)


def _lines(path: Path) -> Iterator[str | bytes]:
    if path.suffix == ".parquet":
        yield from _parquet_lines(path)
        return
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"cannot read {path}: {error}; make or copy it again") from error


def _parquet_lines(path: Path) -> Iterator[str]:
    """Rows of a Parquet file as JSON; a field without a value is a field that is not there."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise UsageError(f"{path} needs pyarrow: pip install pyarrow, or convert it to JSONL") from None
    from pyarrow import ArrowException

    try:
        for batch in parquet.ParquetFile(path).iter_batches(1024):
            yield from (json.dumps(_filled(row)) for row in batch.to_pylist())
    except (ArrowException, OSError) as error:
        raise UsageError(f"cannot read {path}: {error}; make or copy it again") from error


def _filled(value: object) -> object:
    if isinstance(value, dict):
        return {name: _filled(inner) for name, inner in value.items() if inner is not None}
    return [_filled(inner) for inner in value] if isinstance(value, list) else value
