"""Advantages of tokens: generalized estimates, the KL in the reward, whitening, groups of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rlhf.advantages import Credit, GroupCentered, LeaveOneOut, RewardItself
from rlhf.collate import collate
from rlhf.errors import ConfigError
from rlhf.gae import discounted, generalized_advantages
from rlhf.kl_reward import KLReward
from rlhf.runtime import Runtime
from rlhf.token_credit import NoCritic, TokenCredit, last_tokens, spread
from rlhf.types import CreditedSample, FinishReason, TrainBatch
from tests.rollouts import by_sample, make_completion, make_prompt, random_samples, scored_group, tiny_policy

RUNTIME = Runtime(cpu=True)
SHAPE = {3: [4, 2, 1], 12: [5], 5: [3, 6]}


def by_the_paper(
    rewards: Sequence[float], values: Sequence[float], after: float, gamma: float, lam: float
) -> list[float]:
    """Equation 16 of arXiv:1506.02438 as it is written, for one completion whose last state is worth `after`."""
    states = [*values, after]
    deltas = [r + gamma * states[t + 1] - states[t] for t, r in enumerate(rewards)]
    return [
        math.fsum((gamma * lam) ** ahead * delta for ahead, delta in enumerate(deltas[t:])) for t in range(len(deltas))
    ]


def random_batch(seed: int = 0) -> TrainBatch:
    batch = collate(random_samples(SHAPE), max_row_tokens=64)
    generator = torch.Generator().manual_seed(seed)

    def drawn() -> Tensor:
        return torch.where(batch.completion_mask, torch.randn(batch.targets.shape, generator=generator), 0.0)

    return replace(batch, old_logprobs=drawn(), ref_logprobs=drawn(), values=drawn())


@pytest.mark.parametrize("gamma", [1.0, 0.97, 0.5])
@pytest.mark.parametrize("lam", [1.0, 0.95, 0.0])
def test_generalized_advantages_are_the_papers_sum_of_every_completion(gamma: float, lam: float) -> None:
    """Completions stand end to end in their rows; some were cut off and are worth something behind their end."""
    batch = random_batch()
    rewards, values = random_batch(1).old_logprobs, batch.values
    assert rewards is not None
    assert values is not None
    ends = last_tokens(batch)
    after = torch.where(ends & (batch.sample_ids % 2 == 0), 0.7, 0.0)
    found = by_sample(batch, generalized_advantages(rewards, values, ends, after, gamma=gamma, lam=lam))
    rewards_of, values_of = by_sample(batch, rewards), by_sample(batch, values)
    assert sorted(found) == list(range(6))
    for sample, advantages in found.items():
        expected = by_the_paper(rewards_of[sample], values_of[sample], 0.7 * (sample % 2 == 0), gamma, lam)
        assert advantages == pytest.approx(expected, abs=1e-5)


def test_with_gamma_and_lambda_one_the_advantage_is_what_followed_less_the_value() -> None:
    batch = random_batch()
    rewards, values, ends = batch.advantages, batch.values, last_tokens(batch)
    assert values is not None
    ours = generalized_advantages(rewards, values, ends, gamma=1.0, lam=1.0)
    torch.testing.assert_close(
        ours[batch.completion_mask], (discounted(rewards, ends) - values)[batch.completion_mask], rtol=0, atol=1e-5
    )


def test_with_lambda_zero_the_advantage_is_one_steps_surprise_by_hand() -> None:
    """Values 0.5 and 0.25, a reward of 1 at the end, gamma 0.5: 0 + 0.125 - 0.5, then 1 - 0.25."""
    ends = torch.tensor([[False, True]])
    rewards, values = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.25]])
    assert generalized_advantages(rewards, values, ends, gamma=0.5, lam=0.0).tolist() == [[-0.375, 0.75]]


def test_what_follows_a_completion_in_its_row_is_not_its_own() -> None:
    ends = torch.tensor([[False, True, False, True]])
    assert discounted(torch.tensor([[1.0, 2.0, 4.0, 8.0]]), ends, 0.5).tolist() == [[2.0, 2.0, 8.0, 8.0]]


def test_ends_are_the_last_tokens_also_of_equal_completions() -> None:
    samples = [_sample(finish=FinishReason.STOP), _sample(finish=FinishReason.STOP)]
    batch = collate(samples, max_row_tokens=64)
    assert last_tokens(batch).tolist() == [[False, False, True, False, False, True]]


@pytest.mark.parametrize("max_row_tokens", [0, 64])
def test_the_state_behind_a_completion_that_was_cut_off_has_read_its_last_token(max_row_tokens: int) -> None:
    """The prompt has 2 tokens. In a shared row the one that is its opening ends within the shared segment."""
    tokens = [(11, 12), (11, 12, 13), (11, 12, 14)]
    samples = [_sample(token_ids=ids, finish=FinishReason.LENGTH) for ids in tokens]
    samples[2] = _sample(token_ids=tokens[2], finish=FinishReason.STOP)
    batch = collate(samples, max_row_tokens=max_row_tokens)
    ends = batch.open_ends
    assert ends is not None
    for row, column in (ends >= 0).nonzero().tolist():
        assert batch.token_ids[row, ends[row, column]] == batch.targets[row, column]
        assert batch.positions[row, ends[row, column]] == 1 + len(tokens[int(batch.sample_ids[row, column])])
        assert bool(last_tokens(batch)[row, column])
    assert {int(i) for i in batch.sample_ids[ends >= 0]} == {0, 1}


def _sample(token_ids: Sequence[int] = (11, 12, 13), *, finish: FinishReason) -> CreditedSample:
    return CreditedSample(
        prompt=make_prompt([2, 5]),
        completion=make_completion(token_ids, finish=finish),
        reward=1.0,
        advantage=1.0,
        group=0,
    )


# The KL in the reward


def token_credit(kl_reward: KLReward, *, whiten: bool = False) -> TokenCredit:
    sizes = {"total_updates": 1, "micro_batch_tokens": 64, "seed": 0}
    return TokenCredit(kl_reward, NoCritic(whiten=whiten).build(tiny_policy(), RUNTIME, **sizes), RUNTIME)


def test_without_critic_and_kl_the_batches_are_given_back_as_they_are() -> None:
    batch = random_batch()
    credit = token_credit(KLReward())
    (found,), metrics = credit([batch])
    assert found is batch
    assert metrics == {}
    assert credit.trivial


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
def test_the_kl_of_a_token_is_paid_by_it_and_those_before_it(estimator: str) -> None:
    batch = random_batch()
    (found,), metrics = token_credit(KLReward(coef=0.3, estimator=estimator))([batch])  # pyright: ignore
    assert batch.old_logprobs is not None
    assert batch.ref_logprobs is not None
    estimates = {"k1": lambda d: d, "k2": lambda d: d * d / 2, "k3": lambda d: math.exp(-d) - 1 + d}
    gaps = by_sample(batch, batch.old_logprobs.double() - batch.ref_logprobs.double())
    ours, given, total = by_sample(batch, found.advantages), by_sample(batch, batch.advantages), 0.0
    for sample, gap in gaps.items():
        kl = [estimates[estimator](d) for d in gap]
        total += sum(kl)
        expected = [given[sample][0] - 0.3 * sum(kl[t:]) for t in range(len(kl))]
        assert ours[sample] == pytest.approx(expected, abs=1e-4)
    assert metrics["kl_reward/coef"] == 0.3
    assert metrics["kl_reward/nats"] == pytest.approx(total / 6, abs=1e-4)
    assert not found.advantages[~batch.completion_mask].any()


def test_where_the_policy_is_the_reference_the_kl_changes_nothing() -> None:
    batch = random_batch()
    batch = replace(batch, ref_logprobs=batch.old_logprobs)
    (found,), metrics = token_credit(KLReward(coef=0.3, target=1.0))([batch])
    assert torch.equal(found.advantages, batch.advantages)
    assert metrics["kl_reward/nats"] == 0.0


def test_the_coefficient_follows_the_target_by_at_most_a_fifth_of_the_rate() -> None:
    controller = KLReward(coef=0.1, target=6.0)
    assert controller.next_coef(0.1, 6.0) == 0.1
    assert controller.next_coef(0.1, 6.6) == pytest.approx(0.1 * 1.01)
    assert controller.next_coef(0.1, 600.0) == pytest.approx(0.1 * 1.02)
    assert controller.next_coef(0.1, 0.0) == pytest.approx(0.1 * 0.98)
    assert KLReward(coef=0.1).next_coef(0.1, 600.0) == 0.1


def test_a_step_pays_by_the_coefficient_that_it_began_with_and_a_state_brings_the_next_one_back() -> None:
    settings = KLReward(coef=0.1, target=1e-3)
    credit, batch = token_credit(settings), random_batch()
    coefs = [credit([batch])[1]["kl_reward/coef"] for _ in range(3)]
    assert coefs == pytest.approx([0.1, 0.102, 0.10404]) or coefs == pytest.approx([0.1, 0.098, 0.09604])
    resumed = token_credit(settings)
    resumed.load_state_dict(credit.state_dict())
    assert resumed.coef == credit.coef != 0.1


def test_whitened_advantages_have_mean_zero_and_deviation_one_over_the_steps_tokens() -> None:
    batches = [random_batch(), random_batch(1)]
    whitened, _ = token_credit(KLReward(coef=0.3), whiten=True)(batches)
    plain, _ = token_credit(KLReward(coef=0.3))(batches)
    ours, theirs = (torch.cat([b.advantages[b.completion_mask] for b in part]) for part in (whitened, plain))
    expected = (theirs - theirs.mean()) / theirs.std(correction=0)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)


def test_nothing_at_all_is_credited_too() -> None:
    nothing = replace(collate([], max_row_tokens=0), old_logprobs=torch.zeros(0, 0), ref_logprobs=torch.zeros(0, 0))
    (found,), metrics = token_credit(KLReward(coef=0.3, target=1.0), whiten=True)([nothing])
    assert found.num_rows == 0
    assert metrics["kl_reward/nats"] == 0.0
    assert spread([], RUNTIME) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"coef": -0.1}, "coef must be a number of at least 0"),
        ({"coef": math.inf}, "coef must be a number of at least 0"),
        ({"estimator": "k4"}, "must be k1, k2 or k3, got 'k4'"),
        ({"target": 6.0}, "set both, or target to null"),
        ({"coef": 0.1, "target": 0.0}, "set both, or target to null"),
        ({"coef": 0.1, "target": 1.0, "rate": 0.0}, "rate must be above 0"),
    ],
)
def test_a_penalty_that_cannot_be_is_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        KLReward(**settings)  # pyright: ignore[reportArgumentType]


# Groups of one


def test_a_group_of_one_is_refused_by_estimators_that_compare() -> None:
    for estimator in (GroupCentered(), LeaveOneOut()):
        with pytest.raises(ConfigError, match=rf"at least 2 for {type(estimator).__name__}.* got 1; raise it, or"):
            Credit(estimator=estimator).check_group_size(1)
        Credit(estimator=estimator).check_group_size(2)
    Credit(estimator=RewardItself()).check_group_size(1)


def test_a_group_of_one_has_its_reward_and_a_missing_reward_leaves_the_batch() -> None:
    samples, metrics = Credit(estimator=RewardItself(), zero_variance="drop")(
        [scored_group([0.25]), scored_group([None]), scored_group([1.0, None, 0.5])]
    )
    assert [(s.group, s.advantage) for s in samples] == [(0, 0.25), (2, 1.0), (2, 0.5)]
    assert metrics["advantage/zero_variance_groups"] == 0.0
    assert metrics["advantage/lost_groups"] == pytest.approx(1 / 3)
