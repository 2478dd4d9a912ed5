"""What the tests share: one solver with the real sandbox and the model that ships."""

import signal
from collections.abc import Iterator

import pytest

from mathsolve.engine.solver import Solver

# A shell that starts the tests in the background has them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def solver() -> Iterator[Solver]:
    """The default solver."""
    with Solver() as one:
        yield one
