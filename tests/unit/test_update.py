"""One optimizer step: what it changes, what it does not, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rlhf.collate import collate
from rlhf.errors import NonFiniteUpdate
from rlhf.losses import ClippedSurrogate, LossOutput, NegativeLogLikelihood, TokenMean
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.runtime import Runtime
from rlhf.types import TrainBatch
from rlhf.update import Loss, Updater
from tests.rollouts import adapter_of, loss_and_gradient, random_samples, tiny_policy

LIKELIHOOD = NegativeLogLikelihood(aggregation=TokenMean())
BATCH = collate(random_samples({3: [4, 2], 12: [5]}), max_row_tokens=0)


def updater(policy: Policy, loss: Loss = LIKELIHOOD, *, micro_batch_tokens: int = 1000, lr: float = 1e-2) -> Updater:
    settings = OptimSettings(lr=lr, schedule="linear")
    return Updater(policy, loss, settings, Runtime(cpu=True), total_updates=4, micro_batch_tokens=micro_batch_tokens)


def same(ours: list[Tensor], theirs: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_a_step_is_one_adam_step_along_the_clipped_gradient() -> None:
    policy, twin = tiny_policy(), tiny_policy()
    metrics = updater(policy)(BATCH)
    value, gradient = loss_and_gradient(twin, LIKELIHOOD, [BATCH])
    torch.nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
    torch.optim.AdamW(twin.parameters(), lr=1e-2, betas=(0.9, 0.99), weight_decay=0.0).step()
    assert metrics == pytest.approx({"lr": 1e-2, "loss": value, "grad_norm": gradient.norm().item()}, rel=1e-5)
    assert same(adapter_of(policy), adapter_of(twin))


def test_micro_batches_change_nothing() -> None:
    """Up to a hundredth of a step: Adam's first step divides even a gradient of 1e-8 by itself, rounding included."""
    policies = [tiny_policy(), tiny_policy()]
    losses = [updater(policies[0])(BATCH), updater(policies[1], micro_batch_tokens=1)(BATCH)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    for ours, theirs in zip(adapter_of(policies[0]), adapter_of(policies[1]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)


def test_facts_are_averaged_over_the_tokens_that_were_trained_on() -> None:
    policy = tiny_policy()
    batch = collate(random_samples({3: [4, 2], 12: [5]}), max_row_tokens=0)
    metrics = updater(policy, ClippedSurrogate(aggregation=TokenMean()), micro_batch_tokens=1)(batch)
    assert metrics["ratio/mean"] == 1.0
    assert metrics["ratio/clip_fraction"] == 0.0
    assert 0.0 < metrics["logprob_gap/mean"] < 3.0


def test_the_rate_follows_the_schedule_over_updates() -> None:
    update = updater(tiny_policy())
    assert [update(BATCH)["lr"] for _ in range(4)] == pytest.approx([1e-2, 7.5e-3, 5e-3, 2.5e-3])


def test_a_resumed_updater_takes_its_own_rate_at_the_place_of_the_schedule() -> None:
    first, second = updater(tiny_policy(), lr=1e-2), updater(tiny_policy(), lr=1e-3)
    first(BATCH)
    second.load_state_dict(first.state_dict())
    assert [second(BATCH)["lr"] for _ in range(3)] == pytest.approx([0.75e-3, 0.5e-3, 0.25e-3])


def test_a_minibatch_without_rows_moves_nothing_but_the_schedule() -> None:
    """Not even by Adam's momentum, which the first update left behind."""
    policy = tiny_policy()
    update = updater(policy)
    update(BATCH)
    before = adapter_of(policy)
    nothing = collate([], max_row_tokens=0)
    assert update(nothing) == pytest.approx({"lr": 7.5e-3, "loss": 0.0})
    assert same(adapter_of(policy), before)
    assert update(BATCH)["lr"] == pytest.approx(5e-3)


def infinite(logprobs: Tensor, batch: TrainBatch) -> Tensor:
    return logprobs.sum() * math.inf


def not_a_number(logprobs: Tensor, batch: TrainBatch) -> Tensor:
    return logprobs.sum() * math.nan


def steep(logprobs: Tensor, batch: TrainBatch) -> Tensor:
    """0, with a gradient that is not a number."""
    return (logprobs - logprobs.detach()).abs().sqrt().sum()


class Sabotaged:
    """The likelihood, but the first call (or the second: a later micro-batch) goes wrong."""

    def __init__(self, wrong: Callable[[Tensor, TrainBatch], Tensor], call: int) -> None:
        self.wrong, self.call, self.calls = wrong, call, 0

    def __call__(self, logprobs: Tensor, batch: TrainBatch) -> LossOutput:
        self.calls += 1
        output = LIKELIHOOD(logprobs, batch)
        return replace(output, loss=self.wrong(logprobs, batch)) if self.calls == self.call else output


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [(not_a_number, "the loss is nan"), (infinite, "the loss is -?inf"), (steep, "the gradient norm is nan")],
)
def test_what_is_not_finite_is_refused_and_leaves_no_trace(
    wrong: Callable[[Tensor, TrainBatch], Tensor], message: str, call: int
) -> None:
    policy, twin = tiny_policy(), tiny_policy()
    before = adapter_of(policy)
    update = updater(policy, Sabotaged(wrong, call), micro_batch_tokens=1)
    with pytest.raises(NonFiniteUpdate, match=f"{message}; the weights are those of the last finite step"):
        update(BATCH)
    assert same(adapter_of(policy), before)
    update.loss = LIKELIHOOD
    assert update(BATCH) == updater(twin, micro_batch_tokens=1)(BATCH)
    assert same(adapter_of(policy), adapter_of(twin))


def test_a_resumed_updater_goes_on_as_if_it_had_never_stopped() -> None:
    straight, first, second = tiny_policy(), tiny_policy(), tiny_policy()
    update = updater(straight)
    expected = [update(BATCH) for _ in range(3)]
    stopped = updater(first)
    stopped(BATCH)
    resumed = updater(second)
    second.load_state_dict(first.state_dict())
    resumed.load_state_dict(stopped.state_dict())
    assert [resumed(BATCH) for _ in range(2)] == expected[1:]
    assert same(adapter_of(second), adapter_of(straight))
