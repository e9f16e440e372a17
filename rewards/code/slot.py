"""A slot: one zygote, started by exec, and the way to talk to it. It belongs to one thread at a time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from rewards.code.cgroups import Group
from rewards.code.limits import Infrastructure, Limits, Usage

ZYGOTE_PATIENCE_S = 120.0
"""How long a zygote may take to start or to answer before it counts as dead; a starved machine is slow, not broken."""
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
# Enters this package without running `rewards/__init__.py`, which the sandbox has no use for.
_BOOT = """\
import sys, types
for name, path in zip(("rewards", "rewards.code"), sys.argv[1:3]):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [path]
from rewards.code.zygote import main
main()
"""


class Slot:
    """One zygote and the way to talk to it. Raises Infrastructure where the zygote does not do its part."""

    def __init__(self, setup: dict[str, Any], group: Group | None = None) -> None:
        """Starts the zygote; in the control group, which ends with it, where there is one."""
        self.runs = 0
        self._group = group
        self._ended: dict[int, Usage] = {}
        self._null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ZYGOTE_PATIENCE_S)
        here = Path(__file__).resolve().parent
        command = [sys.executable, "-S", "-P", "-B", "-c", _BOOT, str(here.parent), str(here), str(theirs.fileno())]
        self._zygote = subprocess.Popen(
            command, env=_CLEAN_ENVIRONMENT, cwd="/", stdin=self._null, stdout=self._null, stderr=self._null,
            pass_fds=(theirs.fileno(),), start_new_session=True,
        )  # fmt: skip
        theirs.close()
        try:
            if group is not None:
                group.add(self._zygote.pid)
            self._control.send(json.dumps(setup).encode())
            answer = self._message()[0]
        except (OSError, Infrastructure) as error:
            self.close()
            raise Infrastructure(f"the zygote did not start: {error}") from None
        if "refused" in answer:
            self.close()
            raise Infrastructure(f"the zygote refused: {answer['refused']}")
        self.missing_modules: list[str] = answer["missing"]

    def start(self, limits: Limits, descriptors: tuple[int, int, int]) -> tuple[int, int]:
        """Forks a confined child with these descriptors as input, output and channel: (pid there, pidfd)."""
        try:
            socket.send_fds(self._control, [json.dumps(limits.to_dict()).encode()], descriptors)
        except OSError as error:
            raise Infrastructure(f"the zygote is gone: {error}") from None
        self.runs += 1
        while True:
            message, received = self._message()
            if "started" in message:
                return message["started"], received[0]
            self._note_end(message)

    def wait_end(self, pid: int) -> Usage:
        """How a child ended, once its parent has reaped it."""
        while pid not in self._ended:
            self._note_end(self._message()[0])
        return self._ended.pop(pid)

    @property
    def null(self) -> int:
        """A descriptor of /dev/null."""
        return self._null

    @property
    def pid(self) -> int:
        """The zygote's process, which leads a session of its own."""
        return self._zygote.pid

    def close(self) -> None:
        """Ends the zygote and with it all its children; returns when it is reaped."""
        self._control.close()
        try:
            self._zygote.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()
        if self._group is not None:
            self._group.remove()
            self._group = None
        if self._null >= 0:
            os.close(self._null)
            self._null = -1

    def _note_end(self, message: dict[str, Any]) -> None:
        usage = Usage(status=message["status"], cpu_s=message["cpu_s"], peak_mb=message["peak_kb"] / 1024)
        self._ended[message["ended"]] = usage

    def _message(self) -> tuple[dict[str, Any], list[int]]:
        try:
            body, descriptors, _, _ = socket.recv_fds(self._control, 65536, 1)
        except OSError as error:
            raise Infrastructure(f"the zygote does not answer: {error}") from None
        if not body:
            raise Infrastructure("the zygote has died")
        return json.loads(body), descriptors
