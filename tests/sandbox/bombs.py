# ruff: noqa: E501 - programs as data
"""Programs that use up what they can, or refuse to end. Each must be ended, unpaid, and the next program unharmed."""

from __future__ import annotations

BOMBS = {
    "forks without end": "import os\nwhile True:\n    try: os.fork()\n    except OSError: break\nraise SystemExit(1)",
    "threads without end": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ),
    "threads with tiny stacks": (
        "import threading, time\nthreading.stack_size(32768)\n"
        "while True:\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ),
    "allocates without end": "l = []\nwhile True: l.append(bytearray(1 << 24))",
    "maps without end": "import mmap\nl = []\nwhile True: l.append(mmap.mmap(-1, 1 << 26))",
    "asks for everything at once": "x = bytearray(1 << 40)",
    "repeats a text": "x = 'x' * (1 << 38)",
    "fills the disk": (
        "import itertools\nfor i in itertools.count():\n    with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(1 << 22))"
    ),
    "makes files without end": "import itertools\nfor i in itertools.count(): open(f'/tmp/{i}', 'w').close()",
    "opens descriptors without end": "import os\nwhile True: os.dup(0)",
    "recurses without end": "def g(): g()\ng()",
    "recurses in C without end": (
        "import sys\nsys.setrecursionlimit(10**8)\nclass A:\n    def __repr__(self): return repr([self])\nrepr(A())"
    ),
    "follows a null pointer": "import ctypes\nctypes.string_at(0)",
    "aborts": "import os\nos.abort()",
    "kills itself": "import os\nos.kill(os.getpid(), 9)",
    "stops itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "sleeps": "import time\ntime.sleep(1000)",
    "waits for itself": "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()",
    "waits for input that does not come": "import os\nr, w = os.pipe()\nos.read(r, 1)",
    "closes all and sleeps": "import os, time\nos.closerange(0, 64)\ntime.sleep(1000)",
    "ignores signals and sleeps": (
        "import signal, time\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nsignal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))\ntime.sleep(1000)"
    ),
    "leaves a thread that does not end": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()"
    ),
    "sleeps in atexit": "import atexit, time\natexit.register(time.sleep, 1000)",
    "turns": "while True: pass",
    "turns with the lock held": "pow(3, 10**9)",
    "turns in a regular expression": "import re\nre.match('(a+)+b', 'a' * 60)",
    "turns and catches everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
}
BOMBS |= {
    "allocates arrays without end": "import numpy as np\nl = []\nwhile True: l.append(np.ones(1 << 22))",
    "asks for a huge array": "import numpy as np\nnp.zeros(1 << 40).sum()",
    "unpacks without end": "import zlib\nx = zlib.compress(bytes(1 << 28))\nl = []\nwhile True: l.append(zlib.decompress(x))",
    "doubles": "x = [0]\nwhile True: x += x",
    "nests in the parser": "exec('x = ' + '-' * 1_000_000 + '1')",
    "nests brackets in the parser": "eval('(' * 100_000 + ')' * 100_000)",
    "prints a number of a million digits": "print(7 ** 1_000_000)",
    "computes a huge power": "x = 7 ** 7 ** 7 ** 7",
    "permutes": "import itertools\nlist(itertools.permutations(range(20)))",
    "turns in an attribute": "class A:\n    def __getattr__(self, n): return getattr(self, n + 'x')\nA().a",
    "turns in threads": (
        "import threading, hashlib\ndef turn():\n    while True: hashlib.sha256(bytes(1 << 20)).digest()\n"
        "for _ in range(4): threading.Thread(target=turn).start()"
    ),
    "turns after its output is closed": "import os\nos.close(1)\nwhile True: pass",
    "turns in its last words": "import atexit\n@atexit.register\ndef turn():\n    while True: pass",
    "turns in a signal handler": (
        "import signal\ndef turn(*a):\n    while True: pass\nsignal.signal(signal.SIGXCPU, turn)\nwhile True: pass"
    ),
    "makes a file with a hole": "with open('/tmp/x', 'wb') as f:\n    f.seek(1 << 40)\n    f.write(b'x')",
    "fills pipes without end": "import os\nl = []\nwhile True:\n    r, w = os.pipe()\n    l.append((r, w))\n    os.write(w, bytes(65536))",
    "raises in raising": "class E(Exception):\n    def __init__(self): raise E()\nraise E()",
    "waits in an event loop": "import asyncio\nasyncio.run(asyncio.Event().wait())",
    "waits for a signal": "import signal\nsignal.pause()",
    "waits after half a frame": "import os, time\nos.write(3, b'\\0\\0\\x10\\0{')\ntime.sleep(1000)",
    "waits in a destructor": "import time\nclass D:\n    def __del__(self): time.sleep(1000)\nd = D()",
    "waits behind a full channel": "import os\nwhile True: os.write(3, bytes(65536))",
    "fills anonymous maps": (
        "import mmap\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 1 << 26))\n    kept[-1].write(bytes(1 << 26))"
    ),
    "turns in the hook for errors": "import sys\ndef turn(*a):\n    while True: pass\nsys.excepthook = turn\n1 / 0\nwhile True: pass",
    "turns in comparing": "class A:\n    def __lt__(self, other):\n        while True: pass\nsorted([A(), A()])",
    "turns in flushing": (
        "import sys\nclass Out:\n    def write(self, text): return len(text)\n    def flush(self):\n        while True: pass\n"
        "sys.stdout = Out()"
    ),
    "signals itself without end": (
        "import os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\nwhile True: os.kill(os.getpid(), signal.SIGUSR1)"
    ),
    "makes folders in folders": "import os\nos.chdir('/tmp')\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')",
    "maps for others to share": (
        "import mmap\nkept = []\nwhile True:\n    try:\n        kept.append(mmap.mmap(-1, 1 << 24, flags=mmap.MAP_SHARED))\n"
        "        kept[-1].write(bytes(1 << 24))\n    except (OSError, ValueError): pass"
    ),
    "writes on every descriptor": (
        "import os\nfor fd in range(64):\n    try: os.set_blocking(fd, False)\n    except OSError: pass\n"
        "while True:\n    for fd in range(64):\n        try: os.write(fd, b'\\xff' * 4096)\n        except OSError: pass"
    ),
    "takes what is meant for its judge": (
        "import os\nwhile True:\n    for fd in range(64):\n        try: os.set_blocking(fd, False) or os.read(fd, 1 << 16)\n        except OSError: pass"
    ),
    "waits in select": "import select, os\nr, w = os.pipe()\nselect.select([r], [], [])",
}
_WAITING = ("stops", "sleeps", "waits", "closes", "ignores", "leaves")
WAITS = {name: code for name, code in BOMBS.items() if name.startswith(_WAITING)}
"""Those that only the wall limit ends; the others end by their CPU time or by themselves."""
