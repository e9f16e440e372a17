"""The page that everyone reads: one policy iteration, and one optimizer step.

    prompts -> sample -> score -> credit -> collate -> annotate -> update -> publish
    Prompt     Rollout   Scored    Credited  Train      Train       Update
               Group     Group     Sample    Batch      Batch       metrics

There is no `if algorithm` here: GRPO, PPO and their relatives differ by which estimator, critic, loss and aggregation
were built.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import torch

from rewards.base import Reward
from rlhf.advantages import Credit
from rlhf.batching import Batching, SampleOnce
from rlhf.collate import collate, placed_micro_batches
from rlhf.errors import ConfigError
from rlhf.kl_reward import KLReward
from rlhf.logprobs import token_logprobs, token_logprobs_and_entropies
from rlhf.losses import PolicyLoss, TopEntropy
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.prompts import PromptStream
from rlhf.runtime import Runtime, peak_memory_gb
from rlhf.sampler import Sampler, SamplingParams
from rlhf.scoring import Scoring, check_failures, rollout_metrics
from rlhf.token_credit import NoCritic, TokenCredit, TokenEstimatorSettings
from rlhf.types import CreditedSample, Metrics, ScoredGroup, TrainBatch, merge_metrics
from rlhf.update import Updater


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The sizes of an iteration, over all processes together."""

    steps: int
    seconds: float | None = None
    """Training time behind which the stage ends, if that comes before its last step; None: the steps alone count."""
    prompts_per_step: int
    group_size: int
    update_epochs: int = 1
    minibatches: int = 1
    """Optimizer steps per pass over the iteration's samples."""
    micro_batch_tokens: int = 4096
    """Tokens (padding included) per forward and backward; changes memory, not the result."""
    max_row_tokens: int = 1024
    """Completions of one prompt share a row up to this length; changes speed, not the result."""
    kl_every: int = 10
    """Measure the KL to the reference every so many steps when the loss has no KL term; 0 never."""
    max_failed_share: float = 0.2
    """The run stops when more of a step's rewards fail."""
    accuracy_term: str | None = "correct"
    """The reward term that is also logged as `accuracy`."""
    name: str = "GRPO"
    """Of the stage."""

    def __post_init__(self) -> None:
        check_name(self.name)
        check_seconds(self.seconds)
        if min(self.steps, self.prompts_per_step, self.group_size, self.update_epochs, self.minibatches) < 1:
            raise ConfigError("steps, prompts_per_step, group_size, update_epochs and minibatches must be at least 1")
        if self.minibatches > self.prompts_per_step:
            raise ConfigError(f"{self.prompts_per_step} prompts cannot be split into {self.minibatches} minibatches")

    @property
    def total_updates(self) -> int | None:
        """Optimizer steps of the whole stage; None where the clock ends it."""
        return self.steps * self.update_epochs * self.minibatches if self.seconds is None else None


def check_name(name: str) -> None:
    """Raises ConfigError for a stage's name that cannot be part of a file's."""
    if not name.strip() or "/" in name or not name.isprintable():
        raise ConfigError(f"plan.name is {name!r}; give a short name without /, such as GRPO")


def check_seconds(seconds: float | None) -> None:
    """Raises ConfigError for a training time that is none."""
    if seconds is not None and not seconds > 0:
        raise ConfigError(f"plan.seconds is {seconds}; give a positive number of seconds, or null for no limit")


@dataclass(frozen=True, slots=True)
class Iteration:
    """What one step leaves for the log."""

    metrics: Metrics
    rollouts: list[tuple[list[ScoredGroup], list[CreditedSample]]]
    """Scored groups and the samples credited from them, a pair per process."""


def check_sampling(sampling: SamplingParams) -> None:
    """Refuse samples that a policy cannot learn from.

    Raises:
        ConfigError: if sampling is greedy (a group's completions would all be the same) or truncated (the completions
            would come from another distribution than the one whose log-probabilities the loss uses).
    """
    if sampling.temperature == 0:
        raise ConfigError("reinforcement learning cannot learn from greedy samples; set sampling.temperature to 1")
    if sampling.truncates:
        raise ConfigError(
            f"sampling.top_k={sampling.top_k} with top_p={sampling.top_p} and min_p={sampling.min_p} truncates the "
            "policy's distribution, and reinforcement learning would learn from another one than it sampled; set them "
            "to 0, 1 and 0"
        )


class RLTrainer:
    """Runs policy iterations. It owns the optimizer and its schedule; everything else is given to it.

    Raises:
        ConfigError: if the sampling is none to learn from, or the groups are too small to compare.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        sampler: Sampler,
        prompts: PromptStream,
        reward: Reward,
        credit: Credit,
        loss: PolicyLoss,
        optim: OptimSettings,
        sampling: SamplingParams,
        plan: Plan,
        runtime: Runtime,
        seed: int,
        kl_reward: KLReward | None = None,
        critic: TokenEstimatorSettings | None = None,
        batch: Batching | None = None,
    ) -> None:
        check_sampling(sampling)
        credit.check_group_size(plan.group_size)
        self.policy, self.sampler, self.prompts, self.reward = policy, sampler, prompts, reward
        self.credit, self.loss, self.sampling, self.plan, self.runtime = credit, loss, sampling, plan, runtime
        self.seed, self.batch = seed, batch or SampleOnce()
        self.clock = Clock()
        self.trained_s = 0.0
        """Time of the finished steps, those before a resumption included; evaluations and checkpoints are not in it."""
        updates, tokens = plan.total_updates, plan.micro_batch_tokens
        self.update = Updater(
            policy,
            loss,
            optim,
            runtime,
            total_updates=updates,
            micro_batch_tokens=tokens,
            temperature=sampling.temperature,
        )
        estimator = (critic or NoCritic()).build(
            policy, runtime, seed=seed, total_updates=updates, micro_batch_tokens=tokens
        )
        self.token_credit = TokenCredit(kl_reward or KLReward(), estimator, runtime)

    def fit(self, start: int, on_step: Callable[[int, Iteration], None]) -> None:
        """Run the remaining iterations; `on_step` logs, evaluates and saves."""
        step = start
        while not self.is_over(step):
            on_step(step, self._timed(self.run_iteration(step)))
            step += 1

    def is_over(self, done: int) -> bool:
        """Whether the stage ends behind so many steps: they are all, or its time is used up."""
        seconds = self.plan.seconds
        return done >= self.plan.steps or (seconds is not None and self.trained_s >= seconds)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs beside the policy's own adapters and the prompts."""
        return {
            **self.update.state_dict(), "token_credit": self.token_credit.state_dict(), "trained_s": self.trained_s
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.update.load_state_dict(state)
        self.token_credit.load_state_dict(state["token_credit"])
        self.trained_s = state.get("trained_s", 0.0)  # a checkpoint from before there were budgets has none

    def run_iteration(self, step: int) -> Iteration:
        """One policy iteration: sample, score, credit, update, publish."""
        self.clock.start()
        drawn: list[list[ScoredGroup]] = []

        def draw(num_prompts: int) -> list[ScoredGroup]:
            drawn.append(self._draw(num_prompts, step, len(drawn)))
            check_failures([group for groups in drawn for group in groups], self.plan.max_failed_share)
            return drawn[-1]

        everywhere, batch = self.batch(self.plan.prompts_per_step, draw)
        with self.clock("credit"):
            scored = self.runtime.shard(everywhere)
            credited, credit = self.credit(everywhere)  # an estimator may look at all groups of the step
            samples = self._own(credited, len(everywhere))
            parts = [self._own(part, len(everywhere)) for part in self._minibatches(credited, step)]
            batches = [self._annotate(self._collate(part, step), step) for part in parts]
            batches, token_credit = self.token_credit(batches)
        with self.clock("update"):
            updates = [
                {**self.update(batch), **self.token_credit.update(batch)}
                for _ in range(self.plan.update_epochs)
                for batch in batches
            ]
            self.sampler.publish(version=step + 1)
        sampled = [group for groups in drawn for group in groups]  # also those that did not come into the batch
        speed = self.clock.lap(num_tokens=sum(len(c.token_ids) for s in sampled for c in s.group.completions))
        rollouts = rollout_metrics(sampled, self.plan.accuracy_term)
        metrics = merge_metrics([rollouts, batch, self.prompts.metrics(), credit | token_credit, _mean(updates), speed])
        return Iteration(metrics=metrics, rollouts=self.runtime.gather([(scored, samples)]))

    def _timed(self, iteration: Iteration) -> Iteration:
        """Count the step's time. All processes must end behind the same step, so the first one's clock is theirs."""
        seconds = iteration.metrics["time/step_s"]
        if self.plan.seconds is None:
            self.trained_s += seconds
            return iteration
        self.trained_s += self.runtime.gather([seconds])[0]
        return replace(iteration, metrics={**iteration.metrics, "time/trained_s": self.trained_s})

    def _draw(self, num_prompts: int, step: int, number: int) -> list[ScoredGroup]:
        """Sample and score the next prompts, the step's draw of this number; every process gets all groups."""
        scoring = Scoring(self.reward, step)
        with self.clock("sample"):
            prompts = self.runtime.shard(self.prompts.take(num_prompts))
            groups = self.sampler.sample(
                prompts, self.plan.group_size, self.sampling, seed=self._seed(step, number), on_finished=scoring.begin
            )
        with self.clock("score"):
            scored = self.runtime.gather(scoring.finish(groups))
            self.prompts.observe(scored)
            return scored

    def _annotate(self, batch: TrainBatch, step: int) -> TrainBatch:
        """Score a minibatch with the policies that loss and KL compare against, before any update of this step.

        The first update of a step needs no old log-probabilities: they are the current ones.
        """
        single_update = self.plan.update_epochs * self.plan.minibatches == 1
        rewarded = self.token_credit.needs_reference
        with torch.no_grad():
            if self.loss.top_entropy is not None:
                batch = self._selected(batch, self.loss.top_entropy)
            old = None if single_update and not rewarded else self._logprobs(batch)
            ref = None
            if self.loss.needs_reference or rewarded or self._measures_kl(step):
                with self.policy.as_reference():
                    ref = self._logprobs(batch)
        return replace(batch, old_logprobs=old, ref_logprobs=ref)

    def _logprobs(self, batch: TrainBatch) -> torch.Tensor:
        out = torch.zeros_like(batch.advantages)
        for place, micro in placed_micro_batches(batch, self.plan.micro_batch_tokens):
            out[place] = token_logprobs(self.policy.model, micro, self.sampling.temperature)
        return out

    def _selected(self, batch: TrainBatch, top: TopEntropy) -> TrainBatch:
        """The minibatch with the tokens that the objective is restricted to, by their entropy over all processes."""
        entropies = torch.zeros_like(batch.advantages)
        for place, micro in placed_micro_batches(batch, self.plan.micro_batch_tokens):
            entropies[place] = token_logprobs_and_entropies(self.policy.model, micro, self.sampling.temperature)[1]
        everywhere = torch.cat(self.runtime.gather([entropies[batch.completion_mask].cpu()]))
        selected = (entropies >= top.threshold(everywhere)) & batch.completion_mask
        (num_selected_tokens,) = self.runtime.total(int(selected.sum()))
        return replace(batch, selected=selected, num_selected_tokens=num_selected_tokens)

    def _own(self, credited: Sequence[CreditedSample], num_groups: int) -> list[CreditedSample]:
        """Of all processes' samples those of this process, its groups counted from 0."""
        places = {group: place for place, group in enumerate(self.runtime.shard(range(num_groups)))}
        return [replace(s, group=places[s.group]) for s in credited if s.group in places]

    def _measures_kl(self, step: int) -> bool:
        return self.plan.kl_every > 0 and step % self.plan.kl_every == 0

    def _collate(self, samples: Sequence[CreditedSample], step: int) -> TrainBatch:
        """A minibatch whose counts are those of all processes together.

        Completions without a gradient are left out, but where the KL is measured: it is that of all completions.
        """
        skip = self.loss.only_advantages and self.token_credit.trivial and not self._measures_kl(step)
        batch = collate(samples, max_row_tokens=self.plan.max_row_tokens, skip_zero_advantage=skip)
        num_samples, num_loss_tokens = self.runtime.total(batch.num_samples, batch.num_loss_tokens)
        return replace(batch, num_samples=num_samples, num_loss_tokens=num_loss_tokens).to(self.runtime.device)

    def _minibatches(self, credited: Sequence[CreditedSample], step: int) -> list[list[CreditedSample]]:
        """All processes' samples in minibatches: split by group, groups in an order drawn for this step.

        The order is that of all groups together, so that any number of processes makes the same minibatches; of one of
        them a process may have few groups or none.
        """
        groups = list({sample.group: None for sample in credited})
        random.Random(self._seed(step, rank=0)).shuffle(groups)
        parts = [set(groups[i :: self.plan.minibatches]) for i in range(self.plan.minibatches)]
        return [[sample for sample in credited if sample.group in part] for part in parts]

    def _seed(self, step: int, draw: int = 0, rank: int | None = None) -> int:
        """A number that only the run's seed, the step, the process and the number of the step's draw decide: resuming
        needs no generator state."""
        place = f"{self.seed}/{step}/{self.runtime.rank if rank is None else rank}"
        return random.Random(f"{place}/{draw}" if draw else place).getrandbits(63)


class Clock:
    """Wall time of the stages of a step, in seconds."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin a step; what happened between steps (an evaluation, a checkpoint) is not its time."""
        self._spent: dict[str, float] = {}
        self._start = time.perf_counter()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        before = time.perf_counter()
        yield
        key = f"time/{stage}_s"
        self._spent[key] = self._spent.get(key, 0.0) + time.perf_counter() - before

    def lap(self, *, num_tokens: int) -> Metrics:
        """The stages' times since the start, the whole step's, and completion tokens per second of both kinds."""
        metrics = {**self._spent, "time/step_s": time.perf_counter() - self._start}
        metrics["speed/completion_tok_s"] = num_tokens / metrics["time/step_s"]
        metrics["speed/sampling_tok_s"] = num_tokens / metrics["time/sample_s"]
        metrics["memory/peak_gb"] = peak_memory_gb()
        return metrics


def _mean(updates: Sequence[Metrics]) -> Metrics:
    """The mean of every key over the updates that have it."""
    keys = {key: None for update in updates for key in update}
    return {key: fmean(update[key] for update in updates if key in update) for key in keys}
