"""Receipts: how an answer was checked, in checks that another reader could repeat.

    claim.py      what is to be checked, as a program of ours        check.py       all checks of one answer
    formulas.py   the formulas of a question                         source.py      trees as programs
    equations.py  solutions are put back                             calculus.py    the inverse operation, numerically
    values.py     expressions and matrices, worked out again         whole.py       whole numbers, counted or worked out again
    programs.py   attempts that agree and are really different

Promises: a check that is reported was done; the question and the answer are read by the grammar of `grading` and written out
again by our code, so no text of a model or a user is ever run; what runs, runs in the sandbox, a second at most each. Does not
promise that there is a check: most questions in words have none, and then the answer is `not checked`. A check that passed shows
that the answer fits the question as it was read, which is less than a proof.
"""
