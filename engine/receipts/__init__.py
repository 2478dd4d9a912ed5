"""Receipts: how an answer was checked, in checks that another reader could repeat.

    check.py      all checks of one answer            claims.py      what could be checked, from all readers
    formulas.py   the formulas of a question          claim.py       one check as a program of ours
    source.py     trees as programs                   programs.py    attempts that agree and are really different
    equations.py  solutions are put back              calculus.py    the inverse operation, numerically
    values.py     expressions, worked out again       matrices.py    the same for matrices
    whole.py      whole numbers: counted, or worked out in another way
    units.py      the unit of the answer is the one that was asked for

Promises: a check that is reported was done; the question and the answer are read by the grammar of `grading` and written
out again by our code, so no text of a model or a user is ever run; what runs, runs in the sandbox, a second at most each.
Does not promise that there is a check: most questions in words have none, and then the answer is `not checked`. A check
that passed shows that the answer fits the question as it was read, which is less than a proof.
"""
