"""Advantages and credit, by hand."""

from __future__ import annotations

import math

import pytest
import torch

from rewards.base import Verdict
from rlhf.advantages import (
    BatchNormalized,
    Credit,
    GroupCentered,
    GroupLikelihood,
    GroupNormalized,
    LeaveOneOut,
    batch_normalized,
    group_centered,
    group_likelihood,
    group_normalized,
    leave_one_out,
)
from rlhf.errors import ConfigError
from rlhf.types import CreditedSample, FinishReason, RolloutGroup, ScoredGroup
from tests.rollouts import make_completion, make_prompt, scored_group


def summary(samples: list[CreditedSample]) -> list[tuple[object, ...]]:
    """Group, first token, reward, advantage."""
    return [
        (s.group, s.completion.token_ids[0], pytest.approx(s.reward), pytest.approx(s.advantage, abs=1e-5))
        for s in samples
    ]


def test_centred_advantages_by_hand() -> None:
    assert group_centered(torch.tensor([3.0, 1.0, 2.0, 0.0])).tolist() == [1.5, -0.5, 0.5, -1.5]


def test_normalized_advantages_by_hand() -> None:
    """Mean 2, squared distances 4, 0, 4, 0: the population's deviation is sqrt(2), the sample's would be 1.63."""
    expected = [math.sqrt(2), 0, -math.sqrt(2), 0]
    assert group_normalized(torch.tensor([4.0, 2.0, 0.0, 2.0])).tolist() == pytest.approx(expected, abs=1e-5)


def test_leaving_one_out_by_hand() -> None:
    """The others' means are 1, 5/3, 4/3 and 2."""
    assert leave_one_out(torch.tensor([3.0, 1.0, 2.0, 0.0])).tolist() == pytest.approx([2, -2 / 3, 2 / 3, -2])


def test_batch_normalized_advantages_by_hand() -> None:
    """Mean 1.5 and variance 1.25 over the batch; the groups' own means are 2.5 and 0.5, the variance then 0.25."""
    rewards = [torch.tensor([3.0, 2.0]), torch.tensor([0.0, 1.0])]
    found = torch.cat(batch_normalized(rewards)).tolist()
    assert found == pytest.approx([x / math.sqrt(1.25) for x in (1.5, 0.5, -1.5, -0.5)], abs=1e-5)
    found = torch.cat(batch_normalized(rewards, group_baseline=True)).tolist()
    assert found == pytest.approx([1, -1, -1, 1], abs=1e-5)


def test_the_epsilon_is_added_to_the_standard_deviation() -> None:
    assert group_normalized(torch.tensor([1.0, -1.0]), eps=1.0).tolist() == pytest.approx([0.5, -0.5])


@pytest.mark.parametrize("solved", [1, 3, 7])
def test_likelihood_advantages_are_the_gradient_of_the_log_pass_rate(solved: int) -> None:
    """Of two-valued rewards: the score of a solved completion weighs 1 / (pass rate), less the baseline's 1."""
    rewards = torch.tensor([1.0] * solved + [0.0] * (8 - solved))
    expected = rewards / (solved / 8) - 1
    torch.testing.assert_close(group_likelihood(rewards), expected)
    torch.testing.assert_close(group_likelihood(0.3 * rewards - 5), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "estimator",
    [GroupCentered(), GroupNormalized(), GroupLikelihood(), LeaveOneOut(), BatchNormalized(group_baseline=True)],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.parametrize("size", [2, 3, 7, 8, 12])
def test_equal_rewards_have_advantage_exactly_zero(
    estimator: GroupCentered | GroupNormalized | GroupLikelihood, size: int
) -> None:
    """Not nearly: 1.2 minus the rounded mean of eight times 1.2 is 1e-7, and AdamW makes a full step of that."""
    groups = [torch.full((size,), value) for value in (0.1, 1.1, 1.2, 0.7)]
    assert all(not advantages.any() for advantages in estimator(groups))


def test_credit_goes_group_by_group_in_order() -> None:
    samples, metrics = Credit(estimator=GroupCentered())([scored_group([1, 0]), scored_group([0, 0, 3])])
    assert summary(samples) == [
        (0, 20, 1, 0.5),
        (0, 21, 0, -0.5),
        (1, 20, 0, -1),
        (1, 21, 0, -1),
        (1, 22, 3, 2),
    ]
    assert metrics == {
        "advantage/zero_variance_groups": 0,
        "advantage/lost_groups": 0,
        "advantage/trained_completions": 5,
    }


@pytest.mark.parametrize(
    "estimator",
    [GroupCentered(), GroupNormalized(), GroupLikelihood(), LeaveOneOut(), BatchNormalized()],
    ids=lambda e: type(e).__name__,
)
def test_failed_verdicts_leave_and_the_rest_is_credited_among_itself(
    estimator: GroupCentered | GroupNormalized | GroupLikelihood,
) -> None:
    credit = Credit(estimator=estimator)
    with_failures, _ = credit([scored_group([None, 1, 0, None, 0.5])])
    survivors, _ = credit([scored_group([1, 0, 0.5])])
    assert [s.advantage for s in with_failures] == [s.advantage for s in survivors]
    assert [s.completion.token_ids[0] for s in with_failures] == [21, 22, 24]


def test_a_group_with_fewer_than_two_rewards_leaves_whole() -> None:
    groups = [scored_group([None, 1.0, None]), scored_group([None, None]), scored_group([1, 0])]
    samples, metrics = Credit(estimator=GroupNormalized())(groups)
    assert [s.group for s in samples] == [2, 2]
    assert metrics["advantage/lost_groups"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("value", [0.0, 1.2])
def test_groups_without_variance_are_kept_with_zero_or_dropped(value: float) -> None:
    groups = [scored_group([value] * 8), scored_group([1, 0])]
    kept, kept_metrics = Credit(estimator=GroupCentered())(groups)
    dropped, dropped_metrics = Credit(estimator=GroupCentered(), zero_variance="drop")(groups)
    assert [s.advantage for s in kept] == [0.0] * 8 + [0.5, -0.5]
    assert summary(dropped) == summary(kept[8:])
    assert kept_metrics == dropped_metrics
    assert kept_metrics["advantage/zero_variance_groups"] == 0.5
    assert kept_metrics["advantage/trained_completions"] == 2


def test_truncated_completions_leave_the_loss_and_stay_in_the_mean() -> None:
    group = scored_group([3, 0, 0], truncated=[0])
    masked, _ = Credit(estimator=GroupCentered(), mask_truncated=True)([group])
    unmasked, _ = Credit(estimator=GroupCentered())([group])
    assert summary(masked) == [(0, 21, 0, -1), (0, 22, 0, -1)]
    assert summary(unmasked) == [(0, 20, 3, 2), *summary(masked)]


def test_a_verdict_that_does_not_apply_has_no_credit() -> None:
    completions = tuple(make_completion([20 + i], finish=FinishReason.STOP) for i in range(3))
    group = RolloutGroup(prompt=make_prompt([2]), completions=completions)
    verdicts = (Verdict.of(1), Verdict.not_applicable(), Verdict.of(0))
    samples, _ = Credit(estimator=GroupCentered())([ScoredGroup(group=group, verdicts=verdicts)])
    assert summary(samples) == [(0, 20, 1, 0.5), (0, 22, 0, -0.5)]


def test_no_groups_give_no_credit() -> None:
    samples, metrics = Credit(estimator=GroupNormalized())([])
    assert samples == []
    assert set(metrics.values()) == {0.0}


def test_an_unknown_rule_for_constant_groups_is_refused() -> None:
    with pytest.raises(ConfigError, match="'keep' or 'drop', got 'skip'"):
        Credit(estimator=GroupCentered(), zero_variance="skip")  # pyright: ignore[reportArgumentType]
