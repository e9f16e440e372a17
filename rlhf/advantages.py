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

    @property
    def smallest_group(self) -> int:
        """Rewards that a group must have to say anything: 2 where it is compared with itself."""
        ...

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


def leave_one_out(rewards: Float[Tensor, " G"]) -> Float[Tensor, " G"]:
    """Subtract the mean of the *other* rewards of the group; exactly zero when all rewards are equal.

    A_g = r_g - mean(r without r_g) = G / (G - 1) (r_g - mean(r))

    Source: Ahmadian et al. 2024 (RLOO), arXiv:2402.14740, equation 7.

    >>> leave_one_out(torch.tensor([3.0, 0.0, 0.0])).tolist()
    [3.0, -1.5, -1.5]
    """
    return group_centered(rewards) * len(rewards) / max(1, len(rewards) - 1)


def batch_normalized(
    rewards: Sequence[Float[Tensor, " G"]], *, group_baseline: bool = False, eps: float = 1e-6
) -> list[Float[Tensor, " G"]]:
    """Subtract a mean and divide by the standard deviation over the whole batch; exactly zero when all are equal.

    A_ig = (r_ig - m) / (s + eps), m the batch's mean (or, with `group_baseline`, each group's) and s the population
    standard deviation of r_ig - m over the batch

    Without `group_baseline`, a group's level counts: a reward term that is missing for a whole group then shifts that
    group against the others, so compose rewards with it only of terms that every group has.

    A prompt whose completions all fail is pushed down, which no group-relative estimator does; with `group_baseline`
    it says nothing again.

    Source: Hu et al. 2025 (REINFORCE++ and its -baseline), arXiv:2501.03262. Deviation: the paper takes the KL out of
    the reward before it normalizes; ours is a term of the loss.

    >>> [group.tolist() for group in batch_normalized([torch.tensor([1.0, 1.0]), torch.tensor([-1.0, -1.0])], eps=0.0)]
    [[1.0, 1.0], [-1.0, -1.0]]
    """
    if not rewards:
        return []
    together = torch.cat([group_centered(group) for group in rewards] if group_baseline else list(rewards))
    if bool((together == together[0]).all()):
        return [torch.zeros_like(group) for group in rewards]
    scaled = (together - together.mean()) / (together.std(correction=0) + eps)
    return list(scaled.split([len(group) for group in rewards]))


class _Comparison:
    """What estimators have in common that compare the completions of one prompt."""

    __slots__ = ()

    @property
    def smallest_group(self) -> int:
        return 2


@dataclass(frozen=True, slots=True)
class LeaveOneOut(_Comparison):
    """`leave_one_out` of every group."""

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [leave_one_out(group) for group in rewards]


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchNormalized:
    """`batch_normalized` of all groups of a step."""

    group_baseline: bool = False
    eps: float = 1e-6

    @property
    def smallest_group(self) -> int:
        return 2 if self.group_baseline else 1

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return batch_normalized(rewards, group_baseline=self.group_baseline, eps=self.eps)


@dataclass(frozen=True, slots=True)
class GroupCentered(_Comparison):
    """`group_centered` of every group."""

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [group_centered(group) for group in rewards]


@dataclass(frozen=True, slots=True)
class GroupNormalized(_Comparison):
    """`group_normalized` of every group."""

    eps: float = 1e-6

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [group_normalized(group, eps=self.eps) for group in rewards]


@dataclass(frozen=True, slots=True)
class GroupLikelihood(_Comparison):
    """`group_likelihood` of every group."""

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return [group_likelihood(group) for group in rewards]


@dataclass(frozen=True, slots=True)
class RewardItself:
    """Rewards as they are, for a critic (or a whitening) to find the baseline; alone it is plain REINFORCE.

    Source: Williams 1992, REINFORCE without a baseline.
    """

    @property
    def smallest_group(self) -> int:
        return 1

    def __call__(self, rewards: Sequence[Tensor]) -> list[Tensor]:
        return list(rewards)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """Scored groups to credited samples.

    A completion whose reward failed has no advantage and leaves the batch; the others of its group are credited among
    themselves. A group with fewer rewards left than the estimator compares says nothing and leaves whole.
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

    def check_group_size(self, group_size: int) -> None:
        """Raises ConfigError for groups that the estimator cannot compare with themselves."""
        if group_size < self.estimator.smallest_group:
            raise ConfigError(
                f"plan.group_size must be at least {self.estimator.smallest_group} for "
                f"{type(self.estimator).__name__}, which compares completions of one prompt, got {group_size}; raise "
                "it, or take an algorithm with a critic (algorithm=ppo)"
            )

    def __call__(self, scored: Sequence[ScoredGroup]) -> tuple[list[CreditedSample], Metrics]:
        """Credited samples in group order, and counts of what was dropped and why."""
        valued = [[i for i, verdict in enumerate(group.verdicts) if verdict.has_value] for group in scored]
        usable = [index for index, places in enumerate(valued) if len(places) >= max(1, self.estimator.smallest_group)]
        rewards = [torch.tensor([_value(scored[g], i) for i in valued[g]], dtype=torch.float64) for g in usable]
        constant = [len(r) > 1 and bool((r == r[0]).all()) for r in rewards]
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
