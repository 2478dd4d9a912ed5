# ruff: noqa: E501  (programs are kept on one line)
"""The Python policy, promise by promise: what it lets through unchanged, what it refuses, and what it cannot see."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mathsolve.sandbox import Observation

Run = Callable[..., list[Observation]]

ORDINARY = {
    "main guard": ("if __name__ == '__main__':\n    print(1)", "1"),
    "items in place": ("d = {'a': 1}\nd['a'] += 2\nd", "{'a': 3}"),
    "slices in place": ("x = [1, 2, 3]\nx[1:] += [4]\nx", "[1, 2, 3, 4]"),
    "star import": ("from sympy import *\nx = symbols('x')\nsolve(x**2 - 4)", "[-2, 2]"),
    "nonlocal": (
        "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n        return n\n    return g()\nf()",
        "1",
    ),
    "annotations": ("x: int = 5\ndef f(a: int) -> 'str': return a\nf(x)", "5"),
    "private helper": ("def _helper(): return 2\n_helper()", "2"),
    "class": (
        "class P:\n    count = 0\n    def __init__(self, x): self.x = x; self._y = 1\n    def __str__(self): return f'P{self.x}'\n"
        "    def __add__(self, o): return P(self.x + o.x)\np = P(1)\np.x += 1\nprint(p + P(3))",
        "P5",
    ),
    "subclass": (
        "class A:\n    def __init__(self): self.a = 1\nclass B(A):\n    def __init__(self):\n        super().__init__()\nB().a",
        "1",
    ),
    "class name": ("class A:\n    def __repr__(self): return self.__class__.__name__\nA()", "A"),
    "type name": ("type(3).__name__", "'int'"),
    "match": ("match (1, [2, 3]):\n    case (a, [b, *c]) if a: print(a, b, c)", "1 2 [3]"),
    "match class": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nmatch P(3):\n    case P(x=n): print(n)",
        "3",
    ),
    "f-strings": ("x = 2.5\nf'{x:.2f} {x!r:>5}'", "'2.50   2.5'"),
    "format": ("'{0} {x:.1f} {0[0]} {{}}'.format([7], x=1)", "'[7] 1.0 7 {}'"),
    "unpacking": ("a, (b, *c) = 1, (2, 3, 4)\nprint(a, b, *c, sep='-')", "1-2-3-4"),
    "generators": ("def g():\n    yield from range(3)\nsum(g())", "3"),
    "comprehensions": ("{k: [i for i in range(v)] for k, v in zip('ab', (1, 2))}", "{'a': [0], 'b': [0, 1]}"),
    "walrus": ("[y for x in range(4) if (y := x * x) > 3]", "[4, 9]"),
    "try": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    print(e)\nelse:\n    pass\nfinally:\n    print('end')",
        "division by zero\nend",
    ),
    "cache": (
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nf(80)",
        "23416728348467685",
    ),
    "names of builtins": ("input = [1, 2]\nvars = sum(input)\nvars", "3"),
    "matrix items": ("from sympy import Matrix\nM = Matrix([[1, 2], [3, 4]])\nM[0, 0] = 5\nM.det()", "14"),
    "array items": ("import numpy as np\na = np.zeros(3)\na[1:] += 2\nprint(a.tolist())", "[0.0, 2.0, 2.0]"),
    "precision": ("from mpmath import mp\nmp.dps = 20\nprint(mp.pi)", "3.1415926535897932385"),
    "lambda": ("sorted(['bb', 'a'], key=lambda s: len(s))", "['a', 'bb']"),
    "global": ("n = 0\ndef f():\n    global n\n    n += 1\nf()\nn", "1"),
    "with": (
        "from decimal import localcontext, Decimal\nwith localcontext() as c:\n    c.prec = 3\n    print(Decimal(1) / 3)",
        "0.333",
    ),
    "collections": (
        "from collections import Counter, defaultdict\nd = defaultdict(int)\nd['x'] += 1\nCounter('aab')['a'] + d['x']",
        "3",
    ),
    "itertools": ("from itertools import product\nlen(list(product(range(3), repeat=2)))", "9"),
    "getattr": (
        "getattr('a', 'upper')() + str(hasattr('a', 'nothing')) + str(getattr(1, 'nothing', None))",
        "'AFalseNone'",
    ),
    "properties": (
        "class A:\n    @property\n    def x(self): return 1\n    @staticmethod\n    def s(): return 2\nA().x + A.s()",
        "3",
    ),
}
REFUSED = {
    "import os": "import of os",
    "import os.path as p": "import of os.path",
    "from subprocess import run": "import of subprocess",
    "from . import x": "import of .",
    "import ctypes, math": "import of ctypes",
    "eval('1')": "eval",
    "exec('1')": "exec",
    "compile('1', '', 'eval')": "compile",
    "open('x')": "open",
    "input()": "input",
    "__import__('os')": "__import__",
    "globals()['x']": "globals",
    "f = eval": "eval",
    "().__class__": "__class__",
    "(lambda: 0).__globals__": "__globals__",
    "x = __builtins__": "__builtins__",
    "__builtins__ = {}": "__builtins__",
    "(i for i in ()).gi_frame": "gi_frame",
    "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame": "tb_frame",
    "async def f(): pass": "AsyncFunctionDef",
    "class A(metaclass=type): pass": "metaclass",
    "_getattr_ = 1": "_getattr_",
    "def f(_getattr_, /): pass": "_getattr_",
    "from math import sin as _getattr_": "_getattr_",
    "match 1:\n    case _getattr_: pass": "_getattr_",
    "match 1:\n    case int(__class__=c): pass": "__class__",
    "class A:\n    def __getattribute__(self, n): pass": "__getattribute__",
    "try:\n    pass\nexcept* ValueError: pass": "TryStar",
}
GUARDED = {
    "getattr((), '__cl' + 'ass__')": "__class__",
    "'{0.__class__}'.format(1)": "__class__",
    "'{x.__class__}'.format_map({'x': 1})": "__class__",
    "str.format('{0.__class__}', 1)": "format",
    "import random\nrandom._os": "random._os",
    "import statistics\nstatistics.sys": "statistics.sys",
    "from statistics import sys": "statistics.sys",
    "setattr(object(), '__class__', int)": "__class__",
    "hasattr(3, '__class__') or 1 / 0": "division",
    "type('A', (), {})": "argument",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_programs_run_unchanged(run: Run, guarded: Run, name: str) -> None:
    code, text = ORDINARY[name]
    assert run(code)[0].text == text
    assert guarded(code)[0].text == text


@pytest.mark.parametrize("code", REFUSED)
def test_what_reaches_the_interpreter_is_refused_with_its_name(run: Run, guarded: Run, code: str) -> None:
    for (seen,) in (run(code), guarded(code)):
        assert seen.status == "policy" and REFUSED[code] in (seen.error or "")


@pytest.mark.parametrize("code", GUARDED)
def test_what_only_shows_while_running_is_refused_by_the_guards(guarded: Run, code: str) -> None:
    (seen,) = guarded(code)
    assert seen.status == "error" and GUARDED[code] in (seen.error or "")


def test_what_a_policy_cannot_see_reaches_no_further_than_the_wall(run: Run, guarded: Run) -> None:
    code = "import sympy\nsympy.sympify('__import__(\"os\").getcwd()')"
    assert [seen.value for seen in (*run(code), *guarded(code))] == ["'/'"] * 2
    code = 'import sympy\nsympy.sympify(\'__import__("os").listdir("/etc")\')'
    assert [seen.status for seen in (*run(code), *guarded(code))] == ["error"] * 2


def test_every_objection_is_listed_with_its_line(run: Run) -> None:
    (seen,) = run("import os\nimport sys\nx = 1\neval('x')")
    error = seen.error or ""
    assert "line 1: import of os" in error and "line 2: import of sys" in error and "line 4: eval" in error


def test_a_name_bound_in_an_earlier_block_may_be_used(run: Run) -> None:
    assert run("vars = 3", "vars + 1")[1].text == "4"
