"""After many runs of every kind nothing is left: no process, descriptor, mount, file, shared memory or memory.

GEMWRIGHT_LEAK_RUNS=10000 python -m pytest tests/sandbox/test_leaks.py -k namespace --log-cli-level=INFO
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, cycle, islice, repeat
from pathlib import Path
from typing import Any

import pytest

from rewards.base import Sample, State, Verdict
from rewards.code import Sandbox, UnitTests
from tests.sandbox.judging import completion

RUNS = int(os.environ.get("GEMWRIGHT_LEAK_RUNS", "300"))
SCRIPTS = {"tests": [{"input": "3\n", "output": "7\n"}, {"input": "5\n", "output": "11\n"}]}
CALLS = {"tests": [{"input": [3], "output": 7}, {"input": [5], "output": 11}], "entry_point": "f"}
ASSERTS = {"test_list": ["assert f(3) == 7", "assert f(5) == 11"]}
FUNCTION = "def f(x): return 2 * x + 1"
ORDINARY: list[tuple[str, Mapping[str, Any], float]] = [
    ("print(2 * int(input()) + 1)", SCRIPTS, 1.0),
    ("print(0)", SCRIPTS, 0.0),
    ("import os\nos._exit(0)", SCRIPTS, 0.0),
    ("import sys\nopen(sys.argv[1])", SCRIPTS, 0.0),
    ("import numpy\nprint(int(numpy.array([2, 1]) @ [int(input()), 1]))", SCRIPTS, 1.0),
    (FUNCTION, CALLS, 1.0),
    ("def f(x): return 7", CALLS, 0.0),
    ("import os\ndef f(x): os._exit(0)", CALLS, 0.0),
    ("def f(x): raise SystemExit(0)", CALLS, 0.0),
    (FUNCTION, ASSERTS, 1.0),
    ("def f(x): return 7", ASSERTS, 0.0),
    ("import os\nos._exit(0)", ASSERTS, 0.0),
    ("def f(x): raise SystemExit(0)", ASSERTS, 0.0),
]
"""Program, tests and what it is paid."""
WASTEFUL = {
    "turns": "while True: pass",
    "sleeps": "import time\ntime.sleep(100)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "forks": "import os\nwhile True: os.fork()",
    "forks in spite of all": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "allocates": "l = []\nwhile True: l.append(bytearray(1 << 22))",
    "writes files": (
        "import itertools\nfor i in itertools.count():\n    for folder in ('/tmp', '/var/tmp', '/dev/shm', '.'):\n"
        "        try: open(f'{folder}/gemwright-leak-{i}', 'w').write('x' * 10000)\n        except OSError: pass"
    ),
    "shares memory": "from multiprocessing import shared_memory\nwhile True: shared_memory.SharedMemory('leak', True, 99)",
    "makes threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()",
    "opens descriptors": "import os\nwhile True: os.pipe()",
    "prints a lot": "while True: print('x' * 10000)",
    "turns in a call": "def f(x):\n    while True: pass",
}
"""Each must be stopped; those that can be a function are called too."""
logger = logging.getLogger(__name__)


def mixture() -> list[tuple[Sample, float]]:
    """Each wasteful program once, among more ordinary ones."""
    wasteful = [(code, ASSERTS if code.startswith("def") else SCRIPTS, 0.0) for code in WASTEFUL.values()]
    rows = chain.from_iterable(zip(*repeat(cycle(ORDINARY), 4), wasteful * 13, strict=False))
    return [(Sample(prompt="", completion=completion(code), reference=tests), value) for code, tests, value in rows]


def processes_below(pid: int) -> list[int]:
    """All processes that this one started, and theirs, those that nobody reaped included."""
    own = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for file in own for child in file.read_text().split()]
    return children + [one for child in children for one in processes_below(child)]


def left(sandbox: Sandbox) -> dict[str, object]:
    """What a leak would change, but for memory."""
    below = processes_below(os.getpid())
    zygotes = [slot.pid for slot in sandbox._started]
    folders = ("/tmp", "/var/tmp", "/dev/shm", ".", "/")
    groups = sandbox.groups and Path(str(sandbox.groups))
    return {
        "processes": len(below),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "descriptors of zygotes": sorted(len(os.listdir(f"/proc/{pid}/fd")) for pid in zygotes),
        "mounts": [len(Path(f"/proc/{pid}/mounts").read_text().splitlines()) for pid in ("self", *zygotes)],
        "files": [str(file) for folder in folders for file in Path(folder).glob("gemwright-leak-*")],
        "shared memory": sorted(os.listdir("/dev/shm")),
        "other shared things": [len(Path(f"/proc/sysvipc/{kind}").read_text().splitlines()) for kind in ("shm", "sem")],
        "control groups": groups and len(list(groups.iterdir())),
    }


def resident_kb(pids: list[int]) -> int:
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_many_mixed_runs_leave_nothing(sandbox: Sandbox, tier: str) -> None:
    patient = UnitTests(cpu_s=2.0, wall_s=120.0, sandbox=sandbox, retries=0)
    strict = UnitTests(cpu_s=0.03, wall_s=0.1, sandbox=sandbox, retries=0)
    hasty = {
        sample.completion for sample, _ in mixture() if any(code in sample.completion for code in WASTEFUL.values())
    }

    def judge(row: tuple[Sample, float]) -> Verdict:
        sample, value = row
        verdict = (strict if sample.completion in hasty else patient).judge(sample)
        fine = verdict.value == value or (sample.completion in hasty and verdict.state is State.FAILED)
        assert fine, (tier, sample.completion, verdict)
        return verdict

    with ThreadPoolExecutor(max_workers=sandbox.slots) as threads:
        warm = list(threads.map(judge, mixture()[:120]))
        zygotes = [slot.pid for slot in sandbox._started]
        before, memory = left(sandbox), (resident_kb([os.getpid()]), resident_kb(zygotes))
        started = time.monotonic()
        failed = sum(not verdict.has_value for verdict in threads.map(judge, islice(cycle(mixture()), RUNS)))
        seconds = time.monotonic() - started
        zygotes = [slot.pid for slot in sandbox._started]
        after, memory_after = left(sandbox), (resident_kb([os.getpid()]), resident_kb(zygotes))
    logger.info(
        "%s: %d runs in %.0f s, %d without verdict; resident KiB (here, zygotes) before %s, after %s; left %s",
        tier, RUNS, seconds, failed, memory, memory_after, after,
    )  # fmt: skip
    assert len(warm) == 120
    assert after == before  # a slot may have been replaced, which takes as many processes as there were
    assert all(now < 1.05 * then for now, then in zip(memory_after, memory, strict=True))
