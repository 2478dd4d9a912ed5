"""What the tests share: one solver with the real sandbox and the model that ships."""

import signal
import sys
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


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """A test leaves torch its threads: with others, later tests would train other weights than processes of their own."""
    torch = sys.modules.get("torch")
    before = torch and torch.get_num_threads()
    yield
    assert not torch or torch.get_num_threads() == before, "give the threads of torch back"
