"""Answers: where they stand in a text, what they mean, and whether two of them are equal.

`grade` is the face: correct, wrong or undecided, with the reason. Text is only ever parsed here, by a grammar of its own; it
is never evaluated as Python or by a computer algebra system in this process.
"""
