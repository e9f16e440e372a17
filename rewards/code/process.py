"""One confined process as the supervisor sees it: watched by CPU time and a wall limit, killed by pidfd.

Its channel and its output are read up to a cap and never waited for to their end, which others might hold open.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import select
import signal
import socket
import time
from contextlib import suppress
from typing import Any

from rewards.code.clocks import cpu_clock, seconds_waiting
from rewards.code.codec import NotData, pack, unpack
from rewards.code.limits import Ended, Infrastructure, Limits, OverLimit, Overloaded, Usage
from rewards.code.slot import PART_BYTES, Slot

_LONGEST_TICK_S = 0.2
_CPUS = os.cpu_count() or 1
_PIPE_BYTES, _LARGEST_PIPE_BYTES = 1 << 16, 1 << 20
"""What a pipe holds, and what anybody may ask one to hold."""


class Output:
    """Room for what a process writes, of which only what is used takes memory.

    Mapped for itself, so that all of it goes back to the kernel at the end: the allocator would keep the room of a
    long output, and could not lay the next one there where a small object has come to lie behind it.
    """

    def __init__(self, most_bytes: int) -> None:
        self.length = 0
        self._room = memoryview(mmap.mmap(-1, most_bytes + PART_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))

    def take(self, descriptor: int) -> int:
        """Reads once; how many bytes that gave. Must not be called when there are more than `most_bytes`."""
        received = os.readv(descriptor, [self._room[self.length : self.length + PART_BYTES]])
        self.length += received
        return received

    def content(self) -> bytes:
        return bytes(self._room[: self.length])


class Process:
    """One confined process, from its start to its end. Use as a context manager: leaving it kills and reaps."""

    def __init__(
        self,
        slot: Slot,
        limits: Limits,
        job: dict[str, Any],
        stdin: bytes | None = None,
        beside: Process | None = None,
    ) -> None:
        """Starts it and hands it its job. With `stdin` it gets that as standard input, and its output is kept.

        While this process is waited for, the CPU time of the one `beside` it is watched too.
        """
        self._slot, self._limits = slot, limits
        self._beside: Process | None = None
        self.exhausted = False
        """Whether it has used up its CPU time."""
        self._buffer = bytearray()
        self._unread = memoryview(stdin or b"")
        self._input = self._output = self._pidfd = -1
        self._clock: int | None = None
        self._reading = -1
        """The end of the input that the program reads, so that writing never finds nobody there (SIGPIPE)."""
        self.usage: Usage | None = None
        try:
            self._channel, theirs = socket.socketpair()
        except OSError as error:
            raise Infrastructure(f"a process could not be started: {error}") from None
        ends = [theirs.detach()]
        try:
            if stdin is not None:
                self._reading, self._input = os.pipe2(os.O_CLOEXEC)
                if len(stdin) > _PIPE_BYTES:
                    with suppress(OSError):  # refused to a user who has many large ones
                        fcntl.fcntl(self._input, fcntl.F_SETPIPE_SZ, min(len(stdin), _LARGEST_PIPE_BYTES))
                os.set_blocking(self._input, False)
                self._output, writing = os.pipe2(os.O_CLOEXEC)
                ends.insert(0, writing)
                self._pid, self._pidfd = slot.start(limits, [self._reading, *ends])
            else:
                self._pid, self._pidfd = slot.start(limits, ends)
        except OSError as error:
            self._close()
            raise Infrastructure(f"a process could not be started: {error}") from None
        except BaseException:
            self._close()
            raise
        finally:
            for descriptor in ends:
                os.close(descriptor)
        self._started = time.monotonic()
        if self._input >= 0:
            self._feed()  # before it starts: some read all of their input by one call
        self._hand_over({**job, "output_bytes": limits.output_bytes, "input_bytes": len(stdin or b"")})
        self._beside = beside  # only now: its end would have looked like a fault of this one

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def send(self, message: dict[str, Any]) -> None:
        """Raises Ended when nobody takes it. Has no cap: what is sent comes from the data, or has passed a cap."""
        rest = memoryview(pack(message))
        while rest:
            self._wait(self._channel.fileno(), select.POLLOUT)
            try:
                rest = rest[self._channel.send(rest, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Ended("it hung up") from None

    def receive(self, useful: int | None = None) -> dict[str, Any]:
        """The next frame; an empty one for one of more than `useful` bytes. Raises Ended, OverLimit, Infrastructure."""
        cap = self._limits.output_bytes
        while True:
            size = int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) >= 4 and size > cap:
                raise OverLimit(f"it answered with {size} bytes, more than {cap}")
            if len(self._buffer) >= 4 + size and self._buffer:
                body = bytes(self._buffer[4 : 4 + size])
                del self._buffer[: 4 + size]
                if useful is not None and size > useful:
                    return {}
                try:
                    return unpack(body)
                except NotData as error:
                    raise Ended(f"it answered what is no frame: {error}") from None
            self._wait(self._channel.fileno(), select.POLLIN)
            try:
                received = self._take()
            except BlockingIOError:
                continue
            except OSError:
                received = 0
            if not received:
                raise Ended("it ended without an answer")

    def read_output(self) -> bytes:
        """All that the process writes until it ends, while it is fed its input. Raises OverLimit, Infrastructure."""
        written = Output(self._limits.output_bytes)
        poll = select.poll()
        for descriptor, events in ((self._pidfd, select.POLLIN), (self._output, select.POLLIN)):
            poll.register(descriptor, events)
        poll.register(self._input, select.POLLOUT)
        os.set_blocking(self._output, False)
        ended = False
        while not ended:
            ready = dict(poll.poll(self._tick_ms()))
            ended = self._pidfd in ready
            if self._input in ready and not self._feed():
                poll.unregister(self._input)
                os.close(self._input)  # the end of the input
                self._input = -1
            if (self._output in ready or ended) and not self._drain(written) and not ended:
                poll.unregister(self._output)
        return written.content()

    def cpu_left_s(self) -> float:
        """Seconds of CPU time that it may still use, at least. Raises OverLimit when there are none, and notes that."""
        most_s = (time.monotonic() - self._started) * _CPUS
        if most_s < self._limits.cpu_s:  # as for most programs: no need to ask the kernel
            return self._limits.cpu_s - most_s
        try:
            if self._clock is None:
                self._clock = cpu_clock(self._pidfd)
            used_s = time.clock_gettime(self._clock)
        except OSError:
            used_s = 0.0  # reaped already; `finish` knows the final figure
        if used_s > self._limits.cpu_s:
            self.exhausted = True
            raise OverLimit(f"it used more than {self._limits.cpu_s:g} s of CPU time")
        return self._limits.cpu_s - used_s

    def complaint(self) -> object:
        """What the process said of its own error, if it did: for the log, never for a verdict."""
        try:
            self._take()
            return unpack(bytes(self._buffer[4 : 4 + int.from_bytes(self._buffer[:4], "big")])).get("error")
        except (OSError, NotData):
            return None

    def finish(self) -> Usage:
        """Kills the process if it still lives, waits until it is reaped, and tells how it ended."""
        if self.usage is not None:
            return self.usage
        if self._pidfd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._close()
        self.usage = self._slot.wait_end(self._pid)
        return self.usage

    def _hand_over(self, job: dict[str, Any]) -> None:
        """The first frame comes before any of the program's code has run, so that it can be believed.

        The job lies ready for the process, which takes it once that frame is out.
        """
        try:
            self.send(job)
            if self.receive() != {"confined": True}:
                raise Infrastructure("a process could not be confined")
        except (Ended, OverLimit) as error:  # the job was not taken yet: no fault of the program's
            self.finish()
            raise Infrastructure(f"a process did not take its job: {error}") from None
        except BaseException:
            self.finish()
            raise

    def _close(self) -> None:
        """Lets go of all descriptors; of each once, for its number may be another thread's by then."""
        self._channel.close()
        descriptors = (self._input, self._output, self._reading, self._pidfd)
        self._input = self._output = self._reading = self._pidfd = -1
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    def _feed(self) -> bool:
        """Gives the process as much input as its pipe takes; False when there is no more."""
        try:
            while self._unread:
                self._unread = self._unread[os.write(self._input, self._unread[: 1 << 16]) :]
        except BlockingIOError:
            return True
        return False

    def _take(self) -> int:
        """Adds what the channel holds now to the buffer, up to a part's length; how much that was."""
        room = self._slot.room
        received = self._channel.recv_into(room, flags=socket.MSG_DONTWAIT)
        self._buffer += room[:received]
        return received

    def _drain(self, written: Output) -> bool:
        """Takes what the pipe holds now; False at its end."""
        while True:
            try:
                if not written.take(self._output):
                    return False
            except BlockingIOError:
                return True
            if written.length > self._limits.output_bytes:
                raise OverLimit(f"it wrote more than {self._limits.output_bytes} bytes")
            self._tick_ms()

    def _wait(self, descriptor: int, events: int) -> None:
        poll = select.poll()
        poll.register(descriptor, events)
        while not poll.poll(self._tick_ms()):
            pass

    def _tick_ms(self) -> int:
        """How long may be waited before the limits are looked at again. Raises OverLimit, or Infrastructure."""
        wall_s = time.monotonic() - self._started
        beside_s = self._beside.cpu_left_s() if self._beside else math.inf
        cpu_s = self._limits.cpu_s - self.cpu_left_s()
        if wall_s > self._limits.wall_s:
            if seconds_waiting(self._pidfd) > self._limits.wall_s / 2:
                raise Overloaded(f"the machine is overloaded: a program got {cpu_s:.2f} s of CPU in {wall_s:.0f} s")
            raise OverLimit(f"it took more than {self._limits.wall_s:g} s")
        cpu_left_s = min(beside_s, self._limits.cpu_s - cpu_s)
        left_s = min(cpu_left_s / _CPUS, self._limits.wall_s - wall_s, _LONGEST_TICK_S)
        return max(2, int(left_s * 1000) + 1)
