# ruff: noqa: E501  (programs are kept on one line)
"""The Python policy, promise by promise: what it lets through unchanged, what it refuses, and what it cannot see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mathsolve.sandbox import Observation
from mathsolve.sandbox.inside import policy

Run = Callable[..., list[Observation]]

WALL = r"(FileNotFoundError|PermissionError): .*'/etc(/passwd)?'"
"""What the kernel answers to a program that the policy did not stop."""

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
    "calendar": ("import calendar\ncalendar.monthrange(2024, 2)[1]", "29"),
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
    "import of anything but mathematics and a few pure modules of the standard library": {
        "import os": "import of os",
        "import os.path as p": "import of os.path",
        "from subprocess import run": "import of subprocess",
        "from . import x": "import of .",
        "import ctypes, math": "import of ctypes",
        "import queue": "import of queue",
    },
    "names that reach the interpreter (eval, exec, open, input, globals, ...), unless the program gives them a meaning": {
        "eval('1')": "eval",
        "exec('1')": "exec",
        "compile('1', '', 'eval')": "compile",
        "open('x')": "open",
        "input()": "input",
        "__import__('os')": "__import__",
        "globals()['x']": "globals",
        "locals()": "locals",
        "breakpoint()": "breakpoint",
        "f = eval": "eval",
        "list(map(exec, ['1']))": "exec",
        "@exec\n@input\nclass A: pass": "exec",
        "x = __builtins__": "__builtins__",
        "__builtins__ = {}": "__builtins__",
        "__loader__.load_module('os')": "__loader__",
        "__spec__": "__spec__",
    },
    "attributes with two leading underscores, but for the data model's methods and a class's name": {
        "().__class__": "__class__",
        "(lambda: 0).__globals__": "__globals__",
        "print.__self__": "__self__",
        "x = 1\nx.__dict__ = {}": "__dict__",
        "x = 1\nx.__dict__ |= {}": "__dict__",
        "x = 1\ndel x.__dict__": "__dict__",
        "class A:\n    def __getattribute__(self, n): pass": "__getattribute__",
        "class A:\n    def __reduce__(self): pass": "__reduce__",
        "match 1:\n    case int(__class__=c): pass": "__class__",
        "import random\nmatch 1:\n    case random.__dict__: pass": "__dict__",
        "f'{().__class__}'": "__class__",
    },
    "attributes of frames, tracebacks, generators and code objects": {
        "(i for i in ()).gi_frame": "gi_frame",
        "(i for i in ()).gi_code": "gi_code",
        "def f(c): return c.cr_frame": "cr_frame",
        "def f(c): return c.co_code": "co_code",
        "def f(c): return c.f_back.f_builtins": "f_back",
        "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame": "tb_frame",
    },
    "async code, groups of exceptions, metaclasses": {
        "async def f(): pass": "AsyncFunctionDef",
        "class A(metaclass=type): pass": "metaclass",
        "try:\n    pass\nexcept* ValueError: pass": "TryStar",
    },
    "the names of the guards, however a program may bind them": {
        "_getattr_ = 1": "_getattr_",
        "_getattr_: int = 1": "_getattr_",
        "_getattr_ += 1": "_getattr_",
        "del _getattr_": "_getattr_",
        "(_getattr_ := 1)": "_getattr_",
        "def f(_getattr_, /): pass": "_getattr_",
        "def f(*, _getattr_): pass": "_getattr_",
        "def f(*_getattr_): pass": "_getattr_",
        "def f(**_getattr_): pass": "_getattr_",
        "lambda _getattr_, /: 1": "_getattr_",
        "def _getitem_(): pass": "_getitem_",
        "class _write_: pass": "_write_",
        "for _getiter_ in (): pass": "_getiter_",
        "[1 for _getattr_ in ()]": "_getattr_",
        "with 1 as _getattr_: pass": "_getattr_",
        "try:\n    pass\nexcept ValueError as _getattr_: pass": "_getattr_",
        "def f():\n    global _getattr_\n    _getattr_ = 1": "_getattr_",
        "from math import sin as _getattr_": "_getattr_",
        "import math as _apply_": "_apply_",
        "match 1:\n    case _getattr_: pass": "_getattr_",
        "match [1]:\n    case [*_getattr_]: pass": "_getattr_",
        "match {}:\n    case {**_getattr_}: pass": "_getattr_",
    },
}
GUARDED = {
    "attributes by computed names: getattr and its like, fields of str.format, string.Formatter, operator.attrgetter": {
        "getattr((), '__cl' + 'ass__')": "__class__",
        "setattr(object(), '__class__', int)": "__class__",
        "delattr(object(), '__class__')": "__class__",
        "hasattr(3, '__class__') or 1 / 0": "division",
        "type('A', (), {})": "argument",
        "'{0.__class__}'.format(1)": "__class__",
        "'{x.__class__}'.format_map({'x': 1})": "__class__",
        "str.format('{0.__class__}', 1)": "format",
        "import string\nstring.Formatter()": "Formatter",
        "from string import Formatter": "Formatter",
        "from string import *": "import of * from string",
        "import operator\noperator.attrgetter('__class__')": "attrgetter",
        "from operator import methodcaller": "methodcaller",
        "from operator import *": "import of * from operator",
    },
    "modules reached through other modules (random._os, statistics.sys), and modules that a library returns": {
        "import random\nrandom._os": "random._os",
        "import statistics\nstatistics.sys": "statistics.sys",
        "from statistics import sys": "statistics.sys",
        "from random import _os as fine": "random._os",
        "from sympy.external import import_module\nimport_module('os').getcwd": "os.getcwd",
    },
    "names that reach the interpreter, after the program gave them a meaning and took it back": {
        "eval = 1\ndel eval\neval('1')": "NameError",
        "def f(open): pass\nopen('x')": "NameError",
        "__import__ = 1": "__import__",
    },
}
UNSEEN = {
    "library calls that evaluate a string: sympify, lambdify, typing.get_type_hints": {
        'import sympy\nsympy.sympify(\'__import__("os").listdir("/etc")\')': WALL,
        'import sympy\nsympy.lambdify([], \'__import__("os").listdir("/etc")\')()': WALL,
        "import typing\ndef f(): pass\nf.__annotations__ = {'x': '().__class__.__base__.__subclasses__()'}\n"
        "[c for c in typing.get_type_hints(f)['x'] if c.__name__ == 'FileLoader'][0]('x', '/etc/passwd').get_data('/etc/passwd')": WALL,
    },
    "library calls that copy attributes by name: functools.update_wrapper": {
        "import dataclasses, functools\nfound = {}\n"
        "A = dataclasses.make_dataclass('A', [], namespace={'__globals__': found})\n"
        "functools.update_wrapper(A, functools.lru_cache, (), ('__globals__',))\nfound['RLock']": "_thread.RLock",
    },
    "pickles inside numpy files": {
        "import numpy\nclass File:\n    at = 0\n    data = b'cbuiltins\\nprint\\n(S\"it ran\"\\ntR.'\n"
        "    def seek(self, *where): self.at = 0\n    def readline(self): return self.read(self.data.index(b'\\n', self.at) + 1 - self.at)\n"
        "    def read(self, n=-1):\n        part = self.data[self.at:][:n if n >= 0 else None]\n        self.at += len(part)\n        return part\n"
        "numpy.load(File(), allow_pickle=True)": "^it ran",
    },
    "in `check`: whatever only `restricted` covers": {"getattr((), '__cl' + 'ass__')": "<class 'tuple'>"},
}


def promises() -> list[str]:
    """The lines of the policy's two lists."""
    return re.findall(r"^- (.*)$", policy.__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_programs_run_unchanged(run: Run, guarded: Run, name: str) -> None:
    code, text = ORDINARY[name]
    assert run(code)[0].text == text
    assert guarded(code)[0].text == text


def test_every_line_of_the_docstring_has_its_programs() -> None:
    assert promises() == [*REFUSED, *GUARDED, *UNSEEN]


@pytest.mark.parametrize(("code", "word"), [pair for line in REFUSED.values() for pair in line.items()])
def test_what_is_covered_is_refused_with_its_name(run: Run, guarded: Run, code: str, word: str) -> None:
    for (seen,) in (run(code), guarded(code)):
        assert seen.status == "policy" and word in (seen.error or ""), seen


@pytest.mark.parametrize(("code", "word"), [pair for line in GUARDED.values() for pair in line.items()])
def test_what_only_shows_while_running_is_refused_by_the_guards(guarded: Run, code: str, word: str) -> None:
    (seen,) = guarded(code)
    assert seen.status in ("error", "policy") and word in (seen.error or ""), seen


@pytest.mark.parametrize(("code", "shown"), [pair for line in UNSEEN.values() for pair in line.items()])
def test_what_is_not_covered_reaches_no_further_than_the_wall(run: Run, code: str, shown: str) -> None:
    assert re.search(shown, run(code)[0].text)


def test_every_objection_is_listed_with_its_line(run: Run) -> None:
    (seen,) = run("import os\nimport sys\nx = 1\neval('x')")
    error = seen.error or ""
    assert "line 1: import of os" in error and "line 2: import of sys" in error and "line 4: eval" in error


def test_a_name_bound_in_an_earlier_block_may_be_used(run: Run) -> None:
    assert run("vars = 3", "vars + 1")[1].text == "4"
