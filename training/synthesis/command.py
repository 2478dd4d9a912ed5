"""`mathsolve train synthesise`: questions with verified solutions, from a teacher to a file with its data card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...evaluation.running.options import names_of
from ..public import part
from ..recipe import settings
from ..seeds.drafts import Split
from .filters.chain import Criteria
from .filters.near_duplicate import Likeness
from .formats import check_format
from .making import make
from .measures import INSTALLED, measures
from .teachers.registry import TEACHERS, Wishes, open_teacher

app = App(
    name="synthesise",
    help="Make questions with verified solutions.",
    help_epilogue=f"""\
mathsolve train synthesise --out data.jsonl -n 1000
mathsolve train synthesise --out data.parquet --domains ages,money
mathsolve train synthesise --out qa.jsonl --teacher corpora -n 0 --data data

Teachers: {", ".join(sorted(TEACHERS))}.
What is rejected is in FILE.rejects.jsonl with its reason. Ctrl-C keeps
everything; the same command goes on.""",
)


@app.default
def synthesise_(
    *,
    out: Path,
    teacher: str = "bank",
    n: Annotated[int, Parameter(name=["-n", "--count"])] = 1000,
    split: Literal["train", "practice"] = "train",
    held_out: int = 0,
    domains: str = "",
    seed: int = 0,
    benchmarks: str = INSTALLED,
    data: Annotated[Path | None, Parameter(env_var="MATHSOLVE_DATA")] = None,
    model: str = "",
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    near_duplicates: Annotated[bool, Parameter(negative="")] = False,
    concurrency: int = 2,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Draw questions from a teacher, verify their solutions, keep what passes every filter.

    Parameters
    ----------
    out
        What to write: a .jsonl or .parquet file, or a folder for datasets.load_from_disk.
    teacher
        Where questions come from.
    n
        Questions to keep for training; 0: all that the teacher has.
    split
        practice: in wordings of which `train` shows no solution, for models to find some (mathsolve eval, then train rft).
    held_out
        Questions to keep of each held-out split: new numbers, and new wordings.
    domains
        Sub-domains, with commas between; by default all.
    seed
        Decides what is drawn.
    benchmarks
        Benchmarks whose questions must not occur, with commas between; installed: every one that mathsolve bench list finds
        here. Those of this package always count.
    data
        Folder of public data: what is trained on in its folder train, benchmarks in its folder eval.
    model
        Model that teaches, where the teacher is one: as for mathsolve --model.
    set_
        More for the teacher, NAME=VALUE; may be given several times. corpora: folder, names. deepmind: corpus (its file).
        renumbered: file (of examples, whose numbers change). model: family, solver, solver_family, seeds, makers, samples,
        temperature, max_tokens, concurrency.
    near_duplicates
        Keep questions that are nearly the same, as those are that a few templates give by the thousand.
    concurrency
        Programs that run at the same time.
    as_json
        Print one JSON object instead of a table.
    """
    if n < 0 or held_out < 0 or concurrency < 1:
        raise UsageError("-n and --held-out must be 0 or more, and --concurrency 1 or more")
    if split == "practice" and teacher != "bank":
        raise UsageError(
            f"teacher {teacher!r} keeps no wordings for practice, only the bank does; "
            "without it, models may practise on any file of problems with answers"
        )
    check_format(out)
    wishes = Wishes(seed, not n, names_of(domains), data, model, settings(set_))
    counts: dict[Split, int | None] = {"phrasings": held_out, "numbers": held_out} if held_out else {}
    counts[split] = n or None
    source = open_teacher(teacher, wishes)
    likeness = None if near_duplicates else Likeness()
    criteria = Criteria(measures(names_of(benchmarks), part(data, "eval")), likeness=likeness)
    return make(source, out, counts, criteria, concurrency=concurrency, as_json=as_json)
