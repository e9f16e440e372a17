"""How far a policy is from a reference, measured on completions that it sampled."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.lora import AdapterRoles
from rlhf.collate import collate, placed_micro_batches
from rlhf.logprobs import token_logprobs
from rlhf.losses import kl_estimate
from rlhf.types import CreditedSample, RolloutGroup


@torch.no_grad()
def sampled_kl(
    roles: AdapterRoles,
    policy: str | None,
    reference: str | None,
    groups: Sequence[RolloutGroup],
    *,
    temperature: float,
    micro_batch_tokens: int = 4096,
    max_row_tokens: int = 1024,
) -> list[float]:
    """KL(policy || reference) per prompt in nats per completion: the mean over its samples of the sum over tokens.

    By the chain rule the KL of completions is the expected sum of their tokens' KLs, and k3 estimates each of those
    without bias on a token that the policy sampled.

    Args:
        policy, reference: roles on the base; None for the bare base.
        groups: completions that the policy sampled at `temperature`, untruncated.
    """
    if not groups:
        return []
    samples = [
        CreditedSample(prompt=group.prompt, completion=completion, reward=0.0, advantage=0.0, group=place)
        for place, group in enumerate(groups)
        for completion in group.completions
    ]
    batch = collate(samples, max_row_tokens=max_row_tokens).to(roles.model.head_weight.device)
    totals = torch.zeros(len(samples), dtype=torch.float64, device=batch.targets.device)
    for _, micro in placed_micro_batches(batch, micro_batch_tokens):
        with roles.using(policy):
            now = token_logprobs(roles.model, micro, temperature)
        with roles.using(reference):
            kl = kl_estimate(now, token_logprobs(roles.model, micro, temperature), "k3")
        totals.index_add_(0, micro.sample_ids[micro.completion_mask], kl[micro.completion_mask].double())
    per_prompt = torch.split(totals, [len(group.completions) for group in groups])
    return [float(part.mean()) for part in per_prompt]
