"""Rewards to advantages, group by group, and the rules that decide which completions are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from rlhf.errors import ConfigError
from rlhf.types import CreditedSample, FinishReason, Metrics, ScoredGroup


class AdvantageEstimator(Protocol):
    """Rewards of each group (ragged: failed completions are absent) to advantages of the same shapes."""

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]: ...


def group_centered(rewards: Float[Tensor, " G"]) -> Float[Tensor, " G"]:
    """Subtract the group's mean; exactly zero when all rewards are equal.

    A_g = r_g - mean(r)

    Source: Liu et al. 2025 (Dr. GRPO), arXiv:2503.20783, section 3.2.

    >>> group_centered(torch.tensor([1.0, 0.0, 0.0, 0.0])).tolist()
    [0.75, -0.25, -0.25, -0.25]
    """
    if bool((rewards == rewards[0]).all()):
        # The rounded mean of eight times 1.2 is not 1.2: such a group would be trained on, and AdamW rescales anything.
        return torch.zeros_like(rewards)
    return rewards - rewards.mean()


def group_normalized(rewards: Float[Tensor, " G"], *, eps: float = 1e-6) -> Float[Tensor, " G"]:
    """Subtract the group's mean and divide by its standard deviation; exactly zero when all rewards are equal.

    A_g = (r_g - mean(r)) / (std(r) + eps), population standard deviation

    Source: Shao et al. 2024 (GRPO), arXiv:2402.03300, section 4.1.2. Deviation: the paper does not say which standard
    deviation; TRL takes the sample one, sqrt(G / (G - 1)) times ours.

    >>> group_normalized(torch.tensor([1.0, 0.0, 0.0, 0.0]))[0].item()  # doctest: +ELLIPSIS
    1.732...
    """
    if bool((rewards == rewards[0]).all()):
        return torch.zeros_like(rewards)
    return (rewards - rewards.mean()) / (rewards.std(correction=0) + eps)


def group_likelihood(rewards: Float[Tensor, " G"]) -> Float[Tensor, " G"]:
    """Subtract the group's mean and divide by how far it lies above the worst; exactly zero when all rewards are equal.

    A_g = (r_g - mean(r)) / (mean(r) - min(r))

    For rewards of two values this ascends the log of the pass rate and not the pass rate: a prompt that is solved once
    in eight weighs seven times as much as one that is missed once in eight, where `group_normalized` weighs both the
    same. So being sure of a wrong answer costs, and the completions of a group stay different for longer
    (docs/lab-log.md). The worst completion has -1, the best at most G - 1.

    Source: Tajwar et al. 2026 (MaxRL), arXiv:2602.02710. Deviation: the paper's rewards are 0 and 1, and it divides by
    their mean; measured from the group's worst, other rewards may be shifted and scaled without changing anything.

    >>> group_likelihood(torch.tensor([1.1, 0.1, 0.1, 0.1])).round(decimals=3).tolist()
    [3.0, -1.0, -1.0, -1.0]
    """
    centered = group_centered(rewards.double())  # the quotient of two small differences
    return (centered / -centered.min() if bool(centered.any()) else centered).to(rewards.dtype)


@dataclass(frozen=True, slots=True)
class GroupCentered:
    """`group_centered` of every group."""

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [group_centered(group) for group in rewards]


@dataclass(frozen=True, slots=True)
class GroupNormalized:
    """`group_normalized` of every group."""

    eps: float = 1e-6

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [group_normalized(group, eps=self.eps) for group in rewards]


@dataclass(frozen=True, slots=True)
class GroupLikelihood:
    """`group_likelihood` of every group."""

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [group_likelihood(group) for group in rewards]


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """Scored groups to credited samples.

    A completion whose reward failed has no advantage and leaves the batch; the others of its group are credited among
    themselves. A group with fewer than two rewards left says nothing and leaves whole.
    """

    estimator: AdvantageEstimator
    zero_variance: Literal["keep", "drop"] = "keep"
    """What becomes of groups whose rewards are all equal. Dropping takes their tokens out of the loss's denominator
    (DAPO's view) and with them the gradient of their KL term; keeping leaves both in."""
    mask_truncated: bool = False
    """Leave completions that were cut off out of the loss; they still count in their group's mean."""

    def __post_init__(self) -> None:
        if self.zero_variance not in ("keep", "drop"):
            raise ConfigError(f"zero_variance must be 'keep' or 'drop', got {self.zero_variance!r}")

    def __call__(self, scored: Sequence[ScoredGroup]) -> tuple[list[CreditedSample], Metrics]:
        """Credited samples in group order, and counts of what was dropped and why."""
        valued = [[i for i, verdict in enumerate(group.verdicts) if verdict.has_value] for group in scored]
        usable = [index for index, places in enumerate(valued) if len(places) >= 2]
        rewards = [torch.tensor([_value(scored[g], i) for i in valued[g]]) for g in usable]
        constant = [bool((r == r[0]).all()) for r in rewards]
        samples: list[CreditedSample] = []
        for g, reward, advantage, is_constant in zip(usable, rewards, self.estimator(rewards), constant, strict=True):
            if not (is_constant and self.zero_variance == "drop"):
                samples += self._samples(scored[g], g, valued[g], reward, advantage)
        num_groups = max(1, len(scored))
        return samples, {
            "advantage/zero_variance_groups": sum(constant) / num_groups,
            "advantage/lost_groups": (len(scored) - len(usable)) / num_groups,
            "advantage/trained_completions": float(sum(s.advantage != 0.0 for s in samples)),
        }

    def _samples(
        self, scored: ScoredGroup, group: int, places: Sequence[int], rewards: Tensor, advantages: Tensor
    ) -> list[CreditedSample]:
        prompt, completions = scored.group.prompt, scored.group.completions
        return [
            CreditedSample(prompt=prompt, completion=completions[i], reward=reward, advantage=advantage, group=group)
            for i, reward, advantage in zip(places, rewards.tolist(), advantages.tolist(), strict=True)
            if not (self.mask_truncated and completions[i].finish_reason is FinishReason.LENGTH)
        ]


def _value(scored: ScoredGroup, place: int) -> float:
    value = scored.verdicts[place].value
    assert value is not None
    return value
