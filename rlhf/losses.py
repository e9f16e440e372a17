"""Losses as sums over tokens: what a token contributes, times what the aggregation weighs it.

The weights are known before the first forward, so the losses of micro-batches (and of processes) simply add up to the
loss of the whole minibatch. All per-token tensors are [B, C] float32 and 0 outside the completion mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from rlhf.errors import ConfigError
from rlhf.types import TrainBatch


class Aggregation(Protocol):
    """Per-token weights of a batch; they sum to at most 1 over a minibatch."""

    def __call__(self, batch: TrainBatch) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class TokenMean:
    """Every token of the minibatch weighs the same: 1 / (number of completion tokens).

    Source: Yu et al. 2025 (DAPO), arXiv:2503.14476, section 3.3.
    """

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        return batch.completion_mask / max(1, batch.num_loss_tokens)


@dataclass(frozen=True, slots=True)
class SequenceMean:
    """Every completion weighs the same: 1 / (its tokens * number of completions).

    Source: Shao et al. 2024 (GRPO), arXiv:2402.03300, equation 3.
    """

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        mask = batch.completion_mask
        lengths = torch.bincount(batch.sample_ids[mask], minlength=1)
        per_token = lengths[batch.sample_ids.clamp(min=0)].clamp(min=1)
        return mask / (per_token * max(1, batch.num_samples))


@dataclass(frozen=True, slots=True)
class ConstantLength:
    """Every token weighs 1 / (number of completions * a constant length), so length has no say.

    Source: Liu et al. 2025 (Dr. GRPO), arXiv:2503.20783, section 3.2; the constant is the completion budget.
    """

    max_completion_tokens: int

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        return batch.completion_mask / (self.max_completion_tokens * max(1, batch.num_samples))


def kl_estimate(
    logprobs: Float[Tensor, "*N"], ref_logprobs: Float[Tensor, "*N"], estimator: Literal["k1", "k2", "k3"]
) -> Float[Tensor, "*N"]:
    """Per-token estimate of KL(policy || reference) from tokens that the policy sampled.

    With d = logprobs - ref_logprobs: k1 = d (unbiased), k2 = d^2 / 2 (biased, its gradient is the KL's),
    k3 = exp(-d) - 1 + d (unbiased, never negative).

    Source: Schulman 2020, "Approximating KL divergence".

    >>> kl_estimate(torch.tensor([-1.0]), torch.tensor([-1.5]), "k2").item()
    0.125
    """
    difference = logprobs - ref_logprobs
    if estimator == "k1":
        return difference
    if estimator == "k2":
        return difference.square() / 2
    return torch.expm1(-difference) + difference


@dataclass(frozen=True, kw_only=True, slots=True)
class KLPenalty:
    """A per-token KL estimate, weighed by `coef`, added to the loss."""

    coef: float
    estimator: Literal["k1", "k2", "k3"] = "k3"

    def __post_init__(self) -> None:
        if self.estimator not in ("k1", "k2", "k3"):
            raise ConfigError(f"kl.estimator must be k1, k2 or k3, got {self.estimator!r}")
        if self.coef < 0:
            raise ConfigError(f"kl.coef must not be negative, got {self.coef}")


@dataclass(frozen=True, slots=True)
class LossOutput:
    """One micro-batch's part of the minibatch's loss, and sums of per-token facts for the log."""

    loss: Tensor
    sums: dict[str, float]
    """Sums over completion tokens; the trainer divides by `num_tokens`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClippedSurrogate:
    """The clipped policy-gradient loss of PPO and GRPO, with separate bounds and an optional KL penalty.

    With ratio r = exp(logprobs - old_logprobs): -min(r A, clip(r, 1 - clip_low, 1 + clip_high) A) + coef KL, per token.
    A batch without old log-probabilities is at its first update, where they equal the current ones and r is exactly 1.

    Source: Schulman et al. 2017 (PPO), arXiv:1707.06347, equation 7; clip_high > clip_low: Yu et al. 2025 (DAPO),
    arXiv:2503.14476, section 3.1.
    """

    aggregation: Aggregation
    clip_low: float = 0.2
    clip_high: float = 0.2
    kl: KLPenalty | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.clip_low <= 1 or self.clip_high < 0:
            raise ConfigError(
                f"clip_low must be in [0, 1] and clip_high not negative, got {self.clip_low} and {self.clip_high}"
            )

    @property
    def needs_reference(self) -> bool:
        return self.kl is not None and self.kl.coef > 0

    @property
    def only_advantages(self) -> bool:
        """Whether a completion with advantage 0 has gradient exactly 0 and may be skipped."""
        return not self.needs_reference

    def __call__(self, logprobs: Float[Tensor, "B C"], batch: TrainBatch) -> LossOutput:
        """Raises: AssertionError when the batch lacks the reference log-probabilities that the KL needs."""
        mask = batch.completion_mask
        old = logprobs.detach() if batch.old_logprobs is None else batch.old_logprobs
        ratio = (logprobs - old).exp()
        clipped = ratio.clamp(1 - self.clip_low, 1 + self.clip_high)
        unclipped_gain, clipped_gain = ratio * batch.advantages, clipped * batch.advantages
        per_token = -torch.minimum(unclipped_gain, clipped_gain)
        with torch.no_grad():
            sums = {
                "num_tokens": float(mask.sum()),
                "ratio/clip_fraction": float(((clipped_gain < unclipped_gain) & mask).sum()),
                "ratio/mean": float(ratio[mask].sum()),
                "logprob_gap/mean": float((logprobs - batch.sampling_logprobs)[mask].abs().sum()),
            }
            if batch.ref_logprobs is not None:
                sums["kl"] = float(kl_estimate(logprobs, batch.ref_logprobs, "k3")[mask].sum())
        if self.kl is not None and self.needs_reference:
            assert batch.ref_logprobs is not None, "the KL penalty needs reference log-probabilities"
            kl = kl_estimate(logprobs, batch.ref_logprobs, self.kl.estimator)
            per_token = per_token + self.kl.coef * kl
        return LossOutput(loss=(per_token * self.aggregation(batch)).sum(), sums=sums)


@dataclass(frozen=True, kw_only=True, slots=True)
class NegativeLogLikelihood:
    """Supervised loss: -logprobs, weighed by the aggregation. Advantages play no part."""

    aggregation: Aggregation

    def __call__(self, logprobs: Float[Tensor, "B C"], batch: TrainBatch) -> LossOutput:
        loss = -(logprobs * self.aggregation(batch)).sum()
        return LossOutput(loss=loss, sums={"num_tokens": float(batch.completion_mask.sum())})
