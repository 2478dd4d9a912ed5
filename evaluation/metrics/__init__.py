"""Pure functions from verdicts to figures with error bars, and `metrics`, which works out all figures of a run."""

from .figures import Metrics
from .rows import headline_rows, markdown_table, notes, text_table
from .summary import metrics

__all__ = ["Metrics", "headline_rows", "markdown_table", "metrics", "notes", "text_table"]
