"""BOND: the policy becomes the best of N samples of its own earlier self, without ever sampling N times in use.

The target is the distribution of the best of N answers of an anchor, and the policy descends Jeffreys' divergence to
it, (1 - backward_share) KL(target || policy) + backward_share KL(policy || target). The forward part imitates the best
of the anchor's answers; the backward part is a policy gradient whose reward says how good an answer is *among the
anchor's answers to the same prompt*. The anchor is the policy's reference, and follows it (`rlhf.anchor`): each time it
is distilled, the best of N of the best of N is the next target.

This is a trainer of its own and not another estimator of `rlhf.trainer` because a step samples from two policies
(docs/decisions/0010-bond-and-anchors.md).

Source: Sessa et al. 2024, arXiv:2407.14622, sections 3 to 5; J-BOND is its algorithm 2.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple

import torch

from rewards.base import Reward
from rlhf.advantages import Credit, RewardItself
from rlhf.bond_gains import BestOfN, Bond, Gain, JBond, best_of_n, log_gain
from rlhf.collate import collate
from rlhf.errors import ConfigError
from rlhf.losses import ClippedSurrogate, SequenceSum, kl_estimate
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.prompts import PromptStream
from rlhf.runtime import Runtime
from rlhf.sampler import Sampler, SamplingParams
from rlhf.scoring import Scoring, check_failures, rollout_metrics
from rlhf.trainer import Iteration, Plan, RLTrainer, check_name, check_seconds
from rlhf.types import CreditedSample, Metrics, Prompt, RolloutGroup, ScoredGroup, TrainBatch, merge_metrics

__all__ = ["BestOfN", "Bond", "BondPlan", "BondTrainer", "Gain", "JBond", "best_of_n", "log_gain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BondPlan(Plan):
    """A plan whose groups are the policy's answers to a prompt, beside which the anchor's stand: one is enough."""

    name: str = "BOND"

    def __post_init__(self) -> None:
        check_name(self.name)
        check_seconds(self.seconds)
        if min(self.steps, self.prompts_per_step, self.group_size) < 1:
            raise ConfigError("steps, prompts_per_step and group_size must be at least 1")
        if self.prompts_per_step * self.group_size < 2:
            raise ConfigError("a step needs two answers of the policy: each is compared with the others' mean")
        if self.update_epochs != 1 or self.minibatches != 1:
            raise ConfigError(
                f"update_epochs={self.update_epochs} and minibatches={self.minibatches}; BOND's gradient is that of "
                "answers of the current policy: set both to 1"
            )


class _Compared(NamedTuple):
    """One prompt's answers, judged together."""

    policy: ScoredGroup
    anchor: ScoredGroup


class _Lesson(NamedTuple):
    """What a step learns from: the policy's answers of every prompt and behind them the anchor's best one."""

    samples: list[CreditedSample]
    gains: list[float | None]
    """Of the policy's answers; None for an answer of the anchor."""


class BondTrainer(RLTrainer):
    """Runs steps of BOND: sample from policy and anchor, judge both together, one update.

    Raises:
        ConfigError: if the sampling is none to learn from.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        sampler: Sampler,
        prompts: PromptStream,
        reward: Reward,
        bond: Bond,
        optim: OptimSettings,
        sampling: SamplingParams,
        plan: BondPlan,
        runtime: Runtime,
        seed: int,
    ) -> None:
        super().__init__(
            policy=policy,
            sampler=sampler,
            prompts=prompts,
            reward=reward,
            credit=Credit(estimator=RewardItself()),  # not asked: `run_iteration` credits against the anchor
            loss=ClippedSurrogate(aggregation=SequenceSum()),  # at ratio 1 its gradient is that of -A log pi
            optim=optim,
            sampling=sampling,
            plan=plan,
            runtime=runtime,
            seed=seed,
        )
        self.bond = bond

    def run_iteration(self, step: int) -> Iteration:
        """Sample from both, judge, credit, update."""
        self.clock.start()
        with self.clock("sample"):
            prompts = self.runtime.shard(self.prompts.take(self.plan.prompts_per_step))
            groups = self._sample_both(prompts, step)
        with self.clock("score"):
            compared = [self._split(scored) for scored in Scoring(self.reward, step).finish(groups)]
            everywhere = self.runtime.gather(compared)
            judged = [part for pair in everywhere for part in pair]
            check_failures(judged, self.plan.max_failed_share)
            self.prompts.observe([pair.policy for pair in everywhere])
        with self.clock("credit"):
            lesson = self._lesson(compared)
            batch, advantages, facts = self._credited(lesson)
        with self.clock("update"):
            update = self.update(batch)
            self.sampler.publish(version=step + 1)
        speed = self.clock.lap(num_tokens=sum(len(c.token_ids) for part in judged for c in part.group.completions))
        rollout = rollout_metrics([pair.policy for pair in everywhere], self.plan.accuracy_term)
        metrics = [rollout, self.prompts.metrics(), facts, update, speed]
        mine = [
            replace(sample, advantage=advantage)
            for sample, gain, advantage in zip(*lesson, advantages, strict=True)
            if gain is not None
        ]
        rollouts = self.runtime.gather([([pair.policy for pair in compared], mine)])
        return Iteration(
            metrics=merge_metrics([*metrics, _anchor_metrics(everywhere, self.bond.gain.n)]), rollouts=rollouts
        )

    def _sample_both(self, prompts: Sequence[Prompt], step: int) -> list[RolloutGroup]:
        """Groups that hold the policy's answers and then the anchor's: a reward may compare all of them."""
        seeds = random.Random(f"{self.seed}/{step}/{self.runtime.rank}/bond")
        groups = self.sampler.sample(prompts, self.plan.group_size, self.sampling, seed=seeds.getrandbits(63))
        with self.policy.as_reference():
            count = self.bond.gain.anchor_samples
            anchors = self.sampler.sample(prompts, count, self.sampling, seed=seeds.getrandbits(63))
        return [
            replace(group, completions=(*group.completions, *anchor.completions))
            for group, anchor in zip(groups, anchors, strict=True)
        ]

    def _split(self, scored: ScoredGroup) -> _Compared:
        whole, size = scored.group, self.plan.group_size
        policy, anchor = (
            ScoredGroup(group=replace(whole, completions=whole.completions[own]), verdicts=scored.verdicts[own])
            for own in (slice(size), slice(size, None))
        )
        return _Compared(policy, anchor)

    def _lesson(self, compared: Sequence[_Compared]) -> _Lesson:
        """A prompt with fewer judged answers of the anchor than the gain needs says nothing and leaves whole."""
        lesson = _Lesson([], [])
        for index, (policy, anchor) in enumerate(compared):
            rivals, mine = _valued(anchor), _valued(policy)
            if len(rivals) < self.bond.gain.n:
                continue
            rewards = [torch.tensor([value for _, value in part], dtype=torch.float64) for part in (mine, rivals)]
            gains = self.bond.gain(*rewards).tolist()
            best = max(rivals[: self.bond.gain.n], key=lambda pair: pair[1])
            lesson.samples.extend(_sample(policy, place, value, index) for place, value in mine)
            lesson.samples.append(_sample(anchor, *best, index))
            lesson.gains.extend([*gains, None])
        return lesson

    def _credited(self, lesson: _Lesson) -> tuple[TrainBatch, list[float], Metrics]:
        """The step's minibatch, the advantage of every sample, and what the gains say."""
        batch = collate(lesson.samples, max_row_tokens=self.plan.max_row_tokens)
        num_samples, num_loss_tokens = self.runtime.total(batch.num_samples, batch.num_loss_tokens)
        batch = replace(batch, num_samples=num_samples, num_loss_tokens=num_loss_tokens).to(self.runtime.device)
        with torch.no_grad():
            now = self._logprobs(batch)
            with self.policy.as_reference():
                anchor = self._logprobs(batch)
        places, device = batch.sample_ids.clamp(min=0), now.device
        ratios = torch.zeros(len(lesson.samples), dtype=torch.float64, device=device)
        ratios = ratios.index_add(0, places.flatten(), (now - anchor).double().flatten()).tolist()
        answers = [(gain, ratio) for gain, ratio in zip(lesson.gains, ratios, strict=True) if gain is not None]
        advantages = self._advantages(lesson.gains, answers, num_samples)
        answered = torch.tensor([gain is not None for gain in lesson.gains], dtype=torch.bool, device=device)
        own = answered[places] & batch.completion_mask
        batch = replace(
            batch,
            advantages=torch.tensor(advantages, device=device)[places] * batch.completion_mask,
            sampling_logprobs=torch.where(own, batch.sampling_logprobs, now),  # the anchor's are no policy's
        )
        sums = {
            "answers": float(len(answers)),
            "tokens": float(own.sum()),
            "gain": sum(gain for gain, _ in answers),
            "kl": float(kl_estimate(now, anchor, "k3")[own].sum()),
        }
        totals = self.runtime.sum_values(sums)
        facts = {"bond/gain": totals["gain"] / max(1, totals["answers"]), "kl": totals["kl"] / max(1, totals["tokens"])}
        return batch, advantages, facts

    def _advantages(
        self, gains: Sequence[float | None], answers: Sequence[tuple[float, float]], num_samples: int
    ) -> list[float]:
        """Of every sample of this process; its answers are compared with those of all processes.

        The loss is a mean over all samples, so each of the two parts is weighed by how many it has.
        """
        counts = self.runtime.gather([len(answers)])
        everywhere = torch.tensor(self.runtime.gather(answers), dtype=torch.float64).reshape(-1, 2)
        weighed = self.bond.advantages(everywhere[:, 0], everywhere[:, 1]) * num_samples / max(1, len(everywhere))
        mine = iter(weighed[sum(counts[: self.runtime.rank]) :].tolist())
        num_best = max(1, self.runtime.total(len(gains) - len(answers))[0])
        imitation = (1 - self.bond.backward_share) * num_samples / num_best
        return [imitation if gain is None else next(mine) for gain in gains]


def _valued(scored: ScoredGroup) -> list[tuple[int, float]]:
    """Place and reward of every completion that has one."""
    return [(place, verdict.value) for place, verdict in enumerate(scored.verdicts) if verdict.value is not None]


def _sample(scored: ScoredGroup, place: int, reward: float, group: int) -> CreditedSample:
    completion = scored.group.completions[place]
    return CreditedSample(prompt=scored.group.prompt, completion=completion, reward=reward, advantage=0.0, group=group)


def _anchor_metrics(compared: Sequence[_Compared], needed: int) -> Metrics:
    """The anchor's mean reward, beside which the policy's stands, and the share of prompts that said nothing."""
    rewards = [[value for _, value in _valued(pair.anchor)] for pair in compared]
    metrics = {"bond/lost_prompts": fmean(len(values) < needed for values in rewards)}
    if any(rewards):
        metrics["bond/anchor_reward"] = fmean(value for values in rewards for value in values)
    return metrics
