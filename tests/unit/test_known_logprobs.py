"""What the sampler keeps of the head gives the update's gradient, and is used where it is right alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

import rlhf.update
from model import kernels
from model.testing_tokenizer import tiny_tokenizer
from rewards.base import Sample, Verdict
from rlhf.advantages import Credit, GroupCentered
from rlhf.collate import collate, micro_batches
from rlhf.logprobs import known_logprobs, token_logprobs
from rlhf.losses import ClippedSurrogate, EntropyBonus, KLPenalty, TokenMean, TopEntropy
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.runtime import Runtime
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.trainer import Plan, RLTrainer
from rlhf.types import CreditedSample, Metrics, RolloutGroup, TrainBatch
from tests.fakes import FakeTokenizer
from tests.rollouts import adapter_of, make_prompt, sums_stream, tiny_policy

PROMPTS = [make_prompt([2, *range(300, 300 + n)], f"p{n}") for n in (2, 11)]
KERNELS = pytest.mark.parametrize("fused", [True, False], ids=["kernels", "plain"])


class OftenStops(FakeTokenizer):
    stop_ids = tuple(range(0, 512, 4))


def sampled(policy: Policy, temperature: float, *, keep: bool = True) -> list[RolloutGroup]:
    sampler = NativeSampler(policy.model, OftenStops(), mean_head_rows=keep)  # pyright: ignore
    params = SamplingParams(max_completion_tokens=9, temperature=temperature)
    return sampler.sample(PROMPTS, 5, params, seed=1)


def batch_of(groups: Sequence[RolloutGroup], *, with_head_rows: bool = True) -> TrainBatch:
    samples = [
        CreditedSample(prompt=group.prompt, completion=completion, reward=0.0, advantage=(-1.0) ** i, group=place)
        for place, group in enumerate(groups)
        for i, completion in enumerate(group.completions)
    ]
    return collate(samples, max_row_tokens=40, with_head_rows=with_head_rows)


def gradients(policy: Policy, batch: TrainBatch, temperature: float, *, known: bool) -> list[Tensor]:
    function = known_logprobs if known else token_logprobs
    for micro in micro_batches(batch, 60):
        (function(policy.model, micro, temperature) * micro.advantages).sum().backward()
    found = [parameter.grad for parameter in policy.parameters() if parameter.grad is not None]
    for parameter in policy.parameters():
        parameter.grad = None
    return found


@KERNELS
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_kept_rows_are_the_heads_expected_ones(
    temperature: float, fused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fused:
        monkeypatch.setattr(kernels, "available", lambda *_: False)
    policy = tiny_policy()
    head = policy.model.head_weight.double()
    for group in sampled(policy, temperature):
        for completion in group.completions:
            text = [*group.prompt.token_ids, *completion.token_ids]
            with torch.no_grad():
                states = policy.model(torch.tensor([text]))[0, len(group.prompt.token_ids) - 1 : -1].double()
            expected = torch.softmax(states @ head.T / temperature, -1) @ head
            assert completion.mean_head_rows is not None
            torch.testing.assert_close(completion.mean_head_rows.double(), expected, rtol=1e-4, atol=1e-5)


@KERNELS
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_values_and_gradients_are_those_of_another_look_at_the_head(
    temperature: float, fused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fused:
        monkeypatch.setattr(kernels, "available", lambda *_: False)
    policy = tiny_policy()
    batch = batch_of(sampled(policy, temperature))
    assert batch.mean_head_rows is not None
    with torch.no_grad():
        known, again = (f(policy.model, batch, temperature) for f in (known_logprobs, token_logprobs))
    torch.testing.assert_close(known, again, rtol=1e-4, atol=1e-5)
    ours = torch.cat([g.flatten() for g in gradients(policy, batch, temperature, known=True)])
    theirs = torch.cat([g.flatten() for g in gradients(policy, batch, temperature, known=False)])
    assert float((ours - theirs).norm() / theirs.norm()) < 1e-5


def test_a_batch_takes_the_rows_in_only_where_all_have_some_and_when_asked() -> None:
    policy = tiny_policy()
    with_rows, without = sampled(policy, 1.0), sampled(policy, 1.0, keep=False)
    assert [c.token_ids for g in with_rows for c in g.completions] == [
        c.token_ids for g in without for c in g.completions
    ]
    assert batch_of(with_rows, with_head_rows=False).mean_head_rows is None
    assert batch_of(without).mean_head_rows is None
    assert batch_of([with_rows[0], without[1]]).mean_head_rows is None
    assert with_rows == without  # what was kept is no part of what was said


# In the trainer


def spread(group: Sequence[Sample]) -> list[Verdict]:
    return [Verdict.of(float(sum(map(ord, sample.completion)) % 7)) for sample in group]


def step_of(
    monkeypatch: pytest.MonkeyPatch, *, keep: bool, number: int = 1, temperature: float = 1.0, **settings: Any
) -> tuple[Tensor, int, Metrics]:
    """The adapter behind one step, how many looks at the head it saved, and its metrics."""
    uses = list[int]()
    monkeypatch.setattr(rlhf.update, "known_logprobs", lambda *args: uses.append(1) or known_logprobs(*args))
    policy = tiny_policy()
    loss = {name: settings.pop(name) for name in ("entropy", "top_entropy", "kl") if name in settings}
    trainer = RLTrainer(
        policy=policy,
        sampler=NativeSampler(policy.model, tiny_tokenizer(), mean_head_rows=keep),
        prompts=sums_stream(),
        reward=spread,
        credit=Credit(estimator=GroupCentered()),
        loss=ClippedSurrogate(aggregation=TokenMean(), **loss),
        optim=OptimSettings(lr=1e-2),
        sampling=SamplingParams(max_completion_tokens=4, temperature=temperature),
        plan=Plan(steps=3, prompts_per_step=2, group_size=4, **settings),
        runtime=Runtime(cpu=True),
        seed=1,
    )
    metrics = trainer.run_iteration(number).metrics
    return torch.cat([parameter.flatten() for parameter in adapter_of(policy)]), len(uses), metrics


@pytest.mark.parametrize("kl", [None, KLPenalty(coef=0.1)], ids=["no kl", "kl"])
@pytest.mark.parametrize("temperature", [1.0, 1.3])
def test_a_step_ends_where_it_does_with_another_look_at_the_head(
    kl: KLPenalty | None, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, uses, metrics = step_of(monkeypatch, keep=True, kl=kl, temperature=temperature)
    again, no_uses, _ = step_of(monkeypatch, keep=False, kl=kl, temperature=temperature)
    assert uses > no_uses == 0
    assert metrics["logprob_gap/mean"] == 0.0
    start = torch.cat([parameter.flatten() for parameter in adapter_of(tiny_policy())])
    # Adam's first step goes by signs, which a gradient near 0 may change.
    assert float(((known - again).abs() > 1e-4).float().mean()) < 0.01
    assert float((again - start).abs().mean()) > 5e-3


@pytest.mark.parametrize(
    ("why", "settings"),
    {
        "the policy has changed since at the second minibatch": {"minibatches": 2},
        "and at the second pass": {"update_epochs": 2},
        "the loss wants entropies": {"entropy": EntropyBonus(coef=0.1)},
        "the loss chooses tokens by entropy": {"top_entropy": TopEntropy(share=0.5)},
        "the gap between sampler and trainer is measured in this step": {"number": 0},
    }.items(),
)
def test_the_head_is_looked_at_again_where(why: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    known, uses, _ = step_of(monkeypatch, keep=True, **settings)
    again, _, _ = step_of(monkeypatch, keep=False, **settings)
    assert uses == 0, why
    assert torch.equal(known, again)
