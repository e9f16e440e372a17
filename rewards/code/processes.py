"""The supervisor's side of the sandbox: zygotes, and the confined processes that they fork.

A `Slot` belongs to one thread at a time and holds one zygote. A `Process` is one confined child of it: it is watched by
CPU time and by a wall limit, killed by pidfd, and its channel and output are read up to a cap, never to their end.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards.code.codec import MAX_FRAME_BYTES, NotData, pack, unpack

ZYGOTE_PATIENCE_S = 120.0
"""How long a zygote may take to start or to answer before it counts as dead; a starved machine is slow, not broken."""
_LONGEST_TICK_S = 0.2
_CPUS = os.cpu_count() or 1
_CLEAN_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",  # a zygote forks: it must not have threads
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# Enters this package without running `rewards/__init__.py`, which the sandbox has no use for.
_BOOT = """\
import sys, types
for name, path in zip(("rewards", "rewards.code"), sys.argv[1:3]):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [path]
from rewards.code.zygote import main
main()
"""


class Infrastructure(Exception):
    """The sandbox itself did not work; says nothing about the program."""


class Overloaded(Infrastructure):
    """The machine let a program wait so long that nothing can be said of it; trying again at once would not help."""


class Ended(Exception):
    """The program ended, hung up or broke the protocol before it had answered."""


class OverLimit(Exception):
    """The program used more time or wrote more than it may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one confined process may use."""

    cpu_s: float
    wall_s: float
    memory_bytes: int
    """Address space beyond what the zygote has mapped."""
    files_bytes: int
    threads: int
    output_bytes: int = MAX_FRAME_BYTES

    def to_dict(self) -> dict[str, Any]:
        keys = ("cpu_s", "memory_bytes", "files_bytes", "threads")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How a process ended, as its parent saw it."""

    status: int
    """As `wait` reports it: 0 only for a normal end with exit status 0."""
    cpu_s: float
    peak_mb: float


class Slot:
    """One zygote and the way to talk to it. Raises Infrastructure where the zygote does not do its part."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.runs = 0
        self._ended: dict[int, Usage] = {}
        self._null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ZYGOTE_PATIENCE_S)
        here = Path(__file__).resolve().parent
        command = [sys.executable, "-S", "-P", "-B", "-c", _BOOT, str(here.parent), str(here), str(theirs.fileno())]
        self._zygote = subprocess.Popen(
            command, env=_CLEAN_ENVIRONMENT, cwd="/", stdin=self._null, stdout=self._null, stderr=self._null,
            pass_fds=(theirs.fileno(),), start_new_session=True,
        )  # fmt: skip
        theirs.close()
        try:
            self._control.send(json.dumps(setup).encode())
            answer = self._receive()
        except (OSError, Infrastructure) as error:
            self.close()
            raise Infrastructure(f"the zygote did not start: {error}") from None
        if "refused" in answer:
            self.close()
            raise Infrastructure(f"the zygote refused: {answer['refused']}")
        self.missing_modules: list[str] = answer["missing"]

    def start(self, limits: Limits, descriptors: tuple[int, int, int]) -> tuple[int, int]:
        """Forks a confined child with these descriptors as input, output and channel: (pid there, pidfd)."""
        try:
            socket.send_fds(self._control, [json.dumps(limits.to_dict()).encode()], descriptors)
        except OSError as error:
            raise Infrastructure(f"the zygote is gone: {error}") from None
        self.runs += 1
        while True:
            message, received = self._message()
            if "started" in message:
                return message["started"], received[0]
            self._note_end(message)

    def wait_end(self, pid: int) -> Usage:
        """How a child ended, once its parent has reaped it."""
        while pid not in self._ended:
            self._note_end(self._message()[0])
        return self._ended.pop(pid)

    @property
    def null(self) -> int:
        """A descriptor of /dev/null."""
        return self._null

    @property
    def pid(self) -> int:
        """The zygote's process, which leads a session of its own."""
        return self._zygote.pid

    def close(self) -> None:
        """Ends the zygote and with it all its children; returns when it is reaped."""
        self._control.close()
        try:
            self._zygote.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()
        if self._null >= 0:
            os.close(self._null)
            self._null = -1

    def _note_end(self, message: dict[str, Any]) -> None:
        usage = Usage(status=message["status"], cpu_s=message["cpu_s"], peak_mb=message["peak_kb"] / 1024)
        self._ended[message["ended"]] = usage

    def _receive(self) -> dict[str, Any]:
        return self._message()[0]

    def _message(self) -> tuple[dict[str, Any], list[int]]:
        try:
            body, descriptors, _, _ = socket.recv_fds(self._control, 65536, 1)
        except OSError as error:
            raise Infrastructure(f"the zygote does not answer: {error}") from None
        if not body:
            raise Infrastructure("the zygote has died")
        return json.loads(body), descriptors


class Process:
    """One confined process, from its start to its end. Use as a context manager: leaving it kills and reaps."""

    def __init__(self, slot: Slot, limits: Limits, job: dict[str, Any], stdin: bytes | None = None) -> None:
        """Starts it and hands it its job. With `stdin` it gets that as standard input, and its output is kept."""
        self._slot, self._limits = slot, limits
        self._buffer = bytearray()
        self.usage: Usage | None = None
        self._output, writing = os.pipe2(os.O_CLOEXEC) if stdin is not None else (-1, -1)
        reading = _read_only(stdin) if stdin is not None else -1
        self._channel, theirs = socket.socketpair()
        try:
            inputs = (reading, writing) if stdin is not None else (slot.null, slot.null)
            self._pid, self._pidfd = slot.start(limits, (*inputs, theirs.fileno()))
        except Infrastructure:
            self._channel.close()
            if self._output >= 0:
                os.close(self._output)
            raise
        finally:
            theirs.close()
            for descriptor in (reading, writing):
                if descriptor >= 0:
                    os.close(descriptor)
        self._clock = _cpu_clock(self._pidfd)
        self._started = time.monotonic()
        try:
            self._expect_confinement()
            self.send(job)
        except (Ended, OverLimit) as error:  # the job was not taken yet: no fault of the program's
            self.finish()
            raise Infrastructure(f"a process did not take its job: {error}") from None
        except BaseException:
            self.finish()
            raise

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def send(self, message: dict[str, Any]) -> None:
        """Raises Ended when nobody takes it, NotData when it is too large."""
        rest = memoryview(pack(message) if message.get("mode") is None else _pack_job(message))
        while rest:
            self._wait(self._channel.fileno(), select.POLLOUT)
            try:
                rest = rest[self._channel.send(rest, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Ended("it hung up") from None

    def receive(self) -> dict[str, Any]:
        """The next frame. Raises Ended, OverLimit, Infrastructure."""
        while True:
            size = int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) >= 4 and size > MAX_FRAME_BYTES:
                raise OverLimit(f"it answered with {size} bytes, more than {MAX_FRAME_BYTES}")
            if len(self._buffer) >= 4 + size and self._buffer:
                body = bytes(self._buffer[4 : 4 + size])
                del self._buffer[: 4 + size]
                try:
                    return unpack(body)
                except NotData as error:
                    raise Ended(f"it answered what is no frame: {error}") from None
            self._wait(self._channel.fileno(), select.POLLIN)
            try:
                part = self._channel.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            if not part:
                raise Ended("it ended without an answer")
            self._buffer += part

    def read_output(self) -> bytes:
        """All that the process writes until it ends; whoever else still holds the pipe is not waited for."""
        written = bytearray()
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        poll.register(self._output, select.POLLIN)
        ended = False
        while not ended:
            ready = dict(poll.poll(self._tick_ms()))
            ended = self._pidfd in ready
            if self._output in ready or ended:
                open_still = self._drain(written)
                if not open_still and not ended:
                    poll.unregister(self._output)
        return bytes(written)

    def _drain(self, written: bytearray) -> bool:
        """Takes what the pipe holds now; False at its end."""
        os.set_blocking(self._output, False)
        while True:
            try:
                part = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return True
            if not part:
                return False
            written += part
            if len(written) > self._limits.output_bytes:
                raise OverLimit(f"it wrote more than {self._limits.output_bytes} bytes")
            self._tick_ms()

    def complaint(self) -> str:
        """What the process said of its own error, if it did: for the log, never for a verdict."""
        try:
            self._buffer += self._channel.recv(1 << 16, socket.MSG_DONTWAIT)
            body = bytes(self._buffer[4 : 4 + int.from_bytes(self._buffer[:4], "big")])
            return str(unpack(body)["error"][1])[:300]
        except (OSError, NotData, KeyError, IndexError, TypeError):
            return ""

    def finish(self) -> Usage:
        """Kills the process if it still lives, waits until it is reaped, and tells how it ended."""
        if self.usage is not None:
            return self.usage
        try:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            self._channel.close()
            os.close(self._pidfd)
            if self._output >= 0:
                os.close(self._output)
        self.usage = self._slot.wait_end(self._pid)
        return self.usage

    def _expect_confinement(self) -> None:
        """The first frame comes before any of the program's code has run, so that it can be believed."""
        try:
            if self.receive() == {"confined": True}:
                return
        except (Ended, OverLimit):
            pass
        raise Infrastructure("a process could not be confined")

    def _wait(self, descriptor: int, events: int) -> None:
        poll = select.poll()
        poll.register(descriptor, events)
        while not poll.poll(self._tick_ms()):
            pass

    def _tick_ms(self) -> int:
        """How long may be waited before the limits are looked at again. Raises OverLimit, or Infrastructure."""
        wall_s = time.monotonic() - self._started
        cpu_s = self._cpu_s()
        if cpu_s > self._limits.cpu_s:
            raise OverLimit(f"it used more than {self._limits.cpu_s:g} s of CPU time")
        if wall_s > self._limits.wall_s:
            waited_s = _seconds_runnable(self._pidfd)
            if waited_s > self._limits.wall_s / 2:
                raise Overloaded(f"the machine is overloaded: a program got {cpu_s:.2f} s of CPU in {wall_s:.0f} s")
            raise OverLimit(f"it took more than {self._limits.wall_s:g} s")
        left_s = min((self._limits.cpu_s - cpu_s) / _CPUS, self._limits.wall_s - wall_s, _LONGEST_TICK_S)
        return max(2, int(left_s * 1000) + 1)

    def _cpu_s(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return 0.0  # reaped already; `finish` knows the final figure


def _pack_job(job: dict[str, Any]) -> bytes:
    """As `pack`, without its cap: jobs are the data's tests and one completion."""
    body = json.dumps(job).encode()
    return len(body).to_bytes(4, "big") + body


def _read_only(data: bytes) -> int:
    """A descriptor from which `data` can be read and nothing written."""
    descriptor = os.memfd_create("input", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(descriptor)


def _host_pid(pidfd: int) -> int:
    with open(f"/proc/self/fdinfo/{pidfd}") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pid:"))


def _cpu_clock(pidfd: int) -> int:
    """The clock of all CPU time of a process: what clock_getcpuclockid(3) computes, which Python lacks."""
    return (~_host_pid(pidfd) << 3) | 2


def _seconds_runnable(pidfd: int) -> float:
    """How long the process could have run but was not let; 0 where the kernel does not tell."""
    try:
        return int(Path(f"/proc/{_host_pid(pidfd)}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError, StopIteration):
        return 0.0
