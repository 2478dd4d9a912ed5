"""A loss weight for program tokens that follows how the programs fare.

Programs are more regular than words, so their loss falls sooner, and a fixed weight is wrong for most of a training. The weight
follows the *relative progress* of the two kinds of tokens (as in GradNorm, Chen et al. 2018, and DWA, Liu et al. 2019), and how
many programs fail in the sandbox:

    R = running loss / loss at the start
    weight = clip((R_program / R_thought) ** power * (1 + gain * (failure rate - expected)), low, high)

The raw ratio of the losses would not do: it is below 1 from the start, and would switch programs off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class PotWeight:
    """The controller. Its state belongs into checkpoints."""

    power: float = 1.0
    """How strongly the weight follows the relative progress; 0: not at all."""
    gain: float = 1.0
    """How strongly it follows failures of programs."""
    expected_failures: float = 0.05
    """Share of failing programs that calls for nothing."""
    bounds: tuple[float, float] = (0.5, 3.0)
    """Least and largest weight."""
    decay: float = 0.99
    """Of the running means, per step."""
    warmup_steps: int = 100
    """Steps with a weight of 1, at whose end the losses are taken as those of the start."""
    _mean: dict[str, float] = field(default_factory=dict)
    _start: dict[str, float] = field(default_factory=dict)
    _failures: float | None = None
    _steps: int = 0

    def update(self, thought_nll: float, program_nll: float) -> None:
        """Hears the mean loss of both kinds of tokens in one step, over all processes."""
        for name, value in (("thought", thought_nll), ("program", program_nll)):
            old = self._mean.get(name, value)
            self._mean[name] = self.decay * old + (1 - self.decay) * value
        self._steps += 1
        if self._steps == self.warmup_steps:
            self._start = dict(self._mean)

    def hear_failures(self, rate: float) -> None:
        """Hears which share of the programs failed in the sandbox, on held-out questions."""
        self._failures = rate

    @property
    def weight(self) -> float:
        """The weight of program tokens; that of thoughts is 1."""
        if not self._start:
            return 1.0
        progress = {name: self._mean[name] / max(start, 1e-8) for name, start in self._start.items()}
        ratio = progress["program"] / max(progress["thought"], 1e-8)
        excess = 0.0 if self._failures is None else self._failures - self.expected_failures
        low, high = self.bounds
        return min(high, max(low, float(ratio**self.power) * (1 + self.gain * excess)))

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        mean, start = dict(self._mean), dict(self._start)
        return {"mean": mean, "start": start, "failures": self._failures, "steps": self._steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self._mean, self._start = dict(state["mean"]), dict(state["start"])
        self._failures, self._steps = state["failures"], state["steps"]
