"""Do all backends write the same? The same model and questions, greedy, token by token.

    python benchmarks/backends_agree.py [questions]

The small model as transformers has it (float32), as vLLM has it (float32 on the CPU), as CTranslate2 has it in float32 (made
here) and in int8 (the one that ships). Prints how many completions are the same ids as those of transformers, how far apart
the log-probabilities of the same tokens are, and for every difference the first token that differs with its gap: by how much
transformers preferred its own token. A gap that is no larger than the log-probabilities are apart is a tie that rounding
decides. Backends that are not installed are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mathsolve import Problem
from mathsolve.engine.backend import Backend, Completion, Context, Sampling
from mathsolve.engine.backends import find
from mathsolve.engine.errors import UsageError
from mathsolve.evaluation.benchmarks.loading import load
from mathsolve.prompts import MODES

MODEL = Path(__file__).parents[1] / "training" / "embedded_model"
REFERENCE = "transformers"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two completions part."""

    question: int
    """Number of the question."""
    place: int
    """Number of the first token that differs."""
    gap: float
    """Log-probability of the reference's token less that of the other's, by the reference."""
    tokens: tuple[str, str]
    """The reference's token, and the other's."""


def contexts(backend: Backend, questions: Sequence[str]) -> list[Context]:
    """The questions, in all modes by turns."""
    found = []
    for number, question in enumerate(questions):
        mode = MODES[number % len(MODES)]
        prompt = backend.renderer.prompt(question, mode)
        found.append(Context(Problem(question), mode, (), prompt, backend.renderer.encode(prompt)))
    return found


async def written(backend: Backend, asked: Sequence[Context]) -> list[Completion]:
    """Greedy completions of all contexts, at the same time."""
    sampling = Sampling(max_tokens=160, stops=backend.renderer.family.stops)
    return list(await asyncio.gather(*(backend.generate(context, sampling) for context in asked)))


async def part(reference: Backend, number: int, context: Context, one: Completion, other: Completion) -> Difference:
    """Where a completion parts from the reference's."""
    pairs = zip(one.ids, other.ids, strict=False)
    place = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one.ids), len(other.ids)) - 1)
    before = [*context.tokens.ids, *one.ids[:place]]
    mine, theirs = [(await reference.score([*before, ids[place]]))[-1] for ids in (one.ids, other.ids)]
    names = reference.renderer.decode([one.ids[place]]), reference.renderer.decode([other.ids[place]])
    return Difference(number, place, mine - theirs, names)


async def compare(name: str, model: str, reference: Backend, asked: list[Context], expected: list[Completion]) -> None:
    """Prints how one backend differs from the reference."""
    try:
        backend = await asyncio.to_thread(find(model).load)
    except UsageError as error:
        return print(f"{name:22} left out: {error}")
    begun = time.perf_counter()
    found = await written(backend, [replace(context) for context in asked])
    seconds = time.perf_counter() - begun
    await backend.close()
    pairs = list(zip(expected, found, strict=True))
    apart = [abs(p - q) for a, b in pairs if a.ids == b.ids for p, q in zip(a.logprobs, b.logprobs, strict=True)]
    differing = [n for n, (a, b) in enumerate(pairs) if a.ids != b.ids]
    parts = [await part(reference, n, asked[n], *pairs[n]) for n in differing]
    print(
        f"{name:22} the same ids in {len(pairs) - len(parts)} of {len(pairs)} completions; log-probabilities apart: "
        f"median {statistics.median(apart):.1e}, most {max(apart):.1e}; {seconds:.1f} s"
    )
    for one in sorted(parts, key=lambda one: one.gap):
        print(
            f"    question {one.question}, token {one.place}: {one.tokens[0]!r} or {one.tokens[1]!r}, gap {one.gap:.5f}"
        )
    return None


async def run(questions: list[str], exported: Path) -> None:
    """All backends, one after the other."""
    reference = find(str(MODEL)).load()
    asked = contexts(reference, questions)
    expected = await written(reference, asked)
    print(f"{len(expected)} greedy completions of transformers, {sum(len(c.ids) for c in expected)} tokens")
    await compare("vLLM", f"vllm:{MODEL}", reference, asked, expected)
    await compare("CTranslate2, float32", str(exported), reference, asked, expected)
    await compare("CTranslate2, int8", "embedded", reference, asked, expected)
    await reference.close()


def main() -> None:
    """Exports, loads, compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=int, nargs="?", default=200)
    options = parser.parse_args()
    questions = [item.question for name in ("handwritten", "builtin") for item in load(name)][: options.questions]
    with tempfile.TemporaryDirectory() as folder:
        from mathsolve.training.export import export_ctranslate2

        settings = {"family": "embedded", "context": 512, "samples": 1}
        export_ctranslate2(MODEL, Path(folder) / "float32", settings, "float32")
        asyncio.run(run(questions, Path(folder) / "float32"))


if __name__ == "__main__":
    main()
