"""How an observation is put into words for a model: model families learned from different tools, and expect their own.

A preset is data. The caller chooses one by its name when it opens a session.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """What is shown of a program, and how."""

    echo: bool = True
    """Whether the value of a last expression is shown."""
    trace: bool = False
    """Whether an error comes with the lines of the program that led to it."""
    error_only: bool = False
    """Whether an error is shown without the output before it."""
    silence: str = ""
    """What a program is told that ran and showed nothing."""
    chars: int | None = None
    """Longest text, half from its start and half from its end with three dots between; None: as long as it is."""

    def words(self, stdout: str, value: str | None, trace: str | None, error: str | None) -> str:
        """The parts of an observation as one text.

        >>> PRESETS["tora"].words("", None, None, None)
        'Done'
        """
        parts = [error] if error and self.error_only else [stdout.rstrip("\n"), value, trace, error]
        text = "\n".join(part for part in parts if part) or ("" if error else self.silence)
        if self.chars is None or len(text) <= self.chars:
            return text
        half = self.chars // 2
        return f"{text[:half]}...{text[-half:]}"


PRESETS = {
    "plain": Preset(),
    "tora": Preset(echo=False, error_only=True, silence="Done", chars=400),
    "notebook": Preset(trace=True),
}
"""`plain`: output, last value, one line for an error. `tora`: what ToRA and the models trained on its format expect.
`notebook`: like `plain`, with a short traceback."""
