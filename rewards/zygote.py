"""The process that the workers of `rewards.pool` are forked from: it has imported what they need, and judges nothing.

Started by executing a new interpreter, never by forking the trainer, so that threads and an accelerator there are safe.
It has one thread, so that forking it is safe too, and takes milliseconds where a new interpreter that imports sympy
takes a second. It follows orders from its control socket, one at a time, each answered in one frame of JSON:

    {"fork": "worker", "memory_mb": 4096, "path": [...]}   two descriptors beside it: requests, replies
    {"fork": "zygote", "job": KEY, "path": [...]}          one descriptor: the control socket of the new zygote
    {"bury": PID}                                          reap a child that has ended

A job is loaded in a fork, which becomes the zygote of later workers if a fork of it is as good as a new interpreter,
and ends if not. Nothing that an import does, hanging included, reaches the zygote that was there before.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from rewards import worker
from rewards.functions import describe
from rewards.wire import read_frame, write_frame

_PR_SET_CHILD_SUBREAPER = 36
_LAST_WORDS_S = 10.0


def main(control_fd: int) -> NoReturn:
    """Serve until the other end of the control socket closes; then kill all that was ever forked here."""
    os.dup2(2, 1)  # what judged code prints goes to standard error, and at once: workers are killed
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    Zygote(socket.socket(fileno=control_fd), {}).serve()


class Zygote:
    """The loop. `runners` are the jobs that have been loaded, by key."""

    def __init__(self, control: socket.socket, runners: worker.Runners) -> None:
        self.control, self.runners = control, runners
        self.family: set[int] = set()
        """Children that nobody has buried yet: until then their numbers are their own, and can be killed."""
        # What a worker has started and left behind becomes a child of this process instead of the system's first.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self) -> NoReturn:
        try:
            while (frame := read_frame(self.control.fileno())) is not None:
                order = json.loads(frame)
                answer = self._bury(order["bury"]) if "bury" in order else self._fork(order)
                write_frame(self.control.fileno(), json.dumps(answer).encode())
        except OSError:
            pass  # nobody takes the answer: the same as the end of orders
        finally:
            self._leave()

    def _bury(self, pid: int) -> dict[str, Any]:
        _, status = os.waitpid(pid, 0)
        self.family.discard(pid)
        for stray in _children() - self.family:
            os.waitpid(stray, os.WNOHANG)  # what that worker had started and somebody has killed
        return {"status": status}

    def _fork(self, order: dict[str, Any]) -> dict[str, Any]:
        _, descriptors, _, _ = socket.recv_fds(self.control, 1, 2)
        try:
            pid = os.fork()
            if pid == 0:
                self._live(order, descriptors)
        except OSError as error:
            return {"error": f"fork: {error}"}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.family.add(pid)
        return {"pid": pid}

    def _live(self, order: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """Never returns to the loop, whatever happens: a child that did would be a second zygote."""
        status = 1
        try:
            self.control.close()
            sys.path[:] = order["path"]
            if order["fork"] == "worker":
                os.setsid()  # a group of its own: killed as one
                requests, replies = descriptors
                worker.main(requests, replies, order["memory_mb"], self.runners)
            _bring_up(socket.socket(fileno=descriptors[0]), order["job"], self.runners)
        except SystemExit as error:  # judged code called sys.exit
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(Exception):
                sys.stderr.flush()
            os._exit(status)

    def _leave(self) -> NoReturn:
        """Kills and reaps all children, and theirs, which become children of this process when their parents die."""
        until = time.monotonic() + _LAST_WORDS_S
        with suppress(ChildProcessError):
            while time.monotonic() < until:
                for pid in self.family | _children():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                while ended := os.waitpid(-1, os.WNOHANG)[0]:
                    self.family.discard(ended)
                time.sleep(0.002)
        os._exit(0)


def _bring_up(control: socket.socket, key: str, runners: worker.Runners) -> NoReturn:
    """Loads a job, tells by an empty frame that all is well, or by one with the reason that it is not, and serves."""
    payload = read_frame(control.fileno()) or b""
    threads, descriptors = _threads(), _descriptors()
    try:
        runners[key] = worker.load(payload)
        reason = _unfit(_threads() - threads, _descriptors() - descriptors)
    except BaseException as error:  # the user's module may raise anything when it is imported
        reason = f"its import raised {describe(error)}"
    write_frame(control.fileno(), reason.encode())
    if reason:
        os._exit(0)
    gc.freeze()  # what is here stays, in one copy for all workers: their garbage collectors need not touch it
    Zygote(control, runners).serve()


def _unfit(new_threads: int, new_descriptors: int) -> str:
    """Why a fork of this process would not be as good as a new interpreter; empty when it would."""
    if new_threads > 0:
        return f"its import starts threads ({new_threads}), which a fork would not have"
    if new_descriptors > 0:
        return f"its import opens files or connections ({new_descriptors}), which forks would share"
    return ""


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def _children() -> set[int]:
    """All children, where the kernel tells (CONFIG_PROC_CHILDREN)."""
    with suppress(OSError):
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
    return set()
