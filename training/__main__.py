"""`accelerate launch -m mathsolve.training sft ...`: the command `mathsolve train sft ...` in every process of a launch."""

from __future__ import annotations

import sys

from ..engine.errors import MathsolveError, UsageError
from .command import app


def main() -> int:
    """Runs the command; the exit code says how it ended, as that of `mathsolve` does."""
    try:
        return app(sys.argv[1:], result_action="return_value") or 0
    except MathsolveError as error:
        print(f"mathsolve: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
