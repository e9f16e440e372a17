"""One worker process of `rewards.pool` as its parent sees it: asked, and killed when it does not answer."""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rewards.base import Sample, State, Verdict
from rewards.generations import PATIENCE_S, Generation, Job
from rewards.wire import read_frame_until, unpack, write_frame


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
    """One process, its two pipes, and what it has loaded. Its parent is the zygote, which keeps its number for us."""

    def __init__(self, zygote: Generation, memory_mb: int) -> None:
        """Raises OSError or RuntimeError when the process cannot be started."""
        self._zygote = zygote
        self._lock = threading.RLock()
        self._buried = self._dead = False
        self._loaded = set(zygote.jobs)
        self._calls = 0
        request, self._requests = os.pipe()
        self._replies, reply = os.pipe()
        self._pidfd = -1
        try:
            self._pid = zygote.fork("worker", (request, reply), memory_mb=memory_mb)
            self._pidfd = os.pidfd_open(self._pid)
        except (OSError, RuntimeError):
            self._close()
            raise
        finally:
            os.close(request)
            os.close(reply)

    def usable(self, calls_per_worker: int) -> bool:
        return not self._dead and self._calls < calls_per_worker and not self._has_ended(0)

    def knows(self, job: Job) -> bool:
        """Whether it need not load the job first."""
        return job.key in self._loaded

    def judge(self, call: Call) -> list[Verdict]:
        """The call's verdicts; kills the process when they do not come in time or make no sense."""
        self._calls += 1
        payload = None if self.knows(call.job) else call.job.payload
        frame = pickle.dumps((call.job.key, payload, call.samples, call.step, call.timeout_s + 1))
        deadline = time.monotonic() + call.timeout_s
        try:
            write_frame(self._requests, frame)
            reply = read_frame_until(self._replies, deadline, self._pidfd)
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
            if read_frame_until(self._replies, time.monotonic() + PATIENCE_S, self._pidfd) == b"ready":
                return
            reason = f"was not ready after {PATIENCE_S:g} s"
        except EOFError:
            reason = f"died at start: {self._ending()}"
        raise RuntimeError(f"a worker process {reason}; its standard error may say more")

    def kill(self) -> None:
        """Kill the process and every process of its group. May be called from another thread, and again."""
        self._dead = True
        with self._lock, suppress(ProcessLookupError):
            if not self._buried and not self._zygote.gone:  # else its number may be somebody else's
                os.killpg(self._pid, signal.SIGKILL)
        with suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def end(self) -> None:
        """Kill, wait until the process is gone, and close the pipes. Nothing may be called after it."""
        self._bury()
        self._close()

    def _ending(self) -> str:
        """The end of a process that has closed its pipe, in a word or two; kills what is left of it."""
        status = self._bury()
        if status is None:
            return "nobody knows how"
        code = os.waitstatus_to_exitcode(status)
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    def _bury(self) -> int | None:
        """Kills the process and has it reaped; its wait status, where it was not reaped before."""
        self.kill()
        if self._buried or not self._has_ended(PATIENCE_S):
            return None
        with self._lock:
            self._buried = True
        return self._zygote.bury(self._pid)

    def _has_ended(self, within_s: float) -> bool:
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(within_s * 1000))

    def _close(self) -> None:
        for descriptor in (self._requests, self._replies, self._pidfd):
            if descriptor >= 0:
                os.close(descriptor)

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
