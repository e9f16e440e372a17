"""What answers of a program cost its judge, and that none turns a wrong verdict into a masked one."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest

from rewards.base import Sample
from rewards.code import Sandbox, UnitTests
from rewards.code.codec import MAX_FRACTION_BITS, NotData, decode, encode
from rewards.code.compare import same_output
from tests.sandbox.judging import RIGHT, Judge, completion

pytestmark = pytest.mark.timeout(120)
BURNS = (
    "import threading\ndef turn():\n    while True: pass\nthreads = [threading.Thread(target=turn) for _ in range(4)]\n"
)
BURNS += "for thread in threads: thread.start()\ndef f(x): return 2 * x + 1"


def test_what_cannot_be_compared_is_wrong_not_masked(judge: Judge) -> None:
    program = {"nan": "from decimal import Decimal\ndef f(x): return Decimal('sNaN')"}
    tests = [{"args": [1], "expected": Decimal("1.5")}]
    verdict = judge(program, tests=tests, entry_point="f")["nan"]
    assert verdict.value == 0.0
    assert "cannot be compared" in verdict.reason


@pytest.mark.timeout(20)  # the judge itself would need minutes to reduce them
def test_fractions_that_take_long_to_reduce_are_no_data() -> None:
    longest = (1 << MAX_FRACTION_BITS) - 1
    assert decode(encode(Fraction(longest, 2))) == Fraction(longest, 2)
    with pytest.raises(NotData, match="fraction"):
        encode(Fraction(2 * longest + 1, 2))
    numerator, denominator = hex(3**4_000_000), hex(7**3_000_000)
    for _ in range(20):
        with pytest.raises(NotData, match="fraction"):
            decode(["Q", numerator, denominator])


def test_numbers_in_an_output_are_compared_by_value_in_all_their_forms() -> None:
    assert same_output("2.5 .5 3. 1e2", b"2.50 0.5 3 100.0")
    assert not same_output("2.5", b"1" * 801)


def test_an_answer_that_is_too_long_to_be_right_costs_its_own_test_only(sandbox: Sandbox) -> None:
    reward = UnitTests(cpu_s=2.0, sandbox=sandbox, partial=True)
    code = "def f(x): return [x] * 300_000 if x == 1 else x"
    tests = [{"args": [x], "expected": x} for x in range(4)]
    reference = {"tests": tests, "entry_point": "f"}
    verdict = reward([Sample(prompt="", completion=completion(code), reference=reference)])[0]
    assert verdict.value == 0.75
    assert "longer than any that is expected" in verdict.reason


def test_a_right_answer_may_take_more_room_than_the_expected_one(judge: Judge) -> None:
    program = {"floats": "def f(n): return [float(i) for i in range(n)]"}
    tests = [{"args": [30_000], "expected": list(range(30_000))}]
    assert judge(program, tests=tests, entry_point="f", cpu_s=5.0)["floats"].value == 1.0


def test_a_program_that_computes_while_its_tests_wait_is_ended_then(judge: Judge) -> None:
    for tests in (["import time\nassert f(1) == 3\ntime.sleep(30)"], ["import time\ntime.sleep(30)\nassert f(1) == 3"]):
        verdict = judge({"burns": BURNS}, cpu_s=0.3, test_list=tests)["burns"]
        assert verdict.value == 0.0  # in the second row too, though no test has asked for anything yet
        assert "more than 0.3 s of CPU time" in verdict.reason


def test_reasons_from_assert_tests_hold_nothing_that_a_screen_minds(judge: Judge) -> None:
    program = {"loud": "def f(x): raise ValueError('\\x1b[2J\\n7')"}
    reason = judge(program, test_list=["assert f(1) == 3"])["loud"].reason
    assert reason.isprintable()
    assert "ValueError" in reason


def test_changed_constants_change_nothing_outside(judge: Judge) -> None:
    """A small int is one object in all of a process: here 21 becomes 7, and so does the expected value."""
    hack = "import ctypes\nctypes.c_uint32.from_address(id(21) + 24).value = 7\ndef f(x): return 7"
    tests = ["assert f(3) == 7", "assert f(10) == 21"]
    naive = subprocess.run([sys.executable, "-c", "\n".join([hack, *tests])], capture_output=True, check=False)
    assert naive.returncode == 0
    verdicts = judge({"hack": hack} | RIGHT, test_list=tests)
    assert (verdicts["hack"].value, verdicts["right"].value) == (0.0, 1.0)
    calls = [{"args": [3], "expected": 7}, {"args": [10], "expected": 21}]
    assert judge({"hack": hack}, tests=calls, entry_point="f")["hack"].value == 0.0


def test_a_large_input_can_be_read_by_one_call(judge: Judge) -> None:
    text = "\n".join(map(str, range(100_000)))
    program = {"at once": "import os\nprint(len(os.read(0, os.fstat(0).st_size).split()))"}
    assert judge(program, tests=[{"input": text, "output": "100000"}])["at once"].value == 1.0
