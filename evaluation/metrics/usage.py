"""What samples did and took: answers given and withheld, programs, tokens, time, cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .figures import Effort, Programs, Trust
from .outcomes import STATUSES, STOPS, VERDICTS, Flags, Samples

_CORRECT, _UNDECIDED = VERDICTS.index("correct"), VERDICTS.index("undecided")


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in any currency."""

    prompt: float
    """Of the prompt and of observations, which the model reads."""
    sampled: float
    """Of those that the model chose."""


def trust(samples: Samples) -> Trust:
    """Answers given and withheld."""
    correct, given = samples.verdict == _CORRECT, samples.given
    undecided = given & (samples.verdict == _UNDECIDED)
    withheld = samples.stated & ~given
    return Trust(
        answered=_share(given),
        right=_share(given & samples.right),
        wrong=_share(given & ~samples.right & ~undecided),
        undecided=_share(undecided),
        withheld_right=_share(withheld & correct & samples.due),
        withheld=_share(withheld),
        declined=_share(~samples.due & samples.right),
    )


def programs(samples: Samples) -> Programs:
    """What programs did. A sample counts as repaired when its first program failed and its last one ran to its end."""
    used = samples.programs > 0
    ended = samples.statuses.sum(axis=0)
    total = int(ended.sum())
    broken = used & ~samples.first_ran
    repaired = broken & samples.last_ran
    compared = samples.agrees >= 0
    return Programs(
        used=_share(used),
        each=_mean(samples.programs),
        statuses={status: int(count) for status, count in zip(STATUSES, ended, strict=True) if count},
        failing=1 - int(ended[STATUSES.index("ok")]) / total if total else None,
        silent=int(samples.silent.sum()) / total if total else None,
        right_if_ran=_given(samples.right, used & samples.last_ran),
        right_if_failed=_given(samples.right, used & ~samples.last_ran),
        first_failed=_given(broken, used),
        repaired=_given(repaired, broken),
        repair_gain=_given(repaired & samples.right, used),
        agreement=_given(samples.agrees == 1, compared),
    )


def effort(samples: Samples, prices: Prices | None = None) -> Effort:
    """Tokens, time, cost."""
    prompt, sampled, observed = samples.prompt_tokens, samples.sampled_tokens, samples.observed_tokens
    right = int(samples.right.sum())
    cost = None
    if prices is not None:
        cost = (float(prompt.sum() + observed.sum()) * prices.prompt + float(sampled.sum()) * prices.sampled) / 1e6
    return Effort(
        prompt_tokens=_mean(prompt),
        sampled_tokens=_mean(sampled),
        observed_tokens=_mean(observed),
        sampled_per_right=int(sampled.sum()) / right if right else None,
        seconds=_mean(samples.seconds),
        median_seconds=float(np.median(samples.seconds)) if len(samples) else 0.0,
        cost=cost,
    )


def stops(samples: Samples) -> dict[str, int]:
    """Samples by why they ended, the most frequent first."""
    counts = np.bincount(samples.stop, minlength=len(STOPS)).tolist()
    return {STOPS[i]: counts[i] for i in sorted(range(len(STOPS)), key=lambda i: -counts[i]) if counts[i]}


def _mean(values: np.ndarray[tuple[int], np.dtype[np.number]]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _given(flags: Flags, among: Flags) -> float | None:
    """Share of the flags among some samples; None when there are none."""
    return float(flags[among].mean()) if among.any() else None
