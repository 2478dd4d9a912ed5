"""What the rewritten tree of the `restricted` policy calls while it runs: guarded access, and harmless builtins."""

from __future__ import annotations

import builtins
import operator
import string
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence, safe_builtins
from RestrictedPython.transformer import INSPECT_ATTRIBUTES

_MODULES = """
__future__ bisect calendar cmath collections copy dataclasses datetime decimal enum fractions functools heapq itertools math
mpmath numbers numpy operator pprint random re statistics string sympy textwrap time typing
"""
MODULES = frozenset(_MODULES.split())
"""Top-level modules that a program may import."""

_NUMERIC = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift"
_OTHERS = """
init new post_init str repr format bool hash len call iter next reversed contains getitem setitem delitem missing
index int float complex round trunc floor ceil abs neg pos invert eq ne lt le gt ge enter exit name doc match_args
slots annotations
"""
DATA_MODEL = frozenset(
    f"__{name}__"
    for name in (*_OTHERS.split(), *(f"{side}{name}" for name in _NUMERIC.split() for side in ("", "r", "i")))
)
"""Double-underscore names that a program may define and use."""

_PURE = """
all any ascii bin bytearray bytes classmethod dict dir enumerate filter format frozenset iter list map max min next
object print property reversed set sorted staticmethod sum super tuple zip NotImplemented
"""
_IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.iadd, "Sub": operator.isub, "Mult": operator.imul, "Div": operator.itruediv, "Mod": operator.imod,
    "Pow": operator.ipow, "FloorDiv": operator.ifloordiv, "MatMult": operator.imatmul, "BitOr": operator.ior,
    "BitXor": operator.ixor, "BitAnd": operator.iand, "LShift": operator.ilshift, "RShift": operator.irshift,
}  # fmt: skip
_REACHING = frozenset(map(id, (operator.attrgetter, operator.methodcaller, string.Formatter)))
"""Identities of what libraries offer that takes the names of attributes as text, as `getattr` does."""
_NOTHING = object()


class SafeFormatter(string.Formatter):
    """`str.format` whose fields reach public attributes only."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Resolve `a.b[c]`, each attribute through the guard."""
        first, rest = string._string.formatter_field_name_split(field_name)  # type: ignore[attr-defined]
        value = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            value = get_attribute(value, key) if is_attribute else value[key]
        return value, first


def get_attribute(holder: Any, name: str, default: Any = _NOTHING) -> Any:
    """`getattr` that refuses what the reader refuses, and modules that may not be imported."""
    _check(name)
    if name in ("format", "format_map") and isinstance(holder, str):
        return _formatter(holder, name)
    if name in ("format", "format_map") and isinstance(holder, type) and issubclass(holder, str):
        raise AttributeError("use format on a string, not on the class str")
    value = getattr(holder, name) if default is _NOTHING else getattr(holder, name, default)
    if isinstance(holder, types.ModuleType):
        public = _importable(holder) and _importable(value) and not name.startswith("_")
        if not public or id(value) in _REACHING:
            raise AttributeError(f"{holder.__name__}.{name} is not allowed here")
    return value


def has_attribute(holder: Any, name: str) -> bool:
    """`hasattr` through the guard."""
    try:
        get_attribute(holder, name)
    except AttributeError:
        return False
    return True


def set_attribute(holder: Any, name: str, value: Any) -> None:
    """`setattr` of public names."""
    _check(name)
    setattr(holder, name, value)


def delete_attribute(holder: Any, name: str) -> None:
    """`delattr` of public names."""
    _check(name)
    delattr(holder, name)


def import_module(name: str, namespace: Any = None, local: Any = None, wanted: Any = (), level: int = 0) -> Any:
    """`__import__` of the modules that the policy lists."""
    if level or name.split(".")[0] not in MODULES:
        raise ImportError(f"import of {name} is not allowed here")
    module = __import__(name, {"__name__": "__main__"}, None, wanted)
    for part in wanted or ():
        if part == "*" and name in ("operator", "string"):
            raise ImportError(f"import of * from {name} is not allowed here; name what you need")
        if part != "*" and hasattr(module, part):
            get_attribute(module, part)
    return module


def names() -> dict[str, Any]:
    """Everything that a restricted program's module starts with."""
    return {
        "__builtins__": _builtins(),
        "_getattr_": get_attribute,
        "_getitem_": operator.getitem,
        "_getiter_": iter,
        "_write_": lambda holder: holder,
        "_apply_": lambda function, *args, **kwargs: function(*args, **kwargs),
        "_unpack_sequence_": guarded_unpack_sequence,
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
        "_augitem_": _augment_item,
        "_augattr_": _augment_attribute,
    }


def _builtins() -> dict[str, Any]:
    own: dict[str, Any] = {
        "__import__": import_module,
        "getattr": get_attribute,
        "hasattr": has_attribute,
        "setattr": set_attribute,
        "delattr": delete_attribute,
        "type": _type_of,
        "exit": sys.exit,
        "quit": sys.exit,
    }
    errors = {k: v for k, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, BaseException)}
    return {**safe_builtins, **errors, **{name: getattr(builtins, name) for name in _PURE.split()}, **own}


def _type_of(value: object) -> type:
    """`type` with one argument."""
    return type(value)


def _augment_item(holder: Any, key: Any, sign: str, value: Any) -> None:
    holder[key] = _IN_PLACE[sign](holder[key], value)


def _augment_attribute(holder: Any, name: str, sign: str, value: Any) -> None:
    setattr(holder, name, _IN_PLACE[sign](get_attribute(holder, name), value))


def _formatter(text: str, name: str) -> Callable[..., str]:
    if name == "format_map":
        return lambda mapping: SafeFormatter().vformat(text, (), mapping)
    return lambda *args, **kwargs: SafeFormatter().vformat(text, args, kwargs)


def _importable(value: object) -> bool:
    return not isinstance(value, types.ModuleType) or value.__name__.split(".")[0] in MODULES


def _check(name: object) -> None:
    if type(name) is not str:
        raise TypeError("attribute name must be string")
    if name in INSPECT_ATTRIBUTES or (name.startswith("__") and name not in DATA_MODEL):
        raise AttributeError(f"the attribute {name} is not allowed here")
