"""The loss of the critique model: marks from 0 to 10 are classes in an order, and being off by one is nearly right.

    q_j ~ exp(-(j - s)^2 / 2),   L = -sum_j q_j log p_j

Soft ordinal labels (Diaz and Marathe 2019, CVPR, section 3, with the squared distance). The mark that is read is the mean of
p, so it lies between whole numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ...engine.classifier import value


def soft_labels(marks_N: Tensor, classes: int = 11) -> Tensor:
    """The target of each mark, of shape `[N, classes]`; every row sums to 1.

    >>> [round(share, 3) for share in soft_labels(torch.tensor([1.0]), 4)[0].tolist()]
    [0.258, 0.426, 0.258, 0.058]
    """
    marks_K = torch.arange(classes, device=marks_N.device, dtype=torch.float32)
    return (-(marks_K - marks_N[:, None].float()).square() / 2).softmax(-1)


def ordinal_loss(logits_NK: Tensor, marks_N: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The mean cross-entropy of attempts against their soft labels, and what to log.

    Args:
        logits_NK: of each mark, from the lowest.
        marks_N: by the rubric.
    """
    loss = -(soft_labels(marks_N, logits_NK.shape[-1]) * logits_NK.log_softmax(-1)).sum(-1).mean()
    off = (value(logits_NK.detach()) - marks_N).abs().mean().item()
    return loss, {"off": off}
