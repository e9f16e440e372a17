"""The four places where a term is judged: here and now, in a thread, on an event loop, or in a worker process.

All are started first and asked for their verdicts later, so that what waits (a judge behind a network, a process)
overlaps with what computes.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import pickle
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

from rewards.base import Reward, RewardError, Sample, Verdict, at_step
from rewards.functions import PerSample, as_reward, describe, judge, load_function, one_each, to_verdict
from rewards.pool import Job, Pool
from rewards.staying import staying

logger = logging.getLogger(__name__)


class Pending(Protocol):
    """A judgement that was started. Never raises."""

    def done(self) -> bool:
        """Whether asking for the verdicts would wait for nothing but what computes here."""
        ...

    def __call__(self) -> list[Verdict]:
        """The verdicts, when they are there."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What judges: exactly one of a reward, and a function or its place."""

    reward: Reward | None = None
    function: str | Callable[..., Any] | None = None

    def absolute(self) -> Source:
        """The same with the place of a file written such that the working directory does not matter."""
        if not isinstance(self.function, str):
            return self
        where, _, name = self.function.rpartition(":")
        path = Path(where).expanduser()
        return Source(function=f"{path.resolve()}:{name}") if path.is_file() else self


class Runner(Protocol):
    """One term's way to verdicts; never raises, whatever the term does."""

    @property
    def elsewhere(self) -> bool:
        """Whether it judges in another thread or process, so that starting early saves time."""
        ...

    def start(self, samples: Sequence[Sample], step: int | None) -> Pending: ...


@dataclass(frozen=True, slots=True)
class Inline:
    """Judges in the thread that asks for the verdicts."""

    reward: Reward

    @property
    def elsewhere(self) -> bool:
        return False

    def start(self, samples: Sequence[Sample], step: int | None) -> Pending:
        return _Here(self.reward, samples, step)


@dataclass(frozen=True, slots=True)
class Background:
    """Judges in a thread of its own, several groups at a time: for what waits, and what any thread may call."""

    reward: Reward

    @property
    def elsewhere(self) -> bool:
        return True

    def start(self, samples: Sequence[Sample], step: int | None) -> Pending:
        return _Elsewhere([background_threads().submit(_Here(self.reward, samples, step))])


@dataclass(frozen=True, slots=True)
class Async:
    """Awaits the function's answers for all samples at the same time, on an event loop in a thread of its own.

    The deadline cancels what awaits, and waits for it no longer, whatever it makes of being cancelled. A coroutine that
    computes without awaiting cannot be stopped by it, and holds up all others. Such a one belongs in a worker process
    (`isolated: true`).
    """

    function: Callable[[Any], Awaitable[Any]]
    takes_group: bool
    timeout_s: float | None

    @property
    def elsewhere(self) -> bool:
        return True

    def start(self, samples: Sequence[Sample], step: int | None) -> Pending:
        return _Elsewhere([asyncio.run_coroutine_threadsafe(self._judge(samples), background_loop())])

    async def _judge(self, samples: Sequence[Sample]) -> list[Verdict]:
        if self.takes_group:
            return await self._answer(samples, len(samples))
        answers = await asyncio.gather(*(self._answer(sample, 1) for sample in samples))
        return [verdict for answer in answers for verdict in answer]

    async def _answer(self, argument: Sample | Sequence[Sample], num_samples: int) -> list[Verdict]:
        before = time.perf_counter()
        asked = asyncio.ensure_future(self._returned(argument))
        await asyncio.wait({asked}, timeout=self.timeout_s)
        if asked.done():
            verdicts = self._verdicts(asked.result(), num_samples)
        else:
            asked.cancel()
            verdicts = [Verdict.timed_out(f"no answer within {self.timeout_s:g} s")] * num_samples
        return _with_seconds(verdicts, (time.perf_counter() - before) / num_samples)

    async def _returned(self, argument: Sample | Sequence[Sample]) -> Any:
        """What the function returns, or as a failure what it raises: an exit or a cancellation would end the loop."""
        try:
            return await self.function(argument)
        except BaseException as error:  # a user's function may raise anything; the verdicts record it
            return _Raised(describe(error))

    def _verdicts(self, returned: Any, num_samples: int) -> list[Verdict]:
        if isinstance(returned, _Raised):
            return [Verdict.failed(returned.reason)] * num_samples
        try:
            return [_verdict(value) for value in (one_each(returned, num_samples) if self.takes_group else [returned])]
        except Exception as error:  # going through what was returned may raise as well
            reason = str(error) if isinstance(error, RewardError) else describe(error)
            return [Verdict.failed(reason)] * num_samples


@dataclass(frozen=True, slots=True)
class _Raised:
    reason: str


@dataclass(frozen=True, slots=True)
class Isolated:
    """Judges in the pool's worker processes, sample by sample where the term is a function of one sample."""

    pool: Pool
    job: Job
    by_sample: bool
    timeout_s: float

    @property
    def elsewhere(self) -> bool:
        return True

    def start(self, samples: Sequence[Sample], step: int | None) -> Pending:
        calls = [(sample,) for sample in samples] if self.by_sample else [tuple(samples)]
        return _Elsewhere([self.pool.submit(self.job, call, self.timeout_s, step) for call in calls])


@dataclass(frozen=True, slots=True)
class _Here:
    """A judgement that is made when somebody asks for it."""

    reward: Reward
    samples: Sequence[Sample]
    step: int | None

    def done(self) -> bool:
        return True

    def __call__(self) -> list[Verdict]:
        before = time.perf_counter()
        verdicts = judge(lambda group: at_step(self.reward, self.step)(group), self.samples)
        return _with_seconds(verdicts, (time.perf_counter() - before) / len(self.samples))


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A judgement under way, in one or more calls."""

    calls: Sequence[Future[list[Verdict]]]

    def done(self) -> bool:
        return all(call.done() for call in self.calls)

    def __call__(self) -> list[Verdict]:
        return [verdict for call in self.calls for verdict in call.result()]


def local_runner(source: Source, timeout_s: float | None = None) -> Inline | Async:
    """The runner of a term in this process.

    Raises:
        RewardError: when it cannot be found or called with one sample or group, or when it should have a deadline that
            nothing could enforce.
    """
    if source.reward is not None:
        if inspect.iscoroutinefunction(source.reward.__call__):
            return Async(cast(Callable[[Any], Awaitable[Any]], source.reward), takes_group=True, timeout_s=timeout_s)
        reward = source.reward
    else:
        given = source.function
        function, name = (load_function(given), given) if isinstance(given, str) else (given, str(given))
        assert function is not None
        if inspect.iscoroutinefunction(function):
            takes_group = not isinstance(as_reward(_plain(function), name), PerSample)
            return Async(function, takes_group=takes_group, timeout_s=timeout_s)
        reward = as_reward(function, name)
    if timeout_s is not None:
        raise RewardError("timeout_s needs isolated: true, or an async function: nothing else can be stopped")
    return Inline(reward)


def isolated_runner(source: Source, timeout_s: float, pool: Pool) -> Isolated:
    """The runner of a term in the pool's worker processes.

    Raises:
        RewardError: as `local_runner`, or when it cannot be sent to another process.
    """
    local = local_runner(source)
    by_sample = not local.takes_group if isinstance(local, Async) else isinstance(local.reward, PerSample)
    remedy = "write function: path/to/file.py:name, or a class at the top of a module that can be imported"
    judged = source.function if source.reward is None else source.reward
    if not isinstance(judged, str) and judged.__module__ == "__main__":
        raise RewardError(f"isolated, but {judged!r} is defined in the script that runs; {remedy}")
    try:
        payload = pickle.dumps(source.absolute())
    except Exception as error:  # pickle runs methods of the object, which may raise anything
        raise RewardError(f"isolated, but it cannot be sent to a process ({describe(error)}); {remedy}") from error
    return Isolated(pool=pool, job=Job(payload, repr(judged)), by_sample=by_sample, timeout_s=timeout_s)


@functools.cache
def background_threads() -> ThreadPoolExecutor:
    """The threads of all terms that judge in the background."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="background-rewards")


@functools.cache
def background_loop() -> asyncio.AbstractEventLoop:
    """The event loop of all async terms, which runs in a daemon thread until the process ends."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=_run, args=(loop,), name="async-rewards", daemon=True).start()
    return loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Runs a loop for ever: an exit in a task that judged code has started must not end it, and all others' wait."""
    while True:
        try:
            with staying():
                loop.run_forever()
        except BaseException:  # SystemExit and the like, which asyncio lets through
            logger.exception("a task that an async reward started has ended the event loop; it goes on")


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function with the signature of an async one, for asking what it takes."""

    @functools.wraps(function)
    def call(argument: Any) -> Any:
        return function(argument)

    return call


def _verdict(value: object) -> Verdict:
    return Verdict.not_applicable("the function returned None") if value is None else to_verdict(value)


def _with_seconds(verdicts: Sequence[Verdict], seconds: float) -> list[Verdict]:
    return [replace(verdict, seconds=seconds) for verdict in verdicts]
