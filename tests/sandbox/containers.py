"""Containers of a real Docker daemon, as tests find and kill them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from mathsolve.sandbox import SandboxError
from mathsolve.sandbox.docker import DockerSandbox
from mathsolve.sandbox.docker.daemon import OWNER, daemon, describe, owner
from mathsolve.sandbox.docker.image import build_image, image_name


def built() -> str:
    """Name of the image, built; skips where no daemon answers."""
    try:
        describe()
    except SandboxError as error:
        pytest.skip(str(error))
    build_image()
    return image_name()


def living(label: str | None = None) -> set[str]:
    """Ids of the containers of an owner, this process unless said otherwise."""
    with daemon() as client:
        filters = {"label": f"{OWNER}={label or owner(os.getpid())}"}
        return {container.id for container in client.containers.list(all=True, filters=filters, ignore_removed=True)}


def kill(names: set[str]) -> None:
    """End them at once."""
    with daemon() as client:
        for name in names:
            client.containers.get(name).kill()


@dataclass(frozen=True, slots=True)
class Own:
    """A docker sandbox of the test's own, told apart from the others that live in this process."""

    sandbox: DockerSandbox
    """The sandbox."""
    others: set[str]
    """Containers that were there already."""

    def containers(self) -> set[str]:
        """Ids of its containers."""
        return living() - self.others
