"""What is measured: a reward of ours or a peer's, in a process and, for a peer, an environment of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.benches import worker

Row = dict[str, Any]
_FOLDER = Path(__file__).resolve().parent
OURS, PEERS = _FOLDER / "ours.py", _FOLDER / "peers.py"
_PIP_LIMIT_S = 900.0
_POLL_S = 0.02
_END_S = 5.0


class Unavailable(ValueError):
    """A grader that cannot be installed, loaded or brought to an answer, with the reason in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spec:
    """Which factory makes the grader, and what has to be installed for it."""

    name: str
    factory: str
    packages: tuple[str, ...] = ()
    """Pinned requirements of a peer."""
    bare: tuple[str, ...] = ()
    """Requirements installed without what they depend on: the module under measurement needs none of it."""
    adapters: Path = PEERS
    """The file with the factory; without packages it runs in this interpreter and may import this project."""
    settings: Mapping[str, Any] = field(default_factory=dict)


class Grader:
    """A running worker; a context manager, after which its process is gone.

    Raises:
        Unavailable: from the constructor and from `judge`.
    """

    def __init__(self, spec: Spec, *, environments: Path, cpus: Sequence[int], limit_s: float) -> None:
        """Builds the environment where there is none yet, starts the process and waits until the grader is loaded."""
        self._limit_s = limit_s
        is_foreign = bool(spec.packages or spec.bare)
        python = environment(spec, environments) if is_foreign else sys.executable
        packages = [_project(one) for one in spec.packages + spec.bare]
        options = {"cpus": list(cpus), "packages": packages, "settings": dict(spec.settings)}
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        own_code = {} if is_foreign else {"PYTHONPATH": str(_FOLDER.parents[1])}
        self._process = subprocess.Popen(
            [str(python), "-P", str(_FOLDER / "worker.py"), str(spec.adapters), spec.factory, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**{key: value for key, value in os.environ.items() if key != "PYTHONPATH"}, **one_thread, **own_code},
        )
        self._errors = _Tail(self._process)
        self.loaded = self._answer()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the worker: by itself, so that it can end what it started, or after a while by force."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # a dead worker has left something unread
            self._process.stdin.close()
        try:
            self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def judge(self, rows: Sequence[Row], threads: int) -> dict[str, Any]:
        """What `worker.time_rows` answers for these rows."""
        assert self._process.stdin is not None
        try:
            print(json.dumps({"rows": rows, "threads": threads}), file=self._process.stdin, flush=True)
        except OSError as error:
            raise Unavailable(f"the process is gone: {self._errors.last()}") from error
        return self._answer()

    def memory_mb(self, rows: Sequence[Row], threads: int) -> float:
        """The most memory that the process and those below it held while they judged these rows, in MB.

        Pages that several processes share count once. Do not time these rows: looking costs time.
        """
        most, done = 0.0, threading.Event()

        def look() -> None:
            nonlocal most
            while not done.wait(_POLL_S):
                most = max(most, tree_mb(self._process.pid))

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            self.judge(rows, threads)
        finally:
            done.set()
            watcher.join()
        return max(most, tree_mb(self._process.pid))

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        late = threading.Timer(self._limit_s, self._process.kill)
        start = time.monotonic()
        late.start()
        line = self._process.stdout.readline()
        late.cancel()
        if line:
            return json.loads(line)
        self._process.wait()
        if time.monotonic() - start >= self._limit_s:
            raise Unavailable(f"no answer within {self._limit_s:g} s")
        raise Unavailable(self._errors.last())


class _Tail:
    """The last line that a process wrote to standard error, read all the time so that it never blocks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process, self._line = process, ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def last(self) -> str:
        self._reader.join(timeout=2.0)
        return self._line or f"ended with code {self._process.poll()} and no word"

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._line = line.strip()[:300] or self._line


def environment(spec: Spec, root: Path) -> Path:
    """The interpreter of the peer's virtual environment, made now unless an earlier bench did.

    Raises:
        Unavailable: when it cannot be installed.
    """
    wanted = json.dumps([spec.packages, spec.bare, sys.version_info[:2]])
    first = _project((spec.bare + spec.packages)[0])
    folder = root / f"{first}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    python, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists():
        return python
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for flags, packages in (([], spec.packages), (["--no-deps"], spec.bare)):
        if packages:
            _run([*install, *flags, *packages])
    ready.touch()
    return python


def _project(requirement: str) -> str:
    """The name in a pinned requirement.

    >>> _project("math-verify[antlr4_13_2]==0.9.0")
    'math-verify'
    """
    return re.split(r"[\[=]", requirement)[0]


def tree_mb(pid: int) -> float:
    """The proportional memory of a process and all below it, in MB."""
    return sum(map(_proportional_mb, [pid, *worker.descendants(pid)]))


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)
    except OSError:  # it has just ended
        return 0.0


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"not installed within {_PIP_LIMIT_S:g} s") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise Unavailable((errors or lines or ["pip failed without a word"])[-1][:300])
