"""`mathsolve train pairs`: better and worse solutions of runs as pairs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ...engine.errors import UsageError
from ...evaluation.run import replace_file

app = App(
    name="pairs",
    help="Pair better with worse solutions of models, for preference training.",
    help_epilogue="""\
mathsolve eval problems.jsonl --model M --samples 16 --temperature 1 --keep-tokens --out runs/m
mathsolve train pairs --runs runs/m --out pairs.jsonl
mathsolve train dpo --model M --pairs pairs.jsonl --out runs/dpo

wide: a clearly right solution against a clearly wrong one. near: against the wrong one
most like it, for problems that are hard but not hopeless. step: both up to the first
program that failed or printed what no right solution printed.

A next round samples from runs/dpo/model, pairs those samples, and trains that model.""",
)


@app.default
def pairs(
    *,
    runs: Annotated[list[Path], Parameter(consume_multiple=True, negative="")],
    out: Path,
    score: str | None = None,
    kinds: str = "step,near,wide",
    allow_benchmarks: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Write the pairs and a data card, and print how many there are of each kind.

    Parameters
    ----------
    runs:
        Folders of `mathsolve eval` on the same training problems, of the model that is to be trained.
    out:
        File for the pairs, JSONL; its data card is beside it, with .md at its end.
    score:
        Scorer whose scores tell clearly right (0.85 of its best at least) from clearly wrong (0.3 at most): a critique (0 to
        10) or a calibrated probability. By default the verdicts alone do.
    kinds:
        Which to make, with commas between.
    allow_benchmarks:
        Take runs on benchmarks, too. What is trained with the pairs must not be measured with them.
    as_json:
        Print one JSON object instead of a table.
    """
    from ..hard.score import scale_of, usable
    from ..outfile import outfile, write_lines
    from ..trainable import trainable
    from .pairs import KINDS
    from .yields import card, make_pairs, table

    named = [kind for kind in KINDS if kind in kinds.replace(" ", "").split(",")]
    if {*kinds.replace(" ", "").split(",")} - {*KINDS}:
        raise UsageError(f"--kinds is {kinds!r}: choose among {', '.join(KINDS)}, with commas between")
    outfile(out)
    found = trainable(runs, benchmarks=allow_benchmarks)
    made = make_pairs(found, scale_of(found.problems, score), named)
    broken = write_lines(out, made.pairs)
    configuration = {
        "runs": ", ".join(path.name for path in runs),
        "score": score or "verdicts",
        "kinds": ", ".join(named),
    }
    beside = out.with_name(f"{out.name}.md")
    replace_file(beside, [card(out.stem, made, configuration)])
    if as_json:
        print(json.dumps({"file": str(out), "card": str(beside), **made.as_data()}))
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else 100).print(table(made))
    became = ", ".join(f"{count} {what}" for what, count in made.problems.most_common())
    print(f"{out}: {len(made.pairs) - broken} pairs; problems: {became or 'none'}")
    if broken:
        print(f"{broken} pairs hold half a character, which is no text, and are left out", file=sys.stderr)
    if made.unbalanced:
        print(f"{made.unbalanced} pairs were dropped so that both sides have the same mix of forms", file=sys.stderr)
    if score is None and (unused := usable(found.problems)):
        print(f"the samples have scores that were not used: --score {unused[0]}", file=sys.stderr)
    if made.pairs and not all(pair.chosen.tokens and pair.rejected.tokens for pair in made.pairs):
        print("the runs did not keep their tokens (--keep-tokens), so the texts will be encoded again", file=sys.stderr)
