"""Two processes train what one trains: PPO with its critic, BOND, DPO and reward models, to the rounding of sums."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from rlhf.types import Metrics
from tests.integration.learners import TRAININGS, train_all

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What one process left, and what two did.

    The launcher is torch's: `accelerate launch --cpu --num_processes 2` starts one process unless there is an MPI.
    """
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    train_all(one, num_processes=1)
    script = str(ROOT / "tests" / "integration" / "learners.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", script, str(two)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, env=environment, cwd=two, capture_output=True, text=True, timeout=280)
    assert result.returncode == 0, result.stderr[-3000:]
    return one, two


@pytest.mark.parametrize("name", TRAININGS)
def test_two_processes_leave_the_weights_and_the_log_of_one(name: str, folders: tuple[Path, Path]) -> None:
    ours, theirs = (load_file(folder / f"{name}.safetensors") for folder in folders)
    assert ours.keys() == theirs.keys()
    for part in ours:
        torch.testing.assert_close(ours[part], theirs[part], rtol=0, atol=1e-5)
    mine, others = (json.loads((folder / f"{name}.json").read_text()) for folder in folders)
    assert len(mine) == len(others) >= 3
    for one, two in zip(mine, others, strict=True):
        assert _untimed(two) == pytest.approx(_untimed(one), rel=1e-4, abs=1e-6)


def test_the_trainings_do_what_they_are_compared_for(folders: tuple[Path, Path]) -> None:
    """Two processes that both do nothing also agree."""
    logs = {name: json.loads((folders[1] / f"{name}.json").read_text()) for name in TRAININGS}
    ppo = logs["ppo"]
    assert ppo[1]["reward/failed_share"] == 0.5
    assert len({step["kl_reward/coef"] for step in ppo}) == 3
    assert {"value/explained_variance", "value/loss", "value/grad_norm", "grad_norm", "kl"} <= ppo[2].keys()
    for gain in ("j_bond", "best_of_n"):
        assert [step["bond/lost_prompts"] for step in logs[gain]] == [0.0, 0.5, 0.0]
        assert all(step["kl"] > 0 for step in logs[gain])
        assert any(step["bond/gain"] for step in logs[gain])
    assert logs["dpo"][-1]["num_pairs"] == 2
    assert logs["reward_model"][-1]["num_pairs"] == 1


def _untimed(metrics: Metrics) -> Metrics:
    return {key: value for key, value in metrics.items() if not key.startswith(("time/", "speed/", "memory/"))}
