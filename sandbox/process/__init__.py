"""The process sandbox, the default: no daemon, no root; a warm server behind walls, and one forked child per session.

This is the application's side. A `session` gets a child from the `spares`, talks to it over a `channel`, and turns what
happens into observations (`verdict`, `text`); the `supervisor` starts the server and asks it for children, on a `line`
of its own; `residents` takes the child of a session that is idle. What runs behind the walls is in `inside`.
"""

from .sandbox import Policy, ProcessSandbox, Tier

__all__ = ["Policy", "ProcessSandbox", "Tier"]
