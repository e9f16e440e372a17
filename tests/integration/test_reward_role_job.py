"""Training with a preference reward on the policy's own base, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jobs.parts
import rlhf.reward_scorer
from jobs import train
from tests.integration.test_jobs import Tiny, only, rows, run
from tests.unit.test_reward_role import saved

__all__ = ["run"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("tiny"))


def test_a_run_with_an_average_and_two_members_loads_one_base(
    tiny: Tiny, run: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = jobs.parts.load_model

    def counted(checkpoint: str, **more: Any) -> Any:
        loaded.append(checkpoint)
        return load(checkpoint, **more)

    monkeypatch.setattr(jobs.parts, "load_model", counted)
    monkeypatch.setattr(rlhf.reward_scorer, "load_model", counted)
    scorers = [
        f"{{_target_: rlhf.reward_role.RoleScorer, folder: '{saved(tmp_path / str(seed), seed)}', score_cut_off: true}}"
        for seed in range(3)
    ]
    scorer = f"{{_target_: rlhf.warm.Warm, penalty: 0.5, average: {scorers[0]}, members: [{scorers[1]}, {scorers[2]}]}}"
    term = f"{{weight: 1.0, reward: {{_target_: rewards.preference.Preference, scorer: {scorer}}}}}"
    arguments = [f"+reward.terms.preference={term}", "warmup=null", "eval.base=false", "plan.steps=2", "export=null"]
    assert run(train, *tiny.train(tmp_path / "runs", *arguments)) == 0
    steps = [row for row in rows(only((tmp_path / "runs").iterdir()) / "metrics.jsonl") if "step/reinforce" in row]
    assert len(steps) == 2
    assert any("preference" in key for key in steps[0])
    assert loaded == [str(tiny.checkpoint)]
