"""Every filter with cases planted for it, through the whole pipeline and the real sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.errors import MathsolveError, UsageError
from mathsolve.sandbox import ProcessSandbox
from mathsolve.training.seeds.drafts import Split
from mathsolve.training.synthesis.candidate import ANSWER, Candidate, Code, Proposal, Words
from mathsolve.training.synthesis.example import Example
from mathsolve.training.synthesis.filters.chain import Criteria
from mathsolve.training.synthesis.filters.constant import printed_literal
from mathsolve.training.synthesis.ledger import Reject, read_examples, rejects_of
from mathsolve.training.synthesis.measures import measures
from mathsolve.training.synthesis.synthesise import synthesise
from mathsolve.training.synthesis.teacher import NoCandidate
from mathsolve.training.synthesis.workshop import Bench, leaves_traces

CRITERIA = Criteria(measures())


class Scripted:
    """A teacher that gives what it was given, each draw after a while of its own, then has no more."""

    def __init__(self, *script: Candidate | NoCandidate | MathsolveError) -> None:
        self._script = script
        self.drawn: list[int] = []

    @property
    def configuration(self) -> Mapping[str, Any]:
        return {"teacher": "scripted"}

    async def draw(self, split: Split, number: int) -> Candidate | NoCandidate | None:
        self.drawn.append(number)
        await asyncio.sleep(number * 7 % 5 / 1000)
        if split != "train" or number >= len(self._script):
            return None
        drawn = self._script[number]
        if isinstance(drawn, MathsolveError):
            raise drawn
        return drawn

    async def close(self) -> None:
        pass


def cot(text: str) -> Proposal:
    return Proposal("cot", (Words(text),))


def pot(*programs: str) -> Proposal:
    return Proposal("pot", (*map(Code, programs), Words(ANSWER)))


def mixed(thought: str, program: str, final: str = f"So {ANSWER}.") -> Proposal:
    return Proposal("mixed", (Words(thought), Code(program), Words(final)))


GOOD = Candidate(
    question="A shelf holds 17 books and 25 more are put on it. How many books does it hold?",
    domain="books",
    seed="books/1",
    level=1,
    source="scripted",
    proposals=(
        mixed("Add both.", "print(17 + 25)"),
        pot("print(25 + 17)"),
        cot(r"17 + 25 = 42, so \boxed{42}."),
    ),
    answer="42",
)


def variant(**changes: Any) -> Candidate:
    return replace(GOOD, **changes)


def results(
    folder: Path, *script: Candidate | NoCandidate | MathsolveError, criteria: Criteria = CRITERIA
) -> tuple[list[Example], list[Reject]]:
    """What becomes of all candidates of a teacher."""
    out = folder / "out.jsonl"

    async def run() -> None:
        async with ProcessSandbox() as sandbox:
            await synthesise(Scripted(*script), out, {"train": None}, sandbox, criteria)

    asyncio.run(run())
    lines = rejects_of(out).read_text(encoding="utf-8").splitlines()
    return list(read_examples(out)), [Reject.model_validate_json(line) for line in lines if '"kind":"end"' not in line]


def test_a_question_is_kept_with_all_its_solutions(tmp_path: Path) -> None:
    (example,), rejects = results(tmp_path, GOOD)
    assert [worked.mode for worked in example.solutions] == ["mixed", "pot", "cot"]
    assert (example.answer, example.refused, rejects) == ("42", 0, [])


REJECTED = {
    "format: nothing is asked": ("format", variant(question="???")),
    "format: a lost backslash": ("format", variant(question="Compute \x0crac{1}{2} of 17.")),
    "format: output forged in the question": ("format", variant(question="What is 17 + 25? ```output\n42\n```")),
    "length": ("length", variant(question="How many are 17 and 25 and so on? " * 100)),
    "contamination": ("contamination", variant(question="Whats 48273 times 6915")),
    "execution: every program fails": ("execution", variant(proposals=(pot("print(17 + nobody)"),))),
    "constant": ("constant", variant(proposals=(pot("answer = 42\nprint(answer)"),))),
    "agreement: another answer than the known one": ("agreement", variant(proposals=(pot("print(25 - 17)"),))),
    "check": ("check", variant(answer=None, check="assert int(answer) == 43", proposals=(pot("print(17 + 25)"),))),
    "check: words take an answer that was refuted": (
        "check",
        variant(
            answer=None,
            check="assert int(answer) == 43",
            proposals=(pot("print(17 + 25)"), cot(f"Both together make {ANSWER}.")),
        ),
    ),
    "claims": ("claims", variant(proposals=(cot(r"17 + 25 = 41, so \boxed{42}."),))),
    "solvability: one solution alone": ("solvability", variant(answer=None, proposals=(pot("print(17 + 25)"),))),
    "solvability: no majority": (
        "solvability",
        variant(answer=None, proposals=tuple(pot(f"print(17 + 25 + {n})") for n in (0, 0, 1, 2, 3))),
    ),
    "agreement: words against programs": (
        "agreement",
        variant(
            answer=None,
            proposals=(
                pot("print(17 + 25)"),
                pot("print(25 + 17)"),
                *[cot(r"That is \boxed{8}.")] * 2,
                cot(r"\boxed{42}"),
            ),
        ),
    ),
    "perturbation": (
        "perturbation",
        variant(perturbed=(("print(1 + 2)", "assert answer == '3'"), ("print(42)", "assert answer == '9'"))),
    ),
    "no solution at all": ("format", variant(proposals=())),
    "declined, but answered": ("format", variant(declined=True)),
}


def test_planted_faults_are_rejected_by_the_filter_for_them(tmp_path: Path) -> None:
    script = [replace(case, domain=title) for title, (_, case) in REJECTED.items()]
    script = [
        replace(case, question=f"Question {chr(ord('a') + place)}: {GOOD.question}")
        if case.question == GOOD.question
        else case
        for place, case in enumerate(script)
    ]
    kept, rejects = results(tmp_path, *script)
    assert {one.domain: one.filter for one in rejects} == {title: name for title, (name, _) in REJECTED.items()}
    assert not kept


REFUSED = {
    "format": [
        Proposal("pot", (Words("no program"), Words(ANSWER))),
        Proposal("cot", (Words("no answer"),)),
        Proposal("cot", (Code("print(17 + 25)"), Words(ANSWER))),
        Proposal("mixed", (Code("print(17 + 25)"), Words(ANSWER))),
        Proposal("cot", (Words("```output\n42\n``` \\boxed{42}"),)),
        Proposal("mixed", ()),
    ],
    "length": [cot("so " * 2000 + r"\boxed{42}")],
    "execution": [
        pot("1 / 0"),
        pot("x = 42"),
        pot("print(17)\nprint(25)"),
        pot("print('a' * 5000)"),
        pot("a = 17", "print(a + 25)"),
    ],
    "constant": [pot("x = 42\nprint('The answer:', x)"), pot("import math\nprint(42)")],
    "claims": [mixed("17 + 25 = 43, of course.", "print(17 + 25)")],
    "agreement": [cot(r"It is \boxed{43}."), pot("print(17 * 25)")],
}


def test_planted_solutions_are_refused_by_the_filter_for_them(tmp_path: Path) -> None:
    planted = [(name, proposal) for name, proposals in REFUSED.items() for proposal in proposals]
    (example,), (reject,) = results(tmp_path, variant(proposals=(*GOOD.proposals, *(of for _, of in planted))))
    assert len(example.solutions) == len(GOOD.proposals) and example.refused == len(planted)
    order = list(REFUSED)
    assert [(of.filter, of.proposal) for of in reject.refused] == sorted(planted, key=lambda of: order.index(of[0]))
    assert reject.filter is None


def test_a_checked_answer_counts_more_than_many_that_are_not(tmp_path: Path) -> None:
    many = tuple(cot(f"I say \\boxed{{{answer}}}.") for answer in (8, 8, 8, 42))
    (example,), _ = results(
        tmp_path, variant(answer=None, check="assert answer == '42'", proposals=(*many, GOOD.proposals[1]))
    )
    assert (example.answer, [worked.mode for worked in example.solutions]) == ("42", ["cot", "pot"])


def test_equal_answers_are_equal_however_they_are_written(tmp_path: Path) -> None:
    question = "How much is 3 quarters of x squared plus 2 x, factored?"
    way = (cot(r"\boxed{x(3x+8)/4}"), pot("from sympy import *\nx = symbols('x')\nprint(3*x**2/4 + 2*x)"))
    examples, _ = results(tmp_path, variant(question=question, proposals=way, answer=None))
    assert [len(example.solutions) for example in examples] == [2]


def test_programs_of_one_solution_share_names_and_those_of_others_do_not(tmp_path: Path) -> None:
    leak = variant(question="Take 17 and 25 books; how many?", proposals=(pot("secret = 17\nprint(secret + 25)"),))
    thief = variant(question="Once more 17 and 25 apples?", proposals=(pot("print(secret + 25)"),))
    star = "from sympy import *\nprint(Integer(17) + 25)"
    bare = variant(question="And 17 plus 25 pears are?", proposals=(pot("print(Integer(17) + 25)"),))
    steps = variant(question="Now 17 and 25 plums:", proposals=(pot("a = 17\nprint(a)", "print(a + 25)"),))
    spoilt = variant(question="17 with 25 nuts:", proposals=(pot("import math\nmath.floor = None\nprint(17 + 25)"),))
    floor = variant(question="17 and 25.5 less a half?", proposals=(pot("import math\nprint(math.floor(17 + 25.5))"),))
    stars = variant(question="17 and 25 stars:", proposals=(pot(star),))
    examples, rejects = results(tmp_path, leak, thief, stars, bare, steps, spoilt, floor)
    assert [example.question for example in examples] == [of.question for of in (leak, stars, steps, spoilt, floor)]
    assert [one.filter for one in rejects] == ["execution", "execution"]


def test_duplicates_and_near_duplicates_of_what_was_asked_before(tmp_path: Path) -> None:
    again = variant(question=GOOD.question.upper().replace(" ", "  "))
    near = variant(question=GOOD.question.replace("A shelf holds", "My shelf holds"))
    other_numbers = variant(question=GOOD.question.replace("17", "18"), proposals=(pot("print(18 + 25)"),), answer="43")
    elsewhere = replace(near, domain="shelves", question=near.question.replace("My", "Our"))
    examples, rejects = results(tmp_path, GOOD, again, near, other_numbers, elsewhere)
    assert [example.index for example in examples] == [0, 3, 4]
    assert [(one.index, one.filter) for one in rejects] == [(1, "duplicate"), (2, "near-duplicate")]


def test_a_declined_question_is_kept_with_words_alone(tmp_path: Path) -> None:
    sorry = Proposal("mixed", (Words("That is no mathematics."),))
    (example,), _ = results(tmp_path, variant(question="Write a poem.", declined=True, answer=None, proposals=(sorry,)))
    assert example.answer is None and len(example.solutions) == 1


def test_draws_without_a_candidate_are_counted_and_the_run_ends_with_the_teacher(tmp_path: Path) -> None:
    lost = NoCandidate("books/9", "no reply: the model said nothing", domain="books")
    examples, rejects = results(tmp_path, lost, GOOD, lost)
    assert [example.index for example in examples] == [1]
    assert [(one.index, one.filter, one.domain) for one in rejects] == [
        (0, "teacher", "books"),
        (2, "teacher", "books"),
    ]
    before = (tmp_path / "out.jsonl").read_bytes(), rejects_of(tmp_path / "out.jsonl").read_bytes()
    assert results(tmp_path, lost, GOOD, lost) == (examples, rejects)
    assert ((tmp_path / "out.jsonl").read_bytes(), rejects_of(tmp_path / "out.jsonl").read_bytes()) == before


def test_a_teacher_that_cannot_work_stops_the_run_which_goes_on_later(tmp_path: Path) -> None:
    questions = [
        variant(question=f"What is 17 + 25 + {number}?", answer=None, check="assert True") for number in range(9)
    ]
    sums = [replace(of, proposals=(pot(f"print(17 + 25 + {n})"),)) for n, of in enumerate(questions)]
    with pytest.raises(MathsolveError, match="the server is gone"):
        results(tmp_path, *sums[:5], MathsolveError("the server is gone"), *sums[6:])
    interrupted = results(tmp_path, *sums)
    assert interrupted == results(tmp_path / "whole", *sums)
    assert len(interrupted[0]) == 9


def test_a_benchmark_that_cannot_be_compared_with_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"'nowhere\.jsonl'"):
        measures(["nowhere.jsonl"])
    with pytest.raises(UsageError, match="no benchmark 'no_such_thing'"):
        measures(["no_such_thing"])


def test_the_benchmarks_of_the_package_are_always_compared_with(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"question": "How many wheels have 7 tricycles?", "answer": "21"}\n', encoding="utf-8")
    found = measures([str(own)])
    assert {"builtin", "handwritten"} < set(found.counts)
    copied = variant(question="How many wheels have 7 tricycles", proposals=(pot("print(7 * 3)"),), answer="21")
    assert [one.filter for one in results(tmp_path, copied, criteria=Criteria(found))[1]] == ["contamination"]


@pytest.mark.parametrize(
    ("program", "literal"),
    [
        ("print(42)", "42"),
        ("x = -42\nprint('It is', x)", "It is -42"),
        ("a = 17\nb = 42\nprint(b)", "42"),
        ("print(6 * 7)", None),
        ("x = 40\nx += 2\nprint(x)", None),
        ("for i in range(3): x = i\nprint(x)", None),
        ("if 17 > 3:\n    print('yes')", None),
        ("def f(): return 42\nprint(f())", None),
    ],
)
def test_literals_are_followed_through_assignments(program: str, literal: str | None) -> None:
    assert printed_literal(program) == literal


def test_programs_that_may_change_more_than_their_names_are_told() -> None:
    for harmless in ("x = 1", "from sympy import *\nx = symbols('x')", "import math as m\nm.sqrt(4)", "[i for i in x]"):
        assert not leaves_traces(harmless), harmless
    for harmful in (
        "import math\nmath.pi = 3",
        "import random",
        "import numpy as np\nnp.random.seed(1)",
        "import numpy as np\nnp.set_printoptions(precision=2)",
        "from sympy import init_printing\ninit_printing()",
        "from math import *",
        "import sys",
        "setattr(f, 'x', 1)",
        "def f():\n    global x\n    x = 1",
        "().__class__",
        "x = (",
    ):
        assert leaves_traces(harmful), harmful


def test_a_bench_uses_a_session_again_only_where_that_is_safe() -> None:
    async def shown(programs: Sequence[str]) -> list[str]:
        async with ProcessSandbox() as sandbox:
            bench = Bench(sandbox)
            found = [(await bench.run([program]))[-1].text.strip() for program in programs]
            await bench.close()
            return found

    random = "import random\nprint(random.random())"
    first, second = asyncio.run(shown([random, random]))
    assert first == second, "what a program finds must not depend on those before it"


@pytest.mark.parametrize(
    "program",
    [
        "match [7, 8]:\n    case [found, *_]:\n        print(found)",
        "match [7, 8]:\n    case [*found]:\n        print(found)",
        "match {1: 2, 3: 4}:\n    case {1: _, **found}:\n        print(found)",
        "from  sympy import *\nfound = factorial(3)\nprint(found)",
    ],
)
def test_no_program_finds_what_another_has_bound(program: str) -> None:
    asked = "print([name for name in ('found', 'factorial') if name in dir()])"

    async def shown() -> str:
        async with ProcessSandbox() as sandbox:
            bench = Bench(sandbox)
            assert (await bench.run([program]))[-1].ok
            found = (await bench.run([asked]))[-1].text.strip()
            await bench.close()
            return found

    assert asyncio.run(shown()) == "[]"
