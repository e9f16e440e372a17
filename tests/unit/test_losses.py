"""Losses by hand: one row of known log-probabilities, one number per test."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from rlhf.collate import collate
from rlhf.errors import ConfigError
from rlhf.logprobs import token_logprobs
from rlhf.losses import (
    Aggregation,
    ClippedSurrogate,
    ConstantLength,
    KLPenalty,
    NegativeLogLikelihood,
    SequenceMean,
    TokenMean,
    kl_estimate,
)
from rlhf.policy import Policy
from rlhf.types import CreditedSample, TrainBatch
from tests.rollouts import (
    loss_and_gradient,
    make_completion,
    make_prompt,
    random_samples,
    relative_difference,
    tiny_policy,
)


def batch_of(lengths: list[int], advantages: list[float]) -> TrainBatch:
    """One completion per length, in rows of their own behind a prompt of one token."""
    samples = [
        CreditedSample(
            prompt=make_prompt([2]),
            completion=make_completion([9] * length),
            reward=0.0,
            advantage=advantage,
            group=i,
        )
        for i, (length, advantage) in enumerate(zip(lengths, advantages, strict=True))
    ]
    return collate(samples, max_row_tokens=0)


def token_loss(loss: ClippedSurrogate, *, advantage: float, ratio: float) -> tuple[float, float]:
    """Loss of a batch of a single token, and its derivative in the log-probability."""
    batch = replace(batch_of([1], [advantage]), old_logprobs=torch.tensor([[-1.0]]))
    logprobs = torch.tensor([[-1.0 + math.log(ratio)]], requires_grad=True)
    output = loss(logprobs, batch)
    output.loss.backward()
    assert logprobs.grad is not None
    return output.loss.item(), logprobs.grad.item()


CLIP = ClippedSurrogate(aggregation=TokenMean(), clip_low=0.2, clip_high=0.28)


@pytest.mark.parametrize(
    ("advantage", "ratio", "loss", "gradient"),
    [
        (2.0, 1.0, -2.0, -2.0),
        (2.0, 1.25, -2.5, -2.5),  # below 1.28: what a symmetric 0.2 would have clipped
        (2.0, 1.5, -2.56, 0.0),  # clipped to 1.28
        (2.0, 0.5, -1.0, -1.0),  # a good token that became rarer is never clipped
        (-2.0, 1.5, 3.0, 3.0),  # a bad token that became likelier is never clipped
        (-2.0, 0.9, 1.8, 1.8),
        (-2.0, 0.5, 1.6, 0.0),  # clipped to 0.8
        (0.0, 1.5, 0.0, 0.0),
    ],
)
def test_clipping_by_hand(advantage: float, ratio: float, loss: float, gradient: float) -> None:
    value, slope = token_loss(CLIP, advantage=advantage, ratio=ratio)
    assert value == pytest.approx(loss, rel=1e-5)
    assert slope == pytest.approx(gradient, rel=1e-5)


@pytest.mark.parametrize("advantage", [1.5, -1.5])
@pytest.mark.parametrize("ratio", [0.01, 0.7, 1.0, 3.0, 50.0])
def test_infinite_bounds_clip_nothing(advantage: float, ratio: float) -> None:
    """A ratio is never below 0, so clip_low = 1 is infinite."""
    unbounded = ClippedSurrogate(aggregation=TokenMean(), clip_low=1.0, clip_high=math.inf)
    value, slope = token_loss(unbounded, advantage=advantage, ratio=ratio)
    assert value == pytest.approx(-advantage * ratio, rel=1e-5)
    assert slope == pytest.approx(-advantage * ratio, rel=1e-5)


@pytest.mark.parametrize(
    ("advantage", "ratio", "clipped"), [(1, 1.5, 1), (1, 0.5, 0), (-1, 1.5, 0), (-1, 0.5, 1), (1, 1.1, 0)]
)
def test_the_clip_fraction_counts_tokens_whose_gradient_was_cut(advantage: float, ratio: float, clipped: int) -> None:
    batch = replace(batch_of([1], [advantage]), old_logprobs=torch.zeros(1, 1))
    sums = CLIP(torch.tensor([[math.log(ratio)]]), batch).sums
    assert sums["ratio/clip_fraction"] == clipped
    assert sums["ratio/mean"] == pytest.approx(ratio)


def test_the_gap_is_that_to_the_sampler_and_sums_are_over_completion_tokens() -> None:
    batch = batch_of([2], [1.0])  # sampling log-probabilities are -1
    sums = CLIP(torch.tensor([[-1.5, -0.75]]), batch).sums
    assert sums == {"num_tokens": 2, "ratio/clip_fraction": 0, "ratio/mean": 2, "logprob_gap/mean": 0.75}


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        # Advantages 1, -2, 4 of completions of 1, 2 and 3 tokens, all ratios 1.
        (TokenMean(), -(1 * 1 - 2 * 2 + 3 * 4) / 6),
        (SequenceMean(), -(1 - 2 + 4) / 3),
        (ConstantLength(max_completion_tokens=10), -(1 * 1 - 2 * 2 + 3 * 4) / 30),
    ],
    ids=lambda value: type(value).__name__,
)
def test_aggregations_by_hand(aggregation: Aggregation, expected: float) -> None:
    batch = batch_of([1, 2, 3], [1.0, -2.0, 4.0])
    loss = ClippedSurrogate(aggregation=aggregation)
    assert loss(torch.full((3, 3), -1.0), batch).loss.item() == pytest.approx(expected)


@pytest.mark.parametrize("aggregation", [TokenMean(), SequenceMean()])
def test_weights_of_a_whole_minibatch_sum_to_one(aggregation: Aggregation) -> None:
    assert aggregation(batch_of([1, 5, 3], [1.0, 1.0, 1.0])).sum().item() == pytest.approx(1.0)


def test_supervised_loss_is_the_mean_negative_logprob_whatever_the_advantage() -> None:
    batch = batch_of([1, 2], [5.0, 0.0])
    logprobs = torch.tensor([[-3.0, -1.0], [-2.0, 0.0]])  # the longer row comes first
    assert NegativeLogLikelihood(aggregation=TokenMean())(logprobs, batch).loss.item() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    # differences of 0.5 and -1
    [("k1", [0.5, -1.0]), ("k2", [0.125, 0.5]), ("k3", [math.exp(-0.5) - 0.5, math.e - 2])],
)
def test_kl_estimators_by_hand(estimator: str, expected: list[float]) -> None:
    found = kl_estimate(torch.tensor([-1.0, -3.0]), torch.tensor([-1.5, -2.0]), estimator)  # pyright: ignore
    assert found.tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("estimator", "kl", "slope"), [("k1", 0.5, 1.0), ("k2", 0.125, 0.5), ("k3", 0.106531, 1 - math.exp(-0.5))]
)
def test_the_kl_penalty_is_added_with_its_own_gradient(estimator: str, kl: float, slope: float) -> None:
    loss = ClippedSurrogate(aggregation=TokenMean(), kl=KLPenalty(coef=0.1, estimator=estimator))  # pyright: ignore
    batch = replace(batch_of([1], [3.0]), ref_logprobs=torch.tensor([[-1.5]]))
    logprobs = torch.tensor([[-1.0]], requires_grad=True)
    output = loss(logprobs, batch)
    output.loss.backward()
    assert output.loss.item() == pytest.approx(-3.0 + 0.1 * kl, rel=1e-5)
    assert logprobs.grad is not None
    assert logprobs.grad.item() == pytest.approx(-3.0 + 0.1 * slope, rel=1e-5)
    assert output.sums["kl"] == pytest.approx(0.106531, rel=1e-4)  # the log always has k3


def test_on_average_every_estimator_says_what_the_kl_is_to_second_order() -> None:
    """Exact expectations over a distribution of four tokens; k1 and k3 are unbiased, k2 nearly so when close."""
    policy = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    ref = torch.tensor([0.38, 0.31, 0.22, 0.09], dtype=torch.float64)
    exact = float((policy * (policy / ref).log()).sum())
    for estimator, tolerance in (("k1", 1e-12), ("k3", 1e-12), ("k2", 0.05 * exact)):
        mean = float((policy * kl_estimate(policy.log(), ref.log(), estimator)).sum())  # pyright: ignore
        assert mean == pytest.approx(exact, abs=tolerance)


def test_a_coefficient_of_zero_needs_no_reference() -> None:
    assert not ClippedSurrogate(aggregation=TokenMean(), kl=KLPenalty(coef=0.0)).needs_reference
    assert ClippedSurrogate(aggregation=TokenMean(), kl=KLPenalty(coef=0.1)).needs_reference


@pytest.mark.parametrize("aggregation", [TokenMean(), SequenceMean()], ids=lambda a: type(a).__name__)
def test_at_ratio_one_the_gradient_is_that_of_reinforce(aggregation: Aggregation) -> None:
    """REINFORCE written out sample by sample: minus advantage times the gradient of the log-probabilities."""
    policy, samples = tiny_policy(), random_samples({4: [3, 1], 12: [5, 2]})
    batch = collate(samples, max_row_tokens=100)
    with torch.no_grad():
        old = token_logprobs(policy.model, batch)
    for known in (None, old):
        _, gradient = loss_and_gradient(
            policy, ClippedSurrogate(aggregation=aggregation), [replace(batch, old_logprobs=known)]
        )
        assert relative_difference(gradient, _reinforce(policy, samples, aggregation)) < 1e-5


def _reinforce(policy: Policy, samples: list[CreditedSample], aggregation: Aggregation) -> torch.Tensor:
    loss, num_tokens = torch.zeros(()), sum(len(s.completion.token_ids) for s in samples)
    for sample in samples:
        prompt, tokens = sample.prompt.token_ids, sample.completion.token_ids
        hidden = policy.model(torch.tensor([[*prompt, *tokens]]))[0, len(prompt) - 1 : -1]
        chosen = torch.log_softmax(policy.model.logits(hidden), -1)[torch.arange(len(tokens)), torch.tensor(tokens)]
        share = num_tokens if isinstance(aggregation, TokenMean) else len(samples) * len(tokens)
        loss = loss - sample.advantage * chosen.sum() / share
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, policy.parameters())])


@pytest.mark.parametrize("reference", ["the base", "a frozen copy of the policy"])
def test_at_step_zero_the_kl_is_exactly_zero_and_the_ratio_exactly_one(reference: str) -> None:
    policy = tiny_policy(trained=reference != "the base")
    if reference != "the base":
        policy.freeze_reference()
    batch = collate(random_samples({4: [3, 1], 12: [5, 2]}), max_row_tokens=100)
    with torch.no_grad():
        old = token_logprobs(policy.model, batch, 0.9)
        with policy.as_reference():
            ref = token_logprobs(policy.model, batch, 0.9)
    logprobs = token_logprobs(policy.model, batch, 0.9)
    loss = ClippedSurrogate(aggregation=TokenMean(), kl=KLPenalty(coef=1.0))
    sums = loss(logprobs, replace(batch, old_logprobs=old, ref_logprobs=ref)).sums
    assert logprobs.requires_grad
    assert torch.equal(logprobs, old)
    assert sums["kl"] == 0.0
    assert sums["ratio/mean"] == sums["num_tokens"] == 11
    with policy.as_base(), torch.no_grad():
        base = token_logprobs(policy.model, batch, 0.9)
    assert torch.equal(base, ref) == (reference == "the base")


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.2), (1.1, 0.2), (0.2, -0.1)])
def test_impossible_clip_bounds_are_refused(low: float, high: float) -> None:
    with pytest.raises(ConfigError, match=f"clip_low.*got {low} and {high}"):
        ClippedSurrogate(aggregation=TokenMean(), clip_low=low, clip_high=high)


def test_impossible_penalties_are_refused() -> None:
    with pytest.raises(ConfigError, match="k1, k2 or k3, got 'k4'"):
        KLPenalty(coef=0.1, estimator="k4")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match="must not be negative, got -1"):
        KLPenalty(coef=-1.0)
