"""GRPO's relatives beside their papers' formulas, written down again in float64, completion by completion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from rlhf.collate import collate
from rlhf.errors import ConfigError
from rlhf.losses import (
    CISPO,
    GMPO,
    GSPO,
    SAPO,
    VESPO,
    ClippedSurrogate,
    ImportanceWeights,
    PolicyLoss,
    SequenceMean,
    SequenceSum,
    TokenMean,
)
from rlhf.types import TrainBatch
from tests.rollouts import random_samples

LENGTHS = {3: [4, 2, 5], 6: [1, 3, 3]}


def moved_batch(max_row_tokens: int) -> tuple[TrainBatch, Tensor]:
    """A batch whose policy has moved, by noise that belongs to a token and not to its place in the batch."""
    batch = collate(random_samples(LENGTHS), max_row_tokens=max_row_tokens)
    mask, ids = batch.completion_mask, batch.sample_ids
    within = torch.zeros_like(ids)
    for sample in range(batch.num_samples):
        within[ids == sample] = torch.arange(int((ids == sample).sum()))
    table = torch.randn((batch.num_samples, 8, 2), generator=torch.Generator().manual_seed(0))
    noise = table[ids.clamp(min=0), within] * mask[..., None]
    old = batch.sampling_logprobs + 0.1 * noise[..., 0]
    return replace(batch, old_logprobs=old), (old + 0.5 * noise[..., 1]).detach()


def completions(batch: TrainBatch, logprobs: Tensor) -> list[tuple[Tensor, Tensor, Tensor, float]]:
    """Log-probabilities, old ones and the advantage of every completion, in float64."""
    assert batch.old_logprobs is not None
    found = []
    for sample in range(batch.num_samples):
        mine = batch.sample_ids == sample
        old = batch.old_logprobs[mine].double()
        found.append((logprobs[mine], old, (logprobs[mine] - old).exp(), float(batch.advantages[mine][0])))
    return found


def gmpo(logprobs: Tensor, old: Tensor, ratio: Tensor, advantage: float) -> Tensor:
    low, high = math.exp(-0.2), math.exp(0.3)
    terms = [min(r * advantage, r.clamp(low, high) * advantage) / advantage for r in ratio]
    return -advantage * torch.stack(terms).prod() ** (1 / len(terms))


def gspo(logprobs: Tensor, old: Tensor, ratio: Tensor, advantage: float) -> Tensor:
    sequence = (logprobs.sum() - old.sum()).div(len(old)).exp()
    return -torch.minimum(sequence * advantage, sequence.clamp(0.9, 1.2) * advantage)


def dual_clip(logprobs: Tensor, old: Tensor, ratio: Tensor, advantage: float) -> Tensor:
    plain = torch.minimum(ratio * advantage, ratio.clamp(0.9, 1.2) * advantage)
    bounded = plain if advantage >= 0 else plain.clamp(min=1.5 * advantage)
    return -bounded.mean()


BOUNDS: Any = {"clip_low": 0.1, "clip_high": 0.2}
REFERENCES: dict[str, tuple[PolicyLoss, Callable[[Tensor, Tensor, Tensor, float], Tensor]]] = {
    "GMPO": (GMPO(aggregation=SequenceMean(), log_low=0.2, log_high=0.3), gmpo),
    "GSPO": (GSPO(aggregation=SequenceMean(), **BOUNDS), gspo),
    "GSPO-token": (GSPO(aggregation=SequenceMean(), per_token=True, **BOUNDS), gspo),
    "dual clip": (ClippedSurrogate(aggregation=SequenceMean(), dual_clip=1.5, **BOUNDS), dual_clip),
}


@pytest.mark.parametrize("max_row_tokens", [0, 1000])
@pytest.mark.parametrize("name", REFERENCES)
def test_value_and_gradient_are_those_of_the_formula(name: str, max_row_tokens: int) -> None:
    loss, reference = REFERENCES[name]
    batch, start = moved_batch(max_row_tokens)
    ours, theirs = start.clone().requires_grad_(), start.double().requires_grad_()
    value = loss(ours, batch).loss
    expected = torch.stack([reference(*each) for each in completions(batch, theirs)]).mean()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5, abs=1e-6)
    (gradient,) = torch.autograd.grad(value, ours)
    (target,) = torch.autograd.grad(expected, theirs)
    torch.testing.assert_close(gradient, target.float(), rtol=1e-5, atol=1e-7)


FAMILY: list[PolicyLoss] = [
    ClippedSurrogate(aggregation=TokenMean(), dual_clip=1.5),
    GSPO(aggregation=SequenceMean()),
    GSPO(aggregation=SequenceSum(), per_token=True),
    CISPO(aggregation=TokenMean()),
    SAPO(aggregation=SequenceMean()),
    GMPO(aggregation=SequenceMean()),
    VESPO(aggregation=TokenMean()),
]


@pytest.mark.parametrize("loss", FAMILY, ids=lambda loss: type(loss).__name__)
def test_rows_may_be_shared_or_not(loss: PolicyLoss) -> None:
    """Completions of one prompt in one row, and each in a row of its own: the same loss and the same gradient."""
    values, gradients = [], []
    for max_row_tokens in (0, 1000):
        batch, start = moved_batch(max_row_tokens)
        logprobs = start.requires_grad_()
        value = loss(logprobs, batch).loss
        (gradient,) = torch.autograd.grad(value, logprobs)
        values.append(value.item())
        gradients.append(torch.cat([gradient[batch.sample_ids == sample] for sample in range(batch.num_samples)]))
    assert values[0] == pytest.approx(values[1], rel=1e-5, abs=1e-6)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", FAMILY, ids=lambda loss: type(loss).__name__)
def test_at_ratio_one_the_gradient_is_that_of_reinforce(loss: PolicyLoss) -> None:
    batch, start = moved_batch(0)
    logprobs = start.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logprobs, replace(batch, old_logprobs=None)).loss, logprobs)
    expected = -batch.advantages * loss.aggregation(batch)
    if isinstance(loss, GMPO) or (isinstance(loss, GSPO) and not loss.per_token):
        # A sequence's ratio moves by the mean of its tokens' log-probabilities: the same under equal advantages.
        torch.testing.assert_close(gradient.sum(), expected.sum(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", FAMILY, ids=lambda loss: type(loss).__name__)
def test_a_completion_without_an_advantage_has_no_part_in_the_gradient(loss: PolicyLoss) -> None:
    batch, start = moved_batch(0)
    silent = batch.sample_ids == 1
    batch = replace(batch, advantages=batch.advantages.masked_fill(silent, 0.0))
    logprobs = start.requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logprobs, batch).loss, logprobs)
    assert not gradient[silent].any()
    assert gradient[batch.sample_ids == 0].any()


def test_importance_is_one_where_the_sampler_is_the_trainer() -> None:
    batch, _ = moved_batch(0)
    for rule in ("truncate", "mask"):
        weights = ImportanceWeights(rule=rule, level="sequence", low=0.5, high=2.0)(batch.sampling_logprobs, batch)
        assert torch.equal(weights, batch.completion_mask.float())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ClippedSurrogate(aggregation=TokenMean(), dual_clip=1.1), "dual_clip must be above .* 1.2, got 1.1"),
        (lambda: GSPO(aggregation=SequenceMean(), clip_low=2), "clip_low must be in .* got 2"),
        (lambda: CISPO(aggregation=TokenMean(), max_ratio=0.5), "max_ratio must be at least 1, got 0.5"),
        (lambda: SAPO(aggregation=TokenMean(), tau_negative=0), "tau must be positive"),
        (lambda: GMPO(aggregation=TokenMean(), log_low=-1), "log_low and log_high must not be negative"),
        (lambda: VESPO(aggregation=TokenMean(), k_positive=0), "k and lambda must be positive"),
        (lambda: ImportanceWeights(rule="cut"), "importance.rule is 'cut'"),  # pyright: ignore[reportArgumentType]
        (lambda: ImportanceWeights(low=3), "importance.low must be at least 0 and below high, got 3 and 2"),
    ],
)
def test_impossible_bounds_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()
