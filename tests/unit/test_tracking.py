from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewards.base import Verdict
from rlhf import wandb_tracker
from rlhf.errors import ConfigError, DataError
from rlhf.rollout_rows import best_and_worst, joined, spread
from rlhf.run_directory import RunDirectory
from rlhf.tracking import JsonlTracker, Trackers, read_metrics
from rlhf.types import Completion, CreditedSample, FinishReason, Prompt, RolloutGroup, ScoredGroup
from rlhf.wandb_tracker import WandbTracker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path, "sums", config={"seed": 0}, config_yaml="seed: 0")


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def completion(text: str, *tokens: int, finish: FinishReason = FinishReason.STOP) -> Completion:
    return Completion(
        token_ids=tokens, sampling_logprobs=(-1.0,) * len(tokens), finish_reason=finish, text=text, policy_version=0
    )


def verdict(correct: float, shape: float = 1.0) -> Verdict:
    terms = {"correct": Verdict.of(correct, "compared with 5"), "format": Verdict.of(shape)}
    return Verdict.of(correct + 0.1 * shape, terms=terms)


def sums_group() -> ScoredGroup:
    """2 + 3: right, wrong, cut off, and one whose reward failed."""
    prompt = Prompt(
        id="sums/0001",
        messages=({"role": "user", "content": "2 + 3 ="},),
        token_ids=(2, 7),
        task="sums",
        reference={"answer": "5"},
    )
    completions = (
        completion("5", 9, 1),
        completion("\u0666", 8, 1),
        completion("5 5 5", 9, 9, 9, finish=FinishReason.LENGTH),
        completion("?", 6, 1),
    )
    group = RolloutGroup(prompt=prompt, completions=completions)
    failed = Verdict.failed("checker died", terms={"correct": Verdict.failed("checker died")})
    return ScoredGroup(group=group, verdicts=(verdict(1.0), verdict(0.0), verdict(0.0, 0.5), failed))


def credited(scored: ScoredGroup, advantages: dict[int, float], group: int = 0) -> list[CreditedSample]:
    said = scored.group
    return [
        CreditedSample(prompt=said.prompt, completion=said.completions[i], reward=0.0, advantage=advantage, group=group)
        for i, advantage in advantages.items()
    ]


def test_metrics_come_back_as_they_were_logged_and_nan_survives(run: RunDirectory) -> None:
    tracker = JsonlTracker(run)
    tracker.log(1, {"step": 1, "loss": 0.25, "kl": math.nan, "reward/mean": -math.inf})
    tracker.log(2, {"loss": 0.125})
    assert rows_of(run.metrics)[0] == {
        "step": 1,
        "loss": 0.25,
        "kl": None,
        "reward/mean": None,
        "non_finite": ["kl", "reward/mean"],
    }
    first, second = read_metrics(run.metrics)
    assert math.isnan(first["kl"])
    assert first["loss"] == 0.25
    assert "non_finite" not in first
    assert second == {"step": 2, "loss": 0.125}


def test_a_killed_process_loses_no_logged_step(run: RunDirectory) -> None:
    script = f"""
import os, signal
from pathlib import Path
from rlhf.run_directory import RunDirectory
from rlhf.tracking import JsonlTracker
tracker = JsonlTracker(RunDirectory.open(Path({str(run.path)!r})))
for step in range(1, 8):
    tracker.log(step, {{"loss": 1 / step}})
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == -9
    assert [row["step"] for row in read_metrics(run.metrics)] == [1, 2, 3, 4, 5, 6, 7]


def test_a_new_process_does_not_glue_its_first_row_to_one_that_was_cut_off(run: RunDirectory) -> None:
    run.metrics.write_text('{"step": 1, "loss": 1.0}\n{"step": 2, "lo')
    JsonlTracker(run).log(2, {"loss": 0.5})
    assert read_metrics(run.metrics) == [{"step": 1, "loss": 1.0}, {"step": 2, "loss": 0.5}]


def test_a_rollout_row_holds_the_text_every_verdict_and_the_advantage(run: RunDirectory) -> None:
    scored = sums_group()
    JsonlTracker(run).rollouts(3, [scored], credited(scored, {0: 0.75, 1: -0.25}))
    right, wrong, cut, failed = rows_of(run.rollouts)
    assert right == {
        "step": 3,
        "prompt_id": "sums/0001",
        "task": "sums",
        "language": "",
        "answer": "5",
        "group": 0,
        "messages": [{"role": "user", "content": "2 + 3 ="}],
        "prompt": "2 + 3 =",
        "completion": "5",
        "num_tokens": 2,
        "finish_reason": "stop",
        "reward": 1.1,
        "state": "value",
        "reason": "",
        "terms": {
            "correct": {"value": 1.0, "state": "value", "reason": "compared with 5"},
            "format": {"value": 1.0, "state": "value", "reason": ""},
        },
        "advantage": 0.75,
    }
    assert (wrong["completion"], wrong["advantage"]) == ("\u0666", -0.25)
    assert (cut["finish_reason"], cut["advantage"]) == ("length", None)
    assert (failed["reward"], failed["state"], failed["reason"], failed["advantage"]) == (
        None,
        "failed",
        "checker died",
        None,
    )


def test_advantages_find_their_completions_after_a_trip_through_another_process(run: RunDirectory) -> None:
    import pickle

    first, second = sums_group(), sums_group()
    samples = credited(first, {0: 0.5, 1: -0.5}) + credited(second, {0: 0.9, 2: -0.9}, group=1)
    travelled = pickle.loads(pickle.dumps(samples))
    JsonlTracker(run).rollouts(1, [first, second], travelled)
    advantages = [row["advantage"] for row in rows_of(run.rollouts)]
    assert advantages == [0.5, -0.5, None, None, 0.9, None, -0.9, None]


def test_a_prompt_that_comes_twice_in_a_step_keeps_its_advantages_apart(run: RunDirectory) -> None:
    first, second = sums_group(), sums_group()
    JsonlTracker(run).rollouts(1, [first, second], credited(second, {0: 0.9, 1: -0.9}, group=1))
    advantages = [row["advantage"] for row in rows_of(run.rollouts)]
    assert advantages == [None, None, None, None, 0.9, -0.9, None, None]


def test_groups_of_several_processes_are_numbered_through(run: RunDirectory) -> None:
    here, there = sums_group(), sums_group()
    parts = [([here], credited(here, {0: 0.5})), ([there, here], credited(here, {1: -0.5}, group=1))]
    JsonlTracker(run).rollouts(1, *joined(parts))
    rows = rows_of(run.rollouts)
    assert [row["group"] for row in rows] == [0] * 4 + [1] * 4 + [2] * 4
    assert [(i, row["advantage"]) for i, row in enumerate(rows) if row["advantage"]] == [(0, 0.5), (9, -0.5)]


def test_a_sample_of_no_completion_is_a_programming_error(run: RunDirectory) -> None:
    scored = sums_group()
    with pytest.raises(AssertionError, match="sums/0001"):
        JsonlTracker(run).rollouts(1, [scored], credited(scored, {1: 0.5, 0: 0.5}))


def test_equal_completions_of_which_one_has_no_reward_do_not_swap_advantages(run: RunDirectory) -> None:
    prompt = Prompt(id="p", messages=(), token_ids=(2,))
    group = RolloutGroup(
        prompt=prompt, completions=(completion("5", 9, 1), completion("5", 9, 1), completion("6", 8, 1))
    )
    scored = ScoredGroup(group=group, verdicts=(Verdict.failed("died"), verdict(1.0), verdict(0.0)))
    JsonlTracker(run).rollouts(1, [scored], credited(scored, {1: 0.5, 2: -0.5}))
    assert [row["advantage"] for row in rows_of(run.rollouts)] == [None, 0.5, -0.5]


@pytest.mark.parametrize("text", ["line\nbreak", "\u2028\u2029\x85", "lone \ud83d surrogate", "\x00\x1b[31m"])
def test_any_text_makes_one_row_that_reads_back(run: RunDirectory, text: str) -> None:
    group = RolloutGroup(prompt=Prompt(id="p", messages=(), token_ids=(2,)), completions=(completion(text, 5),))
    JsonlTracker(run).rollouts(1, [ScoredGroup(group=group, verdicts=(Verdict.of(1.0),))], [])
    (row,) = rows_of(run.rollouts)
    assert row["completion"] == text


def test_best_and_worst_shows_the_extremes_of_the_step_that_was_asked_for(run: RunDirectory) -> None:
    scored = sums_group()
    tracker = JsonlTracker(run)
    tracker.rollouts(3, [scored], credited(scored, {0: 0.75}))
    tracker.rollouts(4, [], [])
    text = best_and_worst(run.rollouts, step=3, count=1)
    assert "4 rollouts, 1 without a reward" in text
    best, worst = text.split("-- worst --")
    assert "reward 1.1, advantage +0.75" in best
    assert "completion: 5\n" in best
    assert "compared with 5" in best
    assert "reward 0.05, advantage dropped" in worst
    assert "completion: 5 5 5" in worst
    with pytest.raises(DataError, match=r"no rollouts of step 9; it has 3 to 3"):
        best_and_worst(run.rollouts, step=9)


def test_the_last_step_is_shown_when_none_is_named_and_no_rollouts_when_none_are_wanted(run: RunDirectory) -> None:
    with pytest.raises(FileNotFoundError):
        best_and_worst(run.rollouts)
    run.rollouts.write_text("")
    with pytest.raises(DataError, match=r"rollouts\.jsonl is empty: the run has finished no reinforcement step"):
        best_and_worst(run.rollouts)
    tracker = JsonlTracker(run)
    tracker.rollouts(3, [sums_group(), sums_group()], [])
    tracker.rollouts(4, [sums_group()], [])
    assert best_and_worst(run.rollouts, count=0) == "step 4: 4 rollouts, 1 without a reward"
    with pytest.raises(ConfigError, match="count is -1"):
        best_and_worst(run.rollouts, count=-1)


def test_the_summary_gathers_results_artifacts_and_the_status(run: RunDirectory) -> None:
    adapter = run.export / "adapter"
    adapter.mkdir(parents=True)
    tracker = JsonlTracker(run)
    tracker.summary({"accuracy": 0.5, "pass@8": math.nan})
    tracker.artifact(adapter, "adapter", "model")
    tracker.summary({"accuracy": 0.6})
    tracker.finish("finished")
    assert json.loads(run.summary.read_text()) == {
        "accuracy": 0.6,
        "pass@8": None,
        "non_finite": ["pass@8"],
        "artifacts": {"adapter": {"type": "model", "path": "export/adapter"}},
        "status": "finished",
    }


def test_trackers_hands_every_call_to_every_tracker(tmp_path: Path) -> None:
    runs = [RunDirectory.create(tmp_path, name, config={}, config_yaml="") for name in ("a", "b")]
    scored = sums_group()
    trackers = Trackers([JsonlTracker(run) for run in runs])
    trackers.log(1, {"loss": 1.0})
    trackers.rollouts(1, [scored], credited(scored, {0: 1.0}))
    trackers.summary({"x": 1})
    trackers.artifact(tmp_path, "everything", "folder")
    trackers.finish("interrupted")
    first, second = (
        [run.metrics.read_text(), run.rollouts.read_text(), json.loads(run.summary.read_text())] for run in runs
    )
    assert first == second
    assert first[2]["status"] == "interrupted"


def test_a_wandb_that_cannot_start_is_announced_and_nothing_else_happens(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    said: list[str] = []
    tracker = WandbTracker(run, {}, announce=said.append)
    tracker.log(1, {"loss": 1.0})
    tracker.rollouts(10, [sums_group()], [])
    tracker.finish("failed")
    assert len(said) == 1
    assert "wandb" in said[0]


def test_a_call_that_keeps_failing_is_announced_once_per_kind(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def log(self, *arguments: object, **named: object) -> None:
            raise RuntimeError("service\nis gone")

        def finish(self, exit_code: int) -> None:
            raise OSError("pipe closed")

    monkeypatch.setattr(WandbTracker, "_start", lambda self, *arguments: setattr(self, "_run", Broken()))
    said: list[str] = []
    tracker = WandbTracker(run, {}, announce=said.append)
    for step in range(5):
        tracker.log(step, {"loss": 1.0})
    tracker.finish("finished")
    assert [line.split(";")[0] for line in said] == [
        "Weights & Biases, log: RuntimeError: service is gone",
        "Weights & Biases, finish: OSError: pipe closed",
    ]


def test_a_key_is_found_in_the_environment_or_the_netrc_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    logins = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(logins))
    assert not wandb_tracker._has_key("https://wandb.example.org")
    logins.write_text("machine wandb.example.org login user password secret\n")
    logins.chmod(0o600)
    assert wandb_tracker._has_key("https://wandb.example.org")
    assert not wandb_tracker._has_key("https://other.example.org")
    monkeypatch.setenv("WANDB_API_KEY", "k")
    assert wandb_tracker._has_key("https://other.example.org")


def test_table_samples_reach_from_the_worst_reward_to_the_best() -> None:
    rows = [{"reward": float(reward)} for reward in (3, 9, 0, 5, 1, 7, 2, 4, 8, 6)] + [{"reward": None}]
    assert [row["reward"] for row in spread(rows, 3)] == [None, 4.0, 9.0]
    assert len(spread(rows, 20)) == 11
