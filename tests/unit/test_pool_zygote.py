"""Workers are forked from one process that has imported what they need, unless a fork would not do."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewards import Sample, State, WeightedSum
from rewards.pool import Pool
from tests.unit.test_pool import ROOT, alive, gone

HEAD = """
import os, random, subprocess, sys, threading, time

here = os.path.dirname(os.path.abspath(__file__))

def note(name, text):
    with open(os.path.join(here, name), "a") as file:
        file.write(f"{text}\\n")

note("imports", os.getpid())
"""
JUDGE = """
dice = random.Random()

def judge(sample):
    if sample.completion == "hang":
        time.sleep(3600)
    if sample.completion == "daemon":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
        note("daemons", child.pid)
        os._exit(0)
    return float(len(sample.completion))

def pid(sample):
    judge(sample)
    return float(os.getpid())

def parent(sample):
    return float(os.getppid())

def drawn(sample):
    return random.random()
"""
STARTS_A_THREAD = "threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n"
OPENS_A_FILE = "log = open(os.devnull)\n"
RAISES_THE_SECOND_TIME = "if len(open(os.path.join(here, 'imports')).readlines()) == 2: raise OSError('busy')\n"
ENDS_THE_SECOND_TIME = "if len(open(os.path.join(here, 'imports')).readlines()) == 2: os._exit(7)\n"


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(workers=4) as pool:
        yield pool


def write(folder: Path, body: str = "") -> Path:
    path = folder / "mine.py"
    path.write_text(HEAD + body + JUDGE)
    return path


def isolated(path: Path, name: str, pool: Pool, *, timeout_s: float = 120.0) -> WeightedSum:
    term = {"weight": 1.0, "function": f"{path}:{name}", "isolated": True, "timeout_s": timeout_s}
    return WeightedSum({"judge": term}, pool=pool)


def samples(*completions: str) -> list[Sample]:
    return [Sample(prompt="", completion=text) for text in completions]


def values(reward: WeightedSum, *completions: str) -> list[float | None]:
    return [verdict.value for verdict in reward(samples(*completions))]


def imports(path: Path) -> list[int]:
    """The processes that imported the user's file, the test's own first."""
    return [int(line) for line in (path.parent / "imports").read_text().split()]


def test_the_users_file_is_imported_once_however_many_workers_there_are(tmp_path: Path, pool: Pool) -> None:
    path = write(tmp_path)
    workers = values(isolated(path, "pid", pool), *"abcdefgh" * 8)
    own, zygote = imports(path)
    assert own == os.getpid()
    assert len(set(workers)) > 1
    assert zygote not in workers
    assert set(values(isolated(path, "parent", pool), *"abcd")) != {float(os.getpid())}


def test_building_the_reward_starts_the_process_that_workers_are_forked_from(tmp_path: Path, pool: Pool) -> None:
    path = write(tmp_path)
    reward = isolated(path, "parent", pool)
    end = time.monotonic() + 60
    while len(imports(path)) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    own, zygote = imports(path)
    assert own == os.getpid()
    assert set(values(reward, "a", "b")) == {float(zygote)}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (STARTS_A_THREAD, "its import starts threads (1)"),
        (OPENS_A_FILE, "its import opens files or connections (1)"),
        (RAISES_THE_SECOND_TIME, "its import raised"),
        (ENDS_THE_SECOND_TIME, "its import ended a process"),
    ],
)
def test_a_file_that_cannot_be_forked_is_imported_by_every_worker_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: str, reason: str
) -> None:
    path = write(tmp_path, body)
    with caplog.at_level(logging.WARNING), Pool(workers=2, calls_per_worker=2) as pool:
        workers = values(isolated(path, "pid", pool), *"abcdefgh")
    assert None not in workers
    assert set(imports(path)) >= {int(pid) for pid in workers if pid is not None}
    assert [record.message for record in caplog.records if reason in record.message] == [
        record.message for record in caplog.records
    ]
    assert len(caplog.records) == 1
    assert gone(set(imports(path)[1:]))


def test_terms_that_come_later_are_imported_once_too(tmp_path: Path, pool: Pool) -> None:
    first, second = ((tmp_path / name) for name in ("first", "second"))
    paths = []
    for folder in (first, second):
        folder.mkdir()
        paths.append(write(folder))
    rewards = [isolated(path, "judge", pool) for path in paths]
    for _ in range(3):
        assert [values(reward, "a", "bb", "ccc", "dddd") for reward in rewards] == [[1.0, 2.0, 3.0, 4.0]] * 2
    assert [len(imports(path)) for path in paths] == [2, 2]


def test_a_term_that_cannot_be_forked_does_not_spoil_the_others(tmp_path: Path, pool: Pool) -> None:
    (tmp_path / "bad").mkdir()
    good, bad = write(tmp_path), write(tmp_path / "bad", STARTS_A_THREAD)
    assert values(isolated(bad, "judge", pool), "a", "bb") == [1.0, 2.0]
    assert values(isolated(good, "judge", pool), "a", "bb", "ccc") == [1.0, 2.0, 3.0]
    assert len(imports(good)) == 2


def test_workers_draw_different_numbers(tmp_path: Path) -> None:
    with Pool(workers=1, calls_per_worker=1) as pool:
        assert len(set(values(isolated(write(tmp_path), "drawn", pool), *"abcd"))) == 4


def test_what_left_its_workers_group_ends_with_the_pool(tmp_path: Path) -> None:
    path = write(tmp_path)
    with Pool(workers=1) as pool:
        verdict = isolated(path, "judge", pool)(samples("daemon"))[0]
        assert verdict.reason == "term 'judge': the worker process died: exit code 0"
        (daemon,) = (int(line) for line in (tmp_path / "daemons").read_text().split())
        assert alive(daemon)
    assert not Path(f"/proc/{daemon}").exists()


def test_a_zygote_that_was_killed_is_replaced(tmp_path: Path) -> None:
    path = write(tmp_path)
    with Pool(workers=2, calls_per_worker=1) as pool:
        reward = isolated(path, "judge", pool)
        assert values(reward, "a", "bb") == [1.0, 2.0]
        os.kill(imports(path)[1], signal.SIGKILL)
        verdicts = reward(samples("a", "bb", "ccc"))  # who asks the dead one for a worker may fail, and no other
        assert all(verdict.state is State.FAILED or verdict.has_value for verdict in verdicts)
        assert values(reward, "a", "bb", "ccc") == [1.0, 2.0, 3.0]
    assert gone(set(imports(path)[1:]))


def test_nothing_outlives_a_trainer_that_was_killed(tmp_path: Path) -> None:
    path = write(tmp_path)
    script = (
        "import sys; from rewards import Sample, WeightedSum\n"
        f"term = dict(weight=1.0, function='{path}:pid', isolated=True, timeout_s=120.0)\n"
        "reward = WeightedSum(dict(judge=term))\n"
        "print(*{v.value for v in reward([Sample(prompt='', completion='x')] * 9)}, flush=True)\n"
        "reward([Sample(prompt='', completion='hang')])\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as trainer:
        assert trainer.stdout is not None
        workers = {int(float(pid)) for pid in trainer.stdout.readline().split()}
        assert all(map(alive, workers))
        trainer.kill()
    assert workers
    assert gone(workers | set(imports(path)))
