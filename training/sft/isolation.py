"""Shows that solutions in one row do not see each other, for this model and its attention, before anything is trained.

Which masks a model builds depends on its architecture, on its attention and on the version of transformers; one that does
not isolate gives no error, only a worse model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...engine.errors import MathsolveError

TOLERANCE = 1e-3
"""Largest change of a logit, relative to the change that a solution sees in itself, that counts as none."""


@torch.no_grad()
def check_isolation(model: nn.Module, inputs: dict[str, Tensor]) -> None:
    """Changes the first solution in every row, and looks at the logits of the others, which must not change.

    Args:
        model: as it will be trained, wrapped and on its device.
        inputs: a batch with `input_ids` and `position_ids`, both `[B, T]`. One without a shared row shows nothing.

    Raises:
        MathsolveError: the others see the first.
    """
    ids_BT, positions_BT = inputs["input_ids"].long(), inputs["position_ids"].long()
    first_BT = (positions_BT == 0).cumsum(1) == 1
    row = int((positions_BT == 0).sum(1).argmax())  # one row is enough, and logits are large
    before_TV = _logits(model, ids_BT, positions_BT, row)
    after_TV = _logits(model, torch.where(first_BT, ids_BT.roll(1, dims=1), ids_BT), positions_BT, row)
    change_T = (after_TV - before_TV).abs().amax(-1)
    inside, others = float(change_T[first_BT[row]].max()), change_T[~first_BT[row]]
    outside = float(others.max()) if len(others) else 0.0
    if outside > TOLERANCE * inside:
        raise MathsolveError(
            f"solutions in one row see each other: logits change by {outside:.2g} where {inside:.2g} is the change inside a "
            "solution; choose another attention for this model, or a version of transformers that packs it"
        )


def _logits(model: nn.Module, ids_BT: Tensor, positions_BT: Tensor, row: int) -> Tensor:
    with torch.random.fork_rng():  # the same dropout both times, and nothing taken from the training's random numbers
        torch.manual_seed(0)
        logits_BTV: Tensor = model(input_ids=ids_BT, position_ids=positions_BT, use_cache=False).logits
        return logits_BTV[row].float()
