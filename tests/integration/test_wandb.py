"""What Weights & Biases is told, read back from the files that the real client wrote."""

from __future__ import annotations

import json
import math
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import wandb
from wandb.proto import wandb_internal_pb2

from rewards.base import Verdict
from rlhf.run_directory import RunDirectory
from rlhf.types import Completion, CreditedSample, FinishReason, Prompt, RolloutGroup, ScoredGroup
from rlhf.wandb_tracker import WandbTracker

CONFIG = {"seed": 3, "optim": {"lr": 1e-4}}
FILE_HEADER_BYTES = 7
BLOCK_BYTES = 32768
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


@pytest.fixture(autouse=True)
def wandb_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client that knows no key and writes nothing outside the test's folder."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_ARTIFACT_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    wandb.teardown()
    yield
    wandb.teardown()


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path, "sums", config=CONFIG, config_yaml="seed: 3")


def records(path: Path) -> Iterator[wandb_internal_pb2.Record]:
    """The records of a .wandb file: 32 KiB blocks with chunks of checksum, length, kind and data, as in LevelDB."""
    content = path.read_bytes()
    assert content[:4] == b":W&B"
    position, gathered = FILE_HEADER_BYTES, b""
    while position < len(content):
        room = BLOCK_BYTES - position % BLOCK_BYTES
        if room < 7:
            position += room
            continue
        checksum, length, kind = struct.unpack("<IHB", content[position : position + 7])
        data = content[position + 7 : position + 7 + length]
        assert checksum == zlib.crc32(bytes([kind]) + data)
        position += 7 + length
        gathered = data if kind in (FULL, FIRST) else gathered + data
        if kind in (FULL, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(gathered)
            yield record


def wandb_files(run: RunDirectory) -> list[Path]:
    wandb.teardown()  # the client's own process may still be writing when `finish` returns
    return sorted((run.path / "wandb").glob("offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime_ns)


def history(path: Path) -> dict[int, dict[str, object]]:
    """step -> metric -> value; a nested key is joined by dots."""
    rows: dict[int, dict[str, object]] = {}
    for record in records(path):
        if record.HasField("history"):
            items = {".".join(i.nested_key) or i.key: json.loads(i.value_json) for i in record.history.item}
            rows.setdefault(record.history.step.num, {}).update(items)
    return rows


def scored_group(rewards: list[float]) -> tuple[ScoredGroup, list[CreditedSample]]:
    prompt = Prompt(id="sums/1", messages=({"role": "user", "content": "2 + 3 ="},), token_ids=(2,), task="sums")
    completions = tuple(
        Completion(
            token_ids=(i, 1),
            sampling_logprobs=(-0.5, -0.5),
            finish_reason=FinishReason.STOP,
            text=f"answer {i} \u0667",
            policy_version=0,
        )
        for i in range(len(rewards))
    )
    verdicts = tuple(Verdict.of(r, terms={"correct": Verdict.of(r), "format": Verdict.of(1.0)}) for r in rewards)
    samples = [
        CreditedSample(prompt=prompt, completion=completion, reward=reward, advantage=reward - 0.5, group=0)
        for completion, reward in zip(completions, rewards, strict=True)
    ]
    return ScoredGroup(group=RolloutGroup(prompt=prompt, completions=completions), verdicts=verdicts), samples


def test_an_offline_run_holds_config_history_samples_adapter_and_results(run: RunDirectory) -> None:
    said: list[str] = []
    tracker = WandbTracker(run, CONFIG, project="demo", announce=said.append, sample_every=2, num_samples=3)
    scored, samples = scored_group([1.0, 0.0, 0.5, 0.25])
    for step in (1, 2, 3):
        tracker.rollouts(step, [scored], samples)
        tracker.log(step, {"reward/mean": step / 4, "reward/correct": step / 8, "kl": math.nan if step == 3 else 0.5})
    adapter = run.export / "adapter"
    (adapter / "more").mkdir(parents=True)
    (adapter / "adapter_config.json").write_text("{}")
    (adapter / "more" / "weights.bin").write_bytes(b"1234")
    tracker.artifact(adapter, "adapter", "model")
    tracker.summary({"final/accuracy": 0.75})
    tracker.finish("finished")

    assert said == [
        "Weights & Biases is offline (no key or no server); upload later with: "
        f"wandb sync {run.path}/wandb/offline-run-*"
    ]
    (path,) = wandb_files(run)
    found = list(records(path))
    (started,) = [record.run for record in found if record.HasField("run")]
    config = {item.key: json.loads(item.value_json) for item in started.config.update}
    assert {key: config[key] for key in CONFIG} == CONFIG
    assert (started.project, started.run_id) == ("demo", (run.path / "wandb_run_id.txt").read_text().strip())
    assert started.display_name == run.path.name

    rows = history(path)
    assert sorted(rows) == [1, 2, 3]
    assert [rows[step]["reward/mean"] for step in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert [rows[step]["reward/correct"] for step in (1, 2, 3)] == [0.125, 0.25, 0.375]
    assert "samples._type" not in rows[1]
    assert rows[2]["samples._type"] == "table-file"
    table = json.loads((path.parent / "files" / str(rows[2]["samples.path"])).read_text(encoding="utf-8"))
    assert table["columns"] == [
        *("step", "prompt_id", "task", "prompt", "completion", "finish_reason", "reward", "advantage"),
        *("reward/correct", "reward/format"),
    ]
    assert table["data"] == [
        [2, "sums/1", "sums", "2 + 3 =", "answer 1 \u0667", "stop", 0.0, -0.5, 0.0, 1.0],
        [2, "sums/1", "sums", "2 + 3 =", "answer 2 \u0667", "stop", 0.5, 0.0, 0.5, 1.0],
        [2, "sums/1", "sums", "2 + 3 =", "answer 0 \u0667", "stop", 1.0, 0.5, 1.0, 1.0],
    ]
    (artifact,) = [r.artifact for r in found if r.HasField("artifact") and r.artifact.type == "model"]
    assert artifact.name == "adapter"
    assert {entry.path: (entry.size, entry.local_path) for entry in artifact.manifest.contents} == {
        "adapter_config.json": (2, str(adapter / "adapter_config.json")),
        "more/weights.bin": (4, str(adapter / "more" / "weights.bin")),
    }
    results = {".".join(u.nested_key) or u.key: u.value_json for r in found for u in r.summary.update}
    assert json.loads(results["final/accuracy"]) == 0.75
    assert [record.exit.exit_code for record in found if record.HasField("exit")] == [0]


def test_a_resumed_run_continues_the_same_wandb_run(run: RunDirectory) -> None:
    first = WandbTracker(run, CONFIG, announce=lambda text: None)
    first.log(1, {"loss": 1.0})
    first.finish("interrupted")
    wandb.teardown()  # another process has another client
    second = WandbTracker(RunDirectory.open(run.path), CONFIG, announce=lambda text: None)
    second.log(2, {"loss": 0.5})
    second.finish("finished")
    before, after = wandb_files(run)
    ids = {record.run.run_id for path in (before, after) for record in records(path) if record.HasField("run")}
    assert len(ids) == 1
    assert {step: row["loss"] for path in (before, after) for step, row in history(path).items()} == {1: 1.0, 2: 0.5}
    assert [record.exit.exit_code for record in records(before) if record.HasField("exit")] == [1]


def test_two_runs_in_one_process_do_not_mix(tmp_path: Path) -> None:
    runs = [RunDirectory.create(tmp_path, name, config=CONFIG, config_yaml="") for name in ("a", "b")]
    trackers = [WandbTracker(run, CONFIG, announce=lambda text: None) for run in runs]  # the first is never finished
    trackers[1].log(5, {"loss": 5.0})
    trackers[1].finish("finished")
    assert [len(wandb_files(run)) for run in runs] == [1, 1]
    assert history(wandb_files(runs[1])[0])[5]["loss"] == 5.0


def test_a_server_that_does_not_answer_leaves_an_offline_run(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    said: list[str] = []
    tracker = WandbTracker(run, CONFIG, announce=said.append, connect_s=1.0)
    tracker.log(1, {"loss": 1.0})
    tracker.finish("finished")
    assert len(said) == 2
    assert "could not be reached" in said[0]
    assert "wandb sync" in said[1]
    assert history(wandb_files(run)[0])[1]["loss"] == 1.0


def test_what_wandb_refuses_is_said_once_and_the_rest_is_recorded(run: RunDirectory) -> None:
    said: list[str] = []
    tracker = WandbTracker(run, CONFIG, announce=said.append)
    tracker.artifact(run.path / "nothing", "adapter", "model")
    tracker.artifact(run.path / "config.yaml", "a name/that is not allowed", "model")
    tracker.log(1, {"loss": 1.0})
    tracker.finish("failed")
    assert len(said) == 2
    assert "has no files" in said[1]
    assert history(wandb_files(run)[0])[1]["loss"] == 1.0


def test_a_person_may_switch_wandb_off_or_offline(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    said: list[str] = []
    tracker = WandbTracker(run, CONFIG, announce=said.append)
    tracker.log(1, {"loss": 1.0})
    tracker.finish("finished")
    assert said == []
    assert not (run.path / "wandb").exists()
    wandb.teardown()
    monkeypatch.setenv("WANDB_MODE", "offline")
    WandbTracker(run, CONFIG, announce=said.append).finish("finished")
    assert "offline" in said[0]
    assert len(wandb_files(run)) == 1


def test_the_console_stays_quiet(run: RunDirectory, capfd: pytest.CaptureFixture[str]) -> None:
    tracker = WandbTracker(run, CONFIG, announce=lambda text: None)
    tracker.log(1, {"loss": 1.0})
    tracker.artifact(run.path / "config.yaml", "config", "config")
    tracker.finish("finished")
    sys.stdout.flush()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
