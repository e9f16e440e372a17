"""`Sandbox`: which tier of confinement is used, within which limits, and the pool of zygotes that provides it."""

from __future__ import annotations

import logging
import os
import queue
import secrets
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rewards.base import RewardError
from rewards.code import kernel, seccomp
from rewards.code.cgroups import Group, parent_group
from rewards.code.limits import Ended, Infrastructure, Limits, OverLimit, Overloaded, Ungrouped
from rewards.code.process import Process
from rewards.code.setup import zygote_setup
from rewards.code.slot import Slot

TIERS = ("strict", "landlock", "namespace")
"""What `require` may name; each is held to be at least as much as those before it."""
_RUNS_PER_ZYGOTE = 5000
_FREE_USERS = range(0x70000000, 0x7FFFFFFF)
"""Numbers that systems leave unused; each slot takes one, so that no two share a user's limit of threads."""
_PROBE = """\
import os, socket
def denied(action):
    try:
        action()
    except OSError:
        return "denied"
print(denied(os.fork), denied(socket.socket), denied(lambda: open("/etc/passwd")))
"""
logger = logging.getLogger(__name__)


class Sandbox:
    """Confined processes for judging programs: no daemon, no privilege, no network, nothing of this process's memory.

    Tiers, of which the strongest that works here is taken; each contains what the ones before it name:

    - `strict`: seccomp, rlimits, no capabilities, no new privileges. No call that takes a path: a program can import
      only what is preloaded and has no files. Works everywhere with seccomp, root or not.
    - `landlock`: file calls are allowed, and Landlock leaves only the interpreter readable and nothing writable. Does
      not hide that other files exist, nor their size and times (`stat`); a program may go to their folders (`chdir`)
      and hold their names, such as /etc, open by `O_PATH`, through which it can neither read, list, write nor open
      anything. Started by root, it imports only what is preloaded where the interpreter lies in a folder that is
      root's alone, since programs run as another user.
    - `namespace`: own process, mount, network, IPC and host-name space; the root folder holds only the interpreter,
      read-only, and a /tmp in memory that lives as long as the program. It hides packages that lie below /tmp: of
      these, what is not preloaded is missing.

    Where a cgroup v2 is delegated, each slot's programs share a control group too, whatever the tier.

    No tier covers: holes in the kernel itself, which is shared; timing, by which programs that run at the same time may
    tell each other something; the machine's load, which `sysinfo` tells; what a program knows by heart (hard-coded
    answers to the inputs that it sees). `strict` and `landlock` cover no denial of service by what only a control group
    counts, such as memory of pipes; threads of a plain user count against that user's own limit there.
    """

    def __init__(
        self,
        *,
        require: str = "strict",
        tier: str = "auto",
        memory_mb: int = 1024,
        files_mb: int = 64,
        threads: int = 128,
        slots: int = 0,
        modules: tuple[str, ...] | list[str] = ("numpy",),
    ) -> None:
        """Probes the machine; nothing runs yet.

        Args:
            require: the weakest tier that may be used.
            tier: `auto`, or the one to use even where a stronger one works.
            memory_mb: what a program may allocate beyond the interpreter.
            files_mb: what it may write to its /tmp (`namespace` only).
            threads: how many it may have.
            slots: programs at the same time; 0 takes the number of CPUs that this process may use, at most 8.
            modules: packages that are imported before programs start, where they are installed.

        Raises:
            RewardError: when no tier that is at least `require` works here, with the reason for each.
        """
        if require not in TIERS or tier not in ("auto", *TIERS):
            raise RewardError(
                f"sandbox: require is {require!r} and tier {tier!r}; give one of {', '.join(TIERS)}, or tier: auto"
            )
        if min(memory_mb, files_mb, threads) < 1 or slots < 0:
            raise RewardError(
                f"sandbox: memory_mb={memory_mb}, files_mb={files_mb}, threads={threads}, slots={slots}; "
                "give positive numbers, and 0 or more slots"
            )
        self.require, self.memory_mb, self.files_mb, self.threads = require, memory_mb, files_mb, threads
        self.slots = slots or (min(8, len(os.sched_getaffinity(0))) if sys.platform == "linux" else 1)
        self.modules = tuple(modules)
        self.tier = ""
        """The active tier."""
        self.reasons: dict[str, str] = {}
        """Why each stronger tier is not used."""
        self.groups = parent_group()
        """The control group below which each slot gets one of its own; None where this process may make none."""
        self._open_pool()
        self._probe(tier)

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process: the settings, and the tier that was found; the zygotes stay here."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open_pool()

    def describe(self) -> dict[str, Any]:
        """The active tier, why no stronger one is used, and the limits, as plain data for a run's log."""
        return {**self.__getstate__(), "modules": list(self.modules), "groups": self.groups and str(self.groups)}

    def __str__(self) -> str:
        """One line for the screen.

        >>> print(Sandbox(tier="strict"))
        code sandbox: tier strict
        """
        grouped = ", in control groups" if self.groups else ""
        missing = "; ".join(f"{tier}: {reason}" for tier, reason in self.reasons.items())
        return f"code sandbox: tier {self.tier}{grouped}{missing and f' (not used: {missing})'}"

    def limits(self, *, cpu_s: float, wall_s: float) -> Limits:
        return Limits(
            cpu_s=cpu_s,
            wall_s=wall_s,
            memory_bytes=self.memory_mb << 20,
            files_bytes=self.files_mb << 20,
            threads=self.threads + self._user_tasks,
        )

    @contextmanager
    def borrow(self) -> Iterator[Slot]:
        """A slot for this thread alone. Raises Infrastructure; a slot in which that happened is thrown away."""
        if os.getpid() != self._owner:  # a fork: what its parent has started is the parent's
            self._open_pool()
        free = self._free  # `close` gives the sandbox another one
        index, slot = free.get()
        try:
            if slot is not None and slot.runs >= _RUNS_PER_ZYGOTE:
                self._discard(slot)
                slot = None
            if slot is None:
                slot = self._start()
            yield slot
        except (Overloaded, RewardError):
            raise  # no fault of the slot's
        except BaseException:
            if slot is not None:
                self._discard(slot)
                slot = None
            raise
        finally:
            free.put((index, slot))

    def close(self) -> None:
        """Ends all zygotes; what runs in them dies. The sandbox can be used again, and starts new ones."""
        self._finalizer()
        self._open_pool()

    def _open_pool(self) -> None:
        self._owner = os.getpid()
        self._free: queue.LifoQueue[tuple[int, Slot | None]] = queue.LifoQueue()
        for index in reversed(range(self.slots)):
            self._free.put((index, None))
        self._started: list[Slot] = []
        self._finalizer = weakref.finalize(self, _close_all, self._started)
        self._user_tasks = 0 if os.geteuid() == 0 or self.tier == "namespace" else _tasks_of_user() + 1024

    def _start(self) -> Slot:
        setup = zygote_setup(self.tier, self.modules, user=secrets.choice(_FREE_USERS))
        try:
            slot = Slot(setup, self._group())
        except Ungrouped as error:
            self._go_without_groups(error)
            slot = Slot(setup)
        self._started.append(slot)
        return slot

    def _group(self) -> Group | None:
        if self.groups is None:
            return None
        try:
            return Group(self.groups, self.limits(cpu_s=1.0, wall_s=1.0))
        except OSError as error:
            self._go_without_groups(error)
            return None

    def _go_without_groups(self, error: Exception) -> None:
        """One safeguard less: rlimits hold each process on its own."""
        logger.warning("code sandbox: no control group: %s", error)
        self.groups = None

    def _discard(self, slot: Slot) -> None:
        slot.close()
        self._started.remove(slot)

    def _probe(self, wanted: str) -> None:
        """Takes the strongest tier in which a program is seen to be denied what it must be."""
        reasons = self.reasons
        for tier in reversed(TIERS) if wanted == "auto" else (wanted,):
            if TIERS.index(tier) < TIERS.index(self.require):
                reasons.setdefault(tier, f"weaker than the required {self.require}")
                continue
            reason = self._try(tier)
            if not reason:
                self.tier = tier
                self._user_tasks = 0 if tier == "namespace" else self._user_tasks
                logger.log(logging.INFO if tier == TIERS[-1] else logging.WARNING, "%s", self)
                return
            reasons[tier] = reason
        told = "; ".join(f"{tier}: {reason}" for tier, reason in reasons.items())
        raise RewardError(
            f"no code sandbox that is at least {self.require!r} works here ({told}); "
            "run on Linux where the kernel allows it, or set sandbox.require to a weaker tier"
        )

    def _try(self, tier: str) -> str:
        """Why a tier does not work here; empty when it does."""
        if sys.platform != "linux" or not seccomp.supported():
            return "needs Linux with seccomp on x86_64 or aarch64"
        if tier == "landlock" and not kernel.landlock_version():
            return "the kernel has no Landlock"
        self.tier = tier
        try:
            with self.borrow() as slot:
                job = {"mode": "script", "code": _PROBE, "preamble": ""}
                with Process(slot, self.limits(cpu_s=10.0, wall_s=120.0), job, b"") as process:
                    printed = process.read_output()
        except (Infrastructure, Ended, OverLimit) as error:
            return str(error)
        return "" if printed == b"denied denied denied\n" else f"a probe was not denied everything: {printed!r}"


def _close_all(slots: list[Slot]) -> None:
    for slot in slots:
        slot.close()
    slots.clear()


def _tasks_of_user() -> int:
    """Threads of this user on the machine: RLIMIT_NPROC counts them all."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.geteuid():
                count += len(os.listdir(folder / "task"))
        except OSError:
            continue
    return count
