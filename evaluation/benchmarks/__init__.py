"""Benchmarks: what each is, where it comes from, and how its records are read.

A benchmark is a TOML file in this folder (`entry.py` says what it may hold), and a function in `special.py` where names of
fields are not enough. To add one, write the file, put its records at DIR/<name>/test.jsonl, look at
`mathsolve bench show <name> --data DIR`, and let `mathsolve bench check <name> --data DIR` grade its right answers.

    choose.py    names to entries          sources.py, hub.py    where the records are
    records.py   files to records          mapping.py            records to problems
    loading.py   all of it: `load`         selfcheck.py          does our grader accept the right answers?
"""
