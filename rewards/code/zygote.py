"""A process that forks one sandboxed child per request. Started by exec with a clean environment, never by fork.

It imports what programs may need, once, confines itself as far as its children need no more, and then only forks,
waits and reports. No code, input or test passes through it: children read their job from their own channel.
"""

from __future__ import annotations

import _multiprocessing
import atexit
import contextlib
import gc
import importlib
import io
import json
import locale
import os
import platform
import random
import resource
import select
import signal
import site
import socket
import sys
import threading
import time
from typing import Any, NoReturn

from rewards.code import kernel, namespaces, pages, seccomp, solution, tester, unshared
from rewards.code.codec import Channel
from rewards.code.semaphores import SemLock

CHANNEL = 3
"""The descriptor of a child's channel."""
STACK_BYTES = 120 << 20
"""Below the 128 MiB that the kernel keeps free under the stack."""
THREAD_STACK_BYTES = 8 << 20
"""What is usual. Unset, it would be the caller's limit of the stack, of which few might fit into the memory limit."""

SMALL_OBJECTS_BYTES = 16 << 20
"""About what the preloaded modules take."""


class Zygote:
    """The loop. `control` is a SOCK_SEQPACKET socket: a message is one JSON object, descriptors beside it."""

    def __init__(self, control: socket.socket, setup: dict[str, Any]) -> None:
        self.control = control
        self.tier: str = setup["tier"]
        self.user: int = setup["user"]
        """Whom children become, where this process may change its user."""
        self.may_change_user = os.geteuid() == 0
        program = seccomp.build(files=self.tier != "strict", links=self.tier == "namespace")
        self.filter = kernel.Filter(program, seccomp.ITSELF)
        self.streams = solution.make_streams()
        self.base_bytes = 0
        self.pid = os.getpid()
        self.children: dict[int, int] = {}
        """pidfd: pid."""

    def serve(self) -> NoReturn:
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor != self.control.fileno():
                    poll.unregister(descriptor)
                    self.report(descriptor)
                    continue
                message, descriptors, _, _ = socket.recv_fds(self.control, 65536, 4)
                if not message:  # the supervisor is gone
                    self.leave()
                pidfd = self.start(json.loads(message), descriptors)
                poll.register(pidfd, select.POLLIN)

    def start(self, limits: dict[str, Any], descriptors: list[int]) -> int:
        pid = os.fork()
        if pid == 0:
            self.become_child(limits, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        pidfd = os.pidfd_open(pid)
        self.children[pidfd] = pid
        socket.send_fds(self.control, [json.dumps({"started": pid}).encode()], [pidfd])
        return pidfd

    def report(self, pidfd: int) -> None:
        pid = self.children.pop(pidfd)
        os.close(pidfd)
        _, status, usage = os.wait4(pid, 0)
        cpu_s = usage.ru_utime + usage.ru_stime
        end = {"ended": pid, "status": status, "cpu_s": cpu_s, "peak_kb": usage.ru_maxrss}
        self.control.send(json.dumps(end).encode())

    def leave(self) -> NoReturn:
        for pidfd in self.children:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        for pid in self.children.values():
            os.waitpid(pid, 0)
        os._exit(0)

    def become_child(self, limits: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """Never returns to the loop, whatever happens: a child that did would be a second zygote."""
        status = 125
        try:
            arrange(descriptors)
            self.confine(limits)
            status = run_job(Channel(CHANNEL), self.streams)
        finally:
            os._exit(status)

    def confine(self, limits: dict[str, Any]) -> None:
        """The order matters: what needs privilege first, the filter last."""
        if self.tier == "namespace":
            namespaces.private_tmp(limits["files_bytes"])
        if self.may_change_user:
            namespaces.become(self.user)
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # RLIMIT_CORE does not bind a host that pipes cores to a program
        kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)  # last: a change of user clears it
        if os.getppid() != self.pid:
            os._exit(125)  # the zygote died before the line above
        if self.tier == "namespace" and kernel.landlock_version():
            kernel.landlock(["/"], ["/tmp", "/dev"])
        for what, value in self.limits(limits):
            lower_limit(what, value)
        self.filter.install(os.getpid())

    def limits(self, limits: dict[str, Any]) -> list[tuple[int, int]]:
        return [
            (resource.RLIMIT_AS, self.base_bytes + limits["memory_bytes"]),
            (resource.RLIMIT_CPU, int(limits["cpu_s"]) + 2),  # the supervisor is more exact; this is for when it cannot
            (resource.RLIMIT_NOFILE, 128),
            (resource.RLIMIT_FSIZE, limits["files_bytes"]),
            (resource.RLIMIT_NPROC, limits["threads"]),
            (resource.RLIMIT_STACK, STACK_BYTES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_MSGQUEUE, 0),
        ]


def arrange(descriptors: list[int]) -> None:
    """Makes the last one the channel and closes all that is not a program's own.

    Those before it are standard input and output. Without them, and for standard error, /dev/null is opened anew: the
    flags and locks of an open file belong to all who share it, so that one program could leave a sign there for others.
    """
    null = os.open("/dev/null", os.O_RDWR)
    *streams, channel = descriptors
    for number, descriptor in enumerate([*streams, null] if streams else [null] * 3):
        os.dup2(descriptor, number)
    os.dup2(channel, CHANNEL)
    os.closerange(CHANNEL + 1, 4096)


def lower_limit(what: int, value: int) -> None:
    """Sets a limit, the hard one too, but for the stack; where this process itself may have less, that stays."""
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, hard if what == resource.RLIMIT_STACK else value))


def run_job(channel: Channel, streams: tuple[io.TextIOWrapper, ...]) -> int:
    """What a child does; its exit status. The first frame tells that all confinement is in place."""
    channel.send({"confined": True})
    job = channel.receive()
    channel.cap = job["output_bytes"]
    if job["mode"] == "tests":
        tester.run_tests(channel, job)
        return 0
    solution.open_streams(streams, job["input_bytes"])
    if job["mode"] == "script":
        return solution.run_script(channel, job)
    solution.serve_calls(channel, job)
    return 0


def preload(names: list[str]) -> list[str]:
    """Imports what is there; the names of what is not."""
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def seed() -> None:
    """The same numbers for every program: a reward is a function of the program. Children inherit the generators."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def main() -> NoReturn:
    """Reads the setup from the control socket, whose number is the last argument, and serves it until it closes."""
    control = socket.socket(fileno=int(sys.argv[-1]))
    kept = pages.gather(SMALL_OBJECTS_BYTES)
    setup = json.loads(control.recv(65536))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when memory runs out, the kernel takes programs before whoever judges them
    try:
        zygote = Zygote(control, setup)
        if zygote.tier == "namespace":
            zygote.may_change_user = namespaces.enter()
            setattr(platform, "_uname_cache", None)  # noqa: B010 - it knows the name of the host
        zygote.pid = os.getpid()
        sys.path.extend(setup["site_folders"])
        missing = preload(setup["modules"])
        for folder in setup["site_folders"]:  # other packages there must be missing, not forbidden: some are optional
            sys.path.remove(folder)
        seed()
        threading.stack_size(THREAD_STACK_BYTES)
        _multiprocessing.SemLock = SemLock  # type: ignore[misc]
        unshared.leave_out()
        locale.setlocale(locale.LC_ALL, "")  # keeps it in memory: children may have no files
        sys.argv = sys.orig_argv = ["solution.py"]
        site.setquit()  # `exit` and `quit`, which -S leaves out
        time.localtime()  # reads /etc/localtime once
        gc.collect()
        kept += pages.settle()
        pages.collapse()
        zygote.base_bytes = namespaces.address_space_bytes()
        if zygote.tier == "namespace":
            namespaces.close_root(setup["folders"], setup["hidden"], setup["packages"])
        elif zygote.tier == "strict":
            os.fstat = kernel.fstat
        elif zygote.tier == "landlock":
            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
            kernel.landlock([*setup["folders"], *setup["packages"]], ["/dev/null"], listable=setup["library"])
        kernel.bound_capabilities()
        atexit._clear()
        gc.collect()
        gc.freeze()
        control.send(json.dumps({"ready": True, "missing": missing}).encode())
    except BaseException as error:
        control.send(json.dumps({"refused": f"{type(error).__name__}: {error}"}).encode())
        os._exit(1)
    zygote.serve()
