"""From one advantage per completion to one per token: the KL to the reference in the reward, and the critic.

    r_t = [t is the last token] A_completion - coef KL_t,   A_t = what the token estimator makes of them

Without a critic A_t is the sum of the rewards from t on: the completion's advantage, less what the KL of the tokens
that follow costs. With one it is the generalized advantage estimate, and A_completion is the reward itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import torch
from jaxtyping import Bool
from torch import Tensor

from model.tokenizer import Tokenizer
from rlhf.gae import discounted
from rlhf.kl_reward import KLReward
from rlhf.policy import Policy
from rlhf.runtime import Runtime
from rlhf.types import Metrics, TrainBatch


class TokenEstimator(Protocol):
    """Token rewards of a step's minibatches to token advantages; and what learns from the step beside the policy."""

    @property
    def trivial(self) -> bool:
        """Whether a completion's reward at its last token gives each of its tokens that reward as advantage."""
        ...

    def __call__(
        self, batches: Sequence[TrainBatch], rewards: Sequence[Tensor]
    ) -> tuple[list[TrainBatch], Metrics]: ...

    def update(self, batch: TrainBatch) -> Metrics: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


class TokenEstimatorSettings(Protocol):
    """What makes a `TokenEstimator` when the network is there."""

    def check(self, checkpoint: str, tokenizer: Tokenizer) -> None:
        """Raises, before a network is loaded, where nothing can be built for a policy on this base."""
        ...

    def build(
        self, policy: Policy, runtime: Runtime, *, total_updates: int | None, micro_batch_tokens: int, seed: int
    ) -> TokenEstimator: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class NoCritic:
    """The advantage of a token is the sum of the rewards from it on."""

    whiten: bool = False
    """Bring the step's advantages to mean 0 and standard deviation 1, over its tokens."""

    def check(self, checkpoint: str, tokenizer: Tokenizer) -> None:
        pass

    def build(
        self, policy: Policy, runtime: Runtime, *, total_updates: int | None, micro_batch_tokens: int, seed: int
    ) -> TokenEstimator:
        return _RewardToGo(self.whiten, runtime)


@dataclass(frozen=True, slots=True)
class _RewardToGo:
    whiten: bool
    runtime: Runtime

    @property
    def trivial(self) -> bool:
        return not self.whiten

    def __call__(self, batches: Sequence[TrainBatch], rewards: Sequence[Tensor]) -> tuple[list[TrainBatch], Metrics]:
        advantages = [discounted(r, last_tokens(batch)) for batch, r in zip(batches, rewards, strict=True)]
        return with_advantages(batches, advantages, self.runtime, whiten=self.whiten), {}

    def update(self, batch: TrainBatch) -> Metrics:
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


class TokenCredit:
    """Credits the tokens of a step's minibatches. It owns the KL's coefficient and, through the estimator, a critic."""

    def __init__(self, kl_reward: KLReward, estimator: TokenEstimator, runtime: Runtime) -> None:
        self.kl_reward, self.estimator, self.runtime = kl_reward, estimator, runtime
        self.coef = kl_reward.coef

    @property
    def needs_reference(self) -> bool:
        return self.kl_reward.coef > 0

    @property
    def trivial(self) -> bool:
        """Whether every token has its completion's advantage, so that those with advantage 0 may be left out."""
        return self.estimator.trivial and not self.needs_reference

    def __call__(self, batches: Sequence[TrainBatch]) -> tuple[list[TrainBatch], Metrics]:
        """The batches with token advantages; the coefficient moves on for the next step."""
        if self.trivial:
            return list(batches), {}
        rewards = [torch.where(last_tokens(batch), batch.advantages, 0.0) for batch in batches]
        metrics: Metrics = {}
        if self.needs_reference:
            kl = [self.kl_reward.per_token(batch) for batch in batches]
            rewards = [reward - self.coef * part for reward, part in zip(rewards, kl, strict=True)]
            metrics = self._steer(batches, kl)
        credited, facts = self.estimator(batches, rewards)
        trained = float(sum(batch.num_samples for batch in batches))
        return credited, {**metrics, **facts, "advantage/trained_completions": trained}

    def update(self, batch: TrainBatch) -> Metrics:
        """One optimizer step of whatever learns beside the policy."""
        return self.estimator.update(batch)

    def state_dict(self) -> dict[str, Any]:
        return {"coef": self.coef, "estimator": self.estimator.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.coef = state["coef"]
        self.estimator.load_state_dict(state["estimator"])

    def _steer(self, batches: Sequence[TrainBatch], kl: Sequence[Tensor]) -> Metrics:
        """What this step's KL was, in nats per completion; sets the next step's coefficient."""
        nats = self.runtime.sum_values({"kl": sum(float(part.sum()) for part in kl)})["kl"]
        nats /= max(1, sum(batch.num_samples for batch in batches))
        coef, self.coef = self.coef, self.kl_reward.next_coef(self.coef, nats)
        return {"kl_reward/coef": coef, "kl_reward/nats": nats}


def last_tokens(batch: TrainBatch) -> Bool[Tensor, "B C"]:
    """Where completions end: the next token is another's, or there is none."""
    following = torch.cat((batch.sample_ids[:, 1:], torch.full_like(batch.sample_ids[:, :1], -1)), dim=1)
    return batch.completion_mask & (following != batch.sample_ids)


class Spread(NamedTuple):
    """Mean and population variance of numbers."""

    mean: float
    variance: float


def spread(parts: Sequence[Tensor], runtime: Runtime) -> Spread:
    """Of the numbers of all processes together; 0 and 0 where there are none."""
    numbers = torch.cat([torch.zeros(0), *(part.flatten().cpu() for part in parts)]).double()
    totals = runtime.sum_values({"count": float(numbers.numel()), "sum": float(numbers.sum())})
    mean = totals["sum"] / max(1.0, totals["count"])
    squares = runtime.sum_values({"squares": float((numbers - mean).square().sum())})
    return Spread(mean, squares["squares"] / max(1.0, totals["count"]))


def with_advantages(
    batches: Sequence[TrainBatch], advantages: Sequence[Tensor], runtime: Runtime, *, whiten: bool, eps: float = 1e-8
) -> list[TrainBatch]:
    """The batches with these advantages, whitened over all tokens of the step where that is asked for.

    Args:
        eps: added to the variance, so that what differs by rounding alone is not blown up.
    """
    of_all = Spread(0.0, 1.0)
    if whiten:
        masked = [part[batch.completion_mask] for batch, part in zip(batches, advantages, strict=True)]
        of_all = spread(masked, runtime)
    scale = 1 / math.sqrt(of_all.variance + eps) if whiten else 1.0
    return [
        replace(batch, advantages=torch.where(batch.completion_mask, (part - of_all.mean) * scale, 0.0))
        for batch, part in zip(batches, advantages, strict=True)
    ]
