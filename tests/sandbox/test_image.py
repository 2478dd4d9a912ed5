"""The image of the docker sandbox: what is in it, when it is another one, and the command that builds it.

Without a daemon only what is about its contents runs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import mathsolve.sandbox
from mathsolve.sandbox.docker.daemon import daemon
from mathsolve.sandbox.docker.image import base_files, build_image, image_exists, image_name

from .containers import built


def test_an_image_that_is_there_is_not_built_again() -> None:
    image = built()
    with daemon() as client:
        before = client.images.get(image).id
        build_image()
        assert client.images.get(image).id == before
    assert image_exists()


def test_another_sandbox_has_another_image(tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    shutil.copytree(Path(mathsolve.sandbox.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ask = [sys.executable, "-c", "from copied.docker.image import image_name; print(image_name())"]

    def name() -> str:
        return subprocess.run(ask, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=120).stdout.strip()

    assert name() == image_name()
    with (folder / "inside" / "child.py").open("a") as source:
        source.write("\n# another line\n")
    assert name() != image_name()


def test_the_image_is_made_of_python_alone() -> None:
    files = dict(base_files())
    assert all(path.startswith(("/usr/local/", "/lib", "/usr/lib")) for path in files)
    assert not any(path.endswith(("/sh", "/bash", ".pem", "/passwd")) for path in files)
    assert all(source.is_file() for source in files.values())


def test_the_command_says_what_it_built() -> None:
    image = built()
    done = subprocess.run(
        [sys.executable, "-m", "mathsolve", "sandbox", "image"], capture_output=True, text=True, timeout=240
    )
    assert done.stdout.startswith(f"{image}  ") and done.returncode == 0
