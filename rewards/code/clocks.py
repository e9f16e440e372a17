"""How long another process has computed, and how long it had to wait for a CPU. Linux; by its pidfd."""

from __future__ import annotations

from pathlib import Path


def cpu_clock(pidfd: int) -> int:
    """The clock of all CPU time of a process, of all its threads: what clock_getcpuclockid(3) computes.

    Raises:
        OSError: when it has been reaped.
    """
    return (~_host_pid(pidfd) << 3) | 2


def seconds_waiting(pidfd: int) -> float:
    """The longest that any of its threads could have run but was not let; 0 where the kernel does not tell.

    The longest and not the sum: a program can make many threads wait for one another, but not one for half a wall
    limit without using up its CPU time.
    """
    try:
        folder = Path(f"/proc/{_host_pid(pidfd)}/task")
        waits = [int((task / "schedstat").read_text().split()[1]) for task in folder.iterdir()]
    except (OSError, ValueError, IndexError, StopIteration):
        return 0.0
    return max(waits, default=0) / 1e9


def _host_pid(pidfd: int) -> int:
    with open(f"/proc/self/fdinfo/{pidfd}") as file:
        pid = next(int(line.split()[1]) for line in file if line.startswith("Pid:"))
    if pid < 1:
        raise ProcessLookupError(f"the process has been reaped, and has no number any more: {pid}")
    return pid
