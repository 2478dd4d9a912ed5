"""The Docker daemon of this machine, through its SDK: containers are made and removed here, and nowhere else.

Promises: the SDK is imported only when it is used; every failure is a `SandboxError` that says what to do; a container
has no network, no capabilities and no way to new ones, no volumes, no log, a root that cannot be written to, an
unprivileged user, and limits on memory, processors and processes. The SDK blocks: call these functions from a thread.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..inside.isolation import NOBODY
from ..session import SandboxError

OWNER = "mathsolve.sandbox.owner"
"""Label of every container: the process that it belongs to."""
IMAGE_COMMAND = "mathsolve sandbox image"
"""What builds the image."""
GVISOR = "runsc"
"""A runtime that gives each container a kernel of its own; used where the daemon has it."""
PROCESSES = 1024
"""Processes and threads that fit in a container."""

_PLAIN = ("http+docker://localhost", "http://")
_NEAR = "remedy: let DOCKER_HOST name the daemon of this machine"
_ANSWER_S = 120
_REMOVAL_S = 30


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a container is made of."""

    image: str
    """Name of the image, whose entry point is the relay."""
    settings: str
    """Argument of the relay."""
    memory_mb: int
    """For everything in the container together."""
    cores: int
    """Processors that it may keep busy."""

    def options(self, client: Any) -> dict[str, Any]:
        """For `client.containers.create`."""
        from docker.types import LogConfig, Ulimit

        info = client.info()
        return {
            "image": self.image,
            "command": [self.settings],
            "labels": {OWNER: owner(os.getpid())},
            "network_mode": "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "user": f"{NOBODY}:{NOBODY}",
            "hostname": "sandbox",
            "working_dir": "/",
            "pids_limit": PROCESSES,
            "mem_limit": f"{self.memory_mb}m",
            "memswap_limit": f"{self.memory_mb}m",
            "nano_cpus": min(self.cores, info["NCPU"]) * 10**9,
            "ipc_mode": "private",
            "shm_size": "1m",
            "tmpfs": {"/tmp": "size=16m,mode=1777,noexec,nosuid,nodev"},
            "ulimits": [Ulimit(name="core", soft=0, hard=0), Ulimit(name="nofile", soft=4096, hard=4096)],
            "log_config": LogConfig(type=LogConfig.types.NONE),
            "runtime": _runtime(info),
            "stdin_open": True,
            "auto_remove": True,
        }


@contextmanager
def daemon(timeout_s: int = _ANSWER_S) -> Iterator[Any]:
    """A client that waits so long for each answer. Whatever goes wrong with the daemon inside the block is a `SandboxError`."""
    try:
        import docker
        from docker.errors import DockerException, ImageNotFound
        from requests.exceptions import RequestException
    except ImportError:
        raise SandboxError("the docker sandbox needs docker's SDK; remedy: pip install docker") from None
    try:
        client = docker.from_env(timeout=timeout_s)
    except (DockerException, RequestException) as error:
        remedy = "start the daemon (dockerd), and let this user reach its socket (group docker) or set DOCKER_HOST"
        raise SandboxError(f"no docker daemon answers: {_one_line(error)}; remedy: {remedy}") from None
    try:
        yield client
    except ImageNotFound as error:
        raise SandboxError(f"the sandbox's image is missing: {_one_line(error)}; remedy: {IMAGE_COMMAND}") from None
    except (DockerException, RequestException) as error:
        raise SandboxError(f"docker failed: {_one_line(error)}") from error
    finally:
        client.close()


def describe() -> str:
    """Version of the daemon, and what it would run containers with."""
    with daemon() as client:
        info = client.info()
        return f"docker {info['ServerVersion']}, runtime {_runtime(info) or info['DefaultRuntime']}"


def create(recipe: Recipe) -> tuple[str, socket.socket]:
    """A container that has just been started, by its id, and its three standard streams as one socket."""
    with daemon() as client:
        if not client.api.base_url.startswith(_PLAIN):
            raise SandboxError(f"no containers at {client.api.base_url}: the way there is no plain socket; {_NEAR}")
        container = client.containers.create(**recipe.options(client))
        try:
            streams = container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            connection = socket.socket(fileno=os.dup(streams.fileno()))  # the SDK's own goes with its client
            container.start()
        except BaseException:
            container.remove(force=True)
            raise
        return container.id, connection


def remove(name: str) -> None:
    """End a container at once; returns when it is gone. Removing twice is fine."""
    with daemon() as client:
        from docker.errors import APIError, NotFound

        with suppress(NotFound):
            end = time.monotonic() + _REMOVAL_S
            while time.monotonic() < end:
                with suppress(APIError):  # the daemon is removing it already, because it ended by itself
                    client.api.remove_container(name, force=True)
                client.api.inspect_container(name)
                time.sleep(0.05)


def sweep() -> list[str]:
    """Remove the containers of processes of this machine that are dead; returns their ids."""
    with daemon() as client:
        found = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        dead = [container.id for container in found if _left_over(container.labels[OWNER])]
    for name in dead:
        remove(name)
    return dead


def owner(process: int) -> str:
    """A process, told apart from every other one: the start of the machine, its namespace, its number, its start."""
    return " ".join((*_machine(), str(process), _started(process)))


def _left_over(label: str) -> bool:
    *machine, process, started = label.split(" ")
    return machine == _machine() and started != _started(int(process))


def _machine() -> list[str]:
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    if not boot.exists():
        return [socket.gethostname(), "-"]
    return [boot.read_text().strip(), str(namespace.readlink())]


def _started(process: int) -> str:
    """Clock ticks between the start of the machine and that of the process; "-" when nobody knows of such a process."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "-"


def _runtime(info: dict[str, Any]) -> str | None:
    return GVISOR if GVISOR in info["Runtimes"] else None


def _one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "explanation", None) or error).split())
