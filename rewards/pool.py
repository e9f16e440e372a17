"""Worker processes that can be killed: where a term is judged that may hang, crash or eat the memory.

    WeightedSum(terms={"style": {"weight": 1.0, "function": "style.py:judge", "isolated": True, "timeout_s": 5.0}})

A thread that hangs cannot be stopped; a process can. Workers are started by executing a new interpreter, never by
forking this one, so that threads and an accelerator here are safe; they are started when first needed, kept, and
replaced after a number of calls, after a deadline, and when they die.

This is no sandbox: a worker has its parent's rights, files and network. It keeps mistakes in, not malice.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import pickle
import queue
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rewards.base import RewardError, Sample, State, Verdict
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


class Pool:
    """At most `workers` processes that judge calls in the order in which they were submitted.

    A call has `timeout_s` seconds of wall time from when a worker takes it, and as much CPU time plus one second; then
    its worker is killed with all processes that it started (unless they left its process group) and the verdicts are
    TIMED_OUT. As many calls may hang at the same time as there are workers without holding up the others, which is why
    there are more of them than cores: one that waits costs memory only.

    >>> Pool(workers=0)
    Traceback (most recent call last):
    rewards.base.RewardError: Pool: workers=0, memory_mb=4096, calls_per_worker=1000; give numbers of at least 1
    """

    def __init__(self, *, workers: int = 16, memory_mb: int = 4096, calls_per_worker: int = 1000) -> None:
        """Starts nothing yet.

        Args:
            memory_mb: address space of a worker in MiB; what asks for more gets a MemoryError.
            calls_per_worker: calls after which a worker is replaced, so that what leaks does not pile up.

        Raises:
            RewardError: when a number is not positive.
        """
        if min(workers, memory_mb, calls_per_worker) < 1:
            raise RewardError(
                f"Pool: workers={workers}, memory_mb={memory_mb}, calls_per_worker={calls_per_worker}; give numbers "
                "of at least 1"
            )
        self._office = _Office(workers, memory_mb, calls_per_worker)
        self._finalizer = weakref.finalize(self, self._office.close)  # runs at exit too

    def submit(
        self, job: Job, samples: Sequence[Sample], timeout_s: float, step: int | None = None
    ) -> Future[list[Verdict]]:
        """One verdict per sample, some day; the future never raises.

        Raises:
            RewardError: when the pool is closed.
        """
        call = _Call(job=job, samples=tuple(samples), step=step, timeout_s=timeout_s)
        self._office.accept(call)
        return call.verdicts

    def close(self) -> None:
        """Kill all workers; what they were judging fails. Waits until no process is left."""
        self._finalizer()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
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


class _Office:
    """The queue of calls, and a thread for every worker, which starts it, hands it calls and kills it."""

    def __init__(self, workers: int, memory_mb: int, calls_per_worker: int) -> None:
        self.workers, self.memory_mb, self.calls_per_worker = workers, memory_mb, calls_per_worker
        self.calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self.lock = threading.RLock()  # the garbage collector may close the pool in a thread that has it
        self.threads: list[threading.Thread] = []
        self.staff: set[_Worker] = set()
        self.open_calls = 0
        self.closed = False

    def accept(self, call: _Call) -> None:
        with self.lock:
            if self.closed:
                raise RewardError("the pool of worker processes is closed; build the reward anew")
            self.open_calls += 1
            if self.open_calls > len(self.threads) < self.workers:
                thread = threading.Thread(target=self._serve, name="reward-worker", daemon=True)
                self.threads.append(thread)
                thread.start()
        self.calls.put(call)

    def close(self) -> None:
        with self.lock:
            self.closed = True
            for worker in list(self.staff):
                worker.kill()
        for _ in self.threads:
            self.calls.put(None)
        for thread in self.threads:
            if thread is not threading.current_thread():
                thread.join()

    def _serve(self) -> None:
        """One worker's calls, one after another, until the pool closes."""
        worker: _Worker | None = None
        while (call := self.calls.get()) is not None:
            if call.verdicts.set_running_or_notify_cancel():
                try:
                    if worker is not None and not worker.usable(self.calls_per_worker):
                        worker = self._dismiss(worker)
                    worker = worker or self._hire()
                    verdicts = worker.judge(call) if worker else call.fail("the pool of worker processes was closed")
                except Exception as error:  # whatever it is, somebody waits for this future
                    verdicts = call.fail(f"{type(error).__name__}: {error}")
                call.verdicts.set_result(verdicts)
            with self.lock:
                self.open_calls -= 1
        if worker is not None:
            self._dismiss(worker)

    def _hire(self) -> _Worker | None:
        """A fresh worker, or None when the pool has been closed."""
        with self.lock:
            if self.closed:
                return None
            worker = _Worker(self.memory_mb)
            self.staff.add(worker)
        return worker

    def _dismiss(self, worker: _Worker) -> None:
        with self.lock:
            self.staff.discard(worker)
        worker.end()


class _Worker:
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
        self._ready = self._dead = False

    def usable(self, calls_per_worker: int) -> bool:
        return not self._dead and self._calls < calls_per_worker and self._ended(os.WNOHANG) is None

    def judge(self, call: _Call) -> list[Verdict]:
        """The call's verdicts; kills the process when they do not come in time or make no sense.

        Raises:
            RuntimeError: when the process does not come up.
        """
        if not self._ready:
            self._wait_until_ready()
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

    def _wait_until_ready(self) -> None:
        try:
            self._ready = self._receive(time.monotonic() + START_S) == b"ready"
            reason = f"was not ready after {START_S:g} s"
        except EOFError:
            reason = f"died at start: {self._ending()}"
        if not self._ready:
            self.kill()
            raise RuntimeError(f"a worker process {reason}; its standard error may say more")

    def _verdicts(self, reply: bytes, call: _Call) -> list[Verdict]:
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
