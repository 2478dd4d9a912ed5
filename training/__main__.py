"""`accelerate launch -m mathsolve.training sft ...`: the command `mathsolve train sft ...` in every process of a launch."""

from __future__ import annotations

import sys

from ..engine.errors import MathsolveError, UsageError
from .command import app


def main() -> int:
    """Runs the command; the exit code says how it ended, as that of `mathsolve` does."""
    try:
        code = app(sys.argv[1:], result_action="return_value") or 0
    except MathsolveError as error:
        print(f"mathsolve: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 130
    _leave_the_others()
    return int(code)


def _leave_the_others() -> None:
    """Waits for the other processes, and closes the connections to them: one that ends while its threads still hold them is
    aborted at times, with all of its work done (pytorch/pytorch#190489). Where a run ended early, others may be in the midst
    of a sum, so that is left to the launcher."""
    distributed = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


if __name__ == "__main__":
    sys.exit(main())
