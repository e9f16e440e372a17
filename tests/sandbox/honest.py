# ruff: noqa: E501 - programs as data
"""Right programs that do odd things; each reads x and prints 2x + 1, and all must be paid."""

from __future__ import annotations

SCRIPTS = {
    "asks about itself": (
        "import os, time\nassert os.getpgid(0) == os.getpgrp() and os.getsid(0) == os.getsid(os.getpid())\n"
        "assert os.sched_getaffinity(0) and time.process_time() and time.thread_time() and time.get_clock_info('monotonic')\n"
        "time.sleep(0.001)\nprint(2 * int(input()) + 1)"
    ),
    "plain": "print(2 * int(input()) + 1)",
    "main guard": "def main():\n    print(2 * int(input()) + 1)\nif __name__ == '__main__':\n    main()",
    "reads a buffer": "import sys\nprint(2 * int(sys.stdin.buffer.read()) + 1)",
    "reads lines": "import sys\nfor line in sys.stdin:\n    print(2 * int(line) + 1)",
    "reads a descriptor": "import os\nos.write(1, str(2 * int(os.read(0, 100)) + 1).encode())",
    "opens descriptor 0": "x = int(open(0).read())\nprint(2 * x + 1, file=open(1, 'w'))",
    "opens /dev/stdin": "x = int(open('/dev/stdin').readline())\nprint(2 * x + 1)",
    "prints at exit": (
        "import sys, io, os, atexit\nout = sys.stdout = io.StringIO()\n"
        "atexit.register(lambda: os.write(1, out.getvalue().encode()))\nprint(2 * int(sys.stdin.readline()) + 1)"
    ),
    "wraps its output": (
        "import sys, io\nsys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, 'w')), write_through=False)\n"
        "sys.stdout.write(str(2 * int(input()) + 1))"
    ),
    "exits at the end": "import sys\nprint(2 * int(input()) + 1)\nsys.exit()",
    "quits": "print(2 * int(input()) + 1)\nexit(0)",
    "leaves by os._exit": "import os\nprint(2 * int(input()) + 1, flush=True)\nos._exit(0)",
    "writes to standard error": "import sys\nprint('debug', file=sys.stderr)\nprint(2 * int(input()) + 1)",
    "mutes standard error": "import os, sys\nsys.stderr = open(os.devnull, 'w')\nprint(2 * int(input()) + 1)",
    "prints from a thread": (
        "import threading\nt = threading.Thread(target=lambda: print(2 * int(input()) + 1))\nt.start()"
    ),
    "uses a pool of threads": (
        "from concurrent.futures import ThreadPoolExecutor\nx = int(input())\n"
        "with ThreadPoolExecutor(8) as pool: print(sum(pool.map(lambda i: 2, range(x))) + 1)"
    ),
    "runs in a thread with a large stack": (
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(1 << 26)\n"
        "def g(n): return 0 if n == 0 else 1 + g(n - 1)\n"
        "t = threading.Thread(target=lambda: print(g(2 * int(input()) + 1)))\nt.start()\nt.join()"
    ),
    "recurses deeply": (
        "import sys\nsys.setrecursionlimit(200000)\ndef g(n): return 0 if n == 0 else 1 + g(n - 1)\ng(50000)\n"
        "print(2 * int(input()) + 1)"
    ),
    "asks for a large stack": (
        "import resource, sys\ntry: resource.setrlimit(resource.RLIMIT_STACK, (1 << 26, -1))\nexcept (ValueError, OSError): pass\n"
        "print(2 * int(input()) + 1)"
    ),
    "runs an event loop": (
        "import asyncio\nasync def g(x):\n    await asyncio.sleep(0.01)\n    return 2 * x + 1\nprint(asyncio.run(g(int(input()))))"
    ),
    "awaits a thread": (
        "import asyncio\nasync def g():\n    print(2 * int(await asyncio.to_thread(input)) + 1)\nasyncio.run(g())"
    ),
    "sets an alarm": (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1 / 0)\nsignal.alarm(1000)\n"
        "print(2 * int(input()) + 1)\nsignal.alarm(0)"
    ),
    "signals itself": (
        "import os, signal\nseen = []\nsignal.signal(signal.SIGUSR1, lambda *a: seen.append(1))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\nprint(2 * int(input()) + len(seen))"
    ),
    "uses numpy": "import numpy as np\nprint(int(np.array([2, 1]) @ np.array([int(input()), 1])))",
    "uses numpy's linear algebra": (
        "import numpy as np\nx = int(input())\nprint(round(float(np.linalg.solve(np.eye(2), [2 * x + 1, 0])[0])))"
    ),
    "uses numpy's random numbers": (
        "import numpy as np\nnp.random.default_rng(1).random(10)\nnp.random.seed(1)\nprint(2 * int(input()) + 1)"
    ),
    "uses exact numbers": "from fractions import Fraction\nprint(2 * Fraction(input().strip()) + 1)",
    "reads a date": (
        "from datetime import datetime\nassert datetime.strptime('2024-02-29', '%Y-%m-%d').day == 29\n"
        "print(2 * int(input()) + 1)"
    ),
    "compiles and runs code": "exec('print(2 * int(input()) + 1)')",
    "defines dataclasses": (
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass A:\n    x: int\nprint(2 * A(int(input())).x + 1)"
    ),
    "pickles": "import pickle\nclass A: pass\na = pickle.loads(pickle.dumps(A()))\nprint(2 * int(input()) + 1)",
    "uses a large table": "table = [0] * 10_000_000\nprint(2 * int(input()) + 1)",
    "takes names from the standard imports": "print(2 * int(input()) + gcd(3, 4))",
    "asks for time and place": (
        "import os, time, platform\ntime.localtime(), time.perf_counter(), os.getcwd(), os.getpid(), os.cpu_count()\n"
        "print(2 * int(input()) + 1)"
    ),
    "finds an import missing and goes on": (
        "try:\n    import no_such_module\nexcept ImportError:\n    print(2 * int(input()) + 1)"
    ),
    "waits with select": "import select, sys\nselect.select([sys.stdin], [], [], 1)\nprint(2 * int(input()) + 1)",
}
SCRIPTS |= {
    "reads its input in an event loop": (
        "import asyncio, sys\nasync def g():\n    reader = asyncio.StreamReader()\n"
        "    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)\n"
        "    print(2 * int(await reader.readline()) + 1)\nasyncio.run(g())"
    ),
    "has many threads": (
        "import threading\nx, seen, lock = int(input()), [], threading.Lock()\ndef work():\n    with lock: seen.append(2)\n"
        "threads = [threading.Thread(target=work) for _ in range(100)]\n[t.start() for t in threads]\n[t.join() for t in threads]\n"
        "print(x * seen[0] + len(seen) - 99)"
    ),
    "sorts in threads": (
        "import concurrent.futures, random\nx = int(input())\n"
        "with concurrent.futures.ThreadPoolExecutor(32) as pool:\n"
        "    parts = list(pool.map(lambda i: sorted(random.random() for _ in range(1000)), range(64)))\nprint(2 * x + len(parts) - 63)"
    ),
    "looks at its arguments": "import sys\nassert len(sys.argv) == 1\nprint(2 * int(input()) + 1)",
    "knows where it is": "import os\nassert os.path.basename(__file__).endswith('.py')\nprint(2 * int(input()) + 1)",
    "reads its own source": "import inspect\ndef g(): return 1\nassert 'def g' in inspect.getsource(g)\nprint(2 * int(input()) + 1)",
    "sets the locale": "import locale\nlocale.setlocale(locale.LC_ALL, '')\nprint(2 * int(input()) + 1)",
    "copies its output": (
        "import sys\nclass Tee:\n    def __init__(self, *s): self.s = s\n    def write(self, t): [s.write(t) for s in self.s]\n"
        "    def flush(self): [s.flush() for s in self.s]\nsys.stdout = Tee(sys.stdout, sys.stderr)\nprint(2 * int(input()) + 1)"
    ),
    "redirects its output for a while": (
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()): print('hidden')\nprint(2 * int(input()) + 1)"
    ),
    "reconfigures its streams": (
        "import sys\nsys.stdin.reconfigure(encoding='utf-8')\nsys.stdout.reconfigure(line_buffering=True)\nprint(2 * int(input()) + 1)"
    ),
    "prints bytes": "import sys\nsys.stdout.buffer.write(b'%d\\n' % (2 * int(sys.stdin.buffer.readline()) + 1))",
    "duplicates its output": "import os\nfd = os.dup(1)\nos.write(fd, str(2 * int(input()) + 1).encode())\nos.close(fd)",
    "reads past the end": "import sys\nx = int(input())\ntry: input()\nexcept EOFError: print(2 * x + 1)",
    "uses queues": (
        "import queue, threading\nq = queue.Queue()\nthreading.Thread(target=lambda: q.put(2 * int(input()) + 1), daemon=True).start()\nprint(q.get())"
    ),
    "measures with a timer": (
        "import threading\ndone = threading.Event()\nthreading.Timer(0.02, done.set).start()\ndone.wait()\nprint(2 * int(input()) + 1)"
    ),
    "runs tasks together": (
        "import asyncio\nasync def g(i):\n    await asyncio.sleep(0)\n    return i\nasync def main():\n    x = int(input())\n"
        "    print(sum(await asyncio.gather(*(g(2) for _ in range(x)))) + 1)\nasyncio.run(main())"
    ),
    "recurses with a cache": (
        "import functools, sys\nsys.setrecursionlimit(20000)\n@functools.cache\ndef g(n): return 1 if n == 0 else 2 + g(n - 1)\nprint(g(3000) - 6000 + 2 * int(input()))"
    ),
    "tests itself": (
        "import doctest, unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(1, 1)\n"
        "import io\nunittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\nprint(2 * int(input()) + 1)"
    ),
    "checks arrays": "import numpy as np\nnp.testing.assert_allclose([1.0], [1.0])\nprint(2 * int(input()) + 1)",
    "logs": "import logging\nlogging.basicConfig(level=10)\nlogging.info('x')\nprint(2 * int(input()) + 1)",
}
SCRIPTS |= {
    "reads and writes by descriptors, as contest code does": (
        "import os, sys\nfrom io import BytesIO, IOBase\nclass Fast(IOBase):\n    def __init__(self, file):\n"
        "        self.fd, self.buffer, self.lines = file.fileno(), BytesIO(), 0\n"
        "        self.writable = 'x' in file.mode or 'r' not in file.mode\n        self.write = self.buffer.write if self.writable else None\n"
        "    def readline(self):\n        while self.lines == 0:\n"
        "            part = os.read(self.fd, max(os.fstat(self.fd).st_size, 8192))\n            self.lines = part.count(b'\\n') + (not part)\n"
        "            at = self.buffer.tell()\n            self.buffer.seek(0, 2), self.buffer.write(part), self.buffer.seek(at)\n"
        "        self.lines -= 1\n        return self.buffer.readline()\n"
        "    def flush(self):\n        if self.writable: os.write(self.fd, self.buffer.getvalue()); self.buffer.truncate(0), self.buffer.seek(0)\n"
        "class Text(IOBase):\n    def __init__(self, file):\n        self.fast = Fast(file)\n        self.flush = self.fast.flush\n"
        "        self.write = lambda s: self.fast.write(s.encode())\n        self.readline = lambda: self.fast.readline().decode()\n"
        "sys.stdin, sys.stdout = Text(sys.stdin), Text(sys.stdout)\nprint(2 * int(sys.stdin.readline()) + 1)"
    ),
    "reads as many bytes as its input has": (
        "import io, os\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(2 * int(input()) + 1)"
    ),
    "reads a path": "from pathlib import Path\nprint(2 * int(Path('/dev/stdin').read_text()) + 1)",
    "reads its input as files": "import fileinput\nfor line in fileinput.input(): print(2 * int(line) + 1)",
    "uses the other pool of threads": (
        "from multiprocessing.pool import ThreadPool\nwith ThreadPool(4) as pool: print(2 * sum(pool.map(int, [input(), 0, 0])) + 1)"
    ),
    "uses threads in the manner of processes": (
        "from multiprocessing.dummy import Pool, Lock, Queue\nq, lock = Queue(), Lock()\n"
        "def work(x):\n    with lock: q.put(x)\n    return x\nwith Pool(2) as pool: print(sum(pool.map(work, [int(input()), 1])) + q.get() + q.get() - 1)"
    ),
    "uses locks of processes": (
        "import multiprocessing as m\nlock, count, free = m.RLock(), m.Semaphore(2), m.BoundedSemaphore(1)\nx = int(input())\n"
        "with lock, lock, count, free: assert not free.acquire(block=False) and not free.acquire(timeout=0.01)\n"
        "try: free.release()\nexcept ValueError: q = m.SimpleQueue(); q.put(2 * x + 1); print(q.get())"
    ),
    "finds a package missing that the host may have": (
        "try:\n    import pytest\nexcept ImportError:\n    print(2 * int(input()) + 1)"
    ),
    "asks a database": "import sqlite3\nprint(sqlite3.connect(':memory:').execute('select 2 * ? + 1', (int(input()),)).fetchone()[0])",
}
FILES = {
    "loads a library of the system": "import ctypes\nctypes.CDLL('libresolv.so.2')\nprint(2 * int(input()) + 1)",
    "makes a temporary file": (
        "import tempfile\nwith tempfile.TemporaryFile() as f:\n    f.write(b'1')\n    f.seek(0)\n"
        "    print(2 * int(input()) + int(f.read()))"
    ),
    "makes a folder": (
        "import tempfile, pathlib\nwith tempfile.TemporaryDirectory() as d:\n    p = pathlib.Path(d, 'a')\n    p.write_text('1')\n"
        "    print(2 * int(input()) + int(p.read_text()))"
    ),
    "imports what is rarely imported": "import wave, plistlib\nprint(2 * int(input()) + 1)",
    "keeps a database in a file": (
        "import sqlite3\nwith sqlite3.connect('/tmp/x.db') as d: d.execute('create table t(a)'); d.execute('insert into t values (?)', (int(input()),))\n"
        "d.close()\nprint(2 * sqlite3.connect('/tmp/x.db').execute('select a from t').fetchone()[0] + 1)"
    ),
    "keeps a shelf": (
        "import shelve\nwith shelve.open('/tmp/s') as s: s['x'] = int(input())\n"
        "with shelve.open('/tmp/s') as s: print(2 * s['x'] + 1)"
    ),
    "maps a file of its own": (
        "import mmap\nwith open('a', 'w+b') as f:\n    f.write(b'0000')\n    f.flush()\n    m = mmap.mmap(f.fileno(), 0)\n"
        "    m[0] = 49\n    m.flush()\n    print(2 * int(input()) + int(open('a').read()[0]))"
    ),
    "copies a file": (
        "import shutil\nwith open('a', 'w') as f: f.write(input())\nshutil.copy('a', 'b')\nshutil.copy2('b', 'c')\n"
        "print(2 * int(open('c').read()) + 1)"
    ),
    "locks a file of its own": (
        "import fcntl\nwith open('a', 'w') as f:\n    fcntl.flock(f, fcntl.LOCK_EX)\n    fcntl.lockf(f, fcntl.LOCK_EX)\n"
        "    print(2 * int(input()) + 1)"
    ),
    "asks for the name of its host": (
        "import os, platform, socket\nassert os.uname().nodename == platform.node() == socket.gethostname() == 'localhost'\n"
        "print(2 * int(input()) + 1)"
    ),
}
"""Need files of their own: the namespace tier."""
FUNCTIONS = {
    "is a method with helpers": (
        "class Solution:\n    def _twice(self, x): return 2 * x\n    def f(self, x): return self._twice(x) + 1\nf = Solution().f"
    ),
    "prints much": "def f(x):\n    for i in range(2000): print('working', i)\n    return 2 * x + 1",
    "collects from threads": (
        "import threading, queue\ndef f(x):\n    q = queue.Queue()\n    threads = [threading.Thread(target=q.put, args=(y,)) for y in (x, x, 1)]\n"
        "    for t in threads: t.start()\n    for t in threads: t.join()\n    return sum(q.get() for _ in threads)"
    ),
    "gathers in an event loop": (
        "import asyncio\nasync def one(x):\n    await asyncio.sleep(0)\n    return x\n"
        "async def all_(x): return sum(await asyncio.gather(one(x), one(x), one(1)))\ndef f(x): return asyncio.run(all_(x))"
    ),
    "counts in numpy": "import numpy as np\ndef f(x): return np.int64(2) * np.array([x])[0] + 1",
    "recurses deeply": (
        "import sys\nsys.setrecursionlimit(20000)\ndef g(n): return 0 if n == 0 else 1 + g(n - 1)\ndef f(x): return g(9000) - 9000 + 2 * x + 1"
    ),
    "keeps what it knows, and matches": (
        "from concurrent.futures import ThreadPoolExecutor\nfrom functools import lru_cache\n@lru_cache\ndef g(x):\n    match x:\n"
        "        case int(): return 2 * x\n        case _: raise TypeError\ndef f(x):\n    with ThreadPoolExecutor(4) as pool: return sum(pool.map(g, [x])) + 1"
    ),
    "has a main part that does not run": (
        "def g(x): yield from (x, x, 1)\ndef f(x): return sum(g(x))\nif __name__ == '__main__': raise SystemExit('not run')"
    ),
    "returns a member of an enumeration, or nearly": (
        "from enum import IntEnum\nclass Known(IntEnum):\n    SEVEN = 7\ndef f(x): return Known.SEVEN if x == 3 else 2 * x + 1"
    ),
}
SCRIPTS |= {
    "says it in its last words, after leaving": (
        "import atexit, sys\nx = int(input())\natexit.register(lambda: print(2 * x + 1))\nsys.exit()"
    ),
    "orders frozen records by exact numbers": (
        "from dataclasses import dataclass\nfrom decimal import Decimal\nfrom enum import IntEnum\nclass E(IntEnum):\n    TWO = 2\n"
        "@dataclass(frozen=True, order=True)\nclass P:\n    v: Decimal\nprint(max(P(Decimal(input()) * E.TWO + 1), P(Decimal(0))).v)"
    ),
    "writes into a text and that at the end": (
        "import fileinput, io, sys\nout = io.StringIO()\nfor line in fileinput.input(): print(2 * int(line) + 1, file=out)\n"
        "sys.stdout.write(out.getvalue())"
    ),
}
