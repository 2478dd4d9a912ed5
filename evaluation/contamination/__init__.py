"""Whether training data contains the questions of a benchmark."""
