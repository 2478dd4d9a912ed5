"""What cannot be an answer is told from what can, and hardly any true answer is taken for what cannot."""

import pytest

from mathsolve.engine.plausible import implausible
from mathsolve.evaluation.benchmarks.loading import load


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Tom has 5 pens and gives 9 to Ann. How many pens are left?", "-4"),
        ("How old is Mia now?", "-12"),
        ("What is the price after the discount?", "-255"),
        ("How many workers are needed to finish in 4 days?", "15/2"),
        ("How many handshakes are there?", "22.5"),
        ("What's the probability of two heads?", "5/4"),
        ("Find the probability that both are red.", "-0.2"),
        ("How many pages are there?", "1/0"),
    ],
)
def test_what_cannot_be(question: str, answer: str) -> None:
    assert implausible(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 3 - 7?", "-4"),
        ("How much is -3 times 4?", "-12"),
        ("By how much does the temperature change?", "-6"),
        ("How much is minus 5 plus 2?", "-3"),
        ("How many litres are left?", "2.5"),
        ("How many square metres is that?", "7/2"),
        ("How many km are 5 miles?", "8.04672"),
        ("On average, how many children are there?", "2.4"),
        ("What is the probability in percent?", "37.5"),
        ("What is the probability of two heads?", "1/4"),
        ("Evaluate \\left( 2 - x \\right) at x = 5. How much is it?", "-3"),
        ("How much is x if 2x + 10 = 4?", "-3"),
        ("It is 3 degrees and gets 13 degrees colder. How many degrees is it then?", "-10"),
        ("You pay $5 to play and win $10 in one case of three. What is the expected value?", "-5/3"),
        ("A table shows how many books each child read. Find the median.", "11/2"),
        ("He ate 0.2 of a loaf and 0.4 of another one. How many loaves is that?", "0.6"),
        ("The probability of rain is 4%. What is the probability of no rain?", "96"),
        ("How many apples?", "x + 1"),
        ("How many apples?", "9" * 5000),
        ("How many apples?", ""),
    ],
)
def test_what_can_be(question: str, answer: str) -> None:
    assert not implausible(question, answer)


@pytest.mark.parametrize("benchmark", ["builtin/numbers", "builtin/phrasings", "ordinary", "handwritten"])
def test_true_answers_are_hardly_ever_called_implausible(benchmark: str) -> None:
    items = [item for item in load(benchmark) if item.gold is not None]
    called = [item for item in items if implausible(item.question, item.gold or "")]
    assert len(items) > 50 and len(called) * 500 < len(items), [item.question for item in called]
