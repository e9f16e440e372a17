"""Peak memory of PPO, its critic and a reward model being roles of the policy's base, beside GRPO on the same batch.

Every side is `what=step` in a fresh process with completions of full length, so that all read the same tokens.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from jobs.benches.processes import given, last_json
from jobs.launch import build
from jobs.parts import build_model, build_runtime
from jobs.stages import quoted
from model.lora import AdapterRoles
from rlhf.reward_model import RewardModel
from rlhf.run_directory import write_json

_ONE_UPDATE = "plan.minibatches=1"
"""Of both sides: an update of a part of the step's batch would need less."""


def compare(config: DictConfig) -> None:
    """Measures all sides and prints one JSON line: their peaks in GB, and the ratios to GRPO's."""
    overrides = given("reward_model")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(config.reward_model or _fresh(config, Path(scratch) / "reward_model")).expanduser().absolute()
        sides = {
            "grpo": ["algorithm=grpo"],
            "ppo": ["algorithm=ppo"],
            "ppo_with_reward_model": ["algorithm=ppo", judged_by(folder)],
        }
        lines = {name: _step([*overrides, *more, _ONE_UPDATE, "full_length=true"]) for name, more in sides.items()}
    peaks = {name: line["peak_gb"] for name, line in lines.items()}
    first = lines["grpo"]
    report = {
        "what": config.what,
        **{name: first[name] for name in ("timestamp", "commit", "dirty", "device", "threads", "runs")},
        "peak_gb": peaks,
        "ratio": {name: peak / peaks["grpo"] for name, peak in peaks.items() if name != "grpo"},
        "step_s": {name: line["metrics"]["time/step_s"]["median"] for name, line in lines.items()},
        "config": first["config"],
    }
    if config.output:
        write_json(Path(config.output).expanduser(), report)
    print(json.dumps(report))


def judged_by(folder: Path) -> str:
    """The override that lets a reward model judge, as a role of the policy's base."""
    scorer = f"{{_target_: rlhf.reward_role.RoleScorer, folder: {quoted(folder)}, score_cut_off: true}}"
    calibration = "{_target_: rewards.preference.Sigmoid}"
    reward = f"{{_target_: rewards.preference.Preference, calibration: {calibration}, scorer: {scorer}}}"
    return f"+reward.terms.preference={{weight: 0.1, reward: {reward}}}"


def _fresh(config: DictConfig, folder: Path) -> Path:
    """An untrained reward model of the policy's shape: it takes the memory of a trained one."""
    roles = AdapterRoles(build_model(config, build_runtime(config)))
    RewardModel.fresh(roles, build(config.adapter.spec), seed=config.seed).save(
        folder, base_name=config.model.base_name
    )
    return folder


def _step(overrides: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "jobs.bench", "what=step", *overrides]
    return last_json(command, dict(os.environ), "our own bench")
