"""Worker processes that can be killed: where a term is judged that may hang, crash or eat the memory.

    WeightedSum(terms={"style": {"weight": 1.0, "function": "style.py:judge", "isolated": True, "timeout_s": 5.0}})

A thread that hangs cannot be stopped; a process can. Workers are forked in milliseconds from one process that was
started by executing a new interpreter and has imported what the terms need (`rewards.zygote`), never from this one, so
that threads and an accelerator here are safe. That one process starts as soon as a reward with such a term is built;
the workers when first needed. They are kept, and replaced after a number of calls, after a deadline, and when they die.
What a module does when it is imported is done once for all workers, unless it starts threads or opens files: then every
worker imports it anew, and a warning says why.

This is no sandbox: a worker has its parent's rights, files and network. It keeps mistakes in, not malice.
"""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future

from rewards.base import RewardError, Sample, Verdict
from rewards.generations import Job, Lineage
from rewards.process import Call, Worker

__all__ = ["Job", "Pool"]


class Pool:
    """At most `workers` processes that judge calls in the order in which they were submitted.

    A call has `timeout_s` seconds of wall time from when a worker takes it, and as much CPU time plus one second; then
    its worker is killed with all processes that it started (unless they left its process group) and the verdicts are
    TIMED_OUT. As many calls may hang at the same time as there are workers without holding up the others, which is why
    there are more of them than cores: one that waits costs memory only.

    >>> Pool(workers=0)
    Traceback (most recent call last):
    rewards.base.RewardError: Pool: workers=0, memory_mb=4096, calls_per_worker=1000; give whole numbers of at least 1
    """

    def __init__(self, *, workers: int = 16, memory_mb: int = 4096, calls_per_worker: int = 1000) -> None:
        """Starts nothing yet; see `prepare`.

        Args:
            memory_mb: address space of a worker in MiB; what asks for more gets a MemoryError.
            calls_per_worker: calls after which a worker is replaced, so that what leaks does not pile up.

        Raises:
            RewardError: when a number is not whole and positive.
        """
        given = (workers, memory_mb, calls_per_worker)
        if not all(isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in given):
            raise RewardError(
                f"Pool: workers={workers}, memory_mb={memory_mb}, calls_per_worker={calls_per_worker}; give whole "
                "numbers of at least 1"
            )
        self._office = _Office(workers, memory_mb, calls_per_worker)
        self._finalizer = weakref.finalize(self, self._office.close)  # runs at exit too

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Start the process that workers are forked from, and have it import what these jobs need. Waits for nothing.

        What goes wrong in it shows when the first call for such a job is submitted.
        """
        self._office.prepare(tuple(jobs))

    def submit(
        self, job: Job, samples: Sequence[Sample], timeout_s: float, step: int | None = None
    ) -> Future[list[Verdict]]:
        """One verdict per sample, some day; the future never raises.

        Raises:
            RewardError: when the pool is closed.
        """
        call = Call(job=job, samples=tuple(samples), step=step, timeout_s=timeout_s)
        self._office.accept(call)
        return call.verdicts

    def close(self) -> None:
        """Kill all workers; what they were judging fails. Waits until no process is left."""
        self._finalizer()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Office:
    """The queue of calls, and a thread for every worker, which starts it, hands it calls and kills it."""

    def __init__(self, workers: int, memory_mb: int, calls_per_worker: int) -> None:
        self.workers, self.memory_mb, self.calls_per_worker = workers, memory_mb, calls_per_worker
        self.calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self.lock = threading.RLock()  # the garbage collector may close the pool in a thread that has it
        self.threads: list[threading.Thread] = []
        self.heralds: list[threading.Thread] = []
        self.staff: set[Worker] = set()
        self.lineage = Lineage()
        self.open_calls = 0
        self.closed = False

    def prepare(self, jobs: Sequence[Job]) -> None:
        with self.lock:
            if jobs and not self.closed:
                herald = threading.Thread(target=self._bring_up, args=(jobs,), name="reward-zygote", daemon=True)
                self.heralds.append(herald)
                herald.start()

    def _bring_up(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            try:
                self.lineage.youngest(job)
            except (OSError, RuntimeError):  # the pool was closed, or the first call tries again and says why
                return

    def accept(self, call: Call) -> None:
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
        self.lineage.close()
        for thread in (*self.threads, *self.heralds):
            if thread is not threading.current_thread():
                thread.join()

    def _serve(self) -> None:
        """One worker's calls, one after another, until the pool closes."""
        worker: Worker | None = None
        while (call := self.calls.get()) is not None:
            if call.verdicts.set_running_or_notify_cancel():
                try:
                    worker = self._kept(worker, call.job)
                    worker = worker or self._hire(call.job)
                    verdicts = worker.judge(call)
                except Exception as error:  # whatever it is, somebody waits for this future
                    verdicts = call.fail(f"{type(error).__name__}: {error}")
                call.verdicts.set_result(verdicts)
            with self.lock:
                self.open_calls -= 1
            if worker is not None and not worker.usable(self.calls_per_worker):
                worker = self._dismiss(worker)
        if worker is not None:
            self._dismiss(worker)

    def _kept(self, worker: Worker | None, job: Job) -> Worker | None:
        """This worker if it can take the job as well as a new one could; else it is let go."""
        if worker is None:
            return None
        able = worker.knows(job) or self.lineage.refuses(job)
        return worker if able and worker.usable(self.calls_per_worker) else self._dismiss(worker)

    def _hire(self, job: Job) -> Worker:
        """A fresh worker that is ready.

        Raises:
            OSError: when the process cannot be started.
            RuntimeError: when it does not come up, or the pool has been closed.
        """
        worker = Worker(self.lineage.youngest(job), self.memory_mb)
        with self.lock:
            self.staff.add(worker)
        try:
            worker.wait_until_ready()
        except RuntimeError:
            self._dismiss(worker)
            raise
        return worker

    def _dismiss(self, worker: Worker) -> None:
        with self.lock:
            self.staff.discard(worker)
        worker.end()
