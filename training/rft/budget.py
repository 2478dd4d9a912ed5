"""How many solutions of each problem to keep: plain rejection sampling keeps too many of the easy ones.

Source: DART-Math (Tong et al. 2024, arXiv 2407.13690): `Uniform` and `Prop2Diff`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

Rule = Literal["uniform", "prop2diff"]
"""`uniform`: as many for each problem; `prop2diff`: in proportion to how often a problem is failed."""


def budgets(pass_rates: Mapping[str, float], most: int, rule: Rule) -> dict[str, int]:
    """Solutions to keep for each problem, 1 to `most`.

    With `prop2diff` a problem gets `ceil(most * (1 - p) / max(1 - p))`, at least 1, where p is its pass rate.

    >>> budgets({"easy": 1.0, "middle": 0.5, "hard": 0.1}, 6, "prop2diff")
    {'easy': 1, 'middle': 4, 'hard': 6}
    """
    hardest = max((1 - rate for rate in pass_rates.values()), default=0.0)
    if rule == "uniform" or not hardest:
        return dict.fromkeys(pass_rates, most)
    return {problem: max(1, math.ceil(round(most * (1 - rate) / hardest, 9))) for problem, rate in pass_rates.items()}
