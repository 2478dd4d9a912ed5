"""The docker sandbox: sessions in containers instead of on the machine itself, for those who want one more wall.

A container holds a relay that runs the process sandbox inside (see `relay`), so a session costs what it costs there plus
the way to the container; it is not a container per session. Docker's SDK is imported only when it is used, and never
inside a container.

Covered: what the process sandbox covers, and besides: the machine's files, even their names, are not there; there is no
network to reach; all programs together cannot use more memory, processors or processes than the container has.
Not covered: a fault of the kernel, which the container shares with the machine unless the daemon has gVisor (`runsc`);
what a program that broke out of its own walls does to other sessions in the same container.

`Observation.tier` is what holds inside the container, without counting the container: B under Docker's own rules, because
they forbid new namespaces, and C under gVisor, which has no Landlock; there the policy is `restricted`.
"""

from .fleet import Terms
from .sandbox import DockerSandbox

__all__ = ["DockerSandbox", "Terms"]
