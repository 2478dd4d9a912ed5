"""What the tests of evaluation share: a record to vary."""

import pytest

from mathsolve.evaluation.record import Record


@pytest.fixture
def record() -> Record:
    """A right answer."""
    return Record(
        key="a" * 32,
        problem="sums/12",
        sample=0,
        mode="mixed",
        answer="408",
        given=True,
        verdict="correct",
        reason="equal",
        method="number",
        grader=1,
        stop="answered",
        detail=None,
        steps=(),
        prompt_tokens=5,
        sampled_tokens=9,
        observed_tokens=0,
        seconds=0.1,
    )
