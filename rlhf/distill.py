"""Distillation: the student learns a teacher's distributions, not its words.

Off-policy, as in Gemma 3's report: on the data's demonstrations, from logits that the teacher gave once. On-policy: on
what the student itself says, from the teacher's whole distributions. The student is a policy with an adapter; both
trainers are supervised trainers, so a run treats them like one.
"""

from __future__ import annotations

import dataclasses
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from model.transformer import Gemma3ForCausalLM
from rlhf.collate import collate, micro_batches
from rlhf.divergences import Divergence, Predictions, divergences, sparse_cross_entropy
from rlhf.errors import ConfigError
from rlhf.losses import LossOutput, NegativeLogLikelihood, TokenMean
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.problems import Problem, ProblemSource
from rlhf.prompts import PromptStream
from rlhf.runtime import Runtime
from rlhf.sampler import Sampler, SamplingParams
from rlhf.sft import SFTPlan, SFTTrainer, TeachingPlan, demonstrations
from rlhf.teacher import predicting_states, shared_head
from rlhf.teacher_store import LogitsIdentity, StoredLogits
from rlhf.types import CreditedSample, Metrics, Prompt, TrainBatch
from rlhf.update import Updater, _averages


@dataclass(frozen=True, kw_only=True, slots=True)
class OffPolicy:
    """Demonstrations, and a few of the teacher's logits for each of their tokens, stored before the first step.

    The student learns the teacher renormalized over what was kept, which is another distribution: the metric
    `kept_mass` says how much of the teacher's probability that is.
    """

    folder: str
    """Of the stored logits: used when they are there and fit, else computed."""
    num_examples: int | None = None
    """Learn from the data's first so many problems; None takes all, which endless data does not have."""
    logits_per_token: int = 256
    selection: Literal["sampled", "top_k"] = "sampled"
    """sampled: different tokens by the teacher's probability; top_k: the most probable ones."""
    temperature: float = 1.0
    """Of both distributions."""
    seed: int = 0

    def __post_init__(self) -> None:
        self.identity(teacher="", data="")
        if self.num_examples is not None and self.num_examples < 1:
            raise ConfigError(f"num_examples is {self.num_examples}; give 1 or more, or null for all")

    def identity(self, *, teacher: str, data: str) -> LogitsIdentity:
        """What logits chosen so depend on.

        Raises:
            ConfigError: for a selection, temperature or number that there is not.
        """
        return LogitsIdentity(
            teacher=teacher,
            data=data,
            temperature=self.temperature,
            logits_per_token=self.logits_per_token,
            selection=self.selection,
            seed=self.seed,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class OnPolicy:
    """The student's own completions, and a divergence of whole distributions at each of their tokens."""

    divergence: Divergence
    temperature: float = 1.0
    """Of both distributions; that of the samples is the sampling's."""
    group_size: int = 1
    """Completions per prompt."""
    student_share: float = 1.0
    """Probability that a step learns from the student's completions instead of the data's demonstrations."""

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise ConfigError(f"the divergence's temperature is {self.temperature}; give more than 0")
        if self.group_size < 1:
            raise ConfigError(f"group_size is {self.group_size}; give 1 or more")
        if not 0 <= self.student_share <= 1:
            raise ConfigError(f"student_share is {self.student_share}; give 0 to 1")


class FirstProblems:
    """The first problems of a source as a finite one: what stored logits can be of.

    Raises:
        ConfigError: if an endless source is not bounded.
    """

    def __init__(self, source: ProblemSource, count: int | None) -> None:
        if count is None and source.train_size is None:
            raise ConfigError("the data is endless, so all of it cannot be stored; give teaching.num_examples=<number>")
        self._source = source
        self.train_size = min(size for size in (count, source.train_size) if size is not None)

    def train(self, index: int) -> Problem:
        return self._source.train(index)

    def held_out(self, n: int) -> list[Problem]:
        return self._source.held_out(n)


Measure = Callable[[TrainBatch], LossOutput]
"""A micro-batch to its part of the minibatch's loss, the forward of the student included."""


class MeasuredUpdater(Updater):
    """Like `Updater`, for losses that need more than the completion tokens' own log-probabilities."""

    def learn(self, minibatch: TrainBatch, measure: Measure) -> Metrics:
        """Forward and backward of every micro-batch, then one step.

        Raises:
            NonFiniteUpdate: on every process, when the loss or the gradient is not finite; the weights are untouched.
        """
        sums = {"loss": 0.0, "num_tokens": 0.0, "num_rows": float(minibatch.num_rows)}
        for micro in micro_batches(minibatch, self.micro_batch_tokens):
            output = measure(micro)
            self.runtime.backward(output.loss)
            for name, value in {"loss": output.loss.item(), **output.sums}.items():
                sums[name] = sums.get(name, 0.0) + value
        totals = self.runtime.sum_values(sums)
        try:
            return {"lr": float(self.optimizer.param_groups[0]["lr"]), **self._step(totals), **_averages(totals)}
        finally:
            self.optimizer.zero_grad(set_to_none=True)


class Distiller(SFTTrainer, ABC):
    """What both kinds of distillation share: samples become a minibatch, and that an update.

    Args:
        num_tokens: of the vocabulary that teacher and student share; what else their heads have is left out.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        prompts: PromptStream,
        optim: OptimSettings,
        plan: TeachingPlan,
        runtime: Runtime,
        num_tokens: int,
    ) -> None:
        # a row is one sample: stored logits are looked up by row
        apart = SFTPlan(**dataclasses.asdict(plan), max_row_tokens=0)
        super().__init__(policy=policy, prompts=prompts, optim=optim, plan=apart, runtime=runtime)
        loss = NegativeLogLikelihood(aggregation=TokenMean())
        self._updater = MeasuredUpdater(
            policy, loss, optim, runtime, total_updates=plan.steps, micro_batch_tokens=plan.micro_batch_tokens
        )
        self.update = self._updater
        self.student = policy.model
        self.num_tokens = num_tokens

    def run_step(self) -> Metrics:
        """One optimizer step on the next prompts."""
        start = time.perf_counter()
        prompts = self.runtime.shard(self.prompts.take(self.plan.examples_per_step))
        samples, measure, metrics = self._lesson(prompts)
        batch = collate(samples, max_row_tokens=self.plan.max_row_tokens)
        num_samples, num_loss_tokens = self.runtime.total(batch.num_samples, batch.num_loss_tokens)
        batch = replace(batch, num_samples=num_samples, num_loss_tokens=num_loss_tokens).to(self.runtime.device)
        metrics |= self._updater.learn(batch, measure)
        seconds = time.perf_counter() - start
        speed = num_loss_tokens / seconds
        return {
            **metrics,
            "len/completion_tok": num_loss_tokens / num_samples,
            "time/step_s": seconds,
            "speed/completion_tok_s": speed,
        }

    @abstractmethod
    def _lesson(self, prompts: Sequence[Prompt]) -> tuple[list[CreditedSample], Measure, Metrics]:
        """What to learn from in this step, how to measure it, and facts for the log."""


class OffPolicyDistiller(Distiller):
    """Cross-entropy between the teacher's kept logits, renormalized, and the student's whole distribution.

    Source: Gemma Team 2025, arXiv:2503.19786, section 2.2. Deviation: on the demonstrations' tokens alone, never on the
    prompts'; the report distils whole pre-training texts.

    Raises:
        DataError: in a step, if the prompts are not those whose logits are stored.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        prompts: PromptStream,
        optim: OptimSettings,
        plan: TeachingPlan,
        runtime: Runtime,
        num_tokens: int,
        stored: StoredLogits,
        settings: OffPolicy,
    ) -> None:
        super().__init__(policy=policy, prompts=prompts, optim=optim, plan=plan, runtime=runtime, num_tokens=num_tokens)
        self.stored, self.settings = stored, settings

    def _lesson(self, prompts: Sequence[Prompt]) -> tuple[list[CreditedSample], Measure, Metrics]:
        return demonstrations(prompts), lambda micro: self._measure(micro, prompts), {}

    def _measure(self, micro: TrainBatch, prompts: Sequence[Prompt]) -> LossOutput:
        states, index = predicting_states(self.student, micro)
        kept = [self.stored.of(prompts[sample]) for sample in micro.sample_ids[:, 0].tolist()]  # a row is one sample
        ids = torch.cat([logits.ids for logits in kept]).to(states.device)
        logprobs = torch.cat([logits.logprobs for logits in kept]).to(states.device)
        probabilities = logprobs.softmax(-1)
        head = shared_head(self.student, self.num_tokens)
        cross_entropy = sparse_cross_entropy(states[index], head, ids, probabilities, self.settings.temperature)
        entropy = torch.special.entr(probabilities).sum(-1)
        sums = {
            "num_tokens": float(len(ids)),
            "divergence": (cross_entropy.detach() - entropy).sum().item(),
            "kept_mass": logprobs.exp().sum().item(),
        }
        return LossOutput(loss=cross_entropy.sum() / micro.num_loss_tokens, sums=sums)


class OnPolicyDistiller(Distiller):
    """A divergence from the teacher at every token of the student's own completions; no gradient goes through the
    sampling.

    Source: Agarwal et al. 2024 (GKD), arXiv:2306.13649, algorithm 1: a step learns from the student's completions with
    probability `student_share`, else from the data's.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        prompts: PromptStream,
        optim: OptimSettings,
        plan: TeachingPlan,
        runtime: Runtime,
        num_tokens: int,
        teacher: Gemma3ForCausalLM,
        sampler: Sampler,
        sampling: SamplingParams,
        settings: OnPolicy,
        seed: int,
    ) -> None:
        super().__init__(policy=policy, prompts=prompts, optim=optim, plan=plan, runtime=runtime, num_tokens=num_tokens)
        self.teacher = teacher.requires_grad_(False)
        self.sampler, self.sampling, self.settings, self.seed = sampler, sampling, settings, seed

    def _lesson(self, prompts: Sequence[Prompt]) -> tuple[list[CreditedSample], Measure, Metrics]:
        step = self.update.schedule.last_epoch  # updates so far, also behind a resumption
        if random.Random(f"{self.seed}/{step}").random() >= self.settings.student_share:
            return demonstrations(prompts), self._measure, {"student_share": 0.0}
        start = time.perf_counter()
        seed = random.Random(f"{self.seed}/{step}/{self.runtime.rank}").getrandbits(63)
        groups = self.sampler.sample(prompts, self.settings.group_size, self.sampling, seed=seed)
        self.sampler.publish(version=step + 1)
        samples = [
            CreditedSample(prompt=group.prompt, completion=completion, reward=0.0, advantage=1.0, group=place)
            for place, group in enumerate(groups)
            for completion in group.completions
        ]
        return samples, self._measure, {"student_share": 1.0, "time/sample_s": time.perf_counter() - start}

    def _measure(self, micro: TrainBatch) -> LossOutput:
        states, index = predicting_states(self.student, micro)
        with torch.no_grad():
            theirs, _ = predicting_states(self.teacher, micro)
        per_state = divergences(
            Predictions(states, shared_head(self.student, self.num_tokens)),
            Predictions(theirs, shared_head(self.teacher, self.num_tokens)),
            self.settings.divergence,
            self.settings.temperature,
        )
        total = per_state[index].sum()
        sums = {"num_tokens": float(len(index)), "divergence": total.item()}
        return LossOutput(loss=total / micro.num_loss_tokens, sums=sums)
