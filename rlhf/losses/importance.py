"""Weights for completions of a sampler whose probabilities are not the trainer's (another engine, dtype or kernel)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from rlhf.errors import ConfigError
from rlhf.losses.aggregation import sequence_sum
from rlhf.types import TrainBatch


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportanceWeights:
    """w = pi_trainer / pi_sampler of the sampled tokens, truncated or masked; no gradient flows through it.

        truncate: min(w, high), and max with low        mask: w where low <= w <= high, else 0

    per token, or per completion (`level`), where w is the product over its tokens.

    Source: truncation: Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training"; the
    two-sided mask: IcePop, Ling Team 2025, arXiv:2510.18855.
    """

    rule: Literal["truncate", "mask"] = "truncate"
    level: Literal["token", "sequence"] = "token"
    low: float = 0.0
    high: float = 2.0

    def __post_init__(self) -> None:
        if self.rule not in ("truncate", "mask") or self.level not in ("token", "sequence"):
            raise ConfigError(
                f"importance.rule is {self.rule!r} and importance.level {self.level!r}; give truncate or mask, and "
                "token or sequence"
            )
        if not 0 <= self.low < self.high or math.isnan(self.high):
            raise ConfigError(f"importance.low must be at least 0 and below high, got {self.low} and {self.high}")

    @torch.no_grad()
    def __call__(self, logprobs: Float[Tensor, "B C"], batch: TrainBatch) -> Float[Tensor, "B C"]:
        """The weight of every token, 0 outside completions.

        Args:
            logprobs: of the sampled tokens under the trainer's network as it was when they were sampled.
        """
        log_weights = logprobs - batch.sampling_logprobs
        if self.level == "sequence":
            log_weights = sequence_sum(log_weights, batch)
        weights = log_weights.exp()
        if self.rule == "truncate":
            weights = weights.clamp(self.low, self.high)
        else:
            weights = weights.where((weights >= self.low) & (weights <= self.high), 0.0)
        return weights * batch.completion_mask
