"""The page of a report in a real browser: what it shows, its keys and filters, and that text of models stays text."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mathsolve.engine.trajectory import Step, Thought
from mathsolve.evaluation.item import Item
from mathsolve.evaluation.record import Record
from mathsolve.evaluation.report.reading import read
from mathsolve.evaluation.report.write import page as pieces
from mathsolve.evaluation.run import Run, item_to_json
from mathsolve.sandbox.program import Observation, Program

HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
Open = Callable[..., Any]


def item(number: int, question: str = "What is $2+2$?", **options: Any) -> Item:
    return Item(f"made/{number}", "made", question, "4", **{"subject": "sums", "level": "1", **options})


def sample(item: Item, number: int = 0, answer: str | None = "4", *steps: Step, **options: Any) -> Record:
    right, key = answer == item.gold, f"{item.id} {number}"
    judged = ("correct", "the same text") if right else ("wrong", f"{answer} instead of {item.gold}")
    steps = steps or (Thought("Two and two."), Program("print(2 + 2)"), Observation("ok", "4\n"))
    given = (key, item.id, number, "mixed", answer, answer is not None, *judged, "text", 1, "answered", None, steps)
    return replace(Record(*given, 10, 20, 2, 0.5), **options)


def made(folder: Path, items: list[Item], records: list[Record]) -> Run:
    folder.mkdir()
    (folder / "run.json").write_text('{"config": {"model": "embedded"}, "environment": {}}', encoding="utf-8")
    (folder / "problems.jsonl").write_text("".join(f"{item_to_json(one)}\n" for one in items), encoding="utf-8")
    (folder / "records.jsonl").write_text("".join(f"{one.to_json()}\n" for one in records), encoding="utf-8")
    return Run.load(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine (.ci/chromium installs it where it may)")
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the report of runs at an address inside it; fails when the page asked for anything or said anything."""
    trouble: list[str] = []
    contexts = []

    def opened(*runs: Run, at: str = "", **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_text("".join(pieces(read(runs))), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: trouble.append(message.text))
        tab.on("pageerror", lambda error: trouble.append(str(error)))
        tab.on("request", lambda request: request.url.startswith(file.as_uri()) or trouble.append(request.url))
        tab.goto(f"{file.as_uri()}#{at}")
        tab.wait_for_selector("html[data-ready]")
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Four problems, two samples each: always right, disagreeing, a failing program, withheld and none."""
    items = [item(0), item(1, "How many dollars are $5 and $6?", subject="money"), item(2, level="2"), item(3)]
    broken = (Program("1/0"), Observation("error", error="ZeroDivisionError: division by zero"), Thought("So 7."))
    records = [
        *(sample(items[0], n) for n in (0, 1)),
        sample(items[1], 0),
        sample(items[1], 1, "5", Thought("A needle in words.")),
        *(sample(items[2], n, "7", *broken) for n in (0, 1)),
        sample(items[3], 0, "4", given=False),
        sample(items[3], 1, None, stop="max_tokens"),
    ]
    return made(tmp_path / "run", items, records)


def settle(tab: Any) -> None:
    """Waits for what a click has begun: the address changes first, the view after it."""
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)))")


def shown_ids(tab: Any) -> list[str]:
    settle(tab)
    return tab.locator(".row .id").all_inner_texts()


def test_text_of_models_stays_text(show: Open, tmp_path: Path) -> None:
    one = item(0, f"{HOSTILE} $x$", subject=HOSTILE, level=HOSTILE)
    other = item(1, subject="b", level="2")
    steps = (Thought(f"${HOSTILE}$ {HOSTILE}"), Program(HOSTILE), Observation("error", HOSTILE, error=HOSTILE))
    records = [sample(one, 0, HOSTILE, *steps, reason=HOSTILE, detail=HOSTILE), sample(other)]
    tab = show(made(tmp_path / HOSTILE.replace("/", "_"), [one, other], records), at="made/0/0")
    assert HOSTILE in tab.inner_text(".program pre")
    assert tab.inner_text(".verdict").count(HOSTILE) == 2
    assert tab.locator("img").count() == 0
    assert "taken" not in tab.title()
    policy = tab.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy


def test_filters_leave_what_they_name(show: Open, run: Run) -> None:
    tab = show(run, at="trajectories")
    for chip, left in {
        "wrong": ["1", "2", "3"],
        "disagreement": ["1", "3"],
        "tool error": ["2"],
        "withheld": ["3"],
    }.items():
        tab.click(f".chip[data-facet='{chip}']")
        assert shown_ids(tab) == left
        tab.click(f".chip[data-facet='{chip}']")
    tab.select_option("select[data-facet=subject]", "money")
    assert shown_ids(tab) == ["1"]
    tab.click("text=Clear")
    settle(tab)
    assert tab.inner_text("#found") == "4 problems, 8 samples"


@pytest.mark.parametrize(
    ("part", "samples"), [("right", 3), ("wrong", 3), ("withheld, though right", 1), ("none stated", 1)]
)
def test_a_bar_of_the_report_leads_to_its_samples(show: Open, run: Run, part: str, samples: int) -> None:
    tab = show(run, at="errors")
    tab.locator("#errors svg a", has=tab.locator(f"title:text-matches(', {part}: ')")).first.click()
    tab.wait_for_selector(".row")
    assert f", {samples} sample" in tab.inner_text("#found")


def test_a_search_finds_questions_answers_and_when_asked_solutions(show: Open, run: Run) -> None:
    tab = show(run, at="trajectories")
    tab.keyboard.press("/")
    tab.keyboard.type("DOLLARS")
    assert shown_ids(tab) == ["1"]
    tab.fill("#query", "needle in")
    assert shown_ids(tab) == []
    tab.click("text=Search solutions too")
    tab.wait_for_selector(".row")
    assert tab.inner_text("#found").startswith("1 problem, 1 sample")


def test_keys_walk_problems_and_samples_and_the_address_follows(show: Open, run: Run) -> None:
    tab = show(run, at="trajectories")
    addresses = []
    for key in ("Shift", "j", "l", "ArrowDown", "k", "h"):
        tab.keyboard.press(key)
        addresses.append(tab.evaluate("location.hash"))
    assert addresses == ["#made/0/0", "#made/1/0", "#made/1/1", "#made/2/0", "#made/1/0", "#made/1/0"]
    assert tab.get_attribute("#list", "aria-activedescendant") == "row-1"
    tab.keyboard.press("Escape")
    tab.wait_for_selector("#report", state="visible")
    assert not tab.is_visible("#browser")


def test_an_address_opens_its_sample_with_its_filters(show: Open, run: Run) -> None:
    tab = show(run, at="made/1/1?verdict=wrong")
    assert tab.inner_text("#detail h2") == "made/1"
    assert "5 instead of 4" in tab.inner_text(".verdict")
    assert tab.get_attribute(".pip[aria-current]", "title") == "sample 1: wrong, 5"
    assert shown_ids(tab) == ["1", "2", "3"]
    assert tab.inner_text(".asked") == "How many dollars are $5 and $6?"  # money, not mathematics
    tab.keyboard.press("j")
    tab.wait_for_selector("#detail h2:text-is('made/2')")
    assert tab.inner_text(".observation.bad .error") == "ZeroDivisionError: division by zero"


TYPESET = {
    r"\frac{1}{2}": "mfrac",
    r"\tfrac12": "mfrac",
    r"\sqrt[3]{x+1}": "mroot",
    r"x_1^2": "msubsup",
    r"\sum_{n=1}^{\infty} a_n": "munderover",
    r"\left( \frac{a}{b} \right]": "mo",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}": "mtable",
    r"\begin{cases} x & x \ge 0 \\ -x & \text{otherwise} \end{cases}": "mtext",
    r"\binom{n}{k} \pmod{7}": "mfrac",
    r"\boxed{10{,}000}": "mrow.boxed",
    r"\mathbb{R} \setminus \{0\}": "mi",
    r"\lim_{x \to 0} \frac{\sin x}{x} = 1'": "munder",
    r"\overline{AB} \perp \vec{v}": "mover",
    r"{n \choose k} = {a + 1 \over b}": "mfrac",
    r"\left.x\right|_{0}^{1} \not= \sum_{\substack{i < n \\ j}}": "mtable",
    r"50\% \text{ of } \$30": "mtext",
}


RAW = (r"\frac{1", r"\unheard{x}", "a & b", r"\left( x", r"\begin{tikzpicture}\end{tikzpicture}", "x^{", r"{\color{")
"""Mathematics that stays as it was written."""
UNMARKED = {r"\int_0^{\pi} \sin x \, dx": "msubsup", r"It is \boxed{Matrix([[2, -5], [-1, 3]])}.": ".boxed mtable"}
"""Mathematics that no delimiter marks."""


def test_tex_is_typeset_whole_or_shown_as_written(show: Open, tmp_path: Path) -> None:
    one = item(0)
    marked = [f"So \\({tex}\\)." for tex in (*TYPESET, *RAW)]
    steps = [Thought(text) for text in (*marked, *UNMARKED, r"Use \int once.")]
    tab = show(made(tmp_path / "run", [one], [sample(one, 0, "4", *steps)]), at="made/0/0")
    thoughts = tab.locator(".thought .prose")
    for place, (tex, element) in enumerate(TYPESET.items()):
        assert thoughts.nth(place).locator(f"math {element}").count() > 0, tex
        assert "\\" not in thoughts.nth(place).text_content(), tex
    for place, (text, element) in enumerate(UNMARKED.items(), len(marked)):
        assert thoughts.nth(place).locator(f"math {element}").count() == 1, text
    told = thoughts.all_inner_texts()
    assert told[len(TYPESET) : len(marked)] == marked[len(TYPESET) :]
    assert told[-1] == r"Use \int once."


FORMULAS = {
    "2*x**3 - sqrt(5)/2": ["msup", "msqrt", "mfrac"],
    "exp(-2*t)": ["msup"],
    "Matrix([[1, 2], [3, 4]])": ["mtable"],
    "1,234": ["mn"],
    r"\frac{1}{2}": ["mfrac"],
}
"""Answers, and what they are typeset as."""


def test_answers_are_typeset_as_python_prints_them_or_stay(show: Open, tmp_path: Path) -> None:
    texts = [*FORMULAS, "Monday", "{x: 1}", "2*(x", "x**", "12 cm", "2 ** * 3"]
    items = [item(n) for n, _ in enumerate(texts)]
    run = made(tmp_path / "run", items, [sample(one, 0, text) for one, text in zip(items, texts, strict=True)])
    tab = show(run, at="made/0/0")
    for text in texts:
        answer = tab.locator(".verdict dd").first
        if text in FORMULAS:
            assert all(answer.locator(f"math {element}").count() for element in FORMULAS[text]), text
            assert answer.locator(".math").get_attribute("title") == text
        else:
            assert answer.inner_text() == text
        tab.keyboard.press("j")


def test_a_program_is_shown_letter_for_letter(show: Open, tmp_path: Path) -> None:
    code = "@f\ndef g(x: int = 0x1F) -> str:  # it's\n    '''a\n    b'''\n"
    code += '    return f"{x!r:>4}" + r\'\\d\' if x else 1e-9 "open'
    one = item(0)
    tab = show(made(tmp_path / "run", [one], [sample(one, 0, "4", Program(code))]), at="made/0/0")
    assert tab.text_content(".program pre") == code
    assert tab.locator(".program .keyword").all_inner_texts() == ["def", "return", "if", "else"]


def test_twenty_thousand_records_stay_usable(show: Open, tmp_path: Path) -> None:
    items = [item(n, f"Question {n}: what is {n} plus {n}?") for n in range(1250)]
    records = [sample(one, n, "4" if n % 3 else "5") for one in items for n in range(16)]
    tab = show(made(tmp_path / "run", items, records), at="trajectories")
    assert tab.inner_text("#found") == "1,250 problems, 20,000 samples"
    tab.locator("#list").evaluate("list => { list.scrollTop = 1e9 }")
    tab.wait_for_selector("#row-1249")
    assert tab.locator(".row").count() < 60
    tab.click("#row-1249")
    tab.wait_for_selector("#detail h2:text-is('made/1249')")
    tab.fill("#query", "question 777:")
    assert shown_ids(tab) == ["777"]


def test_runs_beside_each_other_show_what_was_gained_and_lost(show: Open, tmp_path: Path) -> None:
    items = [item(0), item(1), item(2)]
    first = made(tmp_path / "first", items, [sample(one, 0, answer) for one, answer in zip(items, "455", strict=True)])
    second = made(
        tmp_path / "second", items, [sample(one, 0, answer) for one, answer in zip(items, "544", strict=True)]
    )
    tab = show(first, second, at="compare")
    assert "2 / 1" in tab.inner_text("#compare")
    tab.click("#compare a[href*=gained]")
    tab.wait_for_selector(".row")
    assert shown_ids(tab) == ["1", "2"] and tab.inner_text(".strip >> nth=1").startswith("second")


def test_light_and_dark_and_a_phone(show: Open, run: Run) -> None:
    tab = show(run, color_scheme="dark", viewport={"width": 390, "height": 800})
    for paper in ("rgb(255, 255, 255)", "rgb(20, 23, 27)"):
        tab.click("#theme")
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == paper
    for address in ("#summary", "#trajectories", "#made/2/0"):
        tab.evaluate(f"location.hash = '{address}'")
        tab.wait_for_timeout(50)
        assert tab.evaluate("document.scrollingElement.scrollWidth") <= 390
    tab.click(".back")
    tab.wait_for_selector(".row")


def test_drawings_and_buttons_have_names(show: Open, run: Run) -> None:
    tab = show(run)
    assert 0 < tab.locator("svg.chart").count() == tab.locator("svg.chart[aria-label]:has(> title):has(> desc)").count()
    unnamed = "e => !(e.ariaLabel || e.labels?.length || e.textContent.trim())"
    assert (
        tab.locator("button, a, input, select").evaluate_all(f"all => all.filter({unnamed}).map(e => e.outerHTML)")
        == []
    )
