"""Hostile programs earn nothing, reach nothing and leave nothing; odd honest ones are paid; naive runners are fooled.

The tables stand in hacks.py, intrusions.py, bombs.py and honest.py beside this file.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rewards.code import Sandbox
from tests.sandbox.bombs import BOMBS, WAITS
from tests.sandbox.hacks import ASSERT_TESTS, CALL_TESTS, PAID_BY_EXIT_STATUS
from tests.sandbox.intrusions import PYTHON_CALLS
from tests.sandbox.judging import RIGHT, Judge, faults, judge_in, unlike

pytestmark = pytest.mark.timeout(600)


def naive_runner(code: str) -> bool:
    """What many training recipes do: program and asserts in one file, paid when the exit status is 0."""
    text = code + "\n" + "\n".join(ASSERT_TESTS)
    command = [sys.executable, "-S", "-c", text]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("name", PAID_BY_EXIT_STATUS)
def test_a_naive_runner_pays_for_the_hack(name: str) -> None:
    assert naive_runner(PAID_BY_EXIT_STATUS[name])


@pytest.mark.parametrize("name", ["starts a process", "listens", "reads the users", "lists processes"])
def test_an_intrusion_works_where_nothing_confines_it(name: str) -> None:
    result = subprocess.run([sys.executable, "-c", PYTHON_CALLS[name]], capture_output=True, text=True, check=False)
    assert result.stdout == "open\n"


def test_no_hack_is_paid_no_intrusion_works_and_odd_honest_programs_pass(sandbox: Sandbox) -> None:
    assert {table: rows for table, rows in faults(sandbox).items() if rows} == {}
    for folder in ("/dev/shm", "/", "/var/tmp", "/tmp"):
        assert not (Path(folder) / "gemwright-escape").exists()


def test_programs_that_wait_are_ended_by_the_wall_limit(tier: str, sandbox: Sandbox) -> None:
    together = Sandbox(tier=tier, slots=8, memory_mb=512, files_mb=32)
    verdicts = judge_in(together, WAITS, cpu_s=1.5, wall_s=2.5, tests=[{"input": "", "output": "7"}])
    together.close()
    assert unlike(verdicts, 0.0) == {}


def test_programs_that_turn_or_grow_are_ended(judge: Judge) -> None:
    others = {name: code for name, code in BOMBS.items() if name not in WAITS}
    assert unlike(judge(others, cpu_s=0.3, tests=[{"input": "", "output": "7"}]), 0.0) == {}
    assert judge(RIGHT, tests=CALL_TESTS, entry_point="f")["right"].value == 1.0


def test_nothing_is_left_when_the_sandbox_closes(tier: str, sandbox: Sandbox) -> None:
    other = Sandbox(tier=sandbox.tier, slots=2, modules=())
    with other.borrow() as one, other.borrow() as two:
        sessions = {one.pid, two.pid}
    assert sessions & _sessions() == sessions
    other.close()
    assert not sessions & _sessions()


def _sessions() -> set[int]:
    """The session of every process; each zygote leads its own, and its children stay in it."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found.add(int(path.read_text().rpartition(")")[2].split()[3]))
        except OSError:
            continue
    return found
