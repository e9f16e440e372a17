"""One worker process of `rewards.pool` as its parent sees it: started, asked, and killed when it does not answer."""

from __future__ import annotations

import hashlib
import json
import math
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rewards.base import Sample, State, Verdict
from rewards.wire import HEADER_BYTES, unpack, write_frame

START_S = 120.0
"""A worker that is not ready by then never will be; generous, since importing takes long on a busy machine."""
_BOOT = """\
import json, sys
path, *arguments = json.loads(sys.argv[1])
sys.path[:] = path
from rewards.worker import main
main(*arguments)
"""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that workers can judge with, pickled once for all calls."""

    payload: bytes
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hashlib.sha256(self.payload).hexdigest())


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    job: Job
    samples: tuple[Sample, ...]
    step: int | None
    timeout_s: float
    verdicts: Future[list[Verdict]] = field(default_factory=Future)

    def fail(self, reason: str) -> list[Verdict]:
        return [Verdict.failed(reason)] * len(self.samples)

    def give_up(self, reason: str) -> list[Verdict]:
        verdict = Verdict(state=State.TIMED_OUT, reason=reason, seconds=self.timeout_s / len(self.samples))
        return [verdict] * len(self.samples)


class Worker:
    """One process, its two pipes, and what it has loaded."""

    def __init__(self, memory_mb: int) -> None:
        request, self._requests = os.pipe()
        self._replies, reply = os.pipe()
        arguments = json.dumps([sys.path, request, reply, memory_mb])
        # One thread per numeric library: the pool is the parallelism here.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, arguments],
                stdin=subprocess.DEVNULL,
                pass_fds=(request, reply),
                env=environment,
                start_new_session=True,  # a group of its own: killed as one, and deaf to Ctrl-C
            )
        except OSError:
            os.close(self._requests)
            os.close(self._replies)
            raise
        finally:
            os.close(request)
            os.close(reply)
        self._loaded: set[str] = set()
        self._calls = 0
        self._dead = False

    def usable(self, calls_per_worker: int) -> bool:
        return not self._dead and self._calls < calls_per_worker and self._ended(os.WNOHANG) is None

    def judge(self, call: Call) -> list[Verdict]:
        """The call's verdicts; kills the process when they do not come in time or make no sense."""
        self._calls += 1
        payload = None if call.job.key in self._loaded else call.job.payload
        frame = pickle.dumps((call.job.key, payload, call.samples, call.step, call.timeout_s + 1))
        deadline = time.monotonic() + call.timeout_s
        try:
            write_frame(self._requests, frame)
            reply = self._receive(deadline)
        except (EOFError, OSError):
            ending = self._ending()
            if ending == signal.SIGXCPU.name:
                return call.give_up(f"more than {call.timeout_s + 1:g} s of CPU time")
            return call.fail(f"the worker process died: {ending}")
        if reply is None:
            self.kill()
            return call.give_up(f"no answer within {call.timeout_s:g} s")
        self._loaded.add(call.job.key)
        return self._verdicts(reply, call)

    def wait_until_ready(self) -> None:
        """Raises RuntimeError when the process does not come up."""
        try:
            if self._receive(time.monotonic() + START_S) == b"ready":
                return
            reason = f"was not ready after {START_S:g} s"
        except EOFError:
            reason = f"died at start: {self._ending()}"
        raise RuntimeError(f"a worker process {reason}; its standard error may say more")

    def _verdicts(self, reply: bytes, call: Call) -> list[Verdict]:
        try:
            answer: Any = json.loads(reply)
            if isinstance(answer, str):
                return call.fail(answer)
            verdicts = [unpack(verdict) for verdict in answer]
        except (ValueError, KeyError, TypeError) as error:
            self.kill()
            return call.fail(f"the worker process sent no verdicts: {error}")
        return verdicts if len(verdicts) == len(call.samples) else call.fail(f"{len(verdicts)} verdicts came back")

    def _receive(self, deadline: float) -> bytes | None:
        """The next frame, or None when it is not there by the deadline. Raises EOFError when the process has ended."""
        poll, content = select.poll(), bytearray()
        poll.register(self._replies, select.POLLIN)
        size = HEADER_BYTES
        while len(content) < size or len(content) < size + int.from_bytes(content[:size], "big"):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if poll.poll(math.ceil(left * 1000)):
                chunk = os.read(self._replies, 1 << 16)
                if not chunk:
                    raise EOFError
                content += chunk
        return bytes(content[size:])

    def _ended(self, options: int) -> os.waitid_result | None:
        """How the process ended, without reaping it: until `end` its number is its own, and its group can be killed."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | options)

    def _ending(self) -> str:
        """The end of a process that has closed its pipe, in a word or two; kills what is left of it."""
        self.kill()
        result = self._ended(0)
        assert result is not None
        return (
            f"exit code {result.si_status}"
            if result.si_code == os.CLD_EXITED
            else signal.Signals(result.si_status).name
        )

    def kill(self) -> None:
        """Kill the process and every process of its group. May be called from another thread, and again."""
        self._dead = True
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill, wait until the process is gone, and close the pipes. Nothing may be called after it."""
        self.kill()
        self._process.wait()
        os.close(self._requests)
        os.close(self._replies)
