# ruff: noqa: E501 - tables
"""What goes in and out of the sandbox as data: values, code blocks, test layouts, comparisons. Starts no process."""

from __future__ import annotations

import json
from collections import Counter, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from rewards.base import RewardError
from rewards.code.blocks import program
from rewards.code.codec import MAX_FRAME_BYTES, NotData, decode, encode, pack, unpack
from rewards.code.compare import same, same_output
from rewards.code.suites import Asserts, Calls, Scripts, read_suite


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**60), 1 << 5000, 0.1, float("inf"), "é\ud800", b"\0", [1, [2]], (1,), {1, 2}, frozenset({1}),
        {(1, 2): [3], None: "x"}, 1 + 2j, range(1, 9, 2), deque([1]), Decimal("1.50"), Fraction(1, 3),
    ],
)  # fmt: skip
def test_a_value_comes_back_equal_and_of_the_same_type(value: Any) -> None:
    message = unpack(pack({"value": encode(value)})[4:])
    back = decode(message["value"])
    assert back == value
    assert type(back) is type(value)


def test_a_subclass_arrives_as_its_built_in_base() -> None:
    class Liar(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    back = decode(encode([Liar(5), Counter("aa"), namedtuple("P", "x")(1)]))
    assert back == [5, {"a": 2}, (1,)]
    assert [type(item) for item in back] == [int, dict, tuple]


@pytest.mark.parametrize(
    "data",
    [
        [],
        ["?", 1],
        {"a": 1},
        0.5,
        ["i", "zz"],
        ["d", [[["l", []], 1]]],
        ["T", "os", "x"],
        ["h", 1],
        ["l", 5],
        ["f", []],
        [1],
    ],
)
def test_data_that_encode_never_writes_is_refused(data: Any) -> None:
    with pytest.raises(NotData):
        decode(data)


def test_depth_cycles_and_size_are_bounded() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    deep: Any = None
    for _ in range(500):
        deep = ["l", [deep]]
    with pytest.raises(NotData):
        encode(cycle)
    with pytest.raises(NotData):
        decode(deep)
    with pytest.raises(NotData):
        pack({"value": "x" * MAX_FRAME_BYTES}, cap=MAX_FRAME_BYTES)
    with pytest.raises(NotData):
        unpack(b'{"value":' + b"[" * 100_000)


def test_keys_that_were_chosen_to_collide_are_refused_at_once() -> None:
    colliding = [["i", hex(i * ((1 << 61) - 1))] for i in range(1, 20_000)]
    for data in (["s", colliding], ["z", colliding], ["d", [[key, 0] for key in colliding]]):
        with pytest.raises(NotData, match="same hash"):
            decode(data)
    assert decode(["s", list(range(-20_000, 20_000))]) == set(range(-20_000, 20_000))


@pytest.mark.parametrize(
    ("expected", "got", "equal"),
    [
        (1, 1, True), (1, 1.0, True), (1, True, False), (0, False, False), (True, True, True), ([1], (1,), False),
        ([1, 2], [1], False), ([1], [1, 2], False), ({"a": 1}, {"a": True}, False), ({1}, {1}, True), ({1}, [1], False),
        ({1}, {True}, False), ({(0, 1)}, {(False, 1)}, False), ({1: "a"}, {True: "a"}, False), ({1: "a"}, {1: "a"}, True),
        (deque([1]), deque([1]), True), (deque([1]), deque([True]), False), (deque([1]), [1], False),
        (float("nan"), float("nan"), False), (None, None, True), (None, 0, False), ("1", 1, False), (0.3, 0.1 + 0.2, False),
    ],
)  # fmt: skip
def test_values_are_compared_exactly(expected: Any, got: Any, equal: bool) -> None:
    assert same(expected, got) is equal


def test_floats_may_be_compared_with_a_tolerance() -> None:
    assert same([0.3], [0.1 + 0.2], tolerance=1e-9)
    assert not same([0.3], [0.31], tolerance=1e-9)
    assert not same(10**20, 10**20 + 1, tolerance=1e-3)


@pytest.mark.parametrize(
    ("expected", "printed", "equal"),
    [
        ("7\n", b"7", True), ("7", b" 7 \r\n\n", True), ("7\n8", b"7", False), ("7", b"7\n8", False), ("7", b"", False),
        ("1.50", b"1.5", True), ("1 2", b"1  2", True), ("1 2", b"1\n2", False), ("yes", b"YES", False), ("7", b"\xff", False),
        ("0.1", b"0.1000001", False), ("", b"", True), ("nan", b"nan", True), ("1", b"nan", False),
        ("11", b"011", False), ("2", b"2.0", True), ("-0", b"0", False), ("1e3", b"1000", True),
    ],
)  # fmt: skip
def test_outputs_are_compared_whole(expected: str, printed: bytes, equal: bool) -> None:
    assert same_output(expected, printed) is equal


def test_the_program_is_the_last_block_that_defines_the_entry_point() -> None:
    text = "```python\ndef f(): return 1\n```\nbetter:\n```python\ndef f(): return 2\n```\nuse:\n```python\nprint(f())\n```"
    assert program(text, entry_point="f").code == "def f(): return 2"
    assert program(text).code == "print(f())"
    assert program("<think>```python\nno\n```</think>\n```\nyes\n```").code == "yes"
    assert program("```bash\nls\n```").code != "ls"
    assert program("  \n").code == ""


C = "import sys\nprint(sys.stdin.read())"


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{C}\n```\nThe input\n```\n3 4\n```\ngives 7.",
        f"For\n```\n3 4\n```\nrun\n```python\n{C}\n```",
        f"```python\nprint(0)\n```\nNo:\n```Python3\n{C}\n```",
        f"```\nprint(0)\n```\nNo:\n```\n{C}\n```",
        f"```{{python}}\n{C}\n```",
        f"```{{.python .numberLines}}\n{C}\n```",
        f"```python3.11\n{C}\n```",
        f"```solution.py\n{C}\n```",
        f"```python title='a.py'\n{C}\n```",
        f"Here it is:```python\n{C}\n```",
        f"Here it is: ```python3\n{C}\n```\nIt works, as\n```\n3\n```\nshows.",
        f"Say ```print(1)``` or\n```py\n{C}\n```",
        f"```print(1)```\n```py\n{C}\n```",
        f"```python\n\ufeff{C}\n```",
        f"\ufeff{C}",
        "1. Read:\n\n   ```python\n   import sys\n   print(sys.stdin.read())\n   ```\n",
        "\t```python\n\timport sys\n\tprint(sys.stdin.read())\n\t```\n",
    ],
)
def test_the_program_is_found_however_its_fence_looks(text: str) -> None:
    assert program(text).code == C


def test_a_fence_in_a_docstring_ends_no_block() -> None:
    code = 'def f(x):\n    """Twice.\n\n    ```python\n    f(1)\n    ```\n    """\n    return 2 * x'
    assert program(f"```python\n{code}\n```\nDone.", entry_point="f").code == code
    assert program(f"<answer>```python\n{code}\n```</answer>", entry_point="f").code == code


def test_a_method_of_solution_answers_for_its_function_and_is_not_taken_for_a_body() -> None:
    method = "class Solution:\n    def f(self, x):\n        return x"
    text = f"```python\n{method}\n```\nUse it so:\n```python\nprint(Solution().f(1))\n```"
    assert program(text, entry_point="f").code == method
    assert program(method, entry_point="f", stub="def f(x):\n").code == method
    assert program(method, entry_point="g", stub="def g(x):\n").code.startswith("def g(x):\n")


def test_a_body_continues_the_prompt_and_a_whole_function_replaces_it() -> None:
    stub = "import math\ndef f(x):\n    '''doc'''\n"
    assert program("    return x\n", entry_point="f", stub=stub).code == stub + "    return x\n"
    whole = program("def f(x): return x", entry_point="f", stub=stub)
    assert (whole.code, "import math" in whole.preamble) == ("def f(x): return x", True)


def test_each_layout_is_read() -> None:
    human = read_suite(
        {"prompt": "def f(x):\n", "test": "def check(candidate): assert candidate(1)", "entry_point": "f"}
    )
    assert isinstance(human, Asserts)
    assert (human.names, human.tests) == (("f",), ("check(f)",))
    mbpp = read_suite(
        {"test_list": ["assert f(Pair(1)) == 2"], "test_imports": [], "code": "class Pair: ...\ndef f(x): ..."}
    )
    assert isinstance(mbpp, Asserts)
    assert mbpp.names == ("Pair", "f")
    apps = read_suite({"input_output": json.dumps({"inputs": ["1\n", ["2", "3"]], "outputs": ["1", ["5"]]})})
    assert isinstance(apps, Scripts)
    assert apps.cases == (("1\n", "1"), ("2\n3", "5"))
    apps_calls = read_suite({"input_output": {"inputs": [[1, 2]], "outputs": [[3]], "fn_name": "add"}})
    assert isinstance(apps_calls, Calls)
    assert (apps_calls.cases[0].args, apps_calls.cases[0].expected) == ((1, 2), ([3], 3))
    cases = [{"input": "[1]\n2", "output": "3", "testtype": "functional"}]
    live = read_suite({"public_test_cases": json.dumps(cases), "metadata": '{"func_name": "g"}'})
    assert isinstance(live, Calls)
    assert (live.entry_point, live.cases[0].args, live.cases[0].expected) == ("g", ([1], 2), (3,))


def test_names_of_libraries_in_tests_are_not_taken_from_the_program() -> None:
    suite = read_suite({"test_list": ["assert math.isclose(f(1), 2)", "assert Counter(f(2)) == Counter('a')"]})
    assert isinstance(suite, Asserts)
    assert suite.names == ("f",)
    assert "import math" in suite.setup
    assert "from collections import Counter" in suite.setup


def test_a_function_with_the_name_of_a_builtin_is_taken_from_the_program() -> None:
    for code in ({"code": "def sum(a, b): ..."}, {}):
        suite = read_suite({"test_list": ["assert sum(10, 15) == 6"], **code})
        assert isinstance(suite, Asserts)
        assert suite.names == ("sum",)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ({"answer": "3"}, "no tests in a known layout; it has 'answer'"),
        ({"test_list": []}, "drop the row"),
        ({"tests": [{"args": [1], "expected": 2}]}, "entry_point"),
        ({"input_output": "{"}, "cannot be read"),
        ({"private_test_cases": "eJxrYJmq"}, "pickle"),
        ({"test_list": ["assert ("]}, "cannot be read"),
    ],
)
def test_broken_rows_are_named_with_a_remedy(reference: dict[str, Any], told: str) -> None:
    with pytest.raises(RewardError, match=told):
        read_suite(reference)
