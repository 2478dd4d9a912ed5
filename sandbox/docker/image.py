"""The image of the docker sandbox, made of this machine's own Python: no registry, no network, no base image.

A root file system of nothing but the interpreter, its standard library, the shared objects that both need, the libraries
that programs may import, and the sandbox. No shell, no package manager, no user's files. The image is named after what is
in it, so that another version of Python, of a library or of the sandbox makes another image.

Does not notice a library that was changed by hand after its installation: build again with `--force`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import marshal
import os
import platform
import re
import struct
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

from ..process.supervisor import library_folders
from ..session import SandboxError
from .daemon import OWNER, daemon, owner

REPOSITORY = "mathsolve-sandbox"
"""Name of every image of this kind; the tag tells them apart."""
PACKAGE = "mathsolve_sandbox"
"""Name of the sandbox inside the image."""
PYTHON = "/usr/local/bin/python3"
"""The interpreter inside the image."""
BUILD_S = 1_800
"""How long the daemon may take for one step of the build."""

_HOME = "/usr/local/share"  # not where libraries lie, so that programs do not find it by its name
_BOOT = f"import sys; sys.path.append('{_HOME}'); from {PACKAGE}.docker.relay import main; main()"
_UNUSED = {
    "__pycache__", "site-packages", "dist-packages", "test", "tests",
    "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3",
}  # fmt: skip
"""Folders of the standard library and of the libraries that no program needs."""
_LDD_LINE = re.compile(r"^\s+(?:(?P<name>\S+) => )?(?P<path>/\S+) \(0x", re.MULTILINE)


@cache
def image_name() -> str:
    """`repository:tag` of the image that belongs to this installation."""
    digest = hashlib.sha256(_base_name().encode())
    for target, source in sorted(_own_files().items()):
        digest.update(target.encode() + source.read_bytes())
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}"


def image_exists() -> bool:
    """Whether the daemon has it. Raises `SandboxError` without a daemon."""
    with daemon() as client:
        return bool(client.images.list(name=image_name()))


def build_image(force: bool = False) -> int:
    """Give the image to the daemon, which keeps what has not changed; returns its size in bytes. Raises `SandboxError`."""
    if sys.platform != "linux":
        raise SandboxError(
            f"the image is made of a Python for Linux, and this is {sys.platform}; remedy: build it on Linux, and "
            "move it with `docker save` and `docker load`"
        )
    with daemon(BUILD_S) as client:
        if force or not client.images.list(name=_base_name()):
            _import_base(client)
        if force or not client.images.list(name=image_name()):
            _add_own_files(client)
        return int(client.images.get(image_name()).attrs["Size"])


def _import_base(client: Any) -> None:
    with tempfile.TemporaryFile() as archive:
        write_root(archive, dict(base_files()))
        archive.seek(0)
        pieces = iter(lambda: archive.read(2**20), b"")  # the SDK sends an open file in a way the daemon misreads
        repository, tag = _base_name().split(":")
        client.api.import_image_from_stream(pieces, repository=repository, tag=tag)


def _add_own_files(client: Any) -> None:
    """One more layer, by way of a container that never runs."""
    archive = io.BytesIO()
    write_root(archive, _own_files())
    container = client.containers.create(_base_name(), command=["none"], labels={OWNER: owner(os.getpid())})
    try:
        container.put_archive("/", archive.getvalue())
        repository, tag = image_name().split(":")
        entry = json.dumps([PYTHON, "-I", "-c", _BOOT])
        container.commit(repository=repository, tag=tag, changes=f"ENTRYPOINT {entry}")
    finally:
        container.remove()


@cache
def _base_name() -> str:
    """`repository:tag` of the part without the sandbox, which is most of it."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {platform.libc_ver()}".encode())
    digest.update(Path(__file__).read_bytes())  # which files are chosen
    for folder in library_folders():
        digest.update(_record(Path(folder).name).encode())
    return f"{REPOSITORY}:base-{digest.hexdigest()[:16]}"


def _record(library: str) -> str:
    """What was installed: its version, and the hash of each of its files, as the installer noted them."""
    installed = _installed(library)
    return f"{library} {installed.version} {installed.read_text('RECORD')}"


def _installed(library: str) -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution(library)
    except importlib.metadata.PackageNotFoundError:
        raise SandboxError(f"nobody knows which {library} this is; remedy: pip install --force {library}") from None


def write_root(archive: IO[bytes], files: dict[str, Path]) -> None:
    """A root file system as a tar file: the path inside and the source of every file."""
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        folders = {str(folder) for target in files for folder in Path(target).parents} - {"/"}
        for folder in sorted(folders):
            tar.addfile(_entry(folder, tarfile.DIRTYPE, 0o755))
        for target, source in files.items():
            _add(tar, target, source)


def base_files() -> Iterator[tuple[str, Path]]:
    """Every file of the base: its path inside, and where it comes from."""
    interpreter = Path(os.path.realpath(sys.executable))
    standard = Path(sysconfig.get_path("stdlib"))
    top = Path(_libraries()).parent
    chosen = [(PYTHON, interpreter)]
    chosen += [(f"{top}/{path.relative_to(standard)}", path) for path in _useful(standard)]
    for library in map(Path, library_folders()):
        for folder in (library, library.with_name(f"{library.name}.libs")):
            chosen += [(f"{_libraries()}/{path.relative_to(folder.parent)}", path) for path in _useful(folder)]
        labels = [file for file in _installed(library.name).files or () if file.name == "METADATA"]
        chosen += [(f"{_libraries()}/{file}", Path(str(file.locate()))) for file in labels]  # which tells its version
    yield from chosen
    yield from _shared_objects([interpreter, *(path for _, path in chosen if ".so" in path.name)])


def _libraries() -> str:
    """Where libraries lie inside."""
    return f"/usr/local/{sys.platlibdir}/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def _useful(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _UNUSED and not name.startswith("config-")]
        yield from (Path(parent, name) for name in names if not name.startswith("_tkinter."))


def _own_files() -> dict[str, Path]:
    """The sandbox: where each of its files lies inside, and where it comes from."""
    top = Path(__file__).parent.parent
    return {f"{_HOME}/{PACKAGE}/{path.relative_to(top)}": path for path in top.rglob("*.py")}


def _shared_objects(binaries: list[Path]) -> Iterator[tuple[str, Path]]:
    """What the loader would load with them, all in the folder of the C library, which it searches without being told."""
    listing = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, timeout=120, check=False)
    found = {os.path.normpath(match["path"]): match["name"] for match in _LDD_LINE.finditer(listing.stdout)}
    if not found:
        raise SandboxError(f"ldd does not name the shared objects of Python: {listing.stderr.strip() or 'no output'}")
    home = next(
        (Path(path).parent for path in found if Path(path).name.startswith(("libc.so", "ld-musl"))), Path("/lib")
    )
    bundled = {path.parent for path in binaries}
    for path, name in found.items():
        if name is None:  # the loader itself, which a binary names by its full path
            yield path, Path(path)
        elif Path(path).parent not in bundled:
            yield str(home / name), Path(path)


def _add(tar: tarfile.TarFile, target: str, source: Path) -> None:
    """One file, and with a Python source its byte-code: the root is read-only, so nobody can write it later."""
    status = source.stat()
    entry = _entry(target, tarfile.REGTYPE, 0o755 if os.access(source, os.X_OK) else 0o644)
    entry.size, entry.mtime = status.st_size, int(status.st_mtime)
    with source.open("rb") as content:
        tar.addfile(entry, content)
    if source.suffix == ".py":
        code = _byte_code(source, target)
        if code:
            compiled = _entry(importlib.util.cache_from_source(target), tarfile.REGTYPE, 0o644)
            compiled.size = len(code)
            tar.addfile(compiled, io.BytesIO(code))


def _byte_code(source: Path, target: str) -> bytes:
    """That which lies beside the source where it is up to date, else compiled now; empty for what is no Python."""
    status = source.stat()
    stamp = struct.pack("<III", 0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    present = Path(importlib.util.cache_from_source(str(source)))
    code = present.read_bytes() if present.exists() else b""
    if code[:16] == importlib.util.MAGIC_NUMBER + stamp:
        return code
    try:
        return importlib.util.MAGIC_NUMBER + stamp + marshal.dumps(compile(source.read_bytes(), target, "exec"))
    except (SyntaxError, ValueError):  # the standard library carries a few files that are meant not to compile
        return b""


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode = kind, mode
    return entry
