"""Questions of MathQA that training data repeat, and as many that they do not, as two files to measure models on.

    mathsolve train synthesise --teacher corpora -n 0 --set names=lila --data FOLDER --out clean.jsonl
    mathsolve train synthesise --teacher corpora -n 0 --set names=lila --data FOLDER --benchmarks '' --out leaky.jsonl
    mathsolve contamination leaky.jsonl --bench mathqa --out rows.jsonl
    python benchmarks/leaked_questions.py rows.jsonl      # writes repeated.jsonl and other.jsonl (needs MATHSOLVE_DATA)
    mathsolve train scale scaling-cpu --bench repeated.jsonl,other.jsonl --sizes 2000 --steps 600 --samples 8 \\
        --variant clean=clean.jsonl --variant leaky=leaky.jsonl --out runs/leak

What decontamination is worth: two models on equal numbers of questions, with and without it. A question is repeated where one
in the data is the same, nearly the same, or has 13 words in a row with it. Only questions whose right option is a number are
taken, and without their options.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.evaluation.item import Item

NUMBER = re.compile(r"(?:rs ?\.? ?|\$ ?)?(-?[\d,]*\.?\d+) ?%?")
"""An option that is a number, with its unit of money or its percent sign."""


def main(rows: Path) -> None:
    """Writes both files into the working folder."""
    if not rows.is_file():
        raise UsageError(f"there is no file {str(rows)!r}; `mathsolve contamination ... --out` writes it")
    hits = {
        match["id"]
        for line in rows.read_text(encoding="utf-8").splitlines()
        for match in json.loads(line)["matches"]
        if match["kind"] != "template"
    }
    found = [(item, answer) for item in load("mathqa") if (answer := number(item)) is not None]
    repeated = [one for one in found if one[0].id in hits]
    other = random.Random(0).sample([one for one in found if one[0].id not in hits], len(repeated))
    for name, problems in (("repeated.jsonl", repeated), ("other.jsonl", other)):
        Path(name).write_text("".join(f"{line(*one)}\n" for one in problems), encoding="utf-8")
        print(f"{name}: {len(problems)} problems")


def number(item: Item) -> str | None:
    """The right option, if it is a number."""
    match = NUMBER.fullmatch(item.choices["ABCDE".index(item.gold or "A")].strip())
    return match and match[1].replace(",", "")


def line(item: Item, answer: str) -> str:
    """A line of a file of problems."""
    question = item.question.partition("\n\nOptions:")[0].strip()
    return json.dumps({"id": item.id.replace("/", "-"), "question": question, "answer": answer})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]))
    except UsageError as error:
        sys.exit(f"leaked_questions: {error}")
