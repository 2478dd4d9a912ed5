"""Where a model comes from: what a user names becomes a `Source`, which can be checked before anything heavy is loaded.

embedded                        the model that ships with mathsolve
FOLDER                          an exported model: CTranslate2's form or transformers' form
hf:NAME, ORGANISATION/NAME      transformers: a folder or a name on the hub
vllm:NAME                       vLLM in this process: a folder or a name on the hub
openai:NAME                     the server at OPENAI_BASE_URL
http://HOST:PORT/v1[#NAME]      a server that speaks OpenAI's protocol; several, separated by commas, share the load
replay:FILE                     recorded completions
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ...prompts import Family, known_family, load_family
from ...sandbox import PRESETS
from ..backend import Backend
from ..errors import UsageError
from ..routing import Record, load_record
from .embedded import EMBEDDED_FOLDER, EmbeddedBackend, check_folder

Kind = Literal["embedded", "transformers", "vllm", "openai", "replay"]
_PREFIXES: dict[str, Kind] = {"hf": "transformers", "vllm": "vllm", "openai": "openai", "replay": "replay"}
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
NEEDS = {"transformers": ("transformers", "torch"), "vllm": ("vllm",), "openai": ("openai",)}
"""Packages that a backend needs besides ours."""
FORMS = (
    "use --model embedded, a model folder, hf:NAME, vllm:NAME, openai:NAME, or the address of a server "
    "such as http://localhost:8000/v1"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A model that can be loaded."""

    kind: Kind
    """Which backend serves it."""
    name: str
    """A folder, a name on the hub, an address or a file."""
    family: str | None = None
    """Name of its family, or a TOML file; None: by the model."""

    def load(self) -> Backend:
        """The model, ready. Takes its time; raises `BackendError` when it cannot be had."""
        match self.kind:
            case "embedded":
                return EmbeddedBackend(Path(self.name))
            case "transformers":
                from .transformers import TransformersBackend

                return TransformersBackend(self.name, self.told_family())
            case "vllm":
                from .vllm import VllmBackend

                return VllmBackend(self.name, self.told_family())
            case "openai":
                from .openai import OpenaiBackend

                return OpenaiBackend.connect(self.name, self.family)
            case "replay":
                from .replay import ReplayBackend

                return ReplayBackend.load(Path(self.name), self.layout())

    def layout(self) -> Family:
        """Its family, or `base` where nothing tells; see `told_family`."""
        return self.told_family() or load_family("base")

    def told_family(self) -> Family | None:
        """Its family: the one that was asked for, the one its folder names, or the one its name tells; None where nothing
        tells, so that a chat template decides, if the model has one.

        Raises:
            FileNotFoundError: there is no such family.
            ValueError: a file does not say what it should.
        """
        settings = Path(self.name) / "mathsolve.json"
        named = self.family or (_named(settings) if settings.is_file() else None)
        return known_family(self.name) if named is None else load_family(named)

    def record(self) -> Record:
        """How it did before, by kind of question and mode, where the file in its folder says so."""
        settings = Path(self.name) / "mathsolve.json"
        return load_record(settings) if settings.is_file() else {}

    def fingerprint(self) -> str:
        """A hash that is the same for the same model, wherever it lies; of one that lies elsewhere, only of its name."""
        digest = sha256(f"{self.kind} {_said(self.told_family())}".encode())
        folder = Path(self.name)
        if not folder.exists():
            digest.update(self.name.encode())
        for path in sorted(folder.glob("*")) if folder.is_dir() else [folder] if folder.is_file() else []:
            if path.suffix in (".bin", ".json", ".safetensors", ".jinja", ".model", ".jsonl", ".gz"):
                with path.open("rb") as file:
                    digest.update(path.name.encode() + file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def find(model: str, family: str | None = None) -> Source:
    """The source that a user's words mean.

    Raises:
        UsageError: they mean none, or what serves it is not installed; the message says what to write or to install.
        BackendError: the folder is no model.
    """
    source = _find(model, family)
    try:
        _check_family(source)
    except (FileNotFoundError, ValueError) as error:
        raise UsageError(str(error)) from error
    missing = [package for package in NEEDS.get(source.kind, ()) if find_spec(package) is None]
    if missing:
        raise UsageError(f"model {model!r} needs {' and '.join(missing)}: {install(source.kind)}, or {FORMS}")
    return source


def _check_family(source: Source) -> None:
    """Refuses a family that there is not, or that its backend cannot use."""
    if source.kind == "openai" and source.family is None:  # the server will tell
        return
    family = source.layout()
    if family.preset not in PRESETS:
        raise ValueError(f"family {family.name!r} has the preset {family.preset!r}; choose {', '.join(PRESETS)}")
    if family.tools and source.kind in ("transformers", "vllm"):
        raise ValueError(f"family {family.name!r} calls tools, which only a server can; choose another family")
    if source.kind == "embedded" and family != replace(source, family=None).layout():
        raise ValueError(
            f"the model in {source.name} was made for one family, which is not {source.family!r}; name none"
        )


def _said(family: Family | None) -> dict[str, object]:
    """What a family's file says. What it leaves unsaid does not count, so that a model stays the same when there is more
    that could be said."""
    unsaid = {field.name: field.default for field in fields(Family)}
    return {} if family is None else {key: said for key, said in asdict(family).items() if said != unsaid[key]}


def _named(settings: Path) -> str | None:
    """The family that a model's folder names, if it names one."""
    try:
        named = json.loads(settings.read_text(encoding="utf-8")).get("family")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{settings} does not describe a model ({error}); export the model again") from error
    return None if named is None else str(named)


def install(kind: str) -> str:
    """The command that installs what a backend needs."""
    return f"pip install 'mathsolve[{kind}]'"


def _find(model: str, family: str | None) -> Source:
    if model == "embedded":
        check_folder(EMBEDDED_FOLDER)
        return Source("embedded", str(EMBEDDED_FOLDER), family)
    if model.startswith(("http://", "https://")):
        return Source("openai", model, family)
    prefix, colon, name = model.partition(":")
    if colon and prefix in _PREFIXES:
        return _prefixed(prefix, name, family)
    folder = Path(model).expanduser()
    if model.strip() and folder.is_dir():
        return _from_folder(folder, family)
    if _HUB.fullmatch(model) and not model.startswith((".", "~")):
        return Source("transformers", model, family)
    raise UsageError(f"no model {model!r}: there is no such folder; {FORMS}")


def _prefixed(prefix: str, name: str, family: str | None) -> Source:
    if not name:
        raise UsageError(f"model '{prefix}:' lacks a name; {FORMS}")
    if prefix == "replay" and not Path(name).is_file():
        raise UsageError(f"no file of recorded completions {name!r}")
    return Source(_PREFIXES[prefix], name, family)


def _from_folder(folder: Path, family: str | None) -> Source:
    """A folder in either form."""
    if (folder / "config.json").is_file() and list(folder.glob("*.safetensors")):
        return Source("transformers", str(folder), family)
    check_folder(folder)
    return Source("embedded", str(folder), family)
