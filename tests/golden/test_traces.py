"""Ten steps of each kind of training on the tiny network, against recorded numbers.

When a change is meant to move these numbers, record them anew and say in CHANGELOG.md why they moved:

    REFRESH_GOLDEN=1 python -m pytest tests/golden
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from model.testing_tokenizer import tiny_tokenizer
from rlhf.advantages import Credit, GroupNormalized
from rlhf.losses import ClippedSurrogate, KLPenalty, TokenMean
from rlhf.optim import OptimSettings
from rlhf.runtime import Runtime
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.sft import SFTPlan, SFTTrainer
from rlhf.trainer import Plan, RLTrainer
from rlhf.types import Metrics
from tests.rollouts import letters, sums_stream, teachable_policy

RTOL = 1e-3
"""Other processors and numbers of threads round otherwise. Recorded with one thread; two threads passed."""
STEPS = 10


def check(name: str, keys: Sequence[str], trace: Sequence[Metrics]) -> None:
    """Compare these metrics of every step with the recorded ones, or record them."""
    path = Path(__file__).parent / f"{name}.json"
    steps = [{key: step[key] for key in keys} for step in trace]
    if os.environ.get("REFRESH_GOLDEN") == "1":
        env = {"torch": torch.__version__, "machine": platform.machine(), "python": platform.python_version()}
        path.write_text(json.dumps({"env": env, "rtol": RTOL, "steps": steps}, indent=1) + "\n", encoding="utf-8")
        pytest.skip(f"recorded {path.name}; say in CHANGELOG.md why it changed")
    golden = json.loads(path.read_text(encoding="utf-8"))
    assert len(steps) == len(golden["steps"]) == STEPS
    for number, (found, expected) in enumerate(zip(steps, golden["steps"], strict=True)):
        assert found == pytest.approx(expected, rel=RTOL, abs=1e-5), f"step {number} of {name}, env {golden['env']}"


def test_supervised_steps_are_the_recorded_ones() -> None:
    trainer = SFTTrainer(
        policy=teachable_policy(),
        prompts=sums_stream(),
        optim=OptimSettings(lr=1e-2, warmup_steps=2, schedule="cosine"),
        plan=SFTPlan(steps=STEPS, examples_per_step=4, micro_batch_tokens=64),
        runtime=Runtime(cpu=True),
    )
    trace: list[Metrics] = []
    trainer.fit(0, lambda _, metrics: trace.append(metrics))
    check("sft", ["loss", "grad_norm", "lr"], trace)


def test_grpo_steps_are_the_recorded_ones() -> None:
    policy = teachable_policy()
    trainer = RLTrainer(
        policy=policy,
        sampler=NativeSampler(policy.model, tiny_tokenizer()),
        prompts=sums_stream(),
        reward=letters,
        credit=Credit(estimator=GroupNormalized()),
        loss=ClippedSurrogate(
            aggregation=TokenMean(), clip_low=0.02, clip_high=0.03, kl=KLPenalty(coef=0.05, estimator="k3")
        ),
        optim=OptimSettings(lr=3e-3),
        sampling=SamplingParams(max_completion_tokens=6),
        plan=Plan(
            steps=STEPS, prompts_per_step=4, group_size=4, minibatches=2, update_epochs=2, micro_batch_tokens=128
        ),
        runtime=Runtime(cpu=True),
        seed=0,
    )
    trace: list[Metrics] = []
    trainer.fit(0, lambda _, iteration: trace.append(iteration.metrics))
    keys = ["loss", "grad_norm", "kl", "ratio/clip_fraction", "ratio/mean", "reward/mean", "entropy"]
    check("grpo", keys, trace)
