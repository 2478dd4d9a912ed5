"""What the reward model and the critique model differ in: the loss, and the figures on held-out problems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from ...engine.judge import Curve, Judge, Kind
from ...evaluation.metrics.rows import text_table, with_interval
from ...evaluation.report.markdown import table_text
from ...evaluation.report.table import Table
from ...evaluation.run import replace_file
from ..samples import Sampled


@dataclass(frozen=True, slots=True)
class Measured:
    """What a judge does on problems that it was not trained on."""

    figures: dict[str, Any]
    """All of them, ready for JSON."""
    tables: tuple[Table, ...]
    """The same for people."""
    curves: dict[str, Curve] = field(default_factory=dict)
    """From marks to probabilities, for the judge's folder."""
    drawings: dict[str, str] = field(default_factory=dict)
    """SVG files by name."""

    def markdown(self) -> str:
        """The tables for a file."""
        return "\n\n".join(part for table in self.tables for part in (f"## {table.title}", table_text(table)))

    def write(self, folder: Path, kind: Kind) -> None:
        """Puts figures, tables and drawings into a folder."""
        replace_file(folder / "report.json", [json.dumps(self.figures, indent=2) + "\n"])
        replace_file(folder / "report.md", [f"# {kind} model\n\n{self.markdown()}\n"])
        for name, drawing in self.drawings.items():
            replace_file(folder / name, [drawing])

    def text(self) -> str:
        """The tables for a terminal."""
        return "\n\n".join(map(_plain, self.tables))


def _plain(table: Table) -> str:
    rows = [[cell if isinstance(cell, str) else with_interval(cell) for cell in row] for row in table.rows]
    return "\n".join(filter(None, (table.title, text_table([table.columns, *rows], left=table.names), table.note)))


class Stage(Protocol):
    """One kind of judge."""

    @property
    def kind(self) -> Kind:
        """Which."""
        ...

    def loss(self, logits_NK: Tensor, marks_N: Tensor, right_N: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The loss of the attempts at one problem as a scalar, and what to log of it."""
        ...

    def measure(self, judge: Judge, problems: Sequence[Sampled], seed: int) -> Measured:
        """Figures on held-out problems."""
        ...
