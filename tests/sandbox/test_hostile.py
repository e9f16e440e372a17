"""Hostile programs earn nothing, reach nothing and leave nothing; odd honest ones are paid; naive runners are fooled.

The tables stand in hacks.py, intrusions.py, bombs.py and honest.py beside this file.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from rewards.code import Sandbox
from tests.sandbox.bombs import BOMBS, WAITS
from tests.sandbox.conftest import Judge, unlike
from tests.sandbox.hacks import (
    ASSERT_TESTS,
    CALL_TESTS,
    PAID_BY_EXIT_STATUS,
    SCRIPT_TESTS,
    SCRIPTS,
    UNPAID_ANYWAY,
)
from tests.sandbox.honest import FILES
from tests.sandbox.honest import SCRIPTS as HONEST
from tests.sandbox.intrusions import PYTHON_CALLS, RAW_CALLS

pytestmark = pytest.mark.timeout(1800)
HACKS = PAID_BY_EXIT_STATUS | UNPAID_ANYWAY
RIGHT = {"right": "def f(x): return 2 * x + 1"}


def naive_runner(code: str) -> bool:
    """What many training recipes do: program and asserts in one file, paid when the exit status is 0."""
    text = code + "\n" + "\n".join(ASSERT_TESTS)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("name", PAID_BY_EXIT_STATUS)
def test_a_naive_runner_pays_for_the_hack(name: str) -> None:
    assert naive_runner(PAID_BY_EXIT_STATUS[name])


def test_no_hack_is_paid_by_assert_tests(judge: Judge) -> None:
    verdicts = judge(HACKS | RIGHT, test_list=ASSERT_TESTS)
    assert verdicts.pop("right").value == 1.0
    assert unlike(verdicts, 0.0) == {}


def test_no_hack_is_paid_by_function_calls(judge: Judge) -> None:
    verdicts = judge(HACKS | RIGHT, tests=CALL_TESTS, entry_point="f")
    assert verdicts.pop("right").value == 1.0
    assert unlike(verdicts, 0.0) == {}


def test_no_hack_is_paid_by_input_and_output(judge: Judge) -> None:
    assert unlike(judge(SCRIPTS, tests=SCRIPT_TESTS), 0.0) == {}


def test_a_changed_argument_does_not_change_the_tests_own_value(judge: Judge) -> None:
    tests = ["a = [3, 1]\nassert f(a) == sorted(a)"]
    hack, right = "def f(a):\n    a.clear()\n    return []", "def f(a): return sorted(a)"
    verdicts = judge({"hack": hack, "right": right}, test_list=tests)
    assert (verdicts["hack"].value, verdicts["right"].value) == (0.0, 1.0)


def test_stop_iteration_does_not_cut_the_tests_short(judge: Judge) -> None:
    tests = ["assert all(map(lambda x: f(x) == 2 * x + 1, range(5)))"]
    verdicts = judge({"hack": "def f(x): raise StopIteration"} | RIGHT, test_list=tests)
    assert (verdicts["hack"].value, verdicts["right"].value) == (0.0, 1.0)


def test_names_of_the_program_do_not_replace_those_of_the_tests(judge: Judge) -> None:
    hack = "f = len = sorted = sum = Counter = lambda *a: 0\nclass math: isclose = staticmethod(lambda *a: True)"
    tests = ["assert sorted([f(1)]) == [3]", "assert math.isclose(f(1), 3)", "assert Counter([f(1)]) == Counter([3])"]
    for test in tests:
        assert judge({"hack": hack}, test_list=[test])["hack"].value == 0.0
        assert judge(RIGHT, test_list=[test])["right"].value == 1.0


def test_an_object_has_no_truth_value_and_equals_nothing(judge: Judge) -> None:
    tests = ["assert f(1)", "assert not f(1) != 3", "assert f(1) in [3]", "assert f(1) == f(1)"]
    for test in tests:
        assert judge({"object": "class A: pass\ndef f(x): return A()"}, test_list=[test])["object"].value == 0.0


def test_intrusions_are_denied(judge: Judge) -> None:
    verdicts = judge(PYTHON_CALLS, tests=[{"input": "", "output": "denied"}])
    assert unlike(verdicts, 1.0) == {}
    for folder in ("/dev/shm", "/", "/var/tmp", "/tmp"):
        assert not (Path(folder) / "gemwright-escape").exists()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of the system calls are those of x86_64")
def test_raw_system_calls_are_denied(judge: Judge) -> None:
    assert unlike(judge(RAW_CALLS, tests=[{"input": "", "output": "denied"}]), 1.0) == {}


@pytest.mark.parametrize("name", ["starts a process", "listens", "reads the users", "lists processes"])
def test_an_intrusion_works_where_nothing_confines_it(name: str) -> None:
    result = subprocess.run([sys.executable, "-c", PYTHON_CALLS[name]], capture_output=True, text=True, check=False)
    assert result.stdout == "open\n"


def test_programs_that_wait_are_ended_by_the_wall_limit(judge: Judge) -> None:
    assert unlike(judge(WAITS, cpu_s=5.0, wall_s=8.0, tests=[{"input": "", "output": "7"}]), 0.0) == {}


def test_programs_that_turn_or_grow_are_ended(judge: Judge) -> None:
    others = {name: code for name, code in BOMBS.items() if name not in WAITS}
    assert unlike(judge(others, cpu_s=0.5, wall_s=400.0, tests=[{"input": "", "output": "7"}]), 0.0) == {}
    assert judge(RIGHT, tests=CALL_TESTS, entry_point="f")["right"].value == 1.0


def test_odd_honest_programs_are_paid(judge: Judge, tier: str) -> None:
    programs = HONEST | FILES if tier == "namespace" else HONEST
    tests = {"inputs": ["3\n", "10"], "outputs": ["7\n", "21\n"]}
    assert unlike(judge(programs, input_output=tests), 1.0) == {}


def test_nothing_is_left_when_the_sandbox_closes(tier: str) -> None:
    sandbox = Sandbox(tier=tier, slots=2)
    with sandbox.borrow() as one, sandbox.borrow() as other:
        sessions = {one.pid, other.pid}
    assert sessions & _sessions() == sessions
    sandbox.close()
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
