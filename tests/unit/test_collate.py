"""Every way to lay samples out in rows trains the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from rlhf.collate import collate, micro_batches
from rlhf.logprobs import token_logprobs
from rlhf.losses import (
    Aggregation,
    ClippedSurrogate,
    ConstantLength,
    KLPenalty,
    NegativeLogLikelihood,
    SequenceMean,
    TokenMean,
)
from rlhf.policy import Policy
from rlhf.types import CreditedSample, TrainBatch
from tests.rollouts import (
    by_sample,
    loss_and_gradient,
    make_completion,
    make_prompt,
    random_samples,
    relative_difference,
    tiny_policy,
)

# Prompts shorter than, as long as and longer than the tiny networks' window of 8 tokens.
SHAPE = {3: [4, 2, 9], 8: [1, 5], 21: [6, 12, 3]}
AGGREGATIONS = [TokenMean(), SequenceMean(), ConstantLength(max_completion_tokens=12)]


def annotated(policy: Policy, batch: TrainBatch) -> TrainBatch:
    """With the base's log-probabilities as reference and somewhat other old ones."""
    with torch.no_grad():
        old = token_logprobs(policy.model, batch)
        with policy.as_base():
            ref = token_logprobs(policy.model, batch)
    shifted = torch.where(batch.completion_mask, old + 0.05 * batch.advantages, 0.0)
    return replace(batch, old_logprobs=shifted, ref_logprobs=ref)


def two_completions(*advantages: float) -> list[CreditedSample]:
    prompt = make_prompt([2, 7, 8])
    completions = [make_completion([11, 12], logprobs=[-0.5, -0.25]), make_completion([13], logprobs=[-2.0])]
    return [
        CreditedSample(prompt=prompt, completion=completion, reward=0.0, advantage=advantage, group=0)
        for completion, advantage in zip(completions, advantages, strict=True)
    ]


def group_of(*completions: list[int], group: int = 0, prompt: Sequence[int] = (2, 7, 8)) -> list[CreditedSample]:
    """Completions of one prompt with advantages 1, -1, 1, -1 and so on."""
    return [
        CreditedSample(
            prompt=make_prompt(prompt, f"p{group}"),
            completion=make_completion(tokens),
            reward=0.0,
            advantage=1.0 - 2 * (i % 2),
            group=group,
        )
        for i, tokens in enumerate(completions)
    ]


def test_a_shared_row_looks_as_drawn() -> None:
    batch = collate(two_completions(1.0, -1.0), max_row_tokens=100)
    assert batch.token_ids.tolist() == [[2, 7, 8, 11, 12, 13]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 4, 3]]
    assert batch.segment_ids.tolist() == [[0, 0, 0, 1, 1, 2]]
    assert batch.prefix_ids.tolist() == [[0] * 6]
    assert batch.targets.tolist() == [[11, 12, 13]]
    assert batch.predictor.tolist() == [[2, 3, 2]]
    assert batch.completion_mask.tolist() == [[True] * 3]
    assert batch.sample_ids.tolist() == [[0, 0, 1]]
    assert batch.advantages.tolist() == [[1, 1, -1]]
    assert batch.sampling_logprobs.tolist() == [[-0.5, -0.25, -2.0]]
    assert (batch.num_samples, batch.num_loss_tokens) == (2, 3)


def test_an_opening_that_all_completions_share_stands_once() -> None:
    batch = collate(group_of([11, 12, 13], [11, 12, 14, 15], [11, 12]), max_row_tokens=100)
    assert batch.token_ids.tolist() == [[2, 7, 8, 11, 12, 13, 14, 15]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 4, 5, 5, 6]]
    assert batch.segment_ids.tolist() == [[0, 0, 0, 0, 0, 1, 2, 2]]
    assert batch.targets.tolist() == [[11, 12, 13, 11, 12, 14, 15, 11, 12]]
    assert batch.predictor.tolist() == [[2, 3, 4, 2, 3, 4, 6, 2, 3]]
    assert batch.sample_ids.tolist() == [[0, 0, 0, 1, 1, 1, 1, 2, 2]]


def test_equal_completions_are_read_once_and_count_each() -> None:
    batch = collate(group_of([11, 12], [13], [11, 12]), max_row_tokens=100)
    assert batch.token_ids.tolist() == [[2, 7, 8, 11, 12, 13]]
    assert batch.segment_ids.tolist() == [[0, 0, 0, 1, 1, 2]]
    assert batch.targets.tolist() == [[11, 12, 13, 11, 12]]
    assert batch.predictor.tolist() == [[2, 3, 2, 2, 3]]
    assert batch.advantages.tolist() == [[1, 1, -1, 1, 1]]


def test_a_shared_opening_has_the_loss_and_gradient_of_separate_rows() -> None:
    policy = tiny_policy()
    opening = [301, 302, 303]
    samples = [
        *group_of([*opening, 11, 12], [*opening, 13], [*opening, 11, 14, 15], opening, prompt=[2, *range(400, 412)]),
        *group_of([21, 22], [21, 22], [21, 22], group=1),
        *group_of([31, 32], [33], group=2),
    ]
    loss = ClippedSurrogate(aggregation=SequenceMean(), kl=KLPenalty(coef=0.1))
    shared, separate = (annotated(policy, collate(samples, max_row_tokens=size)) for size in (1000, 0))
    assert (int((shared.positions >= 0).sum()), int((separate.positions >= 0).sum())) == (16 + 6 + 5 + 6, 70 + 15 + 9)
    value, gradient = loss_and_gradient(policy, loss, micro_batches(shared, 30))
    expected, expected_gradient = loss_and_gradient(policy, loss, [separate])
    assert value == pytest.approx(expected, rel=1e-5)
    assert relative_difference(gradient, expected_gradient) < 1e-5


def test_rows_of_their_own_are_padded_and_the_longest_comes_first() -> None:
    batch = collate(list(reversed(two_completions(1.0, -1.0))), max_row_tokens=0)
    assert batch.token_ids.tolist() == [[2, 7, 8, 11, 12], [2, 7, 8, 13, 0]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 3, -1]]
    assert batch.targets.tolist() == [[11, 12], [13, 0]]
    assert batch.sample_ids.tolist() == [[1, 1], [0, -1]]


def test_equal_prompts_of_different_groups_do_not_share_a_row() -> None:
    samples = [replace(sample, group=i) for i, sample in enumerate(two_completions(1.0, -1.0))]
    assert collate(samples, max_row_tokens=100).num_rows == 2


def test_prompts_side_by_side_keep_their_positions_and_segments_apart() -> None:
    samples = [*group_of([11, 12], [13], prompt=[2, 7]), *group_of([21], prompt=[2, 8], group=1)]
    batch = collate(samples, max_row_tokens=100, pack_prompts=True)
    assert batch.token_ids.tolist() == [[2, 7, 11, 12, 13, 2, 8, 21]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 2, 0, 1, 2]]
    assert batch.segment_ids.tolist() == [[0, 0, 1, 1, 2, 3, 3, 3]]
    assert batch.prefix_ids.tolist() == [[0, 0, 0, 0, 0, 3, 3, 3]]
    assert batch.targets.tolist() == [[11, 12, 13, 21]]
    assert batch.predictor.tolist() == [[1, 2, 1, 6]]
    assert batch.sample_ids.tolist() == [[0, 0, 1, 2]]


@pytest.mark.parametrize("max_row_tokens", [40, 64, 1000])
def test_prompts_side_by_side_have_the_loss_and_gradient_of_separate_rows(max_row_tokens: int) -> None:
    policy, samples = tiny_policy(), random_samples(SHAPE)
    loss = ClippedSurrogate(aggregation=SequenceMean(), kl=KLPenalty(coef=0.1))
    packed = annotated(policy, collate(samples, max_row_tokens=max_row_tokens, pack_prompts=True))
    separate = annotated(policy, collate(samples, max_row_tokens=0))
    assert packed.num_rows < collate(samples, max_row_tokens=max_row_tokens).num_rows
    assert packed.token_ids.shape[1] <= max_row_tokens
    ours, theirs = (by_sample(batch, token_logprobs(policy.model, batch)) for batch in (packed, separate))
    assert ours.keys() == theirs.keys()
    for sample, expected in theirs.items():
        assert ours[sample] == pytest.approx(expected, abs=1e-5)
    value, gradient = loss_and_gradient(policy, loss, micro_batches(packed, max_row_tokens))
    expected, expected_gradient = loss_and_gradient(policy, loss, [separate])
    assert value == pytest.approx(expected, rel=1e-5)
    assert relative_difference(gradient, expected_gradient) < 1e-5


@pytest.mark.parametrize("max_row_tokens", [1, 14, 24, 30])
def test_rows_are_no_longer_than_asked_unless_one_completion_is(max_row_tokens: int) -> None:
    batch = collate(random_samples(SHAPE), max_row_tokens=max_row_tokens)
    for row in range(batch.num_rows):
        branches = int(batch.segment_ids[row].max())  # none where all completions of the row are equal
        assert int((batch.positions[row] >= 0).sum()) <= max_row_tokens or branches <= 1


@pytest.mark.parametrize("aggregation", AGGREGATIONS, ids=lambda a: type(a).__name__)
def test_shared_split_and_separate_rows_have_the_same_loss_and_gradient(aggregation: Aggregation) -> None:
    policy, samples = tiny_policy(), random_samples(SHAPE)
    loss = ClippedSurrogate(aggregation=aggregation, kl=KLPenalty(coef=0.1))
    found, logprobs, num_rows = [], [], []
    for max_row_tokens in (0, 30, 1000):
        batch = annotated(policy, collate(samples, max_row_tokens=max_row_tokens))
        num_rows.append(batch.num_rows)
        found.append(loss_and_gradient(policy, loss, [batch]))
        logprobs.append(by_sample(batch, token_logprobs(policy.model, batch)))
    assert num_rows == [8, 5, 3]
    for (value, gradient), values in zip(found[1:], logprobs[1:], strict=True):
        assert value == pytest.approx(found[0][0], rel=1e-5)
        assert relative_difference(gradient, found[0][1]) < 1e-5
        for i, expected in logprobs[0].items():
            assert values[i] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("aggregation", AGGREGATIONS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("max_row_tokens", [0, 1000])
def test_one_row_at_a_time_equals_all_rows_at_once(aggregation: Aggregation, max_row_tokens: int) -> None:
    policy = tiny_policy()
    batch = annotated(policy, collate(random_samples(SHAPE), max_row_tokens=max_row_tokens))
    loss = ClippedSurrogate(aggregation=aggregation, kl=KLPenalty(coef=0.1))
    one, all_at_once = micro_batches(batch, 1), micro_batches(batch, 10_000)
    assert (len(one), len(all_at_once)) == (batch.num_rows, 1)
    value, gradient = loss_and_gradient(policy, loss, one)
    expected, expected_gradient = loss_and_gradient(policy, loss, all_at_once)
    assert value == pytest.approx(expected, rel=1e-5)
    assert relative_difference(gradient, expected_gradient) < 1e-5


def test_micro_batches_hold_every_row_once_within_the_token_budget() -> None:
    batch = collate(random_samples(SHAPE), max_row_tokens=0)
    lengths = (batch.positions >= 0).sum(-1).tolist()
    assert lengths == [33, 27, 24, 13, 12, 9, 7, 5]
    micros = micro_batches(batch, 66)
    assert [tuple(m.token_ids.shape) for m in micros] == [(2, 33), (2, 24), (4, 12)]
    assert sum(int(m.completion_mask.sum()) for m in micros) == batch.num_loss_tokens == 42
    assert {(m.num_samples, m.num_loss_tokens) for m in micros} == {(8, 42)}


@pytest.mark.parametrize("aggregation", AGGREGATIONS, ids=lambda a: type(a).__name__)
def test_skipping_zero_advantages_changes_neither_loss_nor_gradient(aggregation: Aggregation) -> None:
    policy = tiny_policy()
    samples = [replace(s, advantage=0.0) if i in (0, 3, 4, 6) else s for i, s in enumerate(random_samples(SHAPE))]
    loss = ClippedSurrogate(aggregation=aggregation)
    assert loss.only_advantages
    kept = collate(samples, max_row_tokens=1000)
    skipped = collate(samples, max_row_tokens=1000, skip_zero_advantage=True)
    assert (kept.num_rows, skipped.num_rows) == (3, 2)
    assert (skipped.num_samples, skipped.num_loss_tokens) == (kept.num_samples, kept.num_loss_tokens) == (8, 42)
    assert int(skipped.completion_mask.sum()) == 42 - (4 + 1 + 5 + 12)
    value, gradient = loss_and_gradient(policy, loss, [skipped])
    expected, expected_gradient = loss_and_gradient(policy, loss, [kept])
    assert value == pytest.approx(expected, rel=1e-5)
    assert relative_difference(gradient, expected_gradient) < 1e-5


def test_with_a_kl_penalty_nothing_may_be_skipped() -> None:
    assert not ClippedSurrogate(aggregation=TokenMean(), kl=KLPenalty(coef=0.1)).only_advantages
    assert ClippedSurrogate(aggregation=TokenMean(), kl=KLPenalty(coef=0.0)).only_advantages


def test_a_prompt_gets_no_loss_of_its_own() -> None:
    """Supervised loss of one sample by hand: minus the mean log-probability of its completion."""
    policy, samples = tiny_policy(), random_samples({9: [4]})
    batch = collate(samples, max_row_tokens=0)
    prompt, tokens = samples[0].prompt.token_ids, samples[0].completion.token_ids
    with torch.no_grad():
        hidden = policy.model(torch.tensor([[*prompt, *tokens]]))[0, 8:12]
        logprobs = torch.log_softmax(policy.model.logits(hidden), -1)[torch.arange(4), torch.tensor(tokens)]
        output = NegativeLogLikelihood(aggregation=TokenMean())(token_logprobs(policy.model, batch), batch)
    assert output.loss.item() == pytest.approx(-logprobs.mean().item(), rel=1e-5)
