"""Worker processes: what hangs, crashes or eats memory costs its own verdict only, and no process is left over."""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from rewards import RewardError, Sample, State, Verdict, WeightedSum
from rewards.base import Reward
from rewards.compose import Minimum, NormalizedSum, Product
from rewards.pool import Pool
from rewards.wire import read_frame_until
from rlhf.advantages import AdvantageEstimator, Credit, GroupCentered, GroupLikelihood, GroupNormalized
from rlhf.scoring import score_groups
from rlhf.types import RolloutGroup
from tests.faults import CRASH, GROUP_SIZE, HANG, NUM_GROUPS, WRONG, Place, place_of, quality, style
from tests.rollouts import make_completion, make_prompt

ROOT = Path(__file__).resolve().parents[2]
USER_FILE = """
import os, subprocess, sys, time

def judge(sample):
    text = sample.completion
    with open(os.environ.get("PIDS", os.devnull), "a") as file:
        file.write(f"{os.getpid()}\\n")
    if text == "hang":
        time.sleep(3600)
    if text == "family":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
        with open(os.environ["PIDS"], "a") as file:
            file.write(f"{child.pid}\\n")
        time.sleep(3600)
    if text == "exit":
        os._exit(3)
    if text == "crash":
        os.kill(os.getpid(), 11)
    if text == "memory":
        bytearray(1 << 45)
    if text == "eats":
        kept = []
        while True:
            kept.append(bytearray(b"x" * 2**20))
    if text == "burns":
        start = time.process_time()
        while time.process_time() < start + 3600:
            pass
    if text == "twins":
        return 7.0 if os.fork() else 8.0
    if text == "goes":
        os.chdir("/")
    if text == "where":
        return float(os.getcwd() == os.environ["HOME_OF_TEST"])
    if text == "quits":
        sys.exit(0)
    if text == "blind":
        os.closerange(0, 256)
    if text == "raise":
        raise KeyError("answer")
    if text == "noise":
        print("a lot " * 100000)
        os.write(1, b"unasked")
    return float(len(text))

async def later(sample):
    return 2.0

def pid(sample):
    return float(os.getpid())

def short_of_one(group):
    return [float(len(sample.completion)) for sample in group][: None if len(group) < 3 else -1]
"""
DEADLINE_S = 6.0
"""Long enough for a right answer on a busy machine; what hangs costs as much once, for all of it together."""


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    path = tmp_path / "mine.py"
    path.write_text(USER_FILE)
    return path


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(workers=12) as pool:
        yield pool


def isolated(user_file: Path, name: str, pool: Pool, *, timeout_s: float = DEADLINE_S) -> WeightedSum:
    term = {"weight": 1.0, "function": f"{user_file}:{name}", "isolated": True, "timeout_s": timeout_s}
    return WeightedSum({"judge": term}, pool=pool)


def samples(*completions: str) -> list[Sample]:
    return [Sample(prompt="", completion=text) for text in completions]


def processes(user_file: Path) -> set[int]:
    return {int(line) for line in (user_file.parent / "pids").read_text().split()}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A grandchild whose parent was killed waits for the system's first process to reap it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def gone(pids: set[int]) -> bool:
    """Whether they end; a killed process needs a moment on a busy machine."""
    until = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(alive, pids))


@pytest.mark.slow
def test_of_64_verdicts_the_8_that_hang_time_out_and_the_other_56_are_right(user_file: Path, pool: Pool) -> None:
    texts = ["hang" if i % 8 == 5 else "x" * i for i in range(64)]
    reward = isolated(user_file, "judge", pool)
    reward(samples("x"))  # what workers are forked from has come up
    before = time.monotonic()
    groups = reward.judge_groups([samples(*texts[start : start + 8]) for start in range(0, 64, 8)])
    assert time.monotonic() - before < DEADLINE_S + 1
    verdicts = [verdict for group in groups for verdict in group]
    assert [v.state for v in verdicts] == [State.TIMED_OUT if t == "hang" else State.VALUE for t in texts]
    assert [v.value for v in verdicts] == [None if t == "hang" else float(len(t)) for t in texts]
    assert verdicts[5].reason == f"term 'judge': no answer within {DEADLINE_S:g} s"
    pool.close()
    assert len(processes(user_file)) <= 12 + 8
    assert gone(processes(user_file))


def test_what_dies_or_raises_fails_alone_with_its_reason(user_file: Path, pool: Pool) -> None:
    texts = ["fine", "exit", "crash", "memory", "raise", "noise", "well"]
    verdicts = isolated(user_file, "judge", pool, timeout_s=120.0)(samples(*texts))
    assert [verdict.value for verdict in verdicts] == [4.0, None, None, None, None, 5.0, 4.0]
    assert [verdict.reason.removeprefix("term 'judge': ") for verdict in verdicts[1:5]] == [
        "the worker process died: exit code 3",
        "the worker process died: SIGSEGV",
        "MemoryError",
        "KeyError: 'answer'",
    ]
    assert all(verdict.state is State.FAILED for verdict in verdicts[1:5])


@pytest.mark.slow
def test_a_reward_that_eats_memory_fails_at_its_limit_and_the_others_are_unharmed(user_file: Path) -> None:
    with Pool(workers=2, memory_mb=512) as pool:
        verdicts = isolated(user_file, "judge", pool, timeout_s=120.0)(samples("eats", "one", "eats", "two"))
    assert [verdict.value for verdict in verdicts] == [None, 3.0, None, 3.0]
    assert all(verdict.state is State.FAILED and "MemoryError" in verdict.reason for verdict in verdicts[::2])


@pytest.mark.slow
def test_the_kernel_ends_a_worker_that_computes_on_when_its_parent_does_not(
    user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forever(fd: int, deadline: float, pidfd: int = -1) -> bytes | None:
        return read_frame_until(fd, deadline + 600, pidfd)

    monkeypatch.setattr("rewards.process.read_frame_until", forever)
    with Pool(workers=1) as pool:
        verdict = isolated(user_file, "judge", pool, timeout_s=1.0)(samples("burns"))[0]
    assert (verdict.state, verdict.reason) == (State.TIMED_OUT, "term 'judge': more than 2 s of CPU time")


def test_judged_code_that_forks_quits_moves_or_closes_everything_harms_no_later_call(
    user_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME_OF_TEST", os.getcwd())
    texts = ["twins", "a", "quits", "bb", "goes", "where", "blind", "ccc", "twins", "dddd"]
    with Pool(workers=1) as pool:
        verdicts = isolated(user_file, "judge", pool, timeout_s=120.0)(samples(*texts))
    assert [verdict.value for verdict in verdicts] == [7.0, 1.0, None, 2.0, 4.0, 1.0, None, 3.0, 7.0, 4.0]
    assert verdicts[2].reason == "term 'judge': SystemExit: 0"
    assert verdicts[6].state is State.FAILED


def test_a_deadline_kills_what_the_judged_code_has_started_too(user_file: Path) -> None:
    with Pool(workers=1) as pool:
        reward = isolated(user_file, "judge", pool)
        assert reward(samples("family"))[0].state is State.TIMED_OUT
        assert reward(samples("fine"))[0].value == 4.0
    assert len(processes(user_file)) == 3
    assert gone(processes(user_file))


def test_an_idle_worker_that_was_killed_is_replaced_before_the_next_call(user_file: Path) -> None:
    with Pool(workers=1) as pool:
        reward = isolated(user_file, "pid", pool, timeout_s=120.0)
        first = reward(samples("x"))[0].value
        assert reward(samples("x"))[0].value == first
        assert first is not None
        os.kill(int(first), signal.SIGKILL)
        time.sleep(0.2)
        second = reward(samples("x"))[0]
        assert second.state is State.VALUE
        assert second.value != first


def test_a_worker_is_replaced_after_its_number_of_calls(user_file: Path) -> None:
    with Pool(workers=1, calls_per_worker=2) as pool:
        verdicts = isolated(user_file, "pid", pool, timeout_s=120.0)(samples(*"abcd"))
    first, second, third, fourth = (verdict.value for verdict in verdicts)
    assert first == second != third == fourth


def test_async_functions_and_rewards_are_judged_in_workers_too(user_file: Path, pool: Pool) -> None:
    from rewards import FinalAnswer

    assert isolated(user_file, "later", pool, timeout_s=120.0)(samples("x", "y"))[1].value == 2.0
    term = {"weight": 1.0, "reward": FinalAnswer(), "isolated": True, "timeout_s": 120.0}
    group = [Sample(prompt="", completion=f"\\boxed{{{n}}}", reference={"answer": "18"}) for n in (17, 18)]
    assert [verdict.value for verdict in WeightedSum({"correct": term}, pool=pool)(group)] == [0.0, 1.0]


def test_a_closed_pool_fails_what_is_submitted_and_leaves_no_process(user_file: Path) -> None:
    pool = Pool(workers=2)
    reward = isolated(user_file, "judge", pool, timeout_s=120.0)
    reward(samples("x", "y"))
    pool.close()
    pool.close()
    assert gone(processes(user_file))
    with pytest.raises(RewardError, match="the pool of worker processes is closed"):
        reward(samples("x"))


def test_closing_fails_the_calls_under_way_instead_of_waiting_for_them(user_file: Path) -> None:
    pool = Pool(workers=1)
    reward = isolated(user_file, "judge", pool, timeout_s=3600.0)
    reward(samples("warm"))
    runner = reward._panel.runners["judge"]
    pending = runner.start(samples("hang", "x"), None)
    while len((user_file.parent / "pids").read_text().split()) < 2:
        time.sleep(0.05)
    pool.close()
    assert [verdict.state for verdict in pending()] == [State.FAILED, State.FAILED]
    assert gone(processes(user_file))


def rollouts_of(places: Iterable[Place]) -> list[RolloutGroup]:
    by_group: dict[int, list[Place]] = defaultdict(list)
    for place in places:
        by_group[place[0]].append(place)
    return [
        RolloutGroup(prompt=make_prompt([g], str(g)), completions=tuple(make_completion(place) for place in own))
        for g, own in by_group.items()
    ]


def advantages(rollouts: Sequence[RolloutGroup], reward: Reward, estimator: AdvantageEstimator) -> dict[Place, float]:
    credited, _ = Credit(estimator=estimator)(score_groups(rollouts, reward, step=0))
    return {(s.completion.token_ids[0], s.completion.token_ids[1]): s.advantage for s in credited}


@pytest.fixture(scope="module")
def faulty_terms() -> dict[Place, Mapping[str, Verdict]]:
    """What the two terms said of every completion while a fifth of them met a crash, a hang or a wrong length."""
    everybody = [(g, i) for g in range(NUM_GROUPS) for i in range(GROUP_SIZE)]
    terms = {
        name: {"weight": 1.0, "function": f"{ROOT}/tests/faults.py:{name}", "isolated": True, "timeout_s": timeout_s}
        for name, timeout_s in (("correct", DEADLINE_S), ("manner", 120.0))
    }
    with Pool(workers=6) as pool:
        scored = score_groups(rollouts_of(everybody), WeightedSum(terms, pool=pool), step=0)
    verdicts = [verdict for group in scored for verdict in group.verdicts]
    return {place: verdict.terms for place, verdict in zip(everybody, verdicts, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [GroupCentered(), GroupNormalized(), GroupLikelihood()])
@pytest.mark.parametrize("mode", [WeightedSum, NormalizedSum, Product, Minimum])
def test_crashes_hangs_and_wrong_lengths_leave_the_others_the_advantages_of_the_clean_run(
    faulty_terms: dict[Place, Mapping[str, Verdict]], mode: Any, estimator: AdvantageEstimator
) -> None:
    """The clean run computes its numbers in this process, and sees the surviving samples and no others."""
    survivors = [place for place in faulty_terms if place not in CRASH | HANG and place[0] != WRONG]
    assert len(survivors) == 40
    assert all(faulty_terms[place]["correct"].state is State.FAILED for place in CRASH)
    assert all(faulty_terms[place]["correct"].state is State.TIMED_OUT for place in HANG)
    assert all(faulty_terms[WRONG, i]["manner"].state is State.FAILED for i in range(GROUP_SIZE))

    def replayed(name: str) -> Any:
        return lambda group: [faulty_terms[place_of(sample)][name] for sample in group]

    weights = {"correct": 1.0, "manner": 0.5}
    injected = mode({name: {"weight": weight, "reward": replayed(name)} for name, weight in weights.items()})
    clean = mode(
        {
            "correct": {"weight": 1.0, "function": lambda sample: quality(place_of(sample))},
            "manner": {"weight": 0.5, "function": lambda sample: style(place_of(sample))},
        }
    )
    expected = advantages(rollouts_of(survivors), clean, estimator)
    assert sorted(expected) == sorted(survivors)
    assert advantages(rollouts_of(faulty_terms), injected, estimator) == expected
    assert len(set(expected.values())) > 20


def test_an_answer_of_the_wrong_length_fails_its_group_and_no_other(user_file: Path, pool: Pool) -> None:
    reward = isolated(user_file, "short_of_one", pool, timeout_s=120.0)
    short, fine = reward.judge_groups([samples("a", "b", "c"), samples("dd", "eee")])
    assert [verdict.reason for verdict in short] == ["term 'judge': returned 2 verdicts for 3 samples"] * 3
    assert fine == [Verdict.of(2.0, terms=fine[0].terms, parts={"judge": 2.0}), fine[1]]


@pytest.mark.parametrize(
    "limits", [{"workers": "many"}, {"workers": True}, {"memory_mb": 0.5}, {"calls_per_worker": 0}]
)
def test_a_pools_numbers_are_whole_and_positive(limits: dict[str, Any]) -> None:
    with pytest.raises(RewardError, match="give whole numbers of at least 1"):
        Pool(**limits)


def test_a_number_is_no_pool() -> None:
    with pytest.raises(RewardError, match=r"pool is 3; write \{_target_: rewards.pool.Pool, workers: 16\}"):
        WeightedSum({"short": {"weight": 1.0, "function": len}}, pool=cast(Any, 3))
