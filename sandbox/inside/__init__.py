"""What runs behind the walls, and what builds them there.

In the order in which it happens: `server` asks `isolation` for the walls, which are made of the calls in `kernel`, and
becomes a `zygote`, which imports sympy once, fills its caches (`warmup`) and forks a `child` for each session. A child
takes on its filter of system calls (`seccomp`), then reads each program under the `policy` (`source`, `guards`) and runs
it. All of this runs in an interpreter of its own, where the folder above has another name (see `process.supervisor`).

Covered: files, secrets, network, other processes and the kernel's rarer calls, by the operating system; a program's
processor time, memory, threads and open files, by limits. `policy` refuses most of it earlier, with a reason.
Not covered: a fault of the kernel; walls that this system does not have (`isolation.tier` tells how strong they are);
what programs learn from how long something takes.
"""
