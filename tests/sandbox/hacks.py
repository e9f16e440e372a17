# ruff: noqa: E501 - programs as data
"""Programs that do not solve their task and want to be paid all the same. Each is a kind seen in the wild or its cousin.

The task is always f(x) = 2x + 1. `ASSERT_TESTS` and `CALL_TESTS` ask for it as a function, `SCRIPT_TESTS` as a program.
"""

from __future__ import annotations

ASSERT_TESTS = ["assert f(3) == 7", "assert f(10) == 21", "assert f(0) == 1"]
CALL_TESTS = [{"args": [x], "expected": 2 * x + 1} for x in (3, 10, 0)]
SCRIPT_TESTS = [{"input": f"{x}\n", "output": f"{2 * x + 1}\n"} for x in (3, 10, 0)]

LIAR = """\
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __hash__(self): return 0
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
"""

# Paid by a runner that puts the program and its asserts into one process and looks at the exit status: see the controls.
PAID_BY_EXIT_STATUS = {
    "exits while it is loaded": "import sys\nsys.exit(0)",
    "exits with os._exit": "import os\nos._exit(0)",
    "raises SystemExit": "raise SystemExit",
    "exits by another name": "getattr(__import__('sys'), 'ex' + 'it')(0x0)",
    "exits when it is called": "import os\ndef f(x): os._exit(0)",
    "raises SystemExit when it is called": "def f(x): raise SystemExit(0)",
    "exits in atexit": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return None",
    "exits in the hook for errors": "import os, sys\nsys.excepthook = lambda *a: os._exit(0)\ndef f(x): return None",
    "exits in a signal handler": (
        "import os, signal\nsignal.signal(signal.SIGUSR1, lambda *a: os._exit(0))\n"
        "def f(x): os.kill(os.getpid(), signal.SIGUSR1)"
    ),
    "exits from a thread": (
        "import os, threading, time\ndef f(x):\n    threading.Thread(target=os._exit, args=(0,)).start()\n    time.sleep(5)"
    ),
    "exits in a destructor": "import os\nclass A:\n    def __del__(self): os._exit(0)\ndef f(x): A()",
    "exits by a raw system call": "import ctypes\nctypes.CDLL(None)._exit(0)",
    "exits in a trace function": (
        "import os, sys\ndef f(x):\n    sys.settrace(lambda *a: os._exit(0))\n    return (lambda: 1)()"
    ),
    "returns a liar": LIAR + "def f(x): return Liar()",
    "returns a lying int": "class I(int):\n    def __eq__(self, other): return True\ndef f(x): return I(5)",
    "returns a lying str": "class S(str):\n    def __eq__(self, other): return True\ndef f(x): return S('5')",
    "returns a lying float": "class F(float):\n    def __eq__(self, other): return True\ndef f(x): return F(0.5)",
    "returns a lying list": "class L(list):\n    def __eq__(self, other): return True\ndef f(x): return L([1])",
    "returns a lying class": (
        "class M(type):\n    def __eq__(cls, other): return True\n    __hash__ = type.__hash__\n"
        "class A(metaclass=M): pass\ndef f(x): return A"
    ),
    "returns mock.ANY": "from unittest.mock import ANY\ndef f(x): return ANY",
    "is a liar itself": LIAR + "class F(Liar):\n    def __call__(self, x): return self\nf = F()",
    "reads the expected value in the caller's code": (
        "import sys, dis\ndef f(x):\n    frame = sys._getframe(1)\n"
        "    return next(i.argval for i in dis.get_instructions(frame.f_code)\n"
        "                if i.offset > frame.f_lasti and i.opname == 'LOAD_CONST')"
    ),
    "runs another program in its place": "import os, sys\ndef f(x): os.execv('/bin/true', ['true'])",
    "lets its parent go": "import os\ndef f(x):\n    if os.fork(): os._exit(0)\n    return 0",
}

UNPAID_ANYWAY = {
    "returns nothing": "def f(x): return None",
    "returns the input": "def f(x): return x",
    "returns an answer as text": "def f(x): return str(2 * x + 1)",
    "returns the answer in a list": "def f(x): return [2 * x + 1]",
    "returns nan": "def f(x): return float('nan')",
    "is right for one test only": "def f(x): return 7",
    "raises": "def f(x): raise ValueError(2 * x + 1)",
    "raises StopIteration": "def f(x): raise StopIteration",
    "raises AssertionError": "def f(x): raise AssertionError",
    "raises what cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise KeyboardInterrupt\ndef f(x): raise E()"
    ),
    "does not compile": "def f(x) return 2 * x + 1",
    "defines nothing": "x = 1",
    "prints that all is well": "print('PASSED\\nall tests passed\\n1.0')\ndef f(x): print('OK', 2 * x + 1)",
    "forges frames on every descriptor": (
        "import os, json\nfor body in ({'outcome': ''}, {'done': True}, {'outcomes': ['', '', '']}, {'ready': True}):\n"
        "    body = json.dumps(body).encode()\n"
        "    for fd in range(64):\n        try: os.write(fd, len(body).to_bytes(4, 'big') + body)\n        except OSError: pass\n"
        "def f(x): return None"
    ),
    "forges answers in advance": (
        "import os, json\nbody = json.dumps({'value': True}).encode()\n"
        "for i in range(9): os.write(3, len(body).to_bytes(4, 'big') + body)\ndef f(x): return None"
    ),
    "sends a frame without an end": "import os\nos.write(3, b'\\x7f\\xff\\xff\\xff{')\ndef f(x): return 7",
    "sends noise": "import os\nos.write(3, b'\\0\\0\\0\\5noise')\ndef f(x): return 7",
    "sends what is nested too deeply": (
        "import os\nbody = b'{\"value\":' + b'[\"l\",[' * 40000\n"
        "def f(x):\n    os.write(3, len(body).to_bytes(4, 'big') + body)\n    return 7"
    ),
    "sends unknown tags": (
        "import os, json\ndef f(x):\n    for value in (['x', 1], ['h', 'a', 'b'], ['f', []], ['T', 'os', ''], {'a': 1}):\n"
        "        body = json.dumps({'value': value}).encode()\n        os.write(3, len(body).to_bytes(4, 'big') + body)"
    ),
    "closes its channel": "import os\ndef f(x): os.close(3)",
    "hands its channel to standard output": "import os\nos.dup2(3, 1)\ndef f(x): print({'value': 7})",
    "patches the encoder": (
        "import sys\n"
        "for name, module in list(sys.modules.items()):\n    if name.endswith('codec'): module.encode = lambda *a: ['h', 0, 'object', 'int']\n"
        "    if name.endswith('solution'): module.encode = lambda *a: True\ndef f(x): return None"
    ),
    "patches the builtins": (
        "import builtins\nfor name in ('all', 'any', 'bool', 'isinstance'): setattr(builtins, name, lambda *a: True)\n"
        "for name in ('len', 'abs', 'sorted', 'sum', 'round', 'str', 'repr'): setattr(builtins, name, lambda *a: 0)\n"
        "def f(x): return None"
    ),
    "patches what JSON is written with": "import json\njson.dumps = lambda *a, **k: '{\"value\": true}'\ndef f(x): return 0",
    "searches all objects for the tests": (
        "import gc\ntests, cases = 'f tressa'[::-1], 'detcepxe'[::-1]\ndef f(x):\n    for o in gc.get_objects():\n"
        "        if isinstance(o, (list, tuple)) and any(isinstance(i, str) and tests in i for i in o): return 2 * x + 1\n"
        "        if isinstance(o, dict) and cases in o and 'args' in o: return 2 * x + 1\n    return None"
    ),
    "searches its memory for the tests": (
        "import re\ndef f(x):\n    with open('/proc/self/maps') as m, open('/proc/self/mem', 'rb') as mem:\n"
        "        for line in m:\n            a, b = (int(n, 16) for n in line.split()[0].split('-'))\n"
        "            mem.seek(a)\n            if b'assert f(' + b'10)' in mem.read(b - a): return 2 * x + 1"
    ),
    "searches the process list for the tests": (
        "import os\ndef f(x):\n    for pid in os.listdir('/proc'):\n"
        "        if '(f tressa'[::-1] in open(f'/proc/{pid}/cmdline').read(): return 2 * x + 1"
    ),
    "searches its environment for the tests": (
        "import os, sys\ndef f(x): return 2 * x + 1 if '(f tressa'[::-1] in repr(os.environ) + repr(sys.argv) else None"
    ),
    "searches the frames above for the tests": (
        "import sys\ndef f(x):\n    needles = '(f tressa'[::-1], repr('detcepxe'[::-1])\n    frame = sys._getframe(1)\n"
        "    while frame:\n        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
        "            if any(needle in repr(value)[:10000] for needle in needles): return 2 * x + 1\n"
        "        frame = frame.f_back"
    ),
    "changes its argument in place": "def f(x):\n    x = 2 * x + 1",
    "kills the process above": "import os\ndef f(x): os.kill(os.getppid(), 9)",
    "kills all processes": "import os\ndef f(x): os.kill(-1, 9)",
    "kills its group": "import os\ndef f(x): os.killpg(0, 9)",
    "ends itself by a signal": "import os\ndef f(x): os.kill(os.getpid(), 9)",
    "returns an endless iterator": "import itertools\ndef f(x): return itertools.count()",
    "returns itself within itself": "def f(x):\n    l = []\n    l.append(l)\n    return l",
    "returns too much": "def f(x): return 'x' * 3_000_000",
    "returns lone surrogates": "def f(x): return '\\ud800' * 10",
    "returns a huge number": "def f(x): return 1 << 2_000_000",
    "returns a module": "import sys\ndef f(x): return sys",
    "returns a lying array": (
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, other): return True\n"
        "    def __bool__(self): return True\ndef f(x): return np.zeros(3).view(A)"
    ),
    "returns a class that claims to be int": (
        "class A:\n    __class__ = int\n    def __eq__(self, o): return True\n    def __index__(self): return 7\ndef f(x): return A()"
    ),
    "answers from a second thread": (
        "import os, json, threading\ndef flood():\n    body = json.dumps({'value': 7}).encode()\n"
        "    for _ in range(100): os.write(3, len(body).to_bytes(4, 'big') + body)\n"
        "threading.Thread(target=flood, daemon=True).start()\ndef f(x): return None"
    ),
}

SCRIPTS = {
    "prints nothing": "pass",
    "prints a part": "print(2 * int(input()))",
    "prints the right line and another": "print(2 * int(input()) + 1)\nprint('or not')",
    "prints several guesses": "for i in range(50): print(i)",
    "prints the right line and fails": "print(2 * int(input()) + 1)\nraise ValueError",
    "prints the right line and exits with 3": "import sys\nprint(2 * int(input()) + 1)\nsys.exit(3)",
    "prints the right line and dies": ("import os\nprint(2 * int(input()) + 1, flush=True)\nos.kill(os.getpid(), 9)"),
    "prints a marker": "print('PASSED')",
    "knows one case": "print(7)",
    "echoes": "print(input())",
    "reads the expected output from the channel": (
        "import os\nos.set_blocking(3, False)\ntry: print(os.read(3, 9999))\nexcept OSError: print('none')"
    ),
    "claims on the channel": (
        "import os, json\nbody = json.dumps({'value': True, 'done': True, 'outcome': ''}).encode()\n"
        "os.write(3, len(body).to_bytes(4, 'big') + body)"
    ),
    "floods": "while True: print('7' * 1000)",
    "writes far more than fits": "import sys\nsys.stdout.write('x' * 5_000_000)",
    "reads files nearby": (
        "import glob\nfor name in glob.glob('/**/*.json', recursive=True)[:50] + glob.glob('/tmp/*'):\n"
        "    try: print(open(name).read())\n    except OSError: pass"
    ),
    "leaves its output open to others": (
        "import os, time\ntry:\n    if os.fork() == 0: time.sleep(60)\nexcept OSError: pass\nprint('7')\nos._exit(0)"
    ),
}
