"""What a run tells while it trains: a live line on the terminal, `log.jsonl`, and TensorBoard where it is installed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class Report(TrainerCallback):
    """Hears every step and every log line of a run."""

    def __init__(self, folder: Path, console: Console, step_tokens: int, step_flops: float, peak_flops: float) -> None:
        """Args:
        folder: of the run.
        console: where the live line goes.
        step_tokens: tokens of a step, padding included.
        step_flops: floating-point operations of a step.
        peak_flops: what all devices together can do in a second; 0 where nobody knows.
        """
        self._log = folder / "log.jsonl"
        self._folder = folder
        self._step_tokens, self._utilisation = step_tokens, step_flops / peak_flops if peak_flops else 0.0
        bar = (TextColumn("sft"), BarColumn(12), MofNCompleteColumn(), TextColumn("{task.fields[said]}"))
        self._progress = Progress(*bar, TimeRemainingColumn(), console=console)
        self._live = self._progress.add_task("sft", said="", start=False)
        self._losses = ""
        self._begun = self._since = time.monotonic()
        self._steps = 0
        self._board: Any = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Opens the live line and TensorBoard's file, and forgets log lines from beyond the checkpoint that it starts from."""
        cut(self._log, state.global_step)
        if find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(self._folder / "tensorboard"), purge_step=state.global_step)
        self._progress.update(self._live, total=state.max_steps, completed=state.global_step)
        self._progress.start_task(self._live)
        self._progress.start()
        self._since = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Moves the live line on."""
        self._steps += 1
        said = " · ".join(part for part in (self._losses, *self._speed()) if part)
        self._progress.update(self._live, completed=state.global_step, said=said)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """One JSON line, and the same numbers for TensorBoard."""
        values = dict(logs or {})
        if "loss" in values:
            shown = (role for role in ("thought", "program") if f"loss_{role}" in values)
            self._losses = "loss " + ", ".join(f"{role} {values[f'loss_{role}']:.3f}" for role in shown)
            values["tokens_per_s"] = round(self._rate() * self._step_tokens, 1)
            self._since, self._steps = time.monotonic(), 0
        self.write(state.global_step, values)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Closes what was opened."""
        self.close()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Adds numbers to the log."""
        line = {"step": step, "seconds": round(time.monotonic() - self._begun, 1), **values}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        for name, value in values.items():
            if self._board is not None:
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Ends the live line; may be called twice."""
        self._progress.stop()
        if self._board is not None:
            self._board.close()
            self._board = None

    def _rate(self) -> float:
        """Steps a second since the last log line."""
        return self._steps / max(time.monotonic() - self._since, 1e-9)

    def _speed(self) -> tuple[str, str]:
        rate = self._rate()
        mfu = f"{rate * self._utilisation:.0%} of peak" if self._utilisation else ""
        return f"{rate * self._step_tokens:,.0f} tokens/s", mfu


def cut(log: Path, step: int) -> None:
    """Leaves the lines of the log up to a step, none where the run begins anew; what was torn, or is no line of a log, is
    dropped."""
    if not log.is_file():
        return
    kept = []
    for line in log.read_bytes().splitlines():
        try:
            if step and json.loads(line.decode("utf-8"))["step"] <= step:
                kept.append(line + b"\n")
        except (ValueError, TypeError, KeyError):
            continue
    log.write_bytes(b"".join(kept))
