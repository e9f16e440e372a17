"""The process that does the work: loads one grader, then times it on rows that come as JSON lines.

Runs by its path in any environment, a peer's too, so that both sides are timed by the same loop and pay neither the
other's imports nor its memory. Standard library only.

    python -P worker.py ADAPTERS.py FACTORY '{"cpus": [0], "packages": ["trl"], "settings": {}}'

The factory returns (prepare, judge): `prepare(row)` is not timed, `judge(prepared)` is, and gives (value, reason).
"""

from __future__ import annotations

import gc
import importlib.metadata
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Judge = Callable[[Any], tuple[float | None, str]]
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
_MOST_REASON_CHARS = 300


def main() -> None:
    # Graders print, and their children inherit: the two pipes are moved to descriptors that nobody else has.
    answers, requests = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    adapters, factory, given = sys.argv[1:4]
    options = json.loads(given)
    if options["cpus"]:
        os.sched_setaffinity(0, options["cpus"])

    def answer(content: dict[str, Any]) -> None:
        print(json.dumps(content), file=answers, flush=True)

    start = time.perf_counter()
    prepare, judge = _adapters(adapters)[factory](**options["settings"])
    load_s = time.perf_counter() - start
    versions = {name: importlib.metadata.version(name) for name in options["packages"]}
    answer({"load_s": load_s, "loaded_mb": status_mb("VmRSS"), "versions": versions})
    for line in requests:
        request = json.loads(line)
        answer(time_rows([prepare(row) for row in request["rows"]], judge, request["threads"]))


def time_rows(prepared: Sequence[Any], judge: Judge, threads: int) -> dict[str, Any]:
    """Values, reasons and seconds of each call, the seconds of all, and the CPU seconds of this process and below."""

    def timed(item: Any) -> tuple[float, float | None, str]:
        start = time.perf_counter()
        try:
            value, reason = judge(item)
        except Exception as error:  # a peer may raise anything; that is its verdict on the row
            value, reason = None, f"{type(error).__name__}: {error}"
        return time.perf_counter() - start, value, reason

    gc.collect()
    below_s = cpu_below_s()
    own_s, start = time.process_time(), time.perf_counter()
    if threads == 1:  # in the main thread: some peers' time limits work nowhere else
        results = [timed(item) for item in prepared]
    else:
        with ThreadPoolExecutor(threads) as pool:
            results = list(pool.map(timed, prepared))
    seconds = time.perf_counter() - start
    own_s = time.process_time() - own_s
    return {
        "seconds": seconds,
        "cpu_s": own_s + cpu_below_s() - below_s,
        "latencies_s": [latency for latency, _, _ in results],
        "values": [None if value is None else float(value) for _, value, _ in results],
        "reasons": [reason[:_MOST_REASON_CHARS] for _, _, reason in results],
        "peak_mb": status_mb("VmHWM"),
    }


def cpu_below_s() -> float:
    """CPU seconds of all processes below this one, those that have ended and were waited for included."""
    ended = os.times()
    total = ended.children_user + ended.children_system
    for pid in descendants(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        total += sum(map(int, fields[11:15])) * _TICK_S
    return total


def descendants(pid: int) -> Iterator[int]:
    """The processes below this one that live now."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry))
    waiting = list(parents.get(pid, ()))
    while waiting:
        child = waiting.pop()
        yield child
        waiting += parents.get(child, ())


def status_mb(name: str) -> float:
    """A line of this process's /proc status in MB: `VmRSS` is resident now, `VmHWM` was at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:"))


def _adapters(path: str) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("adapters", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


if __name__ == "__main__":
    main()
