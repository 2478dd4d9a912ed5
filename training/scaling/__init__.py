"""Accuracy against the number of training examples, and between variants of the data: many small fine-tunings, one figure."""
