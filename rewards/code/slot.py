"""A slot: one zygote, started by exec, and the way to talk to it. It belongs to one thread at a time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from rewards.code.cgroups import Group
from rewards.code.limits import Infrastructure, Limits, Ungrouped, Usage

ZYGOTE_PATIENCE_S = 120.0
"""How long a zygote may take to start or to answer before it counts as dead; a starved machine is slow, not broken."""
PART_BYTES = 1 << 16
"""What is read of a program's answers and output at a time."""
_MESSAGE_BYTES = 1 << 13
"""Longer than any message of a zygote but its first, which may name modules."""
_CLEAN_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "MALLOC_ARENA_MAX": "1",  # an arena for each thread would take 64 MiB of the address space that limits memory
    "OPENBLAS_NUM_THREADS": "1",  # a zygote forks: it must not have threads
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# Enters this package without running `rewards/__init__.py`, which the sandbox has no use for. What modules would do in
# a forked child is left out: a zygote has one thread and holds no lock, so that locks need no renewal, and generators
# are to keep their seed. It would cost a short program some 4% of its CPU time.
_BOOT = """\
import os, sys, types
os.register_at_fork = lambda **_: None
for name, path in zip(("rewards", "rewards.code"), sys.argv[1:3]):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [path]
from rewards.code.zygote import main
main()
"""


def _environment() -> dict[str, str]:
    """What a zygote has; where the interpreter finds its own libraries by a variable, that too."""
    return _CLEAN_ENVIRONMENT | {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


class Slot:
    """One zygote and the way to talk to it. Raises Infrastructure where the zygote does not do its part."""

    def __init__(self, setup: dict[str, Any], group: Group | None = None) -> None:
        """Starts the zygote; in the control group, which ends with it, where there is one.

        Raises:
            Ungrouped: when the kernel lets nobody into the group.
        """
        self.runs = 0
        self.room = memoryview(bytearray(PART_BYTES))
        """Where its processes' answers are read into, one at a time: to allocate that for each would split memory."""
        self._group = group
        self._owner = os.getpid()
        self._ended: dict[int, Usage] = {}
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ZYGOTE_PATIENCE_S)
        here = Path(__file__).resolve().parent
        command = [sys.executable, "-S", "-P", "-B", "-c", _BOOT, str(here.parent), str(here), str(theirs.fileno())]
        self._zygote = subprocess.Popen(
            command, env=_environment(), cwd="/", stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
            pass_fds=(theirs.fileno(),), start_new_session=True,
        )  # fmt: skip
        theirs.close()
        try:
            if group is not None:
                group.add(self._zygote.pid)
        except OSError as error:
            self.close()
            raise Ungrouped(str(error)) from None
        try:
            self._control.send(json.dumps(setup).encode())
            answer = self._message(PART_BYTES)[0]
        except (OSError, Infrastructure) as error:
            self.close()
            raise Infrastructure(f"the zygote did not start: {error}") from None
        if "refused" in answer:
            self.close()
            raise Infrastructure(f"the zygote refused: {answer['refused']}")
        self.missing_modules: list[str] = answer["missing"]

    def start(self, limits: Limits, descriptors: list[int]) -> tuple[int, int]:
        """Forks a confined child: (pid there, pidfd).

        Args:
            limits: what it may use.
            descriptors: its channel; before that, if it has them, its input and output.
        """
        try:
            socket.send_fds(self._control, [json.dumps(limits.to_dict()).encode()], descriptors)
        except OSError as error:
            raise Infrastructure(f"the zygote is gone: {error}") from None
        self.runs += 1
        while True:
            message, received = self._message()
            if "started" in message:
                if not received:
                    raise Infrastructure("no descriptor is left here; raise the limit of open files (ulimit -n)")
                return message["started"], received[0]
            self._note_end(message)

    def wait_end(self, pid: int) -> Usage:
        """How a child ended, once its parent has reaped it."""
        while pid not in self._ended:
            self._note_end(self._message()[0])
        return self._ended.pop(pid)

    @property
    def pid(self) -> int:
        """The zygote's process, which leads a session of its own."""
        return self._zygote.pid

    def close(self) -> None:
        """Ends the zygote and with it all its children; returns when it is reaped.

        In a fork of the process that started it, only lets go of it.
        """
        if os.getpid() != self._owner:
            self._control.close()
            return
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # a fork of this process may hold it open
        self._control.close()
        try:
            self._zygote.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()
        if self._group is not None:
            self._group.remove()
            self._group = None

    def _note_end(self, message: dict[str, Any]) -> None:
        usage = Usage(status=message["status"], cpu_s=message["cpu_s"], peak_mb=message["peak_kb"] / 1024)
        self._ended[message["ended"]] = usage

    def _message(self, most_bytes: int = _MESSAGE_BYTES) -> tuple[dict[str, Any], list[int]]:
        try:
            body, descriptors, _, _ = socket.recv_fds(self._control, most_bytes, 1)
        except OSError as error:
            raise Infrastructure(f"the zygote does not answer: {error}") from None
        if not body:
            raise Infrastructure("the zygote has died")
        return json.loads(body), descriptors
