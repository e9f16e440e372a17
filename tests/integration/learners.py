"""Short trainings of every kind that any number of processes must do alike; run by torch's launcher from the tests.

What is sampled depends on the prompt alone, since every process samples with a seed of its own. In each training the
second of two processes has, once, nothing or less to compute than the first.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from model.lora import LoraSpec
from model.testing_tokenizer import tiny_tokenizer
from rewards.base import Sample, Verdict
from rlhf import reward_model as reward_models
from rlhf.advantages import Credit, RewardItself
from rlhf.anchor import begin_reference, move_reference
from rlhf.bond import BestOfN, Bond, BondPlan, BondTrainer, Gain, JBond
from rlhf.critic import VALUE, CriticSettings
from rlhf.dpo import DPO, DPOTrainer, measure
from rlhf.judged import encode_pairs
from rlhf.kl_reward import KLReward
from rlhf.losses import ClippedSurrogate, TokenMean
from rlhf.optim import OptimSettings
from rlhf.pair_plan import PairPlan
from rlhf.policy import POLICY, REFERENCE, Policy
from rlhf.reward_model import BradleyTerry, RewardModel, RewardPlan, RewardTrainer
from rlhf.runtime import Runtime
from rlhf.sampler import OnFinished, SamplingParams
from rlhf.trainer import Plan, RLTrainer
from rlhf.types import Metrics, Prompt, RolloutGroup
from tests.rollouts import FixedSampler, disturb, sums_stream, tiny_policy
from tests.unit.test_reward_model import sums

SPEC = LoraSpec(rank=4, alpha=8)
SAMPLING = SamplingParams(max_completion_tokens=6)
FAILED = 6
"""From here on, up to the end of the second step, the prompts of the second process have no reward."""

Trained = tuple[dict[str, Tensor], list[Metrics]]


class TwoSamplers(FixedSampler):
    """The policy's completions at every first call and the anchor's at every second, each fixed by the prompt."""

    calls = 0

    def sample(
        self,
        prompts: Sequence[Prompt],
        group_size: int,
        params: SamplingParams,
        *,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]:
        self.calls += 1
        return super().sample(prompts, group_size, params, seed=seed)

    def _group(self, prompt: Prompt, group_size: int) -> RolloutGroup:
        whole = super()._group(prompt, group_size + 8)
        start = 8 if self.calls % 2 == 0 else 0
        return RolloutGroup(prompt=prompt, completions=whole.completions[start : start + group_size])


def lengths(group: Sequence[Sample]) -> list[Verdict]:
    return [Verdict.of(sample.num_tokens) for sample in group]


def lengths_or_failed(group: Sequence[Sample]) -> list[Verdict]:
    failed = any(sample.reference["index"] in (FAILED, FAILED + 1) for sample in group)
    return [Verdict.failed("no luck")] * len(group) if failed else lengths(group)


def ppo(runtime: Runtime) -> Trained:
    """Minibatches, whitening, a critic, and a KL in the reward whose coefficient follows a target."""
    policy = tiny_policy()
    trainer = RLTrainer(
        policy=policy,
        sampler=FixedSampler(),
        prompts=sums_stream(),
        reward=lengths_or_failed,
        credit=Credit(estimator=RewardItself()),
        critic=CriticSettings(spec=SPEC, optim=OptimSettings(lr=1e-2), bootstrap_cut_off=True),
        kl_reward=KLReward(coef=0.05, target=0.01),
        loss=ClippedSurrogate(aggregation=TokenMean()),
        optim=OptimSettings(lr=1e-3),
        sampling=SAMPLING,
        plan=Plan(
            steps=3, prompts_per_step=4, group_size=1, update_epochs=2, minibatches=4, kl_every=1, max_failed_share=0.5
        ),
        runtime=runtime,
        seed=0,
    )
    metrics: list[Metrics] = []
    trainer.fit(0, lambda _, iteration: metrics.append(iteration.metrics))
    return _weights(policy, POLICY, VALUE), metrics


def bond(gain: Gain) -> Callable[[Runtime], Trained]:
    def train(runtime: Runtime) -> Trained:
        policy = tiny_policy()
        begin_reference(policy, "start", 0.3)
        disturb(policy, size=0.02)
        trainer = BondTrainer(
            policy=policy,
            sampler=TwoSamplers(),
            prompts=sums_stream(),
            reward=lengths_or_failed,
            bond=Bond(gain=gain, backward_share=0.6, kl_coef=0.3),
            optim=OptimSettings(lr=1e-3),
            sampling=SAMPLING,
            plan=BondPlan(steps=3, prompts_per_step=4, group_size=2, max_failed_share=0.5),
            runtime=runtime,
            seed=0,
        )
        metrics: list[Metrics] = []
        for step in range(3):
            metrics.append(trainer.run_iteration(step).metrics)
            move_reference(policy, 0.3)
        return _weights(policy, POLICY, REFERENCE), metrics

    return train


def dpo(runtime: Runtime) -> Trained:
    """Three pairs a step: two processes have two and one; of the two held-out pairs one each."""
    policy = tiny_policy()
    policy.freeze_reference()
    disturb(policy, size=0.02)
    pairs = encode_pairs(sums(9, 3), tiny_tokenizer(), max_tokens=200)
    trainer = DPOTrainer(
        policy=policy,
        pairs=pairs[:7],
        loss=DPO(beta=0.5, label_smoothing=0.1, sft_coef=0.2),
        optim=OptimSettings(lr=1e-3),
        plan=PairPlan(epochs=1.3, pairs_per_step=3, micro_batch_tokens=64),
        runtime=runtime,
        seed=0,
    )
    metrics: list[Metrics] = []
    trainer.fit(0, lambda _, found: metrics.append(found))
    metrics.append(measure(policy, trainer.loss, pairs[7:], runtime, max_tokens=64).metrics())
    return _weights(policy, POLICY), metrics


def reward_model(runtime: Runtime) -> Trained:
    """One pair a step: the second of two processes never has one, nor one that is held out."""
    policy = tiny_policy()
    model = RewardModel.fresh(policy.roles, SPEC, seed=1)
    pairs = encode_pairs(sums(4, 3), tiny_tokenizer(), max_tokens=200)
    trainer = RewardTrainer(
        reward_model=model,
        pairs=pairs[:3],
        loss=BradleyTerry(centering=0.01),
        optim=OptimSettings(lr=1e-3),
        plan=RewardPlan(epochs=1.0, pairs_per_step=1, probe_steps=1),
        runtime=runtime,
        seed=0,
    )
    metrics: list[Metrics] = []
    trainer.fit(0, lambda _, found: metrics.append(found))
    metrics.append(reward_models.measure(model, pairs[3:], runtime, max_tokens=64).metrics())
    return {**_weights(policy, model.role), "head": model.head.weight.detach().clone()}, metrics


def _weights(policy: Policy, *roles: str) -> dict[str, Tensor]:
    return {
        f"{role}/{name}": tensor.detach().clone().contiguous()
        for role in roles
        for name, tensor in policy.roles.state_dict(role).items()
    }


TRAININGS: dict[str, Callable[[Runtime], Trained]] = {
    "ppo": ppo,
    "j_bond": bond(JBond()),
    "best_of_n": bond(BestOfN(n=3, anchor_samples=4)),
    "dpo": dpo,
    "reward_model": reward_model,
}


def train_all(folder: Path, *, num_processes: int) -> None:
    """Every training; the main process leaves its weights, with the metrics beside them as JSON."""
    runtime = Runtime(cpu=True)
    assert runtime.world_size == num_processes
    for name, train in TRAININGS.items():
        random.seed(0)
        weights, metrics = train(runtime)
        if runtime.is_main:
            save_file(weights, folder / f"{name}.safetensors")
            (folder / f"{name}.json").write_text(json.dumps(metrics), encoding="utf-8")
        runtime.wait()


if __name__ == "__main__":
    train_all(Path(sys.argv[1]), num_processes=2)
