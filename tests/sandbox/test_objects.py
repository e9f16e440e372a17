"""Results that are more than built-in data: assert tests may read, compare and pass on what the program defines."""

from __future__ import annotations

import pytest

from rewards.code.codec import NotData, decode, encode
from tests.sandbox.judging import Judge

pytestmark = pytest.mark.timeout(120)
POINT = "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\n"
RECORD = """\
from dataclasses import dataclass, field
@dataclass
class P:
    x: int
    y: list = field(default_factory=list)
"""
COLOUR = "from enum import Enum\nclass Colour(Enum):\n    RED = 1\n    BLUE = 'b'\n"
NAMED = """\
from enum import IntEnum
class Level(IntEnum):
    LOW = 1
    HIGH = 2
class Name(str):
    @property
    def short(self): return self[:1]
def f(): return Level.HIGH
def g(): return Name('abc')
"""
TYPED = """\
from typing import NamedTuple
class T(NamedTuple):
    p: P
    def twice(self): return 2 * self.p.x
def f(): return T(P(4))
"""
ENDLESS = """\
import dataclasses
class Q:
    name, compare = 'x', True
P.x = property(lambda self: P(1))
P.__init__ = lambda *_: None
dataclasses.fields = lambda _: (Q,)
def f(): return P(1)
"""
LIAR = """\
class {name}({base}):
    real = x = 1
    __eq__ = lambda *_: True
    __hash__ = lambda _: 0
    __int__ = __index__ = lambda _: 1
def f(): return {name}({value})
"""
FORGER = """\
import sys
sys.modules['rewards.code.solution'].encode = lambda *_: {data}
def f(): return 1
"""
RIGHT = {
    "a namedtuple's attributes": (
        POINT + "def f(): return Point(1, 2)",
        ["assert f().x == 1 and f().y == 2", "_, b = f(); assert b == 2", "assert f() == (1, 2) < f() + (3,)"],
    ),
    "a namedtuple's own methods": (
        POINT + "def f(): return Point(1, [3])",
        ["assert f()._asdict() == {'x': 1, 'y': [3]}", "assert f()._replace(x=9).x == 9 and f()._fields == ('x', 'y')"],
    ),
    "namedtuples in lists and as keys": (
        POINT + "def f(): return [Point(1, 2), {Point(3, 4): Point(5, 6)}]",
        ["assert [f()[0].y, f()[1][3, 4].x] == [2, 5]", "assert f() == [(1, 2), {(3, 4): (5, 6)}]"],
    ),
    "a namedtuple that goes back": (
        POINT + "def f(): return Point(1, 2)\ndef g(p, more): return p.x + p.y + more[0].x",
        ["p = f(); assert g(p, [p]) == 4"],
    ),
    "a typed namedtuple with a method, of dataclass objects": (
        RECORD + TYPED,
        ["assert f().twice() == 8", "assert f().p.x == 4 and f()[0].x == 4", "assert f() == (P(4),)"],
    ),
    "a dataclass": (
        RECORD + "def f(x): return P(x, [x])",
        ["assert f(3) == P(3, [3])", "assert f(3) != P(4)", "assert [f(1)] == [P(1, [1])] and f(1).y == [1]"],
    ),
    "a dataclass that the tests define too": (
        RECORD + "def f(x): return [P(x)]",
        [RECORD + "assert f(3) == [P(3)] and [P(3)] == f(3)", RECORD + "assert f(3) != [P(4)]"],
    ),
    "a dataclass that changes": (
        RECORD + "def make(): return P(1)\ndef grow(p): p.x += 1",
        ["p = make(); grow(p); assert p.x == 2 and p == P(2)", "p = make(); p.x = 7; assert p == P(7)"],
    ),
    "members of an enumeration": (
        COLOUR + "def f(n): return list(Colour)[n]",
        ["assert f(0) == Colour.RED and f(0) is Colour.RED", "assert f(1) != Colour.RED and f(1).value == 'b'"],
    ),
    "members that the tests define too, and as keys": (
        COLOUR + "def f(): return {Colour.RED: 1, Colour.BLUE: [Colour.RED]}",
        [COLOUR + "assert f() == {Colour.RED: 1, Colour.BLUE: [Colour.RED]}", "assert f()[Colour.RED] == 1"],
    ),
    "numbers and texts with names": (
        NAMED,
        ["assert f() == 2 and f() + 1 == 3 and f().name == 'HIGH'", "assert g() == 'abc' and g().short == 'a'"],
    ),
    "an array": (
        "import numpy as np\ndef f(n): return np.arange(n).reshape(2, -1)",
        [
            "assert f(4) == [[0, 1], [2, 3]] and f(4).tolist()[1] == [2, 3]",
            "assert f(4).shape == (2, 2) and f(4).sum() == 6 and len(f(4)) == 2",
            "import numpy as np; assert np.allclose(f(6), [[0, 1, 2], [3, 4, 5]])",
            "import numpy as np; assert (f(2) == np.array([[0], [1]])).all()",
        ],
    ),
    "coroutines": (
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    if x < 0: raise ValueError\n    return [x]",
        [
            "import asyncio; assert asyncio.run(f(3)) == [3]",
            "import asyncio\nasync def g(): return await asyncio.gather(f(1), f(2))\nassert asyncio.run(g())[1] == [2]",
            "import asyncio\ntry:\n    asyncio.run(f(-1))\nexcept ValueError: pass\nelse: assert False",
        ],
    ),
    "an object with items": (
        "class M:\n    def __init__(self): self.kept = {}\n    def __setitem__(self, k, v): self.kept[k] = v\n"
        "    def __getitem__(self, k): return self.kept[k]\n    def __delitem__(self, k): del self.kept[k]\n"
        "    def __len__(self): return len(self.kept)\n    def __repr__(self): return f'M({self.kept})'",
        ["m = M(); m[0] = 1; m[2] = 2; del m[2]; assert m[0] == len(m) == 1 and repr(m) == 'M({0: 1})'"],
    ),
    "a struct_time": ("import time\ndef f(): return time.gmtime(0)", ["assert f().tm_year == 1970 and f()[0] == 1970"]),
    "instances of its classes": (RECORD + "def f(): return P(1)", ["assert isinstance(f(), P) > isinstance(3, P)"]),
    "changes in place": (
        "def turn(m): m[:] = [list(row) for row in zip(*m[::-1])]\n"
        "def f(d, *, s, q=None):\n    d['a'].append(1); s.add(2)\n    if q: q.rotate(1); q.popleft()\n"
        "class Solution:\n    def sort(self, x): x.sort()",
        [
            "m = [[1, 2], [3, 4]]; n = m; assert turn(m) is None and n == m == [[3, 1], [4, 2]]",
            "from collections import deque\nd, s, q = {'a': []}, set(), deque([1, 2, 3])\nf(d, s=s, q=q)\n"
            "assert d == {'a': [1]} and s == {2} and q == deque([1, 2])",
            "x = [3, 1, 2]; Solution().sort(x); assert x == [1, 2, 3]",
        ],
    ),
    "copies": (POINT + "def f(): return Point(1, 2)", ["import copy; assert copy.deepcopy([f()]) == [(1, 2)]"]),
}  # fmt: skip
LIES = {
    "a tuple that is equal to all": LIAR.format(name="T", base="tuple", value="(5,)"),
    "an int that claims another value": LIAR.format(name="I", base="int", value="5"),
    "a dataclass that is equal to all": f"{RECORD}P.__eq__ = lambda *_: True\ndef f(): return P(5)",
    "a member that is equal to all": f"{COLOUR}Colour.__eq__ = lambda *_: True\ndef f(): return Colour.RED",
    "an array that is equal to all": (
        "import numpy as np\nclass ndarray(np.ndarray):\n    __eq__ = lambda *_: True\n    x = 1\n"
        "ndarray.__module__ = 'numpy'\ndef f(): return np.zeros(1).view(ndarray)"
    ),
    "fields without end": RECORD + ENDLESS,
    "tags that nobody has made": FORGER.format(data="['k', ['k', ['l', []], 0], 'x']"),
    "data for a class that nobody knows": FORGER.format(data="['k', ['l', [1]], 0]"),
}
TRUTHS = [
    "assert f() == (1,)",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nassert f() == P(1)",
    "from enum import Enum\nclass Colour(Enum):\n    GREEN = 3\nassert f() == Colour.GREEN",
    "assert f() == 1",
    "assert f() in [1, (1,), None]",
]


@pytest.mark.parametrize("name", RIGHT)
def test_what_an_honest_program_returns_can_be_tested(name: str, judge: Judge) -> None:
    code, tests = RIGHT[name]
    verdict = judge({name: code}, tests=tests, setup="", code=code)[name]
    assert verdict.value == 1.0, verdict.reason


def test_a_call_that_answers_leaves_the_tests_own_objects_alone(judge: Judge) -> None:
    """In a plain interpreter both of these would be paid."""
    cheats = {
        "empties": "def f(x):\n    x.clear()\n    return []",
        "tells of a change, and answers": (
            "import sys\nsys.modules['rewards.code.solution']._answer = "
            "lambda *_: {'value': ['l', []], 'after': ['l', [['l', []]]]}\ndef f(x): pass"
        ),
    }
    verdicts = judge(cheats, test_list=["x = [3, 1, 2]; assert f(x) == sorted(x)"])
    assert [verdict.value for verdict in verdicts.values()] == [0.0, 0.0]


@pytest.mark.parametrize(
    "after", ["0", "['l', 3]", "['l', [['d', []]]]", "['h', 0, 'object', 'x']", "['l', [['l', [['h', 9, 'x', 'y']]]]]"]
)
def test_a_change_that_is_none_is_no_pass(after: str, judge: Judge) -> None:
    code = (
        "import sys\nsys.modules['rewards.code.solution']._answer = "
        f"lambda *_: {{'value': None, 'after': {after}}}\ndef f(x): pass"
    )
    assert judge({"p": code}, test_list=["x = [3, 1]; f(x); assert x == [1, 3]"])["p"].value == 0.0


@pytest.mark.parametrize("test", TRUTHS)
def test_no_lie_about_equality_crosses_with_an_object(test: str, judge: Judge) -> None:
    assert [v.value for v in judge(LIES, test_list=[test]).values()] == [0.0] * len(LIES)


def test_calls_take_a_namedtuple_for_the_tuple_it_is(judge: Judge) -> None:
    tests = [{"args": [], "expected": (1, 2)}]
    assert judge({"p": POINT + "def f(): return Point(1, 2)"}, tests=tests, entry_point="f")["p"].value == 1.0


def test_without_the_process_that_has_it_a_value_of_a_subclass_is_its_base() -> None:
    class Metres(float):
        unit = "m"

    sent = encode(Metres(2.5), special=lambda value, plain: ["k", plain, 0])
    assert sent == ["k", ["f", "2.5"], 0]
    back = decode(sent)
    assert (type(back), back) == (float, 2.5)
    with pytest.raises(NotData):
        decode(["k"])
