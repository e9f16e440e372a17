"""What an answer is worth to BOND: the distribution of the best of N, and gains among the anchor's answers.

Source: Sessa et al. 2024, arXiv:2407.14622, sections 3 to 5; J-BOND is its algorithm 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from rlhf.errors import ConfigError


def best_of_n(reference: Float[Tensor, " K"], rewards: Float[Tensor, " K"], n: int) -> Float[Tensor, " K"]:
    """The distribution of the best of `n` answers drawn from `reference`; equal rewards are drawn by lot.

        pi(y) = ref(y) (p_<=^n - p_<^n) / (p_<= - p_<),   p_<= and p_< the chance of a reward at most, and below, r(y)

    which is the paper's ref(y) p_<=^(n-1) sum_{i=1..n} (p_< / p_<=)^(i-1).

    Source: theorem 1.

    >>> best_of_n(torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.0, 1.0, 2.0]), n=2)
    tensor([0.2500, 0.3900, 0.3600])
    """
    at_most = (reference * (rewards <= rewards[:, None])).sum(-1)
    below = (reference * (rewards < rewards[:, None])).sum(-1)
    return reference * log_gain(at_most, below, n).exp()


def log_gain(at_most: Float[Tensor, "*K"], below: Float[Tensor, "*K"], n: int) -> Float[Tensor, "*K"]:
    """log(best of n / reference) of answers with these chances p_<= and p_<; between -inf and log n.

    Source: theorem 1: (n - 1) log p_<= plus the logarithm of its correction factor, which the paper leaves out where
    equal rewards are rare. Kept, it lets rewards of few values teach: whoever is right has p_<= = 1 in any case.
    """
    ratio = below / at_most
    correction = torch.stack([ratio**i for i in range(n)]).sum(0)
    return (n - 1) * at_most.log() + correction.log()


class Gain(Protocol):
    """The reward of the backward part, from the rewards of the policy's and the anchor's answers to one prompt."""

    @property
    def anchor_samples(self) -> int:
        """Answers of the anchor to every prompt."""
        ...

    @property
    def n(self) -> int:
        """The forward part imitates the best of the anchor's first so many answers."""
        ...

    def __call__(self, rewards: Float[Tensor, " G"], anchor: Float[Tensor, " M"]) -> Float[Tensor, " G"]: ...


@dataclass(frozen=True, slots=True)
class JBond:
    """-log 16 for an answer that is worse than both of the anchor's, else 0.

    Its mean over the anchor's answers is -log 16 (1 - p)^2 where p is the chance of a worse one: log p at the median,
    and close to it around. An equal reward is not worse, so a reward of few values hardly ever says anything here.

    Source: section 5.1 and algorithm 2.

    >>> JBond()(torch.tensor([0.1, 0.5, 0.9]), torch.tensor([0.5, 0.7]))
    tensor([-2.7726,  0.0000,  0.0000])
    """

    @property
    def anchor_samples(self) -> int:
        return 2

    @property
    def n(self) -> int:
        return 2

    def __call__(self, rewards: Float[Tensor, " G"], anchor: Float[Tensor, " M"]) -> Float[Tensor, " G"]:
        return torch.where(rewards < anchor.min(), -math.log(16), 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class BestOfN:
    """`log_gain` with p_<= and p_< counted among the anchor's answers and the one in question.

    Source: section 4.1, Monte-Carlo quantiles. Deviations: an answer counts among the anchor's, so that no chance is
    zero, and the correction factor is kept.

    >>> BestOfN(n=2, anchor_samples=3)(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 0.0, 1.0])).exp()
    tensor([0.7500, 1.5000])
    """

    n: int = 4
    anchor_samples: int = 8

    def __post_init__(self) -> None:
        if self.n < 2 or self.anchor_samples < self.n:
            raise ConfigError(
                f"n is {self.n} and anchor_samples {self.anchor_samples}; give an n of 2 or more, and at least as many "
                "samples: the best of n of them is imitated"
            )

    def __call__(self, rewards: Float[Tensor, " G"], anchor: Float[Tensor, " M"]) -> Float[Tensor, " G"]:
        total = len(anchor) + 1
        at_most = ((anchor <= rewards[:, None]).sum(-1) + 1) / total
        below = (anchor < rewards[:, None]).sum(-1) / total
        return log_gain(at_most, below, self.n)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bond:
    """What a step of BOND descends."""

    gain: Gain
    backward_share: float = 0.5
    """Weight of the policy gradient; the rest is the imitation's. The paper's beta."""
    kl_coef: float = 0.0
    """Weight of a further KL(policy || anchor). The paper's gamma."""

    def __post_init__(self) -> None:
        if not 0 <= self.backward_share <= 1:
            raise ConfigError(f"backward_share is {self.backward_share}; give 0 (imitation alone) to 1")
        if not 0 <= self.kl_coef < math.inf:
            raise ConfigError(f"kl_coef must be a number of at least 0, got {self.kl_coef}")

    def advantages(self, gains: Float[Tensor, " S"], log_ratios: Float[Tensor, " S"]) -> Float[Tensor, " S"]:
        """Of the S answers of the policy in a step: the gradient to ascend is their mean of advantage * grad log pi.

            backward_share (R_i - mean of the other R) - kl_coef (d_i - mean of the other d),   R = gain - d

        with d = log pi(y) - log anchor(y). The paper's listing of algorithm 2 prints the second term's gradient with
        the sign that would raise the KL; its equation 19 minimizes it, as here.
        """
        share = self.backward_share
        return share * _against_others(gains - log_ratios) - self.kl_coef * _against_others(log_ratios)


def _against_others(values: Tensor) -> Tensor:
    """Every value less the mean of the others; a single one is its own advantage."""
    count = len(values)
    return values if count < 2 else (values - values.mean()) * count / (count - 1)
