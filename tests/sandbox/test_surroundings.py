"""What the caller's own process is like: its limits, its forks, its libraries, its control groups, its descriptors."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rewards.base import Sample
from rewards.code import Sandbox, UnitTests
from rewards.code import sandbox as sandbox_module
from rewards.code.limits import Infrastructure
from rewards.code.process import Process
from rewards.code.slot import Slot

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = Sample(
    prompt="",
    completion="```python\ndef f(x): return 2 * x + 1\n```",
    reference={"tests": ["assert f(3) == 7"], "entry_point": "f"},
)
JUDGE = """\
import sys
from tests.sandbox.test_surroundings import SAMPLE
from rewards.code import Sandbox, UnitTests
sandbox = Sandbox(tier=sys.argv[1], slots=1, modules=())
print(UnitTests(cpu_s=5.0, sandbox=sandbox).judge(SAMPLE).value)
sandbox.close()
"""
LOW = {
    resource.RLIMIT_STACK: 8 << 20,
    resource.RLIMIT_NPROC: 900,
    resource.RLIMIT_NOFILE: 100,
    resource.RLIMIT_FSIZE: 1 << 20,
    resource.RLIMIT_CPU: 600,
    resource.RLIMIT_AS: 4 << 30,
}
"""Below what programs are given elsewhere; cluster schedulers and login shells set such ones."""


def lower() -> None:
    for what, value in LOW.items():
        resource.setrlimit(what, (value, value))


def value(sandbox: Sandbox) -> float | None:
    return UnitTests(cpu_s=5.0, sandbox=sandbox).judge(SAMPLE).value


def test_lower_limits_of_the_caller_stop_no_tier(sandbox: Sandbox) -> None:
    command = [sys.executable, "-c", JUDGE, sandbox.tier]
    result = subprocess.run(
        command, cwd=ROOT, preexec_fn=lower, capture_output=True, text=True, check=False, timeout=300
    )  # fmt: skip
    assert result.stdout == "1.0\n", result.stderr


def test_a_large_stack_of_the_caller_is_not_that_of_each_thread(sandbox: Sandbox) -> None:
    code = (
        "import threading\nseen, met = [], threading.Barrier(9)\n"
        "def work(): seen.append(met.wait())\n"
        "[threading.Thread(target=work).start() for _ in range(8)]\nmet.wait()\nprint(7)"
    )
    sample = Sample(
        prompt="", completion=f"```python\n{code}\n```", reference={"tests": [{"input": "", "output": "7"}]}
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    large = 1 << 30 if hard == resource.RLIM_INFINITY else min(1 << 30, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (large, hard))
    try:
        mine = Sandbox(tier=sandbox.tier, slots=1, modules=())
        assert UnitTests(cpu_s=5.0, sandbox=mine).judge(sample).value == 1.0
        mine.close()
    finally:
        resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))


def test_a_fork_of_the_caller_has_zygotes_of_its_own_and_ends_none_of_the_callers(sandbox: Sandbox) -> None:
    mine = Sandbox(tier=sandbox.tier, slots=1, modules=())
    assert value(mine) == 1.0
    before = [slot.pid for slot in mine._started]
    pid = os.fork()
    if pid == 0:
        inherited = list(mine._started)
        right = value(mine) == 1.0 and [slot.pid for slot in mine._started] != before
        mine.close()
        for slot in inherited:
            slot.close()
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert value(mine) == 1.0
    assert [slot.pid for slot in mine._started] == before
    mine.close()


def test_a_control_group_that_takes_nobody_is_done_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Closed:
        removed = 0

        def __init__(self, *_: object) -> None: ...

        def add(self, pid: int) -> None:
            raise PermissionError(13, "Permission denied")

        def remove(self) -> None:
            Closed.removed += 1

    monkeypatch.setattr(sandbox_module, "parent_group", lambda: tmp_path)
    monkeypatch.setattr(sandbox_module, "Group", Closed)
    one = Sandbox(tier="strict", slots=1, modules=())
    assert (one.groups, Closed.removed, value(one)) == (None, 1, 1.0)
    one.close()


def test_a_zygote_has_the_library_path_and_nothing_else_of_the_callers_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setenv("GEMWRIGHT_SECRET_HERE", "SECRET")
    one = Sandbox(tier="strict", slots=1, modules=())
    with one.borrow() as slot:
        environment = Path(f"/proc/{slot.pid}/environ").read_bytes()
    one.close()
    assert f"LD_LIBRARY_PATH={tmp_path}".encode() in environment.split(b"\0")
    assert b"SECRET" not in environment


def test_a_process_whose_zygote_died_lets_go_of_each_descriptor_once(sandbox: Sandbox) -> None:
    """A number that is closed twice may be another thread's file by then, or the program that it would kill."""
    mine = Sandbox(tier=sandbox.tier, slots=1, modules=())
    job: dict[str, Any] = {"mode": "calls", "code": "", "preamble": ""}
    slot = mine._start()
    process = Process(slot, mine.limits(cpu_s=5.0, wall_s=60.0), job, b"")
    numbers = {process._input, process._output, process._pidfd, process._reading} - {-1}
    os.killpg(slot.pid, signal.SIGKILL)
    with pytest.raises(Infrastructure):
        process.finish()
    null = os.open("/dev/null", os.O_RDONLY)
    for number in numbers:
        os.dup2(null, number)
    with pytest.raises(Infrastructure):
        process.finish()
    for number in numbers | {null}:
        os.close(number)  # raises where `finish` has closed it
    mine.close()


def test_a_process_that_cannot_be_started_is_a_fault_of_the_sandbox_and_leaves_no_descriptor() -> None:
    def refuse(*_: object) -> Any:
        raise OSError(24, "Too many open files")

    before = os.listdir("/proc/self/fd")
    slot: Any = SimpleNamespace(start=refuse)
    limits = Sandbox(tier="strict", slots=1, modules=()).limits(cpu_s=1.0, wall_s=1.0)
    for stdin in (None, b"x"):
        with pytest.raises(Infrastructure, match="Too many open files"):
            Process(slot, limits, {}, stdin)
    assert len(os.listdir("/proc/self/fd")) <= len(before) + 1  # the sandbox's own zygote


def test_a_program_that_closes_its_input_sends_no_signal_to_the_caller(sandbox: Sandbox) -> None:
    """SIGPIPE ends a process that has not asked to ignore it; the interpreter has, others restore it."""
    code = "import os, time\nos.close(0)\ntime.sleep(0.05)\nprint(7)"
    case = {"input": "x" * (1 << 22), "output": "7"}
    sample = Sample(prompt="", completion=f"```python\n{code}\n```", reference={"tests": [case]})
    previous = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        assert UnitTests(cpu_s=5.0, sandbox=sandbox).judge(sample).value == 1.0
    finally:
        signal.signal(signal.SIGPIPE, previous)


def test_descriptors_that_get_lost_on_the_way_are_a_fault_of_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Sandbox(tier="strict", slots=1, modules=())
    monkeypatch.setattr(Slot, "_message", lambda self: ({"started": 1}, []))
    with pytest.raises(Infrastructure, match="ulimit -n"), one.borrow() as slot:
        slot.start(one.limits(cpu_s=1.0, wall_s=1.0), [0])
    one.close()
