"""What the tests share: one solver with the real sandbox and the model that ships."""

from collections.abc import Iterator

import pytest

from mathsolve.engine.solver import Solver


@pytest.fixture(scope="session")
def solver() -> Iterator[Solver]:
    """The default solver."""
    with Solver() as one:
        yield one
