"""Public corpora as candidates: made-up rows in the form of each, converted and tried in the real sandbox."""

from __future__ import annotations

import ast
import asyncio
import doctest
import gzip
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.errors import UsageError
from mathsolve.sandbox import ProcessSandbox
from mathsolve.training import corpora
from mathsolve.training.corpora.annotated import annotated
from mathsolve.training.corpora.arithmetic import NotArithmetic, false_claim, value
from mathsolve.training.corpora.programs import program
from mathsolve.training.corpora.solution import Row, Unusable
from mathsolve.training.corpora.table import chosen, table
from mathsolve.training.corpora.teacher import CorpusTeacher
from mathsolve.training.corpora.words import words
from mathsolve.training.synthesis.candidate import Candidate, Code, Words
from mathsolve.training.synthesis.case import Case
from mathsolve.training.synthesis.filters.agreement import Agreement
from mathsolve.training.synthesis.filters.constant import Constant
from mathsolve.training.synthesis.filters.execution import Execution
from mathsolve.training.synthesis.teacher import NoCandidate
from mathsolve.training.synthesis.workshop import Bench

FENCE = "```"
SEEDLINGS = "Mara plants 6 trays of 15 seedlings. A third of them wilt. How many are left?"
WRAPPED = f'''{FENCE}python
import math
def simple_math_problem() -> float:
    """
    {SEEDLINGS}
    """
    numTrays: int = 6
    per_tray = 15  # in each
    total_seedlings = numTrays * per_tray
    wilted = total_seedlings / 3
    result = total_seedlings - wilted
    return result

print(simple_math_problem())
{FENCE}'''

ROWS: dict[str, dict[str, Any]] = {
    "qsolv_gsm8k_python/train.jsonl.gz": {
        "messages": [{}, {"content": "A rope of 18 m loses 5 m. How long is it?"}, {"content": "print(18 - 5)"}],
        "gt_final": "13",
    },
    "gsm8k/train.jsonl.gz": {
        "question": "Ivo packs 4 crates of 12 jars and breaks 3 jars. How many jars are whole?",
        "answer": "Ivo packs 4*12 = <<4*12=48>>48 jars in crates.\nSo 48-3 = <<48-3=45>>45 jars are whole.\n#### 45",
    },
    "gsm8k_structured_rewrite/train.jsonl.gz": {
        "pid": 0,
        "question": "Known facts:\n- Ivo packs 4 crates of 12 jars.\n- He breaks 3.\n\nQuestion:\n- How many are whole?",
        "answer": "Ivo packs 4*12 = <<4*12=48>>48 jars.\n48-3 = <<48-3=45>>45 are whole.\n#### 45",
    },
    "tinygsm_eval_gsm8k_train/a.jsonl.gz": {
        "question_idx": 1,
        "question": SEEDLINGS,
        "extracted_code": WRAPPED,
        "expected_answer": 60,
        "status": "CORRECT",
    },
    "tinygsm_llm_samples/o4.jsonl.gz": {
        "user": f"Possible questions are: {SEEDLINGS}",
        "assistant": f"**Reasoning:**\n1. There are 90.\n2. A third is 30, so 60 are left.\n3. Done.\n\n{WRAPPED}",
    },
    "tinygsm_llm_samples/gpt.jsonl.gz": {"user": f"Student: {SEEDLINGS}", "assistant": WRAPPED},
    "tinygsm_llm_samples/llama.jsonl.gz": {"user": "Twice 21?", "assistant": "def f():\n    return 2 * 21"},
    "dmath/test.jsonl.gz": {
        "category": "Comparison",
        "question_en": "Ada is 12 and Bo is 9 years old. Who is older?",
        "answer_en": "Ada",
        "solution_code_en": "var_a = 'Ada'\nvar_b = 'Bo'\nlist_a= []\nif \"/\" in str(var_b):\n    var_b = eval(str(var_b))\n"
        "list_a.append(var_b)\nlist_a.append(var_a)\nlist_a.reverse()\nvar_c = 12\nvar_d = 9\nlist_b=[var_c, var_d]\n"
        "list_c=list_b.copy()\nlist_c.sort()\nvar_e = list_c[-1]\nvar_f = list_b.index(var_e)\nprint(list_a[var_f])",
    },
    "lila_mathqa_gain/train.jsonl.gz": {
        "Input": "a lamp ' s price of $ 80 rises by 15 % . what is it now ?",
        "Output Program": [
            "n0 = 80.0\nn1 = 15.0\nt0 = n0 * n1\nt1 = t0 / 100.0\nn2 = 7.0\nanswer = n0 + t1\nprint(answer)"
        ],
        "Output Answer": ["92.0"],
        "split": "train",
    },
    "aqua_cot_flan/train.jsonl.gz": {
        "question": "A pump fills 35 litres in 5 minutes. How many litres in 8 minutes?\nOptions:\n(A) 40\n(B) 56\n(C) 7",
        "answer": "(B)",
        "rationale": "In a minute 35/5 = 7 litres\n7*8 = 56 litres",
    },
    "tal_scq5k_en/train.jsonl.gz": {
        "problem": "Lea had $$40$$ beads and gave away $$13$$. How many are left?．",
        "answer_option_list": [
            [{"aoVal": "A", "content": "$$53$$ "}],
            [{"aoVal": "B", "content": "$$27$$ "}],
        ],
        "knowledge_point_routes": ["Overseas Competition->Knowledge Point->Counting Modules"],
        "answer_analysis": ["$40-13=27$ "],
        "answer_value": "B",
    },
    "mawps_asdiv_a_svamp/train.jsonl.gz": {
        "Question": "Jo had number0 pens , lost number1 and bought number2 . How many now ?",
        "Numbers": "9.0 4.0 2.0",
        "Equation": "+ - number0 number1 number2",
        "Answer": "7.0",
    },
    "alg514/train.jsonl.gz": {
        "original_text": "Two numbers have sum 20 and difference 6 .",
        "equation": "m+n=20.0 ; 1.0*m-n=6",
        "ans": [13.0, 7.0],
    },
    "draw/train.jsonl.gz": {"original_text": "Half of a number is 0.75 .", "equation": "0.5*m=0.75", "ans": [1.5]},
    "dolphin1878/train.jsonl.gz": {
        "text": "Twice a number plus 3 is 11. What is it?",
        "equations": ["unkn: x", "equ: 2x + 3 = 11"],
        "ans_simple": [4],
    },
}


def folder(path: Path, rows: dict[str, Any] | None = None) -> Path:
    """A folder of corpora with one row in each file, or with these lines."""
    for name, row in (ROWS if rows is None else rows).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path / name, "wt", encoding="utf-8") as lines:
            lines.write(row if isinstance(row, str) else json.dumps(row) + "\n")
    return path


async def drawn(teacher: CorpusTeacher) -> list[Candidate | NoCandidate]:
    found: list[Candidate | NoCandidate] = []
    while (draw := await teacher.draw("train", len(found))) is not None:
        found.append(draw)
    return found


def candidates(path: Path, *names: str) -> dict[str, Candidate]:
    draws = asyncio.run(drawn(CorpusTeacher(path, names)))
    return {draw.source: draw for draw in draws if isinstance(draw, Candidate)}


async def tried(*found: Candidate) -> list[Case]:
    """What the filters that run programs make of candidates."""
    sandbox, cases = ProcessSandbox(), []
    bench = Bench(sandbox)
    for candidate in found:
        case = Case.of(candidate)
        for trial in (Execution(), Constant(), Agreement()):
            if case.filter is None:
                case = await trial.judge(case, bench)
        cases.append(case)
    await bench.close()
    await sandbox.close()
    return cases


def source_of(candidate: Candidate) -> str:
    return next(step.source for step in candidate.proposals[0].steps if isinstance(step, Code))


def test_examples_in_docstrings_hold() -> None:
    for module in pkgutil.iter_modules(corpora.__path__, "mathsolve.training.corpora."):
        if not module.ispkg:
            assert doctest.testmod(importlib.import_module(module.name)).failed == 0, module.name


def test_a_row_of_every_corpus_becomes_solutions_that_run_and_agree(tmp_path: Path) -> None:
    found = candidates(folder(tmp_path), *table())
    assert found.keys() == table().keys()
    for case in asyncio.run(tried(*found.values())):
        assert case.filter is None, (case.candidate, case.reason)
        assert not case.refusals, case.candidate.source
        assert {attempt.proposal.mode for attempt in case.attempts} >= {"mixed", "pot"}


def test_annotations_become_named_steps_and_the_words_lose_them() -> None:
    row = ROWS["gsm8k/train.jsonl.gz"]
    solution = annotated(Row(row["question"], words=row["answer"]))
    assert solution.program == "jars_in_crates = 4 * 12\njars = jars_in_crates - 3\nprint(jars)"
    assert solution.cot == "Ivo packs 4*12 = 48 jars in crates. So 48-3 = 45 jars are whole."
    assert (solution.answer, solution.steps) == ("45", 2)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("4*12 = <<4*12=47>>47 jars, 47-3 = <<47-3=44>>44.\n#### 44", "wrong annotation"),
        ("4*12 = <<4*12=48>>48 jars in crates.\n#### 45", "arithmetic leads elsewhere"),
        ("46-1 = <<46-1=45>>45 jars.\n#### 45", "invents a number"),
        ("There are forty-five.\n#### 45", "no arithmetic"),
        ("<<__import__('os').getpid()=45>>45\n#### 45", "annotation not understood"),
    ],
)
def test_annotations_that_do_not_carry_the_answer_are_refused(words: str, reason: str) -> None:
    with pytest.raises(Unusable, match=f"^{reason}:"):
        annotated(Row(ROWS["gsm8k/train.jsonl.gz"]["question"], words=words))


@pytest.mark.parametrize(("said", "passes"), [("so 60 are left", True), ("so 50 are left", False)])
def test_a_program_must_come_to_what_its_reasoning_said(tmp_path: Path, said: str, passes: bool) -> None:
    row = ROWS["tinygsm_llm_samples/o4.jsonl.gz"]
    row = row | {"assistant": row["assistant"].replace("so 60 are left", said)}
    found = candidates(folder(tmp_path, {"tinygsm_llm_samples/o4.jsonl.gz": row}), "tinygsm")["tinygsm"]
    (case,) = asyncio.run(tried(found))
    assert (case.filter is None) == passes


def test_words_with_a_false_sum_are_left_out_while_the_program_stays() -> None:
    words = "Of 3 + 4 = 8 kinds. 4*12 = <<4*12=48>>48 jars. 48-3 = <<48-3=45>>45.\n#### 45"
    solution = annotated(Row(ROWS["gsm8k/train.jsonl.gz"]["question"], words=words))
    assert solution.program and not solution.cot


def test_a_function_is_unwrapped_and_made_uniform() -> None:
    solution = program(Row(SEEDLINGS, "60", program=WRAPPED))
    assert solution.program == (
        "num_trays = 6\nper_tray = 15\ntotal_seedlings = num_trays * per_tray\nwilted = total_seedlings / 3\n"
        "answer = total_seedlings - wilted\nprint(f'{answer:.10g}')"
    )


def test_an_indentation_that_was_lost_is_found_again() -> None:
    lost = WRAPPED[WRAPPED.index("def") : WRAPPED.index("\n\nprint")].replace("    ", "")
    assert program(Row(SEEDLINGS, "60", program=lost)).program == program(Row(SEEDLINGS, "60", program=WRAPPED)).program


def test_code_of_generators_is_folded(tmp_path: Path) -> None:
    found = candidates(folder(tmp_path), "dmath", "lila")
    assert source_of(found["dmath"]) == (
        "a = ['Ada', 'Bo']\nb = [12, 9]\nc = sorted(b)\nd = c[-1]\ne = b.index(d)\nprint(a[e])"
    )
    assert source_of(found["lila"]) == "a = 80 * 15\nb = a / 100\nc = 80 + b\nprint(f'{c:.10g}')"
    assert found["lila"].question == "a lamp's price of $80 rises by 15%. what is it now?"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f():\n    if 6 > 5:\n        return 1\n    return 2", "returns early"),
        ("def f(trays):\n    return trays * 15", "function with arguments"),
        ("def f():\n    trays = 6\n    return", "program without an end"),
        ("def f():\n    tra", "program without an end"),
        ("trays = (6 *", "program torn"),
        ("print(60)", "computes nothing"),
        ("trays = 6\nprint(trays)\nprint(trays * 10)", "program not simple"),
        ("print(eval('6 * 10'))", "program not simple"),
    ],
)
def test_programs_that_cannot_be_made_uniform_are_refused(source: str, reason: str) -> None:
    with pytest.raises(Unusable, match=f"^{reason}:"):
        program(Row(SEEDLINGS, "60", program=source))


@pytest.mark.parametrize(
    ("source", "reason"), [("print(6 * 15 - 45)", "invents a number"), ("print(6 * 10)", "leaves a number out")]
)
def test_where_nobody_vouches_for_the_answer_the_numbers_must_be_those_of_the_question(
    source: str, reason: str
) -> None:
    assert program(Row(SEEDLINGS, "45", program=source)).program == source
    with pytest.raises(Unusable, match=f"^{reason}:"):
        program(Row(SEEDLINGS, "45", program=source, vouched=False))


def test_gold_that_disagrees_and_a_program_that_prints_a_constant_do_not_pass(tmp_path: Path) -> None:
    disagrees = ROWS["qsolv_gsm8k_python/train.jsonl.gz"] | {"gt_final": "12"}
    constant = ROWS["tinygsm_eval_gsm8k_train/a.jsonl.gz"] | {
        "extracted_code": "def f():\n    answer = 60\n    return answer"
    }
    rows = {"qsolv_gsm8k_python/a.jsonl.gz": disagrees, "tinygsm_eval_gsm8k_train/b.jsonl.gz": constant}
    draws = asyncio.run(drawn(CorpusTeacher(folder(tmp_path, rows), ("qsolv", "tinygsm_eval"))))
    (refused,) = (draw for draw in draws if isinstance(draw, NoCandidate))
    assert refused.reason.startswith("computes nothing:")
    (case,) = asyncio.run(tried(*(draw for draw in draws if isinstance(draw, Candidate))))
    assert case.filter == "agreement"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"answer": "(A)"}, "cot comes to another value"),
        ({"answer": "(F)"}, "gold is no option"),
        ({"rationale": "35/5 = 8 litres\n8*7 = 56"}, "cot is wrong"),
        ({"rationale": "Obviously 56"}, "words without arithmetic"),
        ({"rationale": "7*8 = 56, so the answer is B, 7*8 = 56"}, "words not plain"),
        ({"question": "Which of these is even?\nOptions:\n(A) 3\n(B) 56"}, "question needs its options"),
    ],
)
def test_words_that_do_not_come_to_the_right_option_are_refused(change: dict[str, str], reason: str) -> None:
    record = ROWS["aqua_cot_flan/train.jsonl.gz"] | change
    row = Row(record["question"], record["answer"], record["rationale"])
    with pytest.raises(Unusable, match=f"^{reason}:"):
        words(row)


def test_questions_with_options_are_asked_without_them(tmp_path: Path) -> None:
    found = candidates(folder(tmp_path), "tal_scq5k")["tal_scq5k"]
    assert found.question == "Lea had 40 beads and gave away 13. How many are left?"
    assert (found.answer, found.domain) == ("27", "combinatorics")
    assert found.proposals[-1].steps == (Words("40-13=27. The answer is \\boxed{27}."),)


def test_a_question_of_several_corpora_is_one_candidate_with_all_their_solutions(tmp_path: Path) -> None:
    again = {"question": ROWS["gsm8k/train.jsonl.gz"]["question"], "status": "CORRECT", "question_idx": 1}
    again |= {"extracted_code": "def f():\n    jars = 4 * 12\n    return jars - 3", "expected_answer": 45}
    rows = {"gsm8k/train.jsonl.gz": ROWS["gsm8k/train.jsonl.gz"], "tinygsm_eval_gsm8k_train/a.jsonl.gz": again}
    (found,) = asyncio.run(drawn(CorpusTeacher(folder(tmp_path, rows), ("gsm8k", "tinygsm_eval"))))
    assert isinstance(found, Candidate)
    assert [way.mode for way in found.proposals] == ["mixed", "pot", "cot", "mixed", "pot"]
    assert found.seed == "gsm8k/0"


def test_what_rewords_a_question_shares_its_seed(tmp_path: Path) -> None:
    found = candidates(folder(tmp_path), "gsm8k", "gsm8k_structured_rewrite")
    assert {candidate.seed for candidate in found.values()} == {"gsm8k/0"}
    asked = [{"content": ROWS["gsm8k/train.jsonl.gz"]["question"]}, {"content": "print(4 * 12 - 3)"}]
    same = {"messages": [{}, *asked], "gt_final": "45"}
    rows = {**ROWS, "qsolv_gsm8k_python/train.jsonl.gz": same}
    found = candidates(folder(tmp_path / "listed first", rows), "qsolv", "gsm8k", "gsm8k_structured_rewrite")
    assert {candidate.seed for candidate in found.values()} == {"gsm8k/0"}, "whatever corpus is listed first"


def test_torn_rows_and_rows_without_a_field_cost_themselves_alone(tmp_path: Path) -> None:
    whole = json.dumps(ROWS["gsm8k/train.jsonl.gz"])
    lines = f'{whole}\n{{"question": "Torn", "ans\n[1]\n{{"question": "No answer?"}}\n'
    teacher = CorpusTeacher(folder(tmp_path, {"gsm8k/train.jsonl.gz": lines}), ("gsm8k",))
    draws = asyncio.run(drawn(teacher))
    assert teacher.torn == ["gsm8k/1", "gsm8k/2"]
    assert sorted(type(draw).__name__ for draw in draws) == ["Candidate", "NoCandidate"]
    (lost,) = (draw for draw in draws if isinstance(draw, NoCandidate))
    assert lost.reason == "field missing: answer"


@pytest.mark.parametrize(
    ("corpus", "field", "reason"),
    [
        ("gsm8k_structured_rewrite", "pid", "field missing: pid"),
        ("dmath", "category", "field missing: category"),
    ],
)
def test_a_row_without_its_tag_or_its_origin_costs_itself_alone(
    tmp_path: Path, corpus: str, field: str, reason: str
) -> None:
    path, row = next((path, row) for path, row in ROWS.items() if path.startswith(corpus))
    untagged = {name: value for name, value in row.items() if name != field}
    teacher = CorpusTeacher(folder(tmp_path, {path: json.dumps(untagged) + "\n"}), (corpus,))
    (lost,) = asyncio.run(drawn(teacher))
    assert isinstance(lost, NoCandidate) and lost.reason == reason


def test_draws_are_the_same_whenever_they_are_asked_for(tmp_path: Path) -> None:
    one, other = (CorpusTeacher(folder(tmp_path), tuple(table())) for _ in range(2))
    assert asyncio.run(drawn(one)) == asyncio.run(drawn(other))
    assert one.configuration == other.configuration
    assert asyncio.run(one.draw("numbers", 0)) is None


def test_missing_corpora_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--data"):
        CorpusTeacher(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"no files of corpus 'gsm8k' .* get them from openai/grade-school-math"):
        CorpusTeacher(tmp_path, ("gsm8k",))
    with pytest.raises(UsageError, match="no corpus 'gsm9k'; there are qsolv, gsm8k"):
        CorpusTeacher(tmp_path, ("gsm9k",))
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k/train.jsonl.gz").write_bytes(b"not packed")
    with pytest.raises(UsageError, match="cannot read"):
        CorpusTeacher(tmp_path, ("gsm8k",))


def test_what_may_not_be_shipped_is_used_only_where_it_is_named() -> None:
    assert all(corpus.shipped for corpus in chosen())
    assert {corpus.name for corpus in chosen(["draw"])} == {"draw"}
    assert all(corpus.why for corpus in table().values() if not corpus.shipped)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "9**9**9", "((9**60)**60)**60", "1/0", "1e999", "a + 1", "'x' * 3", "(" * 5000]
)
def test_only_arithmetic_has_a_value(text: str) -> None:
    with pytest.raises(NotArithmetic):
        value(text)


@pytest.mark.parametrize(
    ("text", "false"),
    [
        ("He has 3 x 4 = 12 and $5.50 + $1.50 = $7.", None),
        ("That is 2 hours x 60 minutes/hour = 120 minutes.", None),
        ("45/60 * 100 = 75%, and 100/3 = 33.33.", None),
        ("100/3 = 33", "100/3 = 33"),
        ("6 * 7 = 42 = 40 + 3", "6 * 7 = 42 = 40 + 3"),
        ("It is 5 - 3 = 3 then.", "5 - 3 = 3"),
        ("All of them (2 + 3 = 6) are here.", "2 + 3 = 6"),
        ("So x - 3 + 4 = 10.", None),
        ("Speed = 81 * 5/18 = 45/2, time = 9 * 2 = 19", "9 * 2 = 19"),
        ("It falls from 3 to -2, as 3 - 5 = -2.", None),
        ("1 + " * 3000 + "x", None),
        ("1 = " * 3000 + "x", None),
        ("9" * 5000 + " + 1 = 2", None),
        ("((((9^9)^99)^99)^99)^99 = 1", None),
    ],
)
def test_claims_of_words_are_checked(text: str, false: str | None) -> None:
    found = false_claim(text)
    assert (None if found is None else str(found)) == false


def test_programs_are_short_python_with_one_print_at_the_end(tmp_path: Path) -> None:
    for candidate in candidates(folder(tmp_path), *table()).values():
        body = ast.parse(source_of(candidate)).body
        assert ast.unparse(body[-1]).startswith("print(")
        assert sum(ast.unparse(node).count("print(") for node in body) == 1
