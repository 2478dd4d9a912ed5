"""The model teacher against a scripted one behind a real server, whose replies are sound or hold a planted mistake."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai")

from mathsolve.engine.backends.discovery import discover
from mathsolve.engine.backends.endpoints import Endpoints
from mathsolve.engine.backends.openai import OpenaiBackend
from mathsolve.engine.errors import BackendError
from mathsolve.engine.renderer import TextRenderer
from mathsolve.prompts import load_family
from mathsolve.sandbox import ProcessSandbox
from mathsolve.training.seeds.drafts import Split
from mathsolve.training.synthesis.candidate import ANSWER, Candidate, Code
from mathsolve.training.synthesis.filters.chain import Criteria
from mathsolve.training.synthesis.ledger import rejects_of
from mathsolve.training.synthesis.measures import measures
from mathsolve.training.synthesis.synthesise import synthesise
from mathsolve.training.synthesis.teacher import NoCandidate
from mathsolve.training.synthesis.teachers.model.author import Author
from mathsolve.training.synthesis.teachers.model.makers import FOLDER, load_makers
from mathsolve.training.synthesis.teachers.model.options import ModelOptions
from mathsolve.training.synthesis.teachers.model.roots import FileRoots, side
from mathsolve.training.synthesis.teachers.model.teacher import ModelTeacher, model_teacher
from mathsolve.training.synthesis.yields import Yields

from .scripted_teacher import BENCHMARK, PLANTS, ROOTS, Script, plant_of, serving

REASONS = {
    "unsolvable": "unsolvable question",
    "scattered": "hard",
    "wrong words": "hard",
    "disagreement": "hard",
    "constant": "unanswered",
    "broken program": "unanswered",
    "copy": "copy of a seed question",
    "no form": "unreadable reply",
    "twice yes": "unreadable reply",
    "no verdict": "unreadable reply",
    "German": "wrong language",
    "Chinese": "wrong language",
    "empty": "empty reply",
    "other number": "numbers changed",
    "other meaning": "answer differs",
    "mute": "answer differs",
    "told": "numbers changed",
    "lost": "lost unknown",
}
"""Why each planted reply must be rejected; the others are sound, or are to be judged by the filters."""


def file_of(folder: Path, roots: Sequence[dict[str, Any]] = ROOTS) -> Path:
    path = folder / "roots.jsonl"
    path.write_text("".join(json.dumps(root) + "\n" for root in roots))
    return path


def drawn(
    teacher: ModelTeacher, numbers: Sequence[int], split: Split = "train"
) -> list[Candidate | NoCandidate | None]:
    async def all_of_them() -> list[Candidate | NoCandidate | None]:
        try:
            return await asyncio.gather(*(teacher.draw(split, number) for number in numbers))
        finally:
            await teacher.close()

    return asyncio.run(all_of_them())


def test_every_planted_mistake_is_rejected_for_its_reason_and_every_sound_reply_kept(tmp_path: Path) -> None:
    options = ModelOptions("", seeds=file_of(tmp_path), samples=4)
    with serving() as server:
        teacher = teacher_of(server.url, options)
        plans = [teacher.plan("train", number) for number in range(150)]
        made = drawn(teacher, range(150))
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for plan, one in zip(plans, made, strict=True):
            assert plan is not None and one is not None
            plant = plant_of(plan.maker.name, plan.seed)
            assert one.seed == plan.root.id
            seen[plant][one.reason.partition(":")[0] if isinstance(one, NoCandidate) else "kept"] += 1
            if isinstance(one, Candidate):
                check_candidate(one, plan.maker.name, plan.maker.answer != "open", server.script)
    assert {plant: list(outcomes) for plant, outcomes in seen.items()} == {
        plant: [REASONS.get(plant, "kept")] for plants in PLANTS.values() for plant in plants
    }


def teacher_of(url: str, options: ModelOptions) -> ModelTeacher:
    return model_teacher(replace(options, model=url))


def check_candidate(one: Candidate, maker: str, known: bool, script: Script) -> None:
    item = script.items[one.question]
    assert one.source == maker and one.domain == "shopping" and not one.declined
    assert one.answer == (item.answer if known else None)
    modes = {proposal.mode for proposal in one.proposals}
    assert modes - {"cot"}, "a program speaks for it"
    for proposal in one.proposals:
        if proposal.mode == "cot":
            assert f"\\boxed{{{item.answer}}}" in proposal.steps[-1].text  # type: ignore[union-attr]
        else:
            assert [step.source for step in proposal.steps if isinstance(step, Code)] == [item.program]
            assert ANSWER in proposal.steps[-1].text  # type: ignore[union-attr]


def test_what_the_teacher_cannot_see_the_filters_reject_and_a_cut_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    options = ModelOptions("", seeds=file_of(tmp_path), samples=2)
    with serving() as server:
        yields = synthesised(server.url, options, out)
        whole = (out.read_bytes(), rejects_of(out).read_bytes())
        assert (
            yields.draws
            == yields.kept.total() + yields.rejected.total()
            == yields.kept_of("shopping")
            + sum(yields.rejected_by(name) for name in {name for _, name, _ in yields.rejected})
        )
        assert {phrase for _, name, phrase in yields.rejected if name == "teacher"} <= set(REASONS.values())
        rejected = [json.loads(line) for line in rejects_of(out).read_text().splitlines()]
        assert any(one["filter"] == "contamination" and one["question"] == BENCHMARK.question for one in rejected)
        slips = [one for one in rejected if one["filter"] is None and "slip" in one["question"]]
        assert slips and all(of["filter"] == "claims" for one in slips for of in one["refused"])
        out.write_bytes(whole[0][: len(whole[0]) // 2])
        synthesised(server.url, options, out)
        assert (out.read_bytes(), rejects_of(out).read_bytes()) == whole


def synthesised(url: str, options: ModelOptions, out: Path) -> Yields:
    async def run() -> Yields:
        teacher = teacher_of(url, options)
        try:
            async with ProcessSandbox() as sandbox:
                return await synthesise(teacher, out, {"train": 40}, sandbox, Criteria(measures()))
        finally:
            await teacher.close()

    return asyncio.run(run())


def test_a_hard_question_is_told_with_both_answers(tmp_path: Path) -> None:
    options = ModelOptions("", seeds=file_of(tmp_path), makers=("self-instruct",), samples=2)
    with serving() as server:
        teacher = teacher_of(server.url, options)
        number = next(n for n in range(500) if plant(teacher, n) == "disagreement")
        (one,) = drawn(teacher, [number])
        assert isinstance(one, NoCandidate)
        right = int(server.script.items[one.question].answer)
        assert one.reason == f"hard: words say '{right + 1}' (100%), programs say '{right}' (100%)"


def plant(teacher: ModelTeacher, number: int) -> str:
    planned = teacher.plan("train", number)
    assert planned is not None
    return plant_of(planned.maker.name, planned.seed)


def test_draws_do_not_depend_on_the_order_in_which_they_are_made(tmp_path: Path) -> None:
    options = ModelOptions("", seeds=file_of(tmp_path), samples=2)
    with serving() as server:
        forwards = drawn(teacher_of(server.url, options), range(12))
        backwards = drawn(teacher_of(server.url, options), range(11, -1, -1))
    assert forwards == backwards[::-1]


def test_a_known_answer_needs_half_the_attempts(tmp_path: Path) -> None:
    counts: list[int] = []
    for maker in ("rephrasing", "harder"):
        options = ModelOptions("", seeds=file_of(tmp_path), makers=(maker,), samples=4)
        with serving() as server:
            teacher = teacher_of(server.url, options)
            number = next(n for n in range(99) if plant(teacher, n) in ("same", "sound"))
            (one,) = drawn(teacher, [number])
            assert isinstance(one, Candidate)
            counts.append(server.script.solved)
    assert counts == [2 + 2 * 2, 4 + 4 * 2]  # a program needs two turns


def test_one_refused_request_costs_its_draw_and_a_dead_server_stops_the_run(tmp_path: Path) -> None:
    options = ModelOptions("", seeds=file_of(tmp_path), makers=("rephrasing",), samples=2)
    with serving(refused="buys 7 pens") as server:
        found = [one.endpoint for one in discover(server.url)]
        impatient = {
            name: OpenaiBackend(Endpoints(found, 0.2), TextRenderer(load_family(name)), 8192)
            for name in ("tools", str(FOLDER / "writer.toml"))
        }
        solver, author = impatient.values()
        makers, roots = load_makers(options.makers), FileRoots(file_of(tmp_path))
        teacher = ModelTeacher(options, Author(author), solver, ProcessSandbox(), makers, roots, ("", ""))

        async def run() -> None:
            unlucky = next(n for n in range(99) if (p := teacher.plan("train", n)) and p.root.id == "pens-7")
            one = await teacher.draw("train", unlucky)
            assert isinstance(one, NoCandidate) and one.reason.startswith("model failed: ")
            assert "this is too much for me" in one.reason
            server.stop()
            with pytest.raises(BackendError, match="is the server running"):
                await teacher.draw("train", 0)
            await teacher.close()

        asyncio.run(run())


def test_roots_of_the_bank_serve_one_split_and_their_programs_give_the_answer(tmp_path: Path) -> None:
    """With the real model as solver: what it solves rightly is kept."""
    with serving() as server:
        options = ModelOptions(server.url, solver="embedded", makers=("rephrasing",), samples=4, max_tokens=300)
        teacher = model_teacher(options)
        splits: tuple[Split, ...] = ("train", "numbers")
        roots = {
            split: {(p.root.id, p.root.question) for n in range(60) if (p := teacher.plan(split, n))}
            for split in splits
        }
        server.script.echo = True
        made = drawn(teacher, range(12))
    assert {identity for identity, _ in roots["train"]}.isdisjoint(identity for identity, _ in roots["numbers"])
    kept = [one for one in made if isinstance(one, Candidate)]
    assert len(kept) >= 3
    assert all(one.answer and one.proposals for one in kept)


def test_a_split_without_roots_ends_at_once(tmp_path: Path) -> None:
    with serving() as server:
        teacher = teacher_of(server.url, ModelOptions("", seeds=file_of(tmp_path, ROOTS[:1])))
        assert side(str(ROOTS[0]["id"])) == "train"
        assert drawn(teacher, [0, 7], "numbers") == [None, None]
