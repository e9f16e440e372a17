"""Small policies, prompts and rollouts that the tests of the RL core are made of."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from model.config import Gemma3Config
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from rewards.base import Sample, Verdict
from rlhf.logprobs import token_logprobs
from rlhf.policy import POLICY, Policy
from rlhf.problems import Problem
from rlhf.prompts import PromptStream, PromptTemplate
from rlhf.sampler import OnFinished, SamplingParams
from rlhf.types import Completion, CreditedSample, FinishReason, Prompt, RolloutGroup, ScoredGroup, TrainBatch
from rlhf.update import Loss


def tiny_policy(*, trained: bool = True, config: Gemma3Config = TINY, seed: int = 0) -> Policy:
    """A tiny network with a policy adapter; `trained` gives it a B that is not zero, so that A has a gradient too."""
    roles = AdapterRoles(tiny_model(config, seed=seed))
    roles.add(POLICY, LoraSpec(rank=4, alpha=8), seed=seed)
    policy = Policy(roles.model, roles)
    if trained:
        disturb(policy)
    return policy


def teachable_policy() -> Policy:
    """A policy without B whose head is four times as large.

    The states that the head sees have a fixed norm, so with the tiny head no token can ever be more probable than 5 %.
    """
    policy = tiny_policy(trained=False)
    with torch.no_grad():
        policy.model.head_weight.mul_(4.0)
    return policy


def disturb(policy: Policy, seed: int = 7, size: float = 0.05) -> None:
    """Add noise to every adapter weight."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * size)


def adapter_of(policy: Policy) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in policy.parameters()]


def make_prompt(token_ids: Sequence[int], name: str = "p", **reference: object) -> Prompt:
    messages = ({"role": "user", "content": f"question {name}"},)
    return Prompt(id=name, messages=messages, token_ids=tuple(token_ids), reference=reference)


def make_completion(
    token_ids: Sequence[int] = (11, 12), *, finish: FinishReason = FinishReason.STOP, logprobs: Sequence[float] = ()
) -> Completion:
    return Completion(
        token_ids=tuple(token_ids),
        sampling_logprobs=tuple(logprobs) or (-1.0,) * len(token_ids),
        finish_reason=finish,
        text=" ".join(map(str, token_ids)),
        policy_version=0,
    )


def scored_group(values: Sequence[float | None], *, truncated: Sequence[int] = (), name: str = "p") -> ScoredGroup:
    """A group with these rewards (None: the reward failed); completion i is the one token 20 + i."""
    completions = tuple(
        make_completion([20 + i], finish=FinishReason.LENGTH if i in truncated else FinishReason.STOP)
        for i in range(len(values))
    )
    verdicts = tuple(Verdict.failed("no luck") if value is None else Verdict.of(value) for value in values)
    group = RolloutGroup(prompt=make_prompt([2, 5], name), completions=completions)
    return ScoredGroup(group=group, verdicts=verdicts)


def random_samples(shape: Mapping[int, Sequence[int]], *, seed: int = 0) -> list[CreditedSample]:
    """Credited samples of random tokens: `shape` maps prompt lengths to the lengths of their completions."""
    dice = random.Random(seed)
    samples = []
    for group, (num_prompt, lengths) in enumerate(shape.items()):
        prompt = make_prompt([2, *_tokens(dice, num_prompt - 1)], f"p{group}")
        for length in lengths:
            completion = make_completion(_tokens(dice, length), logprobs=[dice.uniform(-7, -5) for _ in range(length)])
            advantage = dice.choice([-1.5, -0.5, 0.5, 1.0, 2.0])
            samples.append(
                CreditedSample(prompt=prompt, completion=completion, reward=0.0, advantage=advantage, group=group)
            )
    return samples


def _tokens(dice: random.Random, count: int) -> list[int]:
    return [dice.randrange(200, 512) for _ in range(count)]


def by_sample(batch: TrainBatch, values: Tensor) -> dict[int, list[float]]:
    """Per-token values of every completion, by its index in the batch."""
    found = {int(i): values[batch.sample_ids == i].tolist() for i in batch.sample_ids.unique() if i >= 0}
    return dict(sorted(found.items()))


def loss_and_gradient(
    policy: Policy, loss: Loss, micros: Sequence[TrainBatch], temperature: float = 1.0
) -> tuple[float, Tensor]:
    """The summed loss of the micro-batches and its gradient in all adapter weights, flattened."""
    parameters = policy.parameters()
    for parameter in parameters:
        parameter.grad = None
    total = 0.0
    for micro in micros:
        output = loss(token_logprobs(policy.model, micro, temperature), micro)
        output.loss.backward()
        total += output.loss.item()
    return total, torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in parameters])


def relative_difference(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


class Sums:
    """An endless source of one-digit sums."""

    train_size = None

    def train(self, index: int) -> Problem:
        a, b = index % 7, index % 3
        return Problem(
            id=f"sums/train/{index}", question=f"What is {a} + {b}?", answer=str(a + b), reference={"index": index}
        )

    def held_out(self, n: int) -> list[Problem]:
        return [Problem(id=f"sums/held_out/{i}", question=f"What is {i} + 9?", answer=str(i + 9)) for i in range(n)]


def sums_stream() -> PromptStream:
    return PromptStream(Sums(), tiny_tokenizer(), PromptTemplate(), max_prompt_tokens=64, seed=0)


class FixedSampler:
    """Completions that depend on the prompt's id alone, so that any number of processes samples the same."""

    def sample(
        self,
        prompts: Sequence[Prompt],
        group_size: int,
        params: SamplingParams,
        *,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]:
        return [self._group(prompt, group_size) for prompt in prompts]

    def publish(self, version: int) -> None:
        pass

    def _group(self, prompt: Prompt, group_size: int) -> RolloutGroup:
        dice = random.Random(prompt.id)
        lengths = [dice.randint(1, 6) for _ in range(group_size)]
        completions = tuple(make_completion(_tokens(dice, length)) for length in lengths)
        return RolloutGroup(prompt=prompt, completions=completions)


def letters(group: Sequence[Sample]) -> list[Verdict]:
    """The share of lower-case letters among a completion's characters, also as the term `correct`."""
    return [_with_term(sum("a" <= c <= "z" for c in s.completion) / max(1, len(s.completion))) for s in group]


def _with_term(value: float) -> Verdict:
    return Verdict.of(value, terms={"correct": Verdict.of(value)})
