"""What a verdict rests on in each tier: the tests' own names and values, CPU time, whole answers."""

from __future__ import annotations

import pytest

from rewards.base import Sample
from rewards.code import Sandbox, UnitTests
from rewards.selfcheck import selfcheck
from tests.sandbox.judging import RIGHT, Judge

pytestmark = pytest.mark.timeout(600)


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
        verdicts = judge({"hack": hack} | RIGHT, test_list=[test])
        assert (verdicts["hack"].value, verdicts["right"].value) == (0.0, 1.0)


def test_an_object_equals_nothing_but_may_be_true(judge: Judge) -> None:
    programs = {"object": "class A:\n    def __eq__(self, other): return True\ndef f(x): return A()"}
    for test in ("assert not f(1) != 3", "assert f(1) in [3]", "assert f(1) == f(1)", "assert [f(1)] == [3]"):
        assert judge(programs, test_list=[test])["object"].value == 0.0
    matches = {"match": "import re\ndef f(x): return re.search('^a', x)"}
    assert judge(matches, test_list=["assert f('ab')", "assert not f('b')"])["match"].value == 1.0


def test_numpy_does_not_take_what_an_object_says_of_its_memory(judge: Judge) -> None:
    hack = "class A:\n    __array_interface__ = {'shape': (1,), 'typestr': '<i8', 'data': (8, False), 'version': 3}\n"
    tests = ["import numpy\nassert numpy.allclose(f(1), [3])"]
    verdicts = judge({"hack": hack + "def f(x): return A()", "right": "def f(x): return [2 * x + 1]"}, test_list=tests)
    assert (verdicts["hack"].value, verdicts["right"].value) == (0.0, 1.0)


def test_cpu_time_of_all_threads_counts_and_waiting_does_not(judge: Judge) -> None:
    four = "import threading, hashlib\ndef turn(): hashlib.pbkdf2_hmac('sha256', b'', b'', 400_000)\n"
    four += "threads = [threading.Thread(target=turn) for _ in range(4)]\n[t.start() for t in threads]\n"
    programs = {
        "turns": four + "[t.join() for t in threads]\nprint(7)",
        "waits": "import time\ntime.sleep(1)\nprint(7)",
    }
    verdicts = judge(programs, cpu_s=0.3, wall_s=60.0, tests=[{"input": "", "output": "7"}])
    assert (verdicts["turns"].value, verdicts["waits"].value) == (0.0, 1.0)
    assert "CPU time" in verdicts["turns"].reason


def test_large_inputs_and_answers_pass_whole(judge: Judge) -> None:
    numbers = list(range(300_000))
    calls = judge(
        {"f": "def f(x): return x"}, tests=[{"args": [numbers], "expected": numbers}], entry_point="f", cpu_s=5.0
    )
    text = "\n".join(map(str, numbers))
    scripts = judge({"cat": "import sys\nprint(sys.stdin.read())"}, tests=[{"input": text, "output": text}], cpu_s=5.0)
    assert (calls["f"].value, scripts["cat"].value) == (1.0, 1.0)


def test_reasons_hold_nothing_that_a_screen_or_a_file_minds(judge: Judge) -> None:
    program = {"loud": "def f(x): raise ValueError('\\x1b[2J\\ud800\\n')"}
    reason = judge(program, tests=[{"args": [1], "expected": 1}], entry_point="f")["loud"].reason
    assert reason.isprintable()
    assert "ValueError" in reason


def test_the_share_that_passes_is_paid_by_option(sandbox: Sandbox) -> None:
    reward = UnitTests(cpu_s=2.0, sandbox=sandbox, partial=True)
    code = "```python\ndef f(x): return 7\n```"
    reference = {"test_list": ["assert f(3) == 7", "assert f(1) == 3", "assert f(3) > 6", "assert f(0) == 1"]}
    assert [v.value for v in reward([Sample(prompt="", completion=code, reference=reference)])] == [0.5]


def test_rows_with_broken_tests_are_masked(judge: Judge) -> None:
    broken = judge(RIGHT, test_list=["raise OSError('no network'); assert f(1) == 3"])["right"]
    assert broken.value is None
    assert "no network" in broken.reason


def test_the_check_before_a_run_tells_programs_from_ones_that_leave_early(sandbox: Sandbox) -> None:
    reward = UnitTests(cpu_s=2.0, sandbox=sandbox)
    references = [{"test_list": ["assert f(1) == 3"]}, {"test_list": ["assert f(1) == 2"]}]
    golds = ["```python\ndef f(x): return x + 2  # 1\n```", "def f(x): return 2 * x  # 1"]
    samples = [Sample(prompt="", completion="", reference=reference) for reference in references]
    report = selfcheck(reward, samples, golds)
    assert (report.gold_lowest, report.wrong_highest) == (1.0, {"empty": 0.0, "shuffled": 0.0, "corrupted": 0.0})


def test_the_tier_is_described(sandbox: Sandbox) -> None:
    assert sandbox.describe()["tier"] == sandbox.tier
    assert UnitTests(cpu_s=2.0, sandbox=sandbox).describe()["sandbox"]["memory_mb"] == 512


def test_many_groups_come_back_in_order(sandbox: Sandbox) -> None:
    reward = UnitTests(cpu_s=2.0, sandbox=sandbox)
    reference = {"tests": [{"args": [1], "expected": 3}], "entry_point": "f"}
    right, wrong = (
        Sample(prompt="", completion=f"```python\ndef f(x): return {x}\n```", reference=reference) for x in (3, 4)
    )
    groups = reward.judge_groups([[right, wrong], [wrong], [right, right, wrong]])
    assert [[verdict.value for verdict in group] for group in groups] == [[1, 0], [0], [1, 1, 0]]
