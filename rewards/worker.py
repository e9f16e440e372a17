"""The process at the other end of `rewards.pool`: reads calls from a pipe, judges, writes verdicts to another.

What judged code prints goes to standard error. Nothing of it can reach the pipes by accident.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import queue
import resource
import threading
from typing import Any

from rewards.functions import describe
from rewards.runners import Async, Inline, Source, local_runner
from rewards.wire import pack, read_frame, write_frame


def main(request_fd: int, reply_fd: int, memory_mb: int) -> None:
    """Serve calls until the other end of the request pipe closes; then end at once, whatever is being judged."""
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(request_fd, calls), daemon=True).start()
    write_frame(reply_fd, b"ready")
    runners: dict[str, Inline | Async | str] = {}
    while True:
        write_frame(reply_fd, json.dumps(_answer(calls.get(), runners)).encode())


def _listen(fd: int, calls: queue.SimpleQueue[bytes]) -> None:
    """Reads on a thread of its own: a call that hangs must not hide that the parent is gone."""
    while (frame := read_frame(fd)) is not None:
        calls.put(frame)
    os._exit(0)


def _answer(frame: bytes, runners: dict[str, Inline | Async | str]) -> list[dict[str, Any]] | str:
    """The verdicts, or in words why there are none."""
    try:
        key, payload, samples, step, cpu_s = pickle.loads(frame)  # from our parent, whose code and rights we share
        if payload is not None:
            runners[key] = _load(payload)
        runner = runners[key]
        if isinstance(runner, str):
            return runner
        _allow_cpu(cpu_s)
        return [pack(verdict) for verdict in runner.start(samples, step)()]
    except Exception as error:  # a class that cannot be unpickled here, a limit that is refused, out of memory
        return describe(error)


def _load(payload: bytes) -> Inline | Async | str:
    try:
        source = pickle.loads(payload)
        assert isinstance(source, Source)
        return local_runner(source)
    except Exception as error:  # the user's module may raise anything when it is imported
        return f"cannot be loaded in a worker process: {describe(error)}"


def _allow_cpu(seconds: float) -> None:
    """Lets this process compute for so long from now on; the kernel kills it after that, parent or no parent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
