"""After many runs of every kind nothing is left: no process, descriptor, mount, file, shared memory or memory.

GEMWRIGHT_LEAK_RUNS=10000 python -m pytest tests/sandbox/test_leaks.py -k namespace --log-cli-level=INFO
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rewards.base import Sample, State, Verdict
from rewards.code import Sandbox, UnitTests
from tests.sandbox.judging import completion

PORTION = 250
RUNS = int(os.environ.get("GEMWRIGHT_LEAK_RUNS", "300"))
SCRIPTS = {"tests": [{"input": "3\n", "output": "7\n"}, {"input": "5\n", "output": "11\n"}]}
CALLS = {"tests": [{"args": [3], "expected": 7}, {"args": [5], "expected": 11}], "entry_point": "f"}
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
    "shares memory": (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "for i in range(99): SharedMemory(f'gemwright-leak-{i}', True, 9999)"
    ),
    "makes threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()",
    "opens descriptors": "import os\nwhile True: os.pipe()",
    "prints a lot": "while True: print('x' * 10000)",
    "turns in a call": "def f(x):\n    while True: pass",
}
"""Each earns nothing, and most must be stopped. What defines a function is called by asserts."""
logger = logging.getLogger(__name__)


class Row(NamedTuple):
    sample: Sample
    value: float
    is_wasteful: bool


def mixture() -> list[Row]:
    """Each wasteful program once for every ordinary one, always behind four of these."""
    wasteful = [(code, ASSERTS if code.startswith("def") else SCRIPTS, 0.0) for code in WASTEFUL.values()]
    ordinary, rows = cycle(ORDINARY), list[Row]()
    for bad in wasteful * len(ORDINARY):
        for code, tests, value in (*islice(ordinary, 4), bad):
            sample = Sample(prompt="", completion=completion(code), reference=tests)
            rows.append(Row(sample, value, code == bad[0]))
    return rows


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


def resident_kb() -> tuple[int, int]:
    """Of this process, and of all below it together."""

    def resident(pids: list[int]) -> int:
        lines = (line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    return resident([os.getpid()]), resident(processes_below(os.getpid()))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_many_mixed_runs_leave_nothing(sandbox: Sandbox, tier: str) -> None:
    patient = UnitTests(cpu_s=2.0, wall_s=120.0, sandbox=sandbox, retries=0)
    hasty = UnitTests(cpu_s=0.03, wall_s=0.1, sandbox=sandbox, retries=0)

    def judge(row: Row) -> Verdict:
        verdict = (hasty if row.is_wasteful else patient).judge(row.sample)
        overloaded = row.is_wasteful and verdict.state is State.FAILED  # it got too little of its 0.1 s to be judged
        assert verdict.value == row.value or overloaded, (tier, row.sample.completion, verdict)
        return verdict

    rows = cycle(mixture())
    with ThreadPoolExecutor(max_workers=sandbox.slots) as threads:

        def failures(runs: int) -> int:
            """Judges in portions, so that no more verdicts are held than a training step holds."""
            portions = [PORTION] * (runs // PORTION) + [runs % PORTION]
            return sum(not verdict.has_value for n in portions for verdict in threads.map(judge, islice(rows, n)))

        failures(max(120, RUNS // 10))  # memory grows to what the largest outputs need, and stays
        before, memory, started = left(sandbox), resident_kb(), time.monotonic()
        failed = failures(RUNS)
        seconds, after, memory_after = time.monotonic() - started, left(sandbox), resident_kb()
    logger.info(
        "%s: %d runs in %.0f s, %d without verdict; resident KiB (here, below) %s before, %s after; left %s",
        tier, RUNS, seconds, failed, memory, memory_after, after,
    )  # fmt: skip
    assert after == before  # a slot may have been replaced, which takes as many processes as there were
    assert all(now < 1.03 * then for now, then in zip(memory_after, memory, strict=True))
