"""What holds for any rewards, log-probabilities and layouts."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlhf.advantages import (
    Credit,
    GroupCentered,
    GroupNormalized,
    group_centered,
    group_likelihood,
    group_normalized,
)
from rlhf.collate import collate
from rlhf.losses import Aggregation, ClippedSurrogate, ConstantLength, SequenceMean, TokenMean, kl_estimate
from rlhf.types import CreditedSample, TrainBatch
from tests.rollouts import by_sample, loss_and_gradient, random_samples, relative_difference, scored_group, tiny_policy

rewards = st.lists(st.floats(-10, 10, width=32), min_size=2, max_size=16)
logprobs = st.floats(-40, 0, width=32)
AGGREGATIONS = [TokenMean(), SequenceMean(), ConstantLength(max_completion_tokens=8)]
quick = settings(max_examples=settings().max_examples // 2)
few = settings(max_examples=settings().max_examples // 12)


@quick
@given(rewards)
def test_advantages_of_a_group_sum_to_zero(values: list[float]) -> None:
    group = torch.tensor(values)
    assert float(group_centered(group).sum()) == pytest.approx(0, abs=1e-4)
    assert float(group_normalized(group).sum()) == pytest.approx(0, abs=1e-2)


@quick
@given(st.lists(st.integers(-8, 8), min_size=2, max_size=16), st.integers(-64, 64))
def test_adding_a_constant_to_the_rewards_changes_no_advantage(values: list[int], constant: int) -> None:
    group = torch.tensor(values, dtype=torch.float32)
    for estimate in (group_centered, group_normalized, group_likelihood):
        torch.testing.assert_close(estimate(group + constant), estimate(group), rtol=0, atol=1e-4)


@quick
@given(st.lists(st.one_of(st.none(), st.floats(-2, 2, width=32)), min_size=1, max_size=8))
def test_failed_rewards_might_as_well_not_have_been_sampled(values: list[float | None]) -> None:
    credit = Credit(estimator=GroupNormalized())
    survivors = [value for value in values if value is not None]
    with_failures, _ = credit([scored_group(values)])
    alone, _ = credit([scored_group(survivors)] if survivors else [])
    assert [s.advantage for s in with_failures] == [s.advantage for s in alone]


@quick
@given(st.lists(rewards, min_size=1, max_size=4), st.data())
def test_dropping_constant_groups_leaves_the_others_unchanged(values: list[list[float]], data: st.DataObject) -> None:
    constant = data.draw(st.integers(0, len(values) - 1))
    values[constant] = [values[constant][0]] * len(values[constant])
    groups = [scored_group(group) for group in values]
    kept, _ = Credit(estimator=GroupCentered())(groups)
    dropped, _ = Credit(estimator=GroupCentered(), zero_variance="drop")(groups)
    varied = {i for i, group in enumerate(values) if len(set(group)) > 1}
    assert dropped == [sample for sample in kept if sample.group in varied]


@quick
@given(st.lists(st.tuples(logprobs, logprobs), min_size=1, max_size=20))
def test_k3_is_never_negative_and_k2_neither(pairs: list[tuple[float, float]]) -> None:
    policy, ref = torch.tensor(pairs).unbind(-1)
    assert bool((kl_estimate(policy, ref, "k3") >= 0).all())
    assert bool((kl_estimate(policy, ref, "k2") >= 0).all())
    assert not kl_estimate(policy, policy, "k3").any()


def _batch(samples: list[CreditedSample], old: dict[int, list[float]], *, max_row_tokens: int) -> TrainBatch:
    """Collated, with these old log-probabilities per sample."""
    batch = collate(samples, max_row_tokens=max_row_tokens)
    tensor = torch.zeros_like(batch.advantages)
    for i, values in old.items():
        tensor[batch.sample_ids == i] = torch.tensor(values)
    return replace(batch, old_logprobs=tensor)


@few
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 20, 500]), st.sampled_from(AGGREGATIONS))
def test_permuting_the_samples_changes_nothing(seed: int, max_row_tokens: int, aggregation: Aggregation) -> None:
    """Nor does the layout in rows: the permuted samples are laid out in rows of their own."""
    policy, dice = tiny_policy(), random.Random(seed)
    samples = random_samples({4: [3, 1], 11: [5, 2, 1]}, seed=seed)
    old = {i: [dice.uniform(-7, -5) for _ in s.completion.token_ids] for i, s in enumerate(samples)}
    order = dice.sample(range(len(samples)), len(samples))
    loss = ClippedSurrogate(aggregation=aggregation)
    straight = _batch(samples, old, max_row_tokens=max_row_tokens)
    permuted = _batch([samples[i] for i in order], {new: old[i] for new, i in enumerate(order)}, max_row_tokens=0)
    value, gradient = loss_and_gradient(policy, loss, [straight])
    other_value, other_gradient = loss_and_gradient(policy, loss, [permuted])
    assert other_value == pytest.approx(value, rel=1e-4, abs=1e-6)
    if gradient.norm() > 1e-3:  # where every token is clipped there is nothing to compare
        assert relative_difference(other_gradient, gradient) < 1e-4


@quick
@given(st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_collating_loses_no_token(seed: int, max_row_tokens: int) -> None:
    samples = random_samples({4: [3, 1], 11: [5, 2, 1], 6: [1]}, seed=seed)
    batch = collate(samples, max_row_tokens=max_row_tokens)
    assert by_sample(batch, batch.targets) == {i: list(s.completion.token_ids) for i, s in enumerate(samples)}
    assert by_sample(batch, batch.advantages) == {
        i: [s.advantage] * len(s.completion.token_ids) for i, s in enumerate(samples)
    }
    starts = {i: len(s.prompt.token_ids) for i, s in enumerate(samples)}
    positions = by_sample(batch, 1 + batch.positions.gather(1, batch.predictor))
    assert all(positions[i] == list(range(n, n + len(positions[i]))) for i, n in starts.items())
    for row in batch.token_ids.unbind():
        assert int(row[0]) == 2
