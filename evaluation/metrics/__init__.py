"""Numbers from verdicts: pure functions, each with the source of its formula."""
