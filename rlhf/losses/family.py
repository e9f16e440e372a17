"""GRPO's relatives: what each makes of a token's ratio in place of clipping it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rlhf.errors import ConfigError
from rlhf.losses.aggregation import sequence_mean, sequence_sum
from rlhf.losses.policy import Objective, PolicyLoss
from rlhf.types import TrainBatch


@dataclass(frozen=True, kw_only=True)
class GSPO(PolicyLoss):
    """The clipped surrogate of one ratio per completion: its tokens' geometric mean.

        s = exp(mean_t log_ratio_t),   -min(s A, clip(s, 1 - clip_low, 1 + clip_high) A)

    With `per_token` the value stays and each token has a gradient of its own (GSPO-token): s_t = sg[s] pi_t / sg[pi_t].
    That differs where the tokens of a completion have different advantages. Aggregate by `SequenceMean`; with
    `SequenceSum` this is LUSPO.

    Source: Zheng et al. 2025, arXiv:2507.18071, sections 4.1 and 4.3 (GSPO-token); the bounds are those of its
    section 5.1. LUSPO: arXiv:2602.05261.
    """

    clip_low: float = 3e-4
    clip_high: float = 4e-4
    per_token: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.clip_low <= 1 or self.clip_high < 0:
            raise ConfigError(
                f"clip_low must be in [0, 1] and clip_high not negative, got {self.clip_low} and {self.clip_high}"
            )

    def objective(self, logprobs: Tensor, log_ratio: Tensor, batch: TrainBatch) -> Objective:
        log_sequence = sequence_mean(log_ratio, batch)
        if self.per_token:
            log_sequence = log_sequence.detach() + logprobs - logprobs.detach()
        ratio = log_sequence.exp()
        gain = ratio * batch.advantages
        clipped_gain = ratio.clamp(1 - self.clip_low, 1 + self.clip_high) * batch.advantages
        return Objective(-torch.minimum(gain, clipped_gain), (clipped_gain < gain).detach())


@dataclass(frozen=True, kw_only=True)
class CISPO(PolicyLoss):
    """The ratio is cut, not the token: -sg[min(r, max_ratio)] A logprob, so that every token keeps a gradient.

    Source: MiniMax 2025 (MiniMax-M1), arXiv:2506.13585, equations 4 and 5; like there, no lower bound.
    """

    max_ratio: float = 5.0

    def __post_init__(self) -> None:
        if self.max_ratio < 1:
            raise ConfigError(f"max_ratio must be at least 1, got {self.max_ratio}")

    def objective(self, logprobs: Tensor, log_ratio: Tensor, batch: TrainBatch) -> Objective:
        ratio = log_ratio.detach().exp()
        return Objective(-ratio.clamp(max=self.max_ratio) * batch.advantages * logprobs, ratio > self.max_ratio)


@dataclass(frozen=True, kw_only=True)
class SAPO(PolicyLoss):
    """A smooth gate in place of the clip: -(4 / tau) sigmoid(tau (r - 1)) A, whose slope is A at r = 1 and fades away.

    Source: Gao et al. 2025, arXiv:2511.20347; tau is higher for negative advantages, which makes
    their gradient fade faster.
    """

    tau_positive: float = 1.0
    tau_negative: float = 1.05

    def __post_init__(self) -> None:
        if min(self.tau_positive, self.tau_negative) <= 0:
            raise ConfigError(f"tau must be positive, got {self.tau_positive} and {self.tau_negative}")

    def objective(self, logprobs: Tensor, log_ratio: Tensor, batch: TrainBatch) -> Objective:
        tau = torch.where(batch.advantages > 0, self.tau_positive, self.tau_negative)
        gate = torch.sigmoid(tau * (log_ratio.exp() - 1)) * 4 / tau
        return Objective(-gate * batch.advantages, torch.zeros_like(batch.completion_mask))


@dataclass(frozen=True, kw_only=True)
class GMPO(PolicyLoss):
    """The geometric mean of a completion's clipped ratios: -A exp(mean_t c_t), c the log ratio within its bounds.

    c = min(log_ratio, log_high) where A > 0 and max(log_ratio, -log_low) where A < 0. Aggregate by `SequenceMean`.

    Source: Zhao et al. 2025, arXiv:2507.20673; the bounds are its e^-0.4 and e^0.4.
    """

    log_low: float = 0.4
    log_high: float = 0.4

    def __post_init__(self) -> None:
        if min(self.log_low, self.log_high) < 0:
            raise ConfigError(f"log_low and log_high must not be negative, got {self.log_low} and {self.log_high}")

    def objective(self, logprobs: Tensor, log_ratio: Tensor, batch: TrainBatch) -> Objective:
        rising = batch.advantages > 0
        bounded = torch.where(rising, log_ratio.clamp(max=self.log_high), log_ratio.clamp(min=-self.log_low))
        mean = sequence_mean(bounded, batch).exp()
        return Objective(-mean * batch.advantages, (bounded != log_ratio).detach())


@dataclass(frozen=True, kw_only=True)
class VESPO(PolicyLoss):
    """A soft weight per completion in place of the clip: -sg[phi(w)] A logprob, w the completion's whole ratio.

        phi(w) = w^k exp(lambda (1 - w)),   w = exp(sum_t log_ratio_t),   k and lambda by the sign of A

    phi(1) = 1. Aggregate by `TokenMean`.

    Source: VESPO, arXiv:2602.10693; the constants and the clamps of log w (1e-8 to e^20) are those of its published
    code.
    """

    k_positive: float = 2.0
    lambda_positive: float = 3.0
    k_negative: float = 3.0
    lambda_negative: float = 2.0

    def __post_init__(self) -> None:
        constants = self.k_positive, self.lambda_positive, self.k_negative, self.lambda_negative
        if min(constants) <= 0:
            raise ConfigError(f"k and lambda must be positive, got {constants}")

    def objective(self, logprobs: Tensor, log_ratio: Tensor, batch: TrainBatch) -> Objective:
        with torch.no_grad():
            log_w = sequence_sum(log_ratio.clamp(-20.0, 20.0), batch).clamp(math.log(1e-8), 20.0)
            rising = batch.advantages >= 0
            k = torch.where(rising, self.k_positive, self.k_negative)
            slope = torch.where(rising, self.lambda_positive, self.lambda_negative)
            phi = (slope + k * log_w - slope * log_w.exp()).exp()
        return Objective(-phi * batch.advantages * logprobs, torch.zeros_like(batch.completion_mask))
