"""`Sandbox`: which tier of confinement is used, within which limits, and the pool of zygotes that provides it."""

from __future__ import annotations

import importlib.util
import logging
import os
import queue
import sys
import sysconfig
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rewards.base import RewardError
from rewards.code import kernel, seccomp
from rewards.code.processes import Ended, Infrastructure, Limits, OverLimit, Overloaded, Process, Slot

TIERS = ("strict", "landlock", "namespace")
"""What `require` may name; each is held to be at least as much as those before it."""
_RUNS_PER_ZYGOTE = 5000
_FIRST_USER = 65534
_SYSTEM_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
STANDARD_MODULES = (
    "_strptime", "argparse", "array", "asyncio", "base64", "bisect", "bz2", "calendar", "cmath", "cmd",
    "collections.abc", "colorsys", "concurrent.futures.thread", "configparser", "contextlib", "contextvars", "copy",
    "csv", "ctypes", "dataclasses", "datetime", "decimal", "difflib", "dis", "doctest", "encodings.idna",
    "encodings.latin_1", "encodings.utf_16", "encodings.utf_32", "enum", "fnmatch", "fractions", "functools",
    "getpass", "glob", "graphlib", "gzip", "hashlib", "heapq", "hmac", "html.parser", "inspect", "io", "ipaddress",
    "itertools", "json", "keyword", "linecache", "locale", "logging", "lzma", "math", "mmap", "multiprocessing",
    "numbers", "operator", "optparse", "pathlib", "pickle", "platform", "pprint", "queue", "random", "re",
    "resource", "sched", "secrets", "select", "selectors", "shlex", "shutil", "socket", "statistics", "string",
    "stringprep", "struct", "subprocess", "tempfile", "textwrap", "threading", "timeit", "tokenize", "traceback",
    "tracemalloc", "types", "typing", "unicodedata", "unittest.mock", "urllib.parse", "uuid", "warnings", "weakref",
    "xml.etree.ElementTree", "zipfile", "zlib", "zoneinfo",
)  # fmt: skip
_SUBMODULES = {"numpy": ("numpy.random", "numpy.linalg", "numpy.fft", "numpy.polynomial", "numpy.ma")}
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
    - `landlock`: file calls are allowed, and Landlock leaves only the interpreter readable. Does not hide that other
      files exist, nor their size and times (`stat`).
    - `namespace`: own process, mount, network, IPC and host-name space; the root folder holds only the interpreter,
      read-only, and a /tmp in memory that lives as long as the program.

    No tier covers: holes in the kernel itself, which is shared; timing; what a program knows by heart (hard-coded
    answers to the inputs that it sees); other libraries in the interpreter's own site-packages folder, where that lies
    inside the standard library's. Threads of a plain user count against that user's own limit.
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
            slots: programs at the same time; 0 takes the number of CPUs, at most 8.
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
        self.slots = slots or min(8, os.cpu_count() or 1)
        self.modules = tuple(modules)
        self.tier = ""
        """The active tier."""
        self._open_pool()
        self._probe(tier)

    def __getstate__(self) -> dict[str, Any]:
        """For a worker process: the settings, and the tier that was found; the zygotes stay here."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open_pool()

    def describe(self) -> dict[str, Any]:
        """The active tier and the limits, for a run's log."""
        return {key: value for key, value in self.__getstate__().items() if key != "modules"}

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
        index, slot = self._free.get()
        try:
            if slot is not None and slot.runs >= _RUNS_PER_ZYGOTE:
                self._discard(slot)
                slot = None
            if slot is None:
                slot = self._start(index)
            yield slot
        except (Overloaded, RewardError):
            raise  # no fault of the slot's
        except BaseException:
            if slot is not None:
                self._discard(slot)
                slot = None
            raise
        finally:
            self._free.put((index, slot))

    def close(self) -> None:
        """Ends all zygotes; what runs in them dies. The sandbox can be used again, and starts new ones."""
        self._finalizer()
        self._open_pool()

    def _open_pool(self) -> None:
        self._free: queue.LifoQueue[tuple[int, Slot | None]] = queue.LifoQueue()
        for index in reversed(range(self.slots)):
            self._free.put((index, None))
        self._started: list[Slot] = []
        self._finalizer = weakref.finalize(self, _close_all, self._started)
        self._user_tasks = 0 if os.geteuid() == 0 or self.tier == "namespace" else _tasks_of_user() + 1024

    def _start(self, index: int) -> Slot:
        slot = Slot(_setup(self.tier, self.modules, _FIRST_USER - index))
        self._started.append(slot)
        return slot

    def _discard(self, slot: Slot) -> None:
        slot.close()
        self._started.remove(slot)

    def _probe(self, wanted: str) -> None:
        """Takes the strongest tier in which a program is seen to be denied what it must be."""
        reasons = {}
        for tier in reversed(TIERS) if wanted == "auto" else (wanted,):
            if TIERS.index(tier) < TIERS.index(self.require):
                reasons.setdefault(tier, f"weaker than the required {self.require}")
                continue
            reasons[tier] = self._try(tier)
            if not reasons[tier]:
                self.tier = tier
                self._user_tasks = 0 if tier == "namespace" else self._user_tasks
                level = logging.INFO if tier == TIERS[-1] else logging.WARNING
                logger.log(level, "code sandbox: tier %s; not used: %s", tier, reasons)
                return
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


def _setup(tier: str, modules: tuple[str, ...], user: int) -> dict[str, Any]:
    """What a zygote is told."""
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *_SYSTEM_FOLDERS]
    for name in modules:
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            folders += [folder, f"{folder}.libs"]  # `.libs`: where wheels keep the shared libraries they bring
    return {
        "tier": tier,
        "user": user,
        "folders": list(dict.fromkeys(folders)),
        "site_folders": list(dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])),
        "modules": [*STANDARD_MODULES, *(part for name in modules for part in (name, *_SUBMODULES.get(name, ())))],
    }


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
