"""The TOML files of families: found by name or by path, read and checked.

Those in this folder are known by name; another file is named by its path. A file that describes no family raises `ValueError`
with what is wrong and what may stand there.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path

from .family import MODES, Family, Message


@cache
def load_family(name: str) -> Family:
    """The family of that name, or the one in the TOML file of that path.

    Raises:
        FileNotFoundError: no such family; the message lists those there are.
        ValueError: the file does not describe a family; the message says what is wrong.
    """
    path = Path(name) if name.endswith(".toml") else Path(__file__).parent / f"{name}.toml"
    if not path.is_file():
        raise FileNotFoundError(f"no model family {name!r}; known families: {', '.join(families())}, or a .toml file")
    try:
        return _family(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path} does not describe a model family: {error}") from error


def families() -> list[str]:
    """Names of the families that come with the package."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.toml"))


def family_of(model: str) -> Family:
    """The family of a model by its name; `base` when none says that it is its own.

    >>> family_of("Qwen/Qwen2.5-Math-7B-Instruct").name
    'qwen-tir'
    """
    return known_family(model) or load_family("base")


def known_family(model: str) -> Family | None:
    """The same, None when none says that it is its own."""
    known = [(part, name) for name in families() for part in load_family(name).models]
    found = [(len(part), name) for part, name in known if re.search(rf"(?<![a-z]){re.escape(part)}", model.lower())]
    return load_family(max(found)[1]) if found else None


def _family(name: str, data: dict[str, object]) -> Family:
    """What a file says, checked: lists become tuples, and tables of prompts become messages. Raises `ValueError`."""
    kinds = {field.name: str(field.type) for field in fields(Family) if field.name != "name"}
    if unknown := sorted(set(data) - set(kinds)):
        raise ValueError(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(kinds))}")
    needed = [field.name for field in fields(Family) if field.default is MISSING and field.name != "name"]
    if missing := [key for key in needed if key not in data]:
        raise ValueError(f"it lacks {missing[0]!r}")
    prompts = _prompts(data["prompts"])
    values = {key: _value(key, kinds[key], value) for key, value in data.items() if key != "prompts"}
    family = Family(name=name, prompts=prompts, **values)  # type: ignore[arg-type]
    for key in ("program_open", "program_close", "output_open", "output_close", "box"):
        if not getattr(family, key):
            raise ValueError(f"{key} is empty; it needs a text by which it is told from other text")
    if family.template and "{user}" not in family.template:
        raise ValueError("template has no {user}, where the question comes")
    if family.max_tokens < 1:
        raise ValueError(f"max_tokens is {family.max_tokens}; it must be a number from 1")
    try:
        family.hint.format(left=1)
    except (KeyError, IndexError) as error:
        raise ValueError(f"hint may hold {{left}} and no other name in braces: {error}") from error
    return family


def _prompts(tables: object) -> dict[str, tuple[Message, ...]]:
    """By mode, the messages of a file."""
    if not isinstance(tables, dict) or "mixed" not in tables:
        raise ValueError("it needs [prompts.mixed]")
    for mode, table in tables.items():
        if mode not in MODES:
            raise ValueError(f"prompts.{mode} is none of {', '.join(MODES)}")
        if not isinstance(table, dict) or "user" not in table or set(table) - {"system", "user"}:
            raise ValueError(f"prompts.{mode} needs user = and may have system =, and nothing else")
        said = [_value(f"prompts.{mode}.{role}", "str", text) for role, text in table.items()]
        if sum(str(text).count("{question}") for text in said) != 1 or "{question}" not in table["user"]:
            raise ValueError(f"prompts.{mode}.user must have {{question}} once, and prompts.{mode}.system must not")
    return {mode: tuple(Message(role, text) for role, text in table.items()) for mode, table in tables.items()}


_SINGLE = {"str": "a text", "bool": "true or false", "int": "a whole number"}
"""What a value that is no list must be, by the type of its field."""


def _value(key: str, kind: str, value: object) -> object:
    """A value of a file as that of a field."""
    if kind in _SINGLE:
        if type(value).__name__ != kind:
            raise ValueError(f"{key} is {value!r}; it must be {_SINGLE[kind]}")
        return value
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ValueError(f"{key} is {value!r}; it must be a list of texts, none of them empty")
    if "None" in kind and len(value) != 2:
        raise ValueError(f"{key} is {value!r}; it must be a list of two texts, an opening and a closing tag")
    return tuple(value)
