"""A recipe whose real stage is killed without warning goes on behind its last checkpoint, to the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.recipe import carry_out
from jobs.stages import choose, read_stages
from rlhf.checkpoint import CheckpointStore
from rlhf.errors import ConfigError
from rlhf.reward_model import HEAD_FILE
from tests.integration.test_jobs import ROOT, Tiny
from tests.unit.test_reward_model import sums, written


def process(job: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", f"jobs.{job}", *arguments], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    )


def work(root: Path, told: dict[str, Any], *, kill: bool) -> list[list[str]]:
    """Carries the recipe out, every stage as a process; with `kill` the first is killed behind its first checkpoint."""
    lines: list[list[str]] = []

    def launch(job: str, arguments: list[str]) -> int:
        lines.append(arguments)
        with process(job, arguments) as child:
            while kill and child.poll() is None:
                if any(CheckpointStore(path, keep=1).latest() for path in root.glob("*/*/checkpoints")):
                    child.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.005)
            return child.wait()

    stages = read_stages(told, {})
    carry_out(root, stages, choose(stages, None, []), launch)
    return lines


def test_a_killed_stage_goes_on_behind_its_checkpoint_and_ends_like_one_that_was_not(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    settings = [
        *("model=folder", f"model.checkpoint={tiny.checkpoint}", "model.dtype=float32", "threads=1", "device=cpu"),
        *("plan.pairs_per_step=8", "plan.epochs=10", "data.held_out=8", "checkpoint.every=1", "tracker=none"),
        f"data.path={written(tmp_path / 'pairs.jsonl', sums(40, 1))}",
    ]
    told = {"reward": {"job": "reward_model", "settings": settings}}
    with pytest.raises(ConfigError, match="stage reward ended with code -9"):
        work(tmp_path / "killed", told, kill=True)
    (line,) = work(tmp_path / "killed", told, kill=False)
    assert any(argument.startswith("resume=") for argument in line)
    assert work(tmp_path / "killed", told, kill=False) == []
    work(tmp_path / "straight", told, kill=False)
    for file in (HEAD_FILE, "adapter_model.safetensors"):
        ours, theirs = (list((tmp_path / name).glob(f"*/*/reward_model/{file}")) for name in ("killed", "straight"))
        assert len(ours) == len(theirs) == 1
        assert ours[0].read_bytes() == theirs[0].read_bytes()
