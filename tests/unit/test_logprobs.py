"""Log-probabilities and their gradient against a plain log-softmax over all logits in float64."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import rlhf.logprobs
from rlhf.collate import collate
from rlhf.logprobs import (
    select_logprobs,
    select_logprobs_and_entropies,
    token_logprobs,
    token_logprobs_and_entropies,
)
from tests.rollouts import random_samples, tiny_policy

M, N, D, V = 37, 61, 16, 211


@pytest.fixture(autouse=True, params=[True, False], ids=["kernels", "plain"])
def odd_tiles(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tiles that divide neither the rows nor the vocabulary; with the kernels (where they can be had) and without."""
    if not request.param:
        monkeypatch.setattr("model.kernels.available", lambda dtype, device: False)
    monkeypatch.setattr(rlhf.logprobs, "ROWS_PER_TILE", 7)
    monkeypatch.setattr(rlhf.logprobs, "VOCABULARY_PER_TILE", 23)


def problem(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """hidden, weight, targets, index (with duplicates) and what the loss's gradient in the log-probabilities is."""
    generator = torch.Generator().manual_seed(3)
    hidden = torch.randn(M, D, generator=generator).to(dtype)
    weight = torch.randn(V, D, generator=generator).to(dtype)
    targets = torch.randint(0, V, (N,), generator=generator)
    index = torch.cat([torch.arange(M), torch.randint(0, M, (N - M,), generator=generator)])
    return hidden, weight, targets, index, torch.randn(N, generator=generator)


def plain(hidden: Tensor, weight: Tensor, targets: Tensor, index: Tensor, temperature: float) -> Tensor:
    logits = hidden.double()[index] @ weight.double().T / temperature
    return torch.log_softmax(logits, -1).gather(1, targets[:, None])[:, 0]


@pytest.mark.parametrize("temperature", [1.0, 0.6, 1.7])
def test_values_and_gradient_equal_those_of_a_full_log_softmax(temperature: float) -> None:
    hidden, weight, targets, index, upstream = problem()
    ours, theirs = hidden.clone().requires_grad_(), hidden.double().requires_grad_()
    selected = select_logprobs(ours, weight, targets, index, temperature)
    expected = plain(theirs, weight, targets, index, temperature)
    (selected * upstream).sum().backward()
    (expected * upstream).sum().backward()
    assert selected.dtype == torch.float32
    torch.testing.assert_close(selected.double(), expected, rtol=1e-5, atol=1e-5)
    assert ours.grad is not None
    torch.testing.assert_close(ours.grad.double(), theirs.grad, rtol=1e-5, atol=1e-5)


def plain_entropy(hidden: Tensor, weight: Tensor, index: Tensor, temperature: float) -> Tensor:
    logprobs = torch.log_softmax(hidden.double()[index] @ weight.double().T / temperature, -1)
    return -(logprobs.exp() * logprobs).sum(-1)


@pytest.mark.parametrize("temperature", [1.0, 0.6, 1.7])
@pytest.mark.parametrize("with_logprobs", [False, True])
def test_entropies_and_their_gradient_equal_those_of_a_full_log_softmax(
    temperature: float, with_logprobs: bool
) -> None:
    """Logits of a standard deviation of 4, so that some distributions are sharp and some flat."""
    hidden, weight, targets, index, upstream = problem()
    ours, theirs = hidden.clone().requires_grad_(), hidden.double().requires_grad_()
    logprobs, entropies = select_logprobs_and_entropies(ours, weight, targets, index, temperature)
    expected = plain_entropy(theirs, weight, index, temperature)
    torch.testing.assert_close(entropies.double(), expected, rtol=1e-5, atol=1e-5)
    total, other = (entropies * upstream).sum(), (expected * upstream).sum()
    if with_logprobs:
        total = total + (logprobs * upstream.flip(0)).sum()
        other = other + (plain(theirs, weight, targets, index, temperature) * upstream.flip(0)).sum()
    (gradient,) = torch.autograd.grad(total, ours)
    (target,) = torch.autograd.grad(other, theirs)
    torch.testing.assert_close(gradient.double(), target, rtol=1e-5, atol=2e-5)


def test_log_probabilities_are_the_same_with_entropies_beside_them() -> None:
    hidden, weight, targets, index, upstream = problem()
    gradients = []
    for select in (select_logprobs, lambda *given: select_logprobs_and_entropies(*given)[0]):
        states = hidden.clone().requires_grad_()
        selected = select(states, weight, targets, index)
        gradients.append((selected.detach(), torch.autograd.grad((selected * upstream).sum(), states)[0]))
    assert torch.equal(gradients[0][0], gradients[1][0])
    assert torch.equal(gradients[0][1], gradients[1][1])


def test_entropies_of_flat_and_of_certain_distributions_are_exact() -> None:
    """Equal logits: log V, where the gradient vanishes. One logit hundreds above the rest: 0."""
    _, weight, targets, index, _ = problem()
    flat = torch.zeros((M, D), requires_grad=True)
    _, entropies = select_logprobs_and_entropies(flat, weight, targets, index)
    torch.testing.assert_close(entropies.double(), torch.full((N,), math.log(V), dtype=torch.float64))
    sharp = weight[:M] * 100
    assert float(select_logprobs_and_entropies(sharp, weight, targets, index)[1].min()) >= 0.0
    assert float(select_logprobs_and_entropies(sharp, weight, targets, index)[1].max()) < 1e-5


def test_values_are_the_same_with_and_without_gradient() -> None:
    hidden, weight, targets, index, _ = problem()
    with torch.no_grad():
        silent = select_logprobs(hidden, weight, targets, index)
    assert torch.equal(silent, select_logprobs(hidden.requires_grad_(), weight, targets, index))


def test_logits_of_hundreds_stay_finite() -> None:
    hidden, weight, targets, index, _ = problem()
    hidden = (hidden * 100).requires_grad_()
    selected = select_logprobs(hidden, weight, targets, index)
    assert float(selected.detach().min()) < -500
    torch.testing.assert_close(selected.double(), plain(hidden, weight, targets, index, 1.0), rtol=1e-5, atol=1e-3)
    selected.sum().backward()
    assert hidden.grad is not None
    assert bool(hidden.grad.isfinite().all())


def test_bfloat16_is_right_within_the_rounding_of_its_logits() -> None:
    """bfloat16 moves a logit below 16 by up to 1/32, the chosen one and the normalizer; gradients go by their norm."""
    hidden, weight, targets, index, upstream = problem(torch.bfloat16)
    ours, theirs = hidden.clone().requires_grad_(), hidden.double().requires_grad_()
    selected = select_logprobs(ours, weight, targets, index)
    expected = plain(theirs, weight, targets, index, 1.0)
    (selected * upstream).sum().backward()
    (expected * upstream).sum().backward()
    assert ours.grad is not None
    assert theirs.grad is not None
    assert selected.dtype == torch.float32
    assert ours.grad.dtype == torch.bfloat16
    torch.testing.assert_close(selected.double(), expected, rtol=0, atol=1 / 16)
    assert float((ours.grad.double() - theirs.grad).norm() / theirs.grad.norm()) < 0.01


class LargestTensor(TorchDispatchMode):
    """Notes the most elements that any operation's result had."""

    def __init__(self) -> None:
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.numel = max(self.numel, leaf.numel())
        return result


def test_no_tensor_of_tokens_times_vocabulary_is_ever_made() -> None:
    hidden, weight, targets, index, upstream = problem()
    hidden.requires_grad_()
    with LargestTensor() as seen:
        (select_logprobs(hidden, weight, targets, index) * upstream).sum().backward()
    assert seen.numel <= V * D < M * V  # the head itself, never all logits
    with LargestTensor() as seen:
        logprobs, entropies = select_logprobs_and_entropies(hidden, weight, targets, index)
        (logprobs * upstream + entropies * upstream).sum().backward()
    assert seen.numel <= V * D
    with LargestTensor() as seen:
        torch.log_softmax(hidden @ weight.T, -1)[index, targets].sum().backward()
    assert seen.numel == M * V


def test_a_trainable_head_is_refused() -> None:
    hidden, weight, targets, index, _ = problem()
    with pytest.raises(ValueError, match="does not train the head"):
        select_logprobs(hidden, weight.requires_grad_(), targets, index)


def test_token_logprobs_are_zero_outside_completions_and_right_inside() -> None:
    policy, samples = tiny_policy(), random_samples({5: [3, 1], 12: [4]})
    batch = collate(samples, max_row_tokens=100)
    with torch.no_grad():
        logprobs, entropies = token_logprobs_and_entropies(policy.model, batch, 0.8)
        assert torch.equal(logprobs, token_logprobs(policy.model, batch, 0.8))
        assert not entropies[~batch.completion_mask].any()
        assert not logprobs[~batch.completion_mask].any()
        for i, sample in enumerate(samples):
            prompt, tokens = sample.prompt.token_ids, sample.completion.token_ids
            hidden = policy.model(torch.tensor([[*prompt, *tokens]]))[0, len(prompt) - 1 : -1]
            expected = torch.log_softmax(policy.model.logits(hidden).double() / 0.8, -1)
            entropy = -(expected.exp() * expected).sum(-1)
            expected = expected[torch.arange(len(tokens)), torch.tensor(tokens)]
            torch.testing.assert_close(logprobs[batch.sample_ids == i].double(), expected, rtol=0, atol=1e-5)
            torch.testing.assert_close(entropies[batch.sample_ids == i].double(), entropy, rtol=0, atol=1e-5)
