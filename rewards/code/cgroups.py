"""A control group for each zygote, where this process may make one: memory and tasks of all it starts, together.

Only cgroup v2, and only below a group that passes the controllers `memory` and `pids` on already, as systemd does for
services and user sessions: this process itself is never moved.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from rewards.code.limits import Limits

MOUNT = Path("/sys/fs/cgroup")
_ZYGOTE_BYTES = 256 << 20
_ZYGOTE_TASKS = 8
_PROCESSES = 2
"""How many programs one zygote runs at a time: that under judgement, and its tests."""


def parent_group(mount: Path = MOUNT, membership: Path = Path("/proc/self/cgroup")) -> Path | None:
    """The group below which this process may make others that limit memory and tasks; None where there is none."""
    try:
        lines = membership.read_text().splitlines()
        own = next(line.removeprefix("0::/") for line in lines if line.startswith("0::/"))
        if not (mount / "cgroup.controllers").exists():
            return None
        for group in (mount / own, (mount / own).parent):
            passed_on = (group / "cgroup.subtree_control").read_text().split()
            if {"memory", "pids"} <= set(passed_on) and os.access(group, os.W_OK) and group.is_relative_to(mount):
                return group
    except (OSError, StopIteration):
        return None
    return None


class Group:
    """One control group. Raises OSError where the kernel refuses it."""

    def __init__(self, parent: Path, limits: Limits) -> None:
        self.path = parent / f"gemwright-{os.getpid()}-{secrets.token_hex(4)}"
        self.path.mkdir()
        each = limits.memory_bytes + limits.files_bytes
        try:
            (self.path / "memory.max").write_text(str(_ZYGOTE_BYTES + _PROCESSES * each))
            (self.path / "pids.max").write_text(str(_ZYGOTE_TASKS + _PROCESSES * limits.threads))
            with suppress(OSError):  # no such file where the kernel has no swap
                (self.path / "memory.swap.max").write_text("0")
        except OSError:
            self.remove()
            raise

    def add(self, pid: int) -> None:
        """Moves a process into the group; what it starts from then on is in it too."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Removes the group, which must be empty of processes; kills what is left in it."""
        with suppress(OSError):
            (self.path / "cgroup.kill").write_text("1")
        for _ in range(20):  # the dead are counted until the kernel has put them away
            with suppress(OSError):
                self.path.rmdir()
                return
            time.sleep(0.01)
