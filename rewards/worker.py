"""A worker of `rewards.pool`, just forked from its zygote: reads calls from a pipe, judges, writes verdicts to another.

Nothing that judged code prints can reach the pipes by accident.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import queue
import resource
import sys
import threading
from typing import Any, NoReturn

from rewards.functions import describe
from rewards.runners import Async, Inline, Source, local_runner
from rewards.staying import may_end
from rewards.wire import pack, read_frame, write_frame

Runners = dict[str, Inline | Async | str]
"""What judges, by the job's key, or in words why it cannot."""


def main(request_fd: int, reply_fd: int, memory_mb: int, runners: Runners) -> NoReturn:
    """Serve calls until the other end of the request pipe closes; then end at once, whatever is being judged."""
    may_end()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    if "numpy.random" in sys.modules:  # Python's own generator does so by itself after a fork
        sys.modules["numpy.random"].seed()
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(request_fd, calls), daemon=True).start()
    home, own = os.open(".", os.O_PATH), os.getpid()
    write_frame(reply_fd, b"ready")
    while True:
        answer = _answer(calls.get(), runners, home)
        if os.getpid() != own:  # judged code forked, and its child came back: a second reply would be the next call's
            os._exit(0)
        write_frame(reply_fd, json.dumps(answer).encode())


def load(payload: bytes) -> Inline | Async:
    """What judges. Raises whatever the user's module raises when it is imported."""
    source = pickle.loads(payload)  # from our parent, whose code and rights we share
    assert isinstance(source, Source)
    return local_runner(source)


def _listen(fd: int, calls: queue.SimpleQueue[bytes]) -> None:
    """Reads on a thread of its own: a call that hangs must not hide that the parent is gone."""
    while (frame := read_frame(fd)) is not None:
        calls.put(frame)
    os._exit(0)


def _answer(frame: bytes, runners: Runners, home: int) -> list[dict[str, Any]] | str:
    """The verdicts, or in words why there are none."""
    try:
        os.fchdir(home)  # where an earlier call may have left from
        key, payload, samples, step, cpu_s = pickle.loads(frame)  # as above
        if payload is not None:
            runners[key] = _loaded(payload)
        runner = runners[key]
        if isinstance(runner, str):
            return runner
        _allow_cpu(cpu_s)
        return [pack(verdict) for verdict in runner.start(samples, step)()]
    except Exception as error:  # a class that cannot be unpickled here, a limit that is refused, out of memory
        return describe(error)


def _loaded(payload: bytes) -> Inline | Async | str:
    try:
        return load(payload)
    except Exception as error:
        return f"cannot be loaded in a worker process: {describe(error)}"


def _allow_cpu(seconds: float) -> None:
    """Lets this process compute for so long from now on; the kernel kills it after that, parent or no parent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
