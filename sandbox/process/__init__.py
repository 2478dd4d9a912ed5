"""The process sandbox, the default: no daemon, no root; a warm server behind walls, and one forked child per session.

This is the application's side. `sandbox` keeps one server (`supervisor`, which asks it for children on a `line`) and the
children that wait for a session (`spares`) or may lose theirs (`residents`). A `session` talks to its child over a
`channel`, and turns what happens into observations (`text`, `verdict`). What runs behind the walls is in `inside`.

Covered: a program that fails, hangs, floods or breaks its process costs its own session at most, and that gets its
variables back where running the past again brings them; a server or a child that dies is replaced, and the program runs
again; nothing that a child sends is believed or unpickled.
Not covered: what the walls here do not hold, which `mathsolve doctor` lists; a program's use of the machine's processors
and memory beyond its own limits (see `Limits`), because all programs together have none.
"""

from .sandbox import Policy, ProcessSandbox, Tier

__all__ = ["Policy", "ProcessSandbox", "Tier"]
