"""Estimates of the KL divergence to the reference, and its penalty in the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from rlhf.errors import ConfigError


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
