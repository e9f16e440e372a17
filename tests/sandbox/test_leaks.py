"""After many runs of every kind nothing is left: no process, descriptor, mount, file or memory."""

from __future__ import annotations

import os
from itertools import cycle, islice
from pathlib import Path

import pytest

from rewards.base import Sample
from rewards.code import Sandbox, UnitTests
from tests.sandbox.judging import completion

KINDS = {
    "passes": "print(2 * int(input()) + 1)",
    "fails": "print(0)",
    "turns": "while True: pass",
    "sleeps": "import time\ntime.sleep(100)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "forks": "import os\nwhile True: os.fork()",
    "allocates": "l = []\nwhile True: l.append(bytearray(1 << 22))",
    "writes files": "import itertools\nfor i in itertools.count(): open(f'/tmp/{i}', 'w').write('x' * 10000)",
    "makes threads": "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()",
    "opens descriptors": "import os\nwhile True: os.pipe()",
    "prints a lot": "while True: print('x' * 10000)",
    "leaves at once": "import os\nos._exit(0)",
}
"""The first is paid."""
RUNS = int(os.environ.get("GEMWRIGHT_LEAK_RUNS", "300"))


def left() -> dict[str, object]:
    """What a leak would change, but for memory."""
    tasks = Path("/proc/self/task")
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "children": sum(len(file.read_text().split()) for file in tasks.glob("*/children")),
        "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        "shared memory": sorted(os.listdir("/dev/shm")),
    }


def resident_kb(pids: list[int]) -> int:
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_many_mixed_runs_leave_nothing(sandbox: Sandbox, tier: str) -> None:
    reward = UnitTests(cpu_s=0.02, wall_s=0.06, sandbox=sandbox, retries=0)
    samples = [
        Sample(prompt="", completion=completion(code), reference={"tests": [{"input": "3\n", "output": "7\n"}]})
        for code in islice(cycle(KINDS.values()), RUNS)
    ]
    reward(samples[:120])
    before, memory_kb = left(), resident_kb([os.getpid(), *(slot.pid for slot in sandbox._started)])
    verdicts = reward(samples)
    for number, verdict in enumerate(verdicts):
        paid = number % len(KINDS) == 0
        assert verdict.value in (None, float(paid)) or paid, (tier, number, verdict)
    assert left() == before  # a slot may have been replaced, which takes as many processes as there were
    assert resident_kb([os.getpid(), *(slot.pid for slot in sandbox._started)]) < 1.05 * memory_kb
