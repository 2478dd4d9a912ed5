"""The Python policy: what a program may say, with errors that its author can act on.

It is not the boundary. Python cannot be made safe by reading it: sympy alone evaluates strings in a dozen places. The
operating system is the boundary (see `isolation` and `seccomp`); this refuses early, and says why. RestrictedPython
reads the tree; mode `check` only collects what it objects to and then compiles the original text, mode `restricted`
runs the rewritten tree with guards as well, mode `off` does neither.

Covered (refused in `check` and `restricted`):
- import of anything but mathematics and a few pure modules of the standard library
- names that reach the interpreter (eval, exec, open, input, globals, ...), unless the program gives them a meaning
- attributes with two leading underscores, but for the data model's methods and a class's name
- attributes of frames, tracebacks, generators and code objects
- async code, groups of exceptions, metaclasses
- the names of the guards, however a program may bind them
Covered in `restricted` only (they need a guard while running):
- attributes by computed names: getattr and its like, fields of str.format, string.Formatter, operator.attrgetter
- modules reached through other modules (random._os, statistics.sys), and modules that a library returns
- names that reach the interpreter, after the program gave them a meaning and took it back
Not covered (harmless only because of the operating system):
- library calls that evaluate a string: sympify, lambdify, typing.get_type_hints
- library calls that copy attributes by name: functools.update_wrapper
- pickles inside numpy files
- in `check`: whatever only `restricted` covers
"""

from __future__ import annotations

import ast
import types
from typing import Literal, cast

from RestrictedPython.transformer import INSPECT_ATTRIBUTES, RestrictingNodeTransformer

from . import guards
from .guards import DATA_MODEL, MODULES
from .source import SOURCE, Block, Prepare, Refused, split

Mode = Literal["check", "restricted", "off"]

_BANNED = "__builtins__ __import__ breakpoint compile eval exec globals input locals open vars"
BANNED = frozenset(_BANNED.split())
"""Names that a program may not use, unless it has given them a meaning of its own."""

INJECTED = frozenset(guards.names()) | {"_inplacevar_", "__metaclass__"}
"""Names that the rewritten tree calls; a program that could bind them would be rid of the guards."""


def policy(mode: Mode) -> Prepare:
    """The policy with that name."""
    if mode == "off":
        return lambda code, module: split(ast.parse(code, SOURCE))
    return check if mode == "check" else restricted


def check(code: str, module: types.ModuleType) -> Block:
    """Refuse what the policy forbids; otherwise run the text as it was written."""
    _read(code, module)
    return split(ast.parse(code, SOURCE))


def restricted(code: str, module: types.ModuleType) -> Block:
    """Refuse what the policy forbids, and run the rest with every access guarded."""
    module.__dict__.update(guards.names())
    return split(_read(code, module))


def _read(code: str, module: types.ModuleType) -> ast.Module:
    """The rewritten tree. Raises `Refused` with all objections."""
    tree = ast.parse(code, SOURCE)
    transformer = MathTransformer(_bound(tree) | module.__dict__.keys())
    rewritten = transformer.visit(tree)
    if transformer.errors:
        objections = list(dict.fromkeys(transformer.errors))
        more = f"; and {len(objections) - 3} more" if len(objections) > 3 else ""
        raise Refused(f"PolicyError: {'; '.join(objections[:3])}{more}")
    return cast(ast.Module, ast.fix_missing_locations(rewritten))


def _bound(tree: ast.Module) -> set[str]:
    """Names that the program gives a meaning to, anywhere."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


class MathTransformer(RestrictingNodeTransformer):
    """RestrictedPython's reader, relaxed to the Python that people write for mathematics."""

    def __init__(self, bound: set[str]) -> None:
        super().__init__()
        self._own = bound - {"__builtins__", "__import__"}

    def error(self, node: ast.AST, info: str) -> None:
        """Collect an objection; RestrictedPython's own words about eval and exec would say it twice."""
        if not info.startswith(("Eval calls", "Exec calls")):
            self.errors.append(f"line {getattr(node, 'lineno', '?')}: {info}")

    def not_allowed(self, node: ast.AST) -> None:
        """A kind of statement that is refused."""
        self.error(node, f"{type(node).__name__} is not allowed here")

    def check_name(self, node: ast.AST, name: str | None, allow_magic_methods: bool = False) -> None:
        """Every name that is bound or used passes here."""
        if name is None or name in DATA_MODEL:
            return
        if name in INJECTED or name.startswith("__"):
            self.error(node, f"the name {name} is not allowed here")

    def check_import_names(self, node: ast.Import | ast.ImportFrom) -> ast.AST:
        """Only listed modules, nothing private from them."""
        modules = [node.module or "."] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        for module in modules:
            if module.split(".")[0] not in MODULES:
                self.error(node, f"import of {module} is not allowed here; use {_LISTED}")
        for alias in node.names:
            self.check_name(node, alias.asname or alias.name.split(".")[0])
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Names keep their meaning; `print` is the real one."""
        if node.id not in BANNED:
            self.check_name(node, node.id)
        elif node.id not in self._own:
            self.error(node, f"{node.id} is not allowed here")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """One leading underscore is a matter of style, two are not."""
        of_class = isinstance(node.value, ast.Attribute) and node.value.attr == "__class__"
        if of_class and node.attr == "__name__":  # type(self).__name__ in its old spelling
            node.value = ast.Call(ast.Name("type", ast.Load()), [node.value.value], [])  # type: ignore[attr-defined]
            ast.copy_location(node.value, node)
        self._check_attribute(node, node.attr)
        shown, node.attr = node.attr, "x"
        result = super().visit_Attribute(node)
        if isinstance(result, ast.Call):
            result.args[1] = ast.Constant(shown)
        else:
            node.attr = shown
        return cast(ast.AST, result)

    def _check_attribute(self, node: ast.AST, name: str) -> None:
        if name in INSPECT_ATTRIBUTES or (name.startswith("__") and name not in DATA_MODEL):
            self.error(node, f"the attribute {name} is not allowed here")

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """`d[k] += 1` and `o.a += 1` become calls that evaluate `d` and `k` once; plain names stay as they are."""
        node.value = self.visit(node.value)
        sign = ast.Constant(type(node.op).__name__)
        if isinstance(node.target, ast.Name):
            self.visit(node.target)
            return node
        holder = self.visit(node.target.value)
        if isinstance(node.target, ast.Attribute):
            self._check_attribute(node, node.target.attr)
            name, key = "_augattr_", ast.Constant(node.target.attr)
        else:
            name, key = "_augitem_", self.visit(node.target.slice)
        call = ast.Call(ast.Name(name, ast.Load()), [holder, key, sign, node.value], [])
        return ast.copy_location(ast.Expr(call), node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Classes as they are written, but for metaclasses."""
        self.check_name(node, node.name)
        if any(keyword.arg == "metaclass" for keyword in node.keywords):
            self.error(node, "metaclass is not allowed here")
        return self.node_contents_visit(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        """Allowed; the names were checked where they were bound."""
        return node

    def visit_MatchValue(self, node: ast.MatchValue) -> ast.AST:
        """A pattern has to stay a pattern, so it is checked and not rewritten."""
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute):
                self._check_attribute(part, part.attr)
        return node

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        """`case Point(x=0)` reads the attribute `x`; the class has to stay a name."""
        for name in node.kwd_attrs:
            self._check_attribute(node, name)
        node.patterns = [self.visit(pattern) for pattern in node.patterns]
        node.kwd_patterns = [self.visit(pattern) for pattern in node.kwd_patterns]
        return node

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> ast.AST:
        """A pattern that binds a name."""
        self.check_name(node, node.name)
        return self.node_contents_visit(node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        """A pattern that may bind what is left over."""
        self.check_name(node, node.rest)
        node.patterns = [self.visit(pattern) for pattern in node.patterns]
        return node

    def _plain(self, node: ast.AST) -> ast.AST:
        return self.node_contents_visit(node)

    visit_MatchStar = visit_MatchAs
    visit_AnnAssign = visit_Match = visit_match_case = visit_MatchOr = visit_MatchSequence = visit_MatchSingleton = (
        _plain
    )


_LISTED = ", ".join(sorted(MODULES - {"__future__", "textwrap", "time", "copy", "enum", "numbers", "pprint"}))
