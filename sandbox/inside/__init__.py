"""What runs behind the walls, and what builds them there.

The application imports of this only what describes the walls: it starts `server` in a fresh interpreter, in which the
folder above goes by another name (see `process.supervisor`). Nothing here imports the application's side.

In the order in which it happens: `server` asks `isolation` for the walls, which are made of the calls in `kernel`, and
becomes a `zygote`, which imports sympy once, fills its caches (`warmup`) and forks a `child` for each session. A child
adds its filter of system calls (`seccomp`), then reads each program under the `policy` (`source`, `guards`) and runs it.

Covered: see `isolation` and `seccomp` for what the operating system refuses, `policy` for what is refused early.
Not covered: a fault of the kernel; a program that slows down others by what it may use (see `Limits`).
"""
