"""The zygotes of `rewards.pool` as their parent sees them: one that was executed, and its line of forks.

Each generation has loaded one job more than the one before it (`rewards.zygote`); workers are forked from the youngest.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rewards.wire import read_frame_until, write_frame

PATIENCE_S = 120.0
"""How long a zygote may take to come up, to import, or to answer; generous, since all is slow on a busy machine."""
_END_S = 30.0
_BOOT = """\
import json, sys
path, control = json.loads(sys.argv[1])
sys.path[:] = path
from rewards.zygote import main
main(control)
"""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something that workers can judge with, pickled once for all calls."""

    payload: bytes
    name: str = "a reward term"
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hashlib.sha256(self.payload).hexdigest())


class Generation:
    """One zygote: its control socket, and the keys of the jobs that it has loaded. Any thread may call it."""

    def __init__(self, control: socket.socket, jobs: frozenset[str]) -> None:
        self.jobs = jobs
        self.gone = False
        self._control = control
        self._lock = threading.RLock()  # the garbage collector may close the pool in a thread that has it

    def fork(self, kind: str, descriptors: Sequence[int], **more: Any) -> int:
        """The number of the new process, a worker or a zygote, which is given the descriptors.

        Raises:
            RuntimeError: when it cannot be started.
        """
        answer = self._ask({"fork": kind, "path": sys.path, **more}, descriptors)
        if "pid" not in answer:
            raise RuntimeError(f"no {kind} process: {answer.get('error')}")
        return answer["pid"]

    def bury(self, pid: int) -> int | None:
        """The wait status of a child that has ended, which is reaped now; None when nobody knows any more."""
        try:
            return self._ask({"bury": pid})["status"]
        except RuntimeError:
            return None

    def leave(self) -> None:
        """Tells the zygote to kill all its children and end, and wakes whoever waits for its answer."""
        self.gone = True
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.leave()
        with self._lock:
            self._control.close()

    def first_word(self, payload: bytes) -> str:
        """Hands a new zygote its job; why it refuses to serve, or nothing."""
        with self._lock:
            try:
                write_frame(self._control.fileno(), payload)
                frame = read_frame_until(self._control.fileno(), time.monotonic() + PATIENCE_S)
            except (EOFError, OSError):
                return "its import ended a process"
        return f"its import took more than {PATIENCE_S:g} s" if frame is None else frame.decode()

    def _ask(self, order: dict[str, Any], descriptors: Sequence[int] = ()) -> dict[str, Any]:
        with self._lock:
            if self.gone:
                raise RuntimeError("the zygote of the worker processes has ended")
            try:
                write_frame(self._control.fileno(), json.dumps(order).encode())
                if descriptors:
                    socket.send_fds(self._control, [b"."], descriptors)
                frame = read_frame_until(self._control.fileno(), time.monotonic() + PATIENCE_S)
            except (EOFError, OSError):
                frame = None
            if frame is None:
                self.gone = True
                raise RuntimeError("the zygote of the worker processes has died; its standard error may say more")
            return json.loads(frame)


class Lineage:
    """All zygotes of a pool. Starts the first when one is wanted for the first time, and again if it has died."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the garbage collector may close the pool in a thread that has it
        self._first: subprocess.Popen[bytes] | None = None
        self._generations: list[Generation] = []
        self._refused: set[str] = set()
        self._closed = False

    def refuses(self, job: Job) -> bool:
        """Whether each worker has to load the job by itself."""
        return job.key in self._refused

    def youngest(self, job: Job) -> Generation:
        """The zygote to fork a worker for the job from.

        Raises:
            OSError: when no process can be started.
            RuntimeError: when it does not come up, or the pool has been closed.
        """
        with self._lock:
            if not self._generations or self._generations[-1].gone:
                self._end()
                self._begin()
            if job.key not in self._generations[-1].jobs | self._refused:
                self._bring_up(job)
            return self._generations[-1]

    def close(self) -> None:
        """Ends all zygotes and every process that was ever forked from them; returns when none is left."""
        self._closed = True
        for generation in list(self._generations):
            generation.leave()
        with self._lock:
            self._end()

    def _begin(self) -> None:
        if self._closed:
            raise RuntimeError("the pool of worker processes was closed")
        ours, theirs = socket.socketpair()
        # One thread per numeric library: the pool is the parallelism here, and what has threads cannot be forked.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        with theirs:
            self._first = subprocess.Popen(
                [sys.executable, "-c", _BOOT, json.dumps([sys.path, theirs.fileno()])],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=environment,
                start_new_session=True,  # deaf to Ctrl-C
            )
        self._generations = [Generation(ours, frozenset())]
        if self._closed:  # since it was asked above: who closes may have found no generation to tell
            raise RuntimeError("the pool of worker processes was closed")

    def _bring_up(self, job: Job) -> None:
        """Adds a generation that has loaded the job, if a fork of it is fit to judge."""
        elder = self._generations[-1]
        ours, theirs = socket.socketpair()
        young = Generation(ours, elder.jobs | {job.key})
        try:
            with theirs:
                pid = elder.fork("zygote", (theirs.fileno(),), job=job.key)
        except RuntimeError:
            young.close()
            raise
        reason = young.first_word(job.payload)
        if not reason:
            self._generations.append(young)
            return
        young.close()
        if not elder.gone:  # until it is buried, its number is its own
            os.kill(pid, signal.SIGKILL)
            elder.bury(pid)
        if not self._closed:
            self._refused.add(job.key)
            logger.warning(
                "%s: every worker process imports it anew, within its deadline, because %s", job.name, reason
            )

    def _end(self) -> None:
        for generation in self._generations:
            generation.close()
        self._generations = []
        if self._first is not None:
            try:
                self._first.wait(timeout=_END_S)
            except subprocess.TimeoutExpired:
                self._first.kill()
                self._first.wait()
            self._first = None
